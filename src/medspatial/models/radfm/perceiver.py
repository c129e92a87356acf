"""The perceiver resampler of RadFM: 32 learned latents read the features of one image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class PerceiverSizes:
    """Sizes of the resampler; the defaults are those of the published weights."""

    dim: int = 768
    depth: int = 6
    dim_head: int = 64
    heads: int = 8
    num_latents: int = 32
    ff_mult: int = 4

    @classmethod
    def of(cls, stated: Mapping[str, Any]) -> PerceiverSizes:
        """Read the sizes that a configuration states, if any."""
        return cls(**{name: int(stated[name]) for name in cls.__dataclass_fields__ if name in stated})


class PerceiverAttention(nn.Module):
    """Queries from the latents; keys and values from the media, then the latents, each with its norm."""

    def __init__(self, sizes: PerceiverSizes) -> None:
        super().__init__()
        self.heads = sizes.heads
        inner = sizes.heads * sizes.dim_head
        self.norm_media = nn.LayerNorm(sizes.dim)
        self.norm_latents = nn.LayerNorm(sizes.dim)
        self.to_q = nn.Linear(sizes.dim, inner, bias=False)
        self.to_kv = nn.Linear(sizes.dim, 2 * inner, bias=False)
        self.to_out = nn.Linear(inner, sizes.dim, bias=False)

    def forward(self, media: Tensor, latents: Tensor) -> Tensor:
        """Return (B, latents, dim)."""
        latents = self.norm_latents(latents)
        both = torch.cat([self.norm_media(media), latents], dim=1)
        parts = (self.to_q(latents), *self.to_kv(both).chunk(2, dim=-1))
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        out: Tensor = self.to_out(mixed.transpose(1, 2).flatten(2))
        return out


class FeedForward(nn.ModuleDict):
    """Norm, linear, exact GELU, linear, without biases in the linear layers."""

    def __init__(self, dim: int, inner: int) -> None:
        super().__init__(
            {
                "0": nn.LayerNorm(dim),
                "1": nn.Linear(dim, inner, bias=False),
                "3": nn.Linear(inner, dim, bias=False),
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        out: Tensor = self["3"](functional.gelu(self["1"](self["0"](x))))
        return out


class Layer(nn.ModuleList):
    """Attention and feed-forward, each with a residual on the latents."""

    def __init__(self, sizes: PerceiverSizes) -> None:
        super().__init__([PerceiverAttention(sizes), FeedForward(sizes.dim, sizes.ff_mult * sizes.dim)])

    def forward(self, media: Tensor, latents: Tensor) -> Tensor:
        """Return (B, latents, dim)."""
        attention, feed_forward = self
        latents = latents + attention(media, latents)
        out: Tensor = latents + feed_forward(latents)
        return out


class Perceiver(nn.Module):
    """The resampler; every image of a question goes through it by itself."""

    def __init__(self, sizes: PerceiverSizes) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.zeros(sizes.num_latents, sizes.dim))
        self.layers = nn.ModuleList(Layer(sizes) for _ in range(sizes.depth))
        self.norm = nn.LayerNorm(sizes.dim)

    def forward(self, media: Tensor) -> Tensor:
        """Return (B, latents, dim) of features (B, n, dim)."""
        latents = self.latents.expand(media.shape[0], -1, -1)
        for layer in self.layers:
            latents = layer(media, latents)
        out: Tensor = self.norm(latents)
        return out
