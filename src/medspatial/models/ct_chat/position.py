"""The relative position bias of CTViT's attention within slices."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class RelativePositionBias(nn.Module):
    """A small network from (row, column) difference to one number per head.

    Differences enter as sign(x) ln(|x| + 1). The original runs the network on every pair of places;
    here it runs once on each of the (2h-1)(2w-1) differences that exist, and the pairs look theirs up.
    """

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.net = nn.ModuleList(
            [
                nn.Sequential(nn.Linear(2, dim), nn.LeakyReLU(0.1)),
                nn.Sequential(nn.Linear(dim, dim), nn.LeakyReLU(0.1)),
                nn.Linear(dim, heads),
            ]
        )

    def forward(self, height: int, width: int) -> Tensor:
        """Return (heads, height*width, height*width); entry (i, j) is for place i minus place j."""
        device = next(self.parameters()).device
        rows, columns = torch.arange(height, device=device), torch.arange(width, device=device)
        table = self._of_differences(height, width, device)
        by_row = rows[:, None] - rows[None] + height - 1
        by_column = columns[:, None] - columns[None] + width - 1
        pairs = table[:, by_row[:, None, :, None], by_column[None, :, None, :]]
        return pairs.reshape(-1, height * width, height * width)

    def _of_differences(self, height: int, width: int, device: torch.device) -> Tensor:
        """Return (heads, 2h-1, 2w-1)."""
        rows = torch.arange(1 - height, height, device=device, dtype=torch.float32)
        columns = torch.arange(1 - width, width, device=device, dtype=torch.float32)
        x = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=-1)
        x = torch.sign(x) * torch.log(x.abs() + 1)
        for layer in self.net:
            x = layer(x)
        return x.permute(2, 0, 1)
