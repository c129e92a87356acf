"""The block of CTViT: position-generating convolution, cosine attention, gated feed-forward."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from medspatial.models.ct_chat.matmul import apply

# The original multiplies cosines by this constant instead of dividing by the root of the head size.
COSINE_SCALE = 8.0


class ScaledNorm(nn.Module):
    """Layer norm with the names of the original: ``gamma`` learned, ``beta`` a buffer."""

    beta: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dim))
        self.register_buffer("beta", torch.zeros(dim))

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        return functional.layer_norm(x, x.shape[-1:], self.gamma, self.beta)


class PEG(nn.Module):
    """Depth-wise 3x3x3 convolution on the token grid, causal along time (2 before, 0 after)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dsconv = nn.Conv3d(dim, dim, 3, groups=dim)

    def forward(self, x: Tensor, grid: tuple[int, int, int, int]) -> Tensor:
        """Return the shape of ``x``, whose memory is read as ``grid`` (B, t, h, w) whatever it holds."""
        volume = x.reshape(*grid, x.shape[-1]).permute(0, 4, 1, 2, 3)
        out: Tensor = self.dsconv(functional.pad(volume, (1, 1, 1, 1, 2, 0)))
        return out.permute(0, 2, 3, 4, 1).reshape(x.shape)


class CosineAttention(nn.Module):
    """Attention by scaled cosines; queries of the normed input, keys and values of the input itself."""

    def __init__(self, dim: int, heads: int, head: int) -> None:
        super().__init__()
        self.heads = heads
        inner = heads * head
        self.norm = ScaledNorm(dim)
        self.to_q = nn.Linear(dim, inner, bias=False)
        self.to_kv = nn.Linear(dim, 2 * inner, bias=False)
        self.to_out = nn.Linear(inner, dim, bias=False)
        self.q_scale = nn.Parameter(torch.ones(head))
        self.k_scale = nn.Parameter(torch.ones(head))

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return (sequences, length, dim); ``bias`` (heads, length, length) is added after scaling."""
        q = apply(self.to_q, self.norm(x))
        k, v = apply(self.to_kv, x).chunk(2, dim=-1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)) for part in (q, k, v))
        q = functional.normalize(q, dim=-1).mul_(self.q_scale).transpose(1, 2)
        k = functional.normalize(k, dim=-1).mul_(self.k_scale).transpose(1, 2)
        mask = None if bias is None else bias[None]
        mixed = functional.scaled_dot_product_attention(
            q, k, v.transpose(1, 2), attn_mask=mask, scale=COSINE_SCALE
        )
        return apply(self.to_out, mixed.transpose(1, 2).flatten(2))


class FeedForward(nn.ModuleDict):
    """Layer norm, linear to (value, gate), exact GELU of the gate times the value, linear back."""

    def __init__(self, dim: int) -> None:
        inner = int(4 * (2 / 3) * dim)
        super().__init__(
            {
                "0": nn.LayerNorm(dim),
                "1": nn.Linear(dim, 2 * inner, bias=False),
                "4": nn.Linear(inner, dim, bias=False),
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        value, gate = apply(self["1"], self["0"](x)).chunk(2, dim=-1)
        return apply(self["4"], functional.gelu(gate).mul_(value))


class Block(nn.ModuleDict):
    """One layer, named as in the original; index 2 (cross attention) does not exist in this model."""

    def __init__(self, dim: int, heads: int, head: int) -> None:
        super().__init__({"0": PEG(dim), "1": CosineAttention(dim, heads, head), "3": FeedForward(dim)})

    def forward(self, x: Tensor, grid: tuple[int, int, int, int], bias: Tensor | None, count: int) -> Tensor:
        """Return the same shape; after PEG ``count`` sequences are worked on at a time."""
        x = x + self["0"](x, grid)
        for part in x.split(count):
            part.add_(self["1"](part, bias))
            part.add_(self["3"](part))
        return x
