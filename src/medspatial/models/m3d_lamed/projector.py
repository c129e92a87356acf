"""The spatial pooling projector of M3D-LaMed."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class SpatialPoolingProjector(nn.Module):
    """Average-pool the token grid 2x2x2, then a two-layer MLP into the language model's space.

    Parameters
    ----------
    grid
        Tokens along depth, height, width before pooling.
    """

    def __init__(self, grid: tuple[int, int, int], vision: int, hidden: int, pool: int = 2) -> None:
        super().__init__()
        self.grid = grid
        self.pool = pool
        self.projector = nn.Sequential(nn.Linear(vision, hidden), nn.GELU(), nn.Linear(hidden, hidden))

    @property
    def tokens(self) -> int:
        """How many visual tokens come out."""
        d, h, w = (size // self.pool for size in self.grid)
        return d * h * w

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, tokens, hidden) of features (B, D*H*W, vision), depth slowest."""
        batch, _, width = features.shape
        grid = features.transpose(1, 2).reshape(batch, width, *self.grid)
        pooled = functional.avg_pool3d(grid.float(), self.pool, self.pool)  # a CPU pools only float32
        out: Tensor = self.projector(pooled.to(features.dtype).flatten(2).transpose(1, 2))
        return out
