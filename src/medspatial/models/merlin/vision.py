"""Merlin's image encoder: a 2D ResNet-152 inflated to three dimensions; names are the published ones.

Array axes inside are (z, x, y): the volume's S axis is what "time" is to the inflated network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from medspatial.errors import InputError

_LAYERS = 4


@dataclass(frozen=True)
class EncoderSizes:
    """Sizes of the encoder; the defaults are the published ones.

    Attributes
    ----------
    planes
        Inner channels of each stage's blocks; four times as many come out.
    """

    stem: int = 64
    planes: tuple[int, ...] = (64, 128, 256, 512)
    blocks: tuple[int, ...] = (3, 8, 36, 3)
    expansion: int = 4

    @property
    def channels(self) -> int:
        """Channels of the last stage."""
        return self.planes[-1] * self.expansion

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]]) -> EncoderSizes:
        """Read the sizes off the shapes of an encoder's weights, as no checkpoint states them.

        Raises
        ------
        InputError
            There is no such encoder among the keys.
        """
        try:
            stem = shapes["conv1.weight"][0]
            planes = tuple(shapes[f"layer{n}.0.conv1.weight"][0] for n in range(1, _LAYERS + 1))
            widest = shapes[f"layer{_LAYERS}.0.conv3.weight"][0]
        except KeyError as error:
            raise InputError(f"merlin: the checkpoint has no image encoder: key {error} is missing") from None
        return cls(
            stem, planes, tuple(_blocks(shapes, n) for n in range(1, _LAYERS + 1)), widest // planes[-1]
        )


def _blocks(shapes: Mapping[str, tuple[int, ...]], layer: int) -> int:
    numbers = (re.match(rf"layer{layer}\.(\d+)\.", key) for key in shapes)
    return 1 + max(int(number[1]) for number in numbers if number)


class Bottleneck(nn.Module):
    """1x1x1, 3x3x3 with the stride on all axes, 1x1x1; the sum passes through ReLU."""

    def __init__(self, in_channels: int, planes: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(in_channels, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm3d(planes)
        self.conv2 = nn.Conv3d(planes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm3d(planes)
        self.conv3 = nn.Conv3d(planes, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm3d(out_channels)
        self.downsample: nn.Module | None = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv3d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm3d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, out_channels, D, H, W), the spatial axes divided by the stride."""
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


class Encoder(nn.Module):
    """Stem and four stages."""

    def __init__(self, sizes: EncoderSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.conv1 = nn.Conv3d(3, sizes.stem, (3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3), bias=False)
        self.bn1 = nn.BatchNorm3d(sizes.stem)
        in_channels = sizes.stem
        for number, (planes, count) in enumerate(zip(sizes.planes, sizes.blocks, strict=True), start=1):
            out_channels = planes * sizes.expansion
            stage = [Bottleneck(in_channels, planes, out_channels, 1 if number == 1 else 2)]
            stage += [Bottleneck(out_channels, planes, out_channels, 1) for _ in range(count - 1)]
            self.add_module(f"layer{number}", nn.Sequential(*stage))
            in_channels = out_channels

    def stem(self, image: Tensor) -> Tensor:
        """Return (B, stem, z, x, y) of images (B, 1, x, y, z); the one channel is repeated three times."""
        x = image.permute(0, 1, 4, 2, 3).expand(-1, 3, -1, -1, -1)
        return functional.max_pool3d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)

    def stages(self, image: Tensor) -> list[Tensor]:
        """Return the output of the stem and of each stage."""
        outputs = [self.stem(image)]
        for number in range(1, _LAYERS + 1):
            outputs.append(self.get_submodule(f"layer{number}")(outputs[-1]))
        return outputs

    def forward(self, image: Tensor) -> Tensor:
        """Return the last stage's output (B, channels, z, x, y) of images (B, 1, x, y, z)."""
        x = self.stem(image)
        for number in range(1, _LAYERS + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return x


def tokens(features: Tensor) -> Tensor:
    """Return (B, z * x * y, channels) of features (B, channels, z, x, y), y fastest."""
    return features.flatten(2).transpose(1, 2)


def pooled(features: Tensor) -> Tensor:
    """Return the mean over space, (B, channels)."""
    return torch.mean(features, dim=(2, 3, 4))
