"""VILA's downsampling projector: 2 x 2 patches become one token, emitted column by column."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class Projector(nn.Module):
    """Layer norm over four patches, linear, exact GELU, linear; names are the published ones."""

    def __init__(self, vision: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [
                nn.Identity(),  # stands where the original has its downsampling
                nn.LayerNorm(4 * vision),
                nn.Linear(4 * vision, hidden),
                nn.GELU(),
                nn.Linear(hidden, hidden),
            ]
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, tokens, hidden) of features (B, side * side, vision), row by row."""
        x = downsampled(features)
        for layer in self.layers:
            x = layer(x)
        return x


def downsampled(features: Tensor) -> Tensor:
    """Return (B, blocks, 4 * vision): blocks column by column, each row-major inside.

    An odd side is padded with a row and a column of zeros at its end.
    """
    batch, count, width = features.shape
    side = math.isqrt(count)
    if side * side != count:
        raise ValueError(f"features must form a square, got {count}")
    grid = features.reshape(batch, side, side, width)
    if side % 2:
        grid = functional.pad(grid, (0, 0, 0, 1, 0, 1))
    half = grid.shape[1] // 2
    blocks = grid.reshape(batch, half, 2, half, 2, width).permute(0, 3, 1, 2, 4, 5)
    return torch.reshape(blocks, (batch, half * half, 4 * width))
