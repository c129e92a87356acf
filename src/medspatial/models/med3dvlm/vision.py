"""DCFormer, the tower of Med3DVLM; parameter names are those of the published checkpoints.

Inside, arrays are (B, C, H, W, D); images come in and tokens go out with depth first.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

_SHORT = 3  # kernel of the stem's later convolutions
_GROWTH = 4  # width of the channel MLP


@dataclass(frozen=True)
class DCFormerSizes:
    """Sizes of the tower; the defaults are those of the published model, which does not state them."""

    blocks: tuple[int, ...] = (1, 2, 3, 6, 2)
    channels: tuple[int, ...] = (64, 96, 192, 384, 768)
    kernels: tuple[int, ...] = (13, 11, 9, 7)
    stem_kernel: int = 7
    stem_convolutions: int = 4


class DecomposedConv(nn.Module):
    """Sum of three convolutions with batch norm, each long along one axis and 1 along the others."""

    def __init__(
        self, channels_in: int, channels: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.c1, self.c2, self.c3 = (
            _long_along(
                axis, channels_in=channels_in, channels=channels, kernel=kernel, stride=stride, groups=groups
            )
            for axis in range(3)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, H', W', D')."""
        out: Tensor = self.c1(x) + self.c2(x) + self.c3(x)
        return out


def _long_along(
    axis: int, *, channels_in: int, channels: int, kernel: int, stride: int, groups: int
) -> nn.Sequential:
    size, padding = [1, 1, 1], [0, 0, 0]
    size[axis], padding[axis] = kernel, kernel // 2
    convolution = nn.Conv3d(
        channels_in,
        channels,
        (size[0], size[1], size[2]),
        stride=stride,
        padding=(padding[0], padding[1], padding[2]),
        groups=groups,
    )
    return nn.Sequential(convolution, nn.BatchNorm3d(channels))


class ChannelMLP(nn.Module):
    """Linear, exact GELU, linear over the channels (index 2 is the original's dropout)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = _GROWTH * channels
        self.mlp = nn.Sequential(
            nn.Linear(channels, wide), nn.GELU(), nn.Identity(), nn.Linear(wide, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape; channels are the second axis."""
        out: Tensor = self.mlp(x.movedim(1, -1)).movedim(-1, 1)
        return out


class Block(nn.Module):
    """x + scale * MLP(depthwise convolution(x)); the first of a stage halves the grid and widens."""

    def __init__(self, channels: int, kernel: int, channels_in: int | None = None) -> None:
        super().__init__()
        self.proj = None if channels_in is None else nn.Conv3d(channels_in, channels, 1, bias=False)
        self.dwconv = DecomposedConv(channels, channels, kernel, groups=channels)
        self.mlp = ChannelMLP(channels)
        self.scale = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, H, W, D)."""
        if self.proj is not None:
            x = self.proj(functional.max_pool3d(x, 3, stride=2, padding=1))
        out: Tensor = x + self.scale[:, None, None, None] * self.mlp(self.dwconv(x))
        return out


class DCFormer(nn.Module):
    """The tower: a stem of plain decomposed convolutions (without activation), then four stages."""

    def __init__(self, sizes: DCFormerSizes) -> None:
        super().__init__()
        first = sizes.channels[0]
        later = (DecomposedConv(first, first, _SHORT) for _ in range(sizes.stem_convolutions - 1))
        stem = nn.Sequential(DecomposedConv(1, first, sizes.stem_kernel, stride=4), *later)
        self.s0 = nn.Sequential(stem)
        self.s1, self.s2, self.s3, self.s4 = (
            nn.Sequential(
                *(
                    Block(sizes.channels[n], sizes.kernels[n - 1], sizes.channels[n - 1] if b == 0 else None)
                    for b in range(sizes.blocks[n])
                )
            )
            for n in range(1, 5)
        )

    def stages(self, image: Tensor) -> list[Tensor]:
        """Return the tokens (B, D*H*W, C) of stem and stages, depth slowest, of images (B, 1, D, H, W)."""
        x = image.permute(0, 1, 3, 4, 2)
        outputs = []
        for stage in (self.s0, self.s1, self.s2, self.s3, self.s4):
            x = stage(x)
            outputs.append(x.permute(0, 4, 2, 3, 1).flatten(1, 3))
        return outputs

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the tokens of the last two stages: many of low level, few of high level."""
        *_, low, high = self.stages(image)
        return low, high
