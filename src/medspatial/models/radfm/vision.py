"""The 3D ViT of RadFM; parameter names are those of the published file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from medspatial.errors import InputError


@dataclass(frozen=True)
class ViTSizes:
    """Sizes of the tower; the defaults are those of the published weights, which do not state them."""

    image_size: int = 512
    frames: int = 512
    image_patch_size: int = 32
    frame_patch_size: int = 4
    dim: int = 768
    depth: int = 12
    heads: int = 8
    dim_head: int = 64
    mlp_dim: int = 2048
    channels: int = 3

    @classmethod
    def of(cls, stated: Mapping[str, Any]) -> ViTSizes:
        """Read the sizes that a configuration states, if any."""
        return cls(**{name: int(stated[name]) for name in cls.__dataclass_fields__ if name in stated})

    def check_side(self, side: int) -> None:
        """Refuse rows and columns of an input that cannot be cut into patches."""
        if side % self.image_patch_size:
            raise InputError(f"radfm: size must be a multiple of {self.image_patch_size}, got {side}")

    @property
    def rows(self) -> tuple[int, int, int]:
        """Rows of the position tables along row, column, depth: the largest number of patches."""
        side = self.image_size // self.image_patch_size
        return side, side, self.frames // self.frame_patch_size


class Patches(nn.Module):
    """Cut (B, C, H, W, D); tokens and values inside a patch: row, column, depth; the channel is fastest."""

    def __init__(self, sizes: ViTSizes) -> None:
        super().__init__()
        self.sizes = sizes

    def forward(self, image: Tensor) -> Tensor:
        """Return (B, patches, values)."""
        size, depth = self.sizes.image_patch_size, self.sizes.frame_patch_size
        batch, channels = image.shape[:2]
        h, w, d = self.grid(image)
        parts = image.reshape(batch, channels, h, size, w, size, d, depth)
        return parts.permute(0, 2, 4, 6, 3, 5, 7, 1).reshape(batch, h * w * d, -1)

    def grid(self, image: Tensor) -> tuple[int, int, int]:
        """Patches along row, column, depth; InputError where the image cannot be cut so."""
        steps = (self.sizes.image_patch_size, self.sizes.image_patch_size, self.sizes.frame_patch_size)
        if any(n % step or n == 0 for n, step in zip(image.shape[2:], steps, strict=True)):
            raise InputError(
                f"radfm: image of {tuple(image.shape[2:])} cannot be cut into patches of {steps}"
            )
        h, w, d = (n // step for n, step in zip(image.shape[2:], steps, strict=True))
        return h, w, d


class Positions(nn.Module):
    """Three tables, a third of the width each: row, column, depth."""

    def __init__(self, sizes: ViTSizes) -> None:
        super().__init__()
        rows, columns, depths = sizes.rows
        third = sizes.dim // 3
        self.row_embed = nn.Embedding(rows, third)
        self.col_embed = nn.Embedding(columns, third)
        self.dep_embed = nn.Embedding(depths, third)

    def forward(self, h: int, w: int, d: int) -> Tensor:
        """Return (h*w*d, dim)."""
        tables = (self.row_embed, self.col_embed, self.dep_embed)
        shapes = ((h, 1, 1), (1, w, 1), (1, 1, d))
        parts = []
        for table, n, shape in zip(tables, (h, w, d), shapes, strict=True):
            found = table(spread(n, table.num_embeddings).to(table.weight.device))
            parts.append(found.reshape(*shape, -1).expand(h, w, d, -1))
        return torch.cat(parts, dim=-1).reshape(h * w * d, -1)


def spread(n: int, rows: int) -> Tensor:
    """Return which rows of a table n patches use: (i+1) * floor(rows / n) - 1.

    Raises
    ------
    InputError
        More patches than rows.
    """
    if n > rows:
        raise InputError(f"radfm: {n} patches along an axis, the position table has {rows} rows")
    return (torch.arange(n) + 1) * (rows // n) - 1


class Attention(nn.Module):
    """Self-attention whose inner width (heads x 64) differs from the model's."""

    def __init__(self, sizes: ViTSizes) -> None:
        super().__init__()
        self.heads = sizes.heads
        inner = sizes.heads * sizes.dim_head
        self.to_qkv = nn.Linear(sizes.dim, 3 * inner, bias=False)
        self.to_out = nn.Sequential(nn.Linear(inner, sizes.dim))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, tokens, dim)."""
        parts = self.to_qkv(x).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        out: Tensor = self.to_out(mixed.transpose(1, 2).flatten(2))
        return out


class MLP(nn.Module):
    """Linear, exact GELU, linear; indices as in the original, which has dropout between."""

    def __init__(self, dim: int, inner: int) -> None:
        super().__init__()
        self.net = nn.ModuleDict({"0": nn.Linear(dim, inner), "3": nn.Linear(inner, dim)})

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        out: Tensor = self.net["3"](functional.gelu(self.net["0"](x)))
        return out


class PreNorm(nn.Module):
    """A norm before a function, and the residual around both."""

    def __init__(self, dim: int, fn: nn.Module) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.fn = fn

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        out: Tensor = x + self.fn(self.norm(x))
        return out


class Transformer(nn.Module):
    """Pre-norm blocks; there is no norm after the last."""

    def __init__(self, sizes: ViTSizes) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(
                PreNorm(sizes.dim, Attention(sizes)), PreNorm(sizes.dim, MLP(sizes.dim, sizes.mlp_dim))
            )
            for _ in range(sizes.depth)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        for layer in self.layers:
            x = layer(x)
        return x


class ViT3D(nn.Module):
    """The tower; no class token, though the original's setting is called "cls"."""

    def __init__(self, sizes: ViTSizes) -> None:
        super().__init__()
        values = sizes.channels * sizes.image_patch_size**2 * sizes.frame_patch_size
        self.patches = Patches(sizes)
        self.to_patch_embedding = nn.Sequential(
            self.patches, nn.LayerNorm(values), nn.Linear(values, sizes.dim), nn.LayerNorm(sizes.dim)
        )
        self.pos_embedding = Positions(sizes)
        self.transformer = Transformer(sizes)

    def forward(self, image: Tensor) -> Tensor:
        """Return (B, patches, dim) of images (B, 3, H, W, D)."""
        embedded = self.to_patch_embedding(image)
        positions = self.pos_embedding(*self.patches.grid(image))
        out: Tensor = self.transformer(embedded + positions.to(embedded.dtype))
        return out
