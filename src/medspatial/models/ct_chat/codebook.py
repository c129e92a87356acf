"""The codebook of CTViT: each token becomes the codebook row of the nearest direction."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from medspatial.models.ct_chat.matmul import linear

# Tokens compared with the whole codebook at a time: 2304 x 8192 float32 is 72 MiB.
_TOKENS_AT_A_TIME = 2304


class Codebook(nn.Module):
    """The rows, as trained by moving averages: their length is *not* one."""

    embed: Tensor

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("embed", torch.zeros(1, size, dim))


class Quantiser(nn.Module):
    """Nearest row by cosine similarity, always in float32; the row itself comes out, not its direction."""

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        self._codebook = Codebook(size, dim)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return (quantised tokens, ids) of tokens (B, n, dim); shapes (B, n, dim) and (B, n)."""
        rows = self._codebook.embed[0].float()
        ids = self.ids(tokens.reshape(-1, tokens.shape[-1]))
        return rows[ids].reshape(tokens.shape), ids.reshape(tokens.shape[:-1])

    def ids(self, tokens: Tensor) -> Tensor:
        """Return the row of each token (n, dim)."""
        directions = functional.normalize(self._codebook.embed[0].float(), dim=-1)
        parts = functional.normalize(tokens.float(), dim=-1).split(_TOKENS_AT_A_TIME)
        return torch.cat([linear(part, directions).argmax(dim=-1) for part in parts])
