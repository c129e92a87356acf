"""CTViT, the vision encoder of CT-CLIP and CT-CHAT; parameter names are those of the published file.

Only what inference needs is built. The work is cut into pieces of a few slices (or a few columns of
slices), so that no tensor grows with the square of the volume.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from medspatial.models.ct_chat.attention import Block, ScaledNorm
from medspatial.models.ct_chat.codebook import Quantiser
from medspatial.models.ct_chat.matmul import apply
from medspatial.models.ct_chat.position import RelativePositionBias

# Tokens worked on at a time: large enough for the matrix products, small against the 13,824 of a volume.
_TOKENS_AT_A_TIME = 2304


@dataclass(frozen=True)
class CTViTSizes:
    """Sizes of the encoder; the defaults are those of the published weights, which do not state them."""

    dim: int = 512
    codebook_size: int = 8192
    image_size: int = 480
    patch_size: int = 20
    temporal_patch_size: int = 10
    spatial_depth: int = 4
    temporal_depth: int = 4
    dim_head: int = 32
    heads: int = 8
    frames: int = 240

    @classmethod
    def of(cls, config: dict[str, Any]) -> CTViTSizes:
        """Read the sizes that a configuration states (``vision_tower``, ``num_frames``), if any."""
        stated = config.get("vision_tower")
        own = {key: int(stated[key]) for key in stated} if isinstance(stated, dict) else {}
        if "num_frames" in config:
            own["frames"] = int(config["num_frames"])
        return cls(**own)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Depth, height, width of the input."""
        return self.frames, self.image_size, self.image_size

    @property
    def side(self) -> int:
        """Patches along height and width."""
        return self.image_size // self.patch_size

    @property
    def grid(self) -> tuple[int, int, int]:
        """Patches along time (depth), height, width."""
        return self.frames // self.temporal_patch_size, self.side, self.side


class Patches(nn.Module):
    """Cut (B, 1, T, H, W) into (B, t, h*w, values); inside a patch depth, row, column (fastest)."""

    def __init__(self, sizes: CTViTSizes) -> None:
        super().__init__()
        self.sizes = sizes

    def forward(self, video: Tensor) -> Tensor:
        """Return (B, t, h*w, channels*depth*rows*columns of a patch)."""
        depth, size = self.sizes.temporal_patch_size, self.sizes.patch_size
        batch, channels, frames, height, width = video.shape
        t, h, w = frames // depth, height // size, width // size
        parts = video.reshape(batch, channels, t, depth, h, size, w, size)
        return parts.permute(0, 2, 4, 6, 1, 3, 5, 7).reshape(batch, t, h * w, -1)


class Transformer(nn.Module):
    """Blocks and a last norm on sequences of a (t, h, w) grid."""

    def __init__(self, sizes: CTViTSizes, depth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Block(sizes.dim, sizes.heads, sizes.dim_head) for _ in range(depth))
        self.norm_out = ScaledNorm(sizes.dim)

    def forward(self, x: Tensor, grid: tuple[int, int, int, int], bias: Tensor | None = None) -> Tensor:
        """Return (sequences, length, dim); the memory of ``x`` is read as ``grid`` (B, t, h, w) by PEG."""
        count = max(1, _TOKENS_AT_A_TIME // x.shape[1])
        for layer in self.layers:
            x = layer(x, grid, bias, count)
        out: Tensor = self.norm_out(x)
        return out


class CTViT(nn.Module):
    """The encoder: patches, attention within slices, attention across slices, codebook."""

    def __init__(self, sizes: CTViTSizes) -> None:
        super().__init__()
        self.sizes = sizes
        values = sizes.temporal_patch_size * sizes.patch_size**2
        self.to_patch_emb = nn.Sequential(
            Patches(sizes), nn.LayerNorm(values), nn.Linear(values, sizes.dim), nn.LayerNorm(sizes.dim)
        )
        self.spatial_rel_pos_bias = RelativePositionBias(sizes.dim, sizes.heads)
        self.enc_spatial_transformer = Transformer(sizes, sizes.spatial_depth)
        self.enc_temporal_transformer = Transformer(sizes, sizes.temporal_depth)
        self.vq = Quantiser(sizes.codebook_size, sizes.dim)

    @torch.inference_mode()
    def forward(self, video: Tensor) -> Tensor:
        """Return quantised features (B, t, h, w, dim) of videos (B, 1, T, H, W) in -1..1."""
        tokens = self.tokens(video)
        batch, side = video.shape[0], self.sizes.side
        features: Tensor = self.vq(tokens)[0]
        return features.reshape(batch, -1, side, side, self.sizes.dim)

    @torch.inference_mode()
    def tokens(self, video: Tensor) -> Tensor:
        """Return (B, t*h*w, dim), t slowest, before the codebook."""
        patches = self.patch_embedding(video)
        return self.across_slices(self.within_slices(patches), video.shape[0])

    @torch.inference_mode()
    def patch_embedding(self, video: Tensor) -> Tensor:
        """Return (B, t, h*w, dim); one block of slices at a time."""
        cut, norm, embed, last = self.to_patch_emb
        blocks = video.split(self.sizes.temporal_patch_size, dim=2)
        return torch.cat([last(apply(embed, norm(cut(b)))) for b in blocks], dim=1)

    @torch.inference_mode()
    def within_slices(self, patches: Tensor) -> Tensor:
        """Return (B*t, h*w, dim)."""
        batch, t, places, dim = patches.shape
        side = self.sizes.side
        bias = self.spatial_rel_pos_bias(side, side)
        x = patches.reshape(batch * t, places, dim)
        out: Tensor = self.enc_spatial_transformer(x, (batch, t, side, side), bias)
        return out

    @torch.inference_mode()
    def across_slices(self, x: Tensor, batch: int) -> Tensor:
        """Return (B, t*h*w, dim).

        The sequences lie as (B, h, w) x t, yet PEG reads this memory as (B, t, h, w): the convolution
        runs on a scrambled grid. The weights were trained so, and so it must stay.
        """
        _, places, dim = x.shape
        side = self.sizes.side
        t = x.shape[0] // batch
        columns = x.reshape(batch, t, places, dim).transpose(1, 2).reshape(batch * places, t, dim)
        mixed: Tensor = self.enc_temporal_transformer(columns, (batch, t, side, side))
        return mixed.reshape(batch, places, t, dim).transpose(1, 2).reshape(batch, t * places, dim)
