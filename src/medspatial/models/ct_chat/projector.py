"""From encoder features to the language model: attentional pooling to 256 tokens, then a small MLP."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

QUERIES, HEADS, HEAD = 256, 8, 64


class AttentionalPooler(nn.Module):
    """Learned queries look at all features, padded regions included: no mask, no positions, no residual.

    ``heads`` times ``head`` is the inner width; the published 8 x 64 equals the feature width.
    """

    def __init__(self, dim: int, queries: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Parameter(torch.zeros(queries, dim))
        self.ln_k = nn.LayerNorm(dim)
        self.ln_q = nn.LayerNorm(dim)
        self.to_q = nn.Linear(dim, dim, bias=False)
        self.to_kv = nn.Linear(dim, 2 * dim, bias=False)
        self.to_out = nn.Linear(dim, dim, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, queries, dim) of features (B, n, dim)."""
        q = self.to_q(self.ln_q(self.query)).expand(features.shape[0], -1, -1)
        k, v = self.to_kv(self.ln_k(features)).chunk(2, dim=-1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (q, k, v))
        mixed = functional.scaled_dot_product_attention(q, k, v)
        out: Tensor = self.to_out(mixed.transpose(1, 2).flatten(2))
        return out


class Projector(nn.Module):
    """``attn_pool+mlp2x_gelu`` of the configuration: pooler, norm, linear, exact GELU, linear."""

    def __init__(self, dim: int, hidden: int, queries: int = QUERIES, heads: int = HEADS) -> None:
        super().__init__()
        self.attn_pool = AttentionalPooler(dim, queries, heads)
        self.ln = nn.LayerNorm(dim)
        self.proj = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, hidden))

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, queries, hidden) of encoder features (B, t, h, w, dim), flattened t slowest."""
        out: Tensor = self.proj(self.ln(self.attn_pool(features.flatten(1, 3))))
        return out
