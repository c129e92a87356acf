"""The 3D ViT of M3D-LaMed; parameter names are those of the published checkpoints."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class ViTSizes:
    """Sizes of the tower; the defaults are those of the published models, which do not state them."""

    image_size: tuple[int, int, int] = (32, 256, 256)
    patch_size: tuple[int, int, int] = (4, 16, 16)
    channels: int = 1
    hidden: int = 768
    mlp: int = 3072
    layers: int = 12
    heads: int = 12

    @property
    def grid(self) -> tuple[int, int, int]:
        """Patches along depth, height, width."""
        d, h, w = (size // patch for size, patch in zip(self.image_size, self.patch_size, strict=True))
        return d, h, w


class Patches(nn.Module):
    """Cut (B, C, D, H, W) into patches, D slowest; inside a patch C is fastest, then W, H, D."""

    def __init__(self, sizes: ViTSizes) -> None:
        super().__init__()
        self.sizes = sizes

    def forward(self, image: Tensor) -> Tensor:
        """Return (B, patches, values of a patch)."""
        d, h, w = self.sizes.grid
        p1, p2, p3 = self.sizes.patch_size
        batch, channels = image.shape[:2]
        parts = image.reshape(batch, channels, d, p1, h, p2, w, p3)
        return parts.permute(0, 2, 4, 6, 3, 5, 7, 1).reshape(batch, d * h * w, p1 * p2 * p3 * channels)


class PatchEmbedding(nn.Module):
    """Linear embedding of patches and a learned position for each."""

    def __init__(self, sizes: ViTSizes) -> None:
        super().__init__()
        d, h, w = sizes.grid
        values = sizes.channels * sizes.patch_size[0] * sizes.patch_size[1] * sizes.patch_size[2]
        self.patch_embeddings = nn.Sequential(Patches(sizes), nn.Linear(values, sizes.hidden))
        self.position_embeddings = nn.Parameter(torch.zeros(1, d * h * w, sizes.hidden))

    def forward(self, image: Tensor) -> Tensor:
        """Return (B, patches, hidden), positions added."""
        embedded: Tensor = self.patch_embeddings(image)
        return embedded + self.position_embeddings


class Attention(nn.Module):
    """Self-attention; ``qkv`` has no bias and is packed as (3, heads, head size)."""

    def __init__(self, sizes: ViTSizes) -> None:
        super().__init__()
        self.heads = sizes.heads
        self.qkv = nn.Linear(sizes.hidden, 3 * sizes.hidden, bias=False)
        self.out_proj = nn.Linear(sizes.hidden, sizes.hidden)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, tokens, hidden)."""
        batch, tokens, hidden = x.shape
        packed = self.qkv(x).reshape(batch, tokens, 3, self.heads, hidden // self.heads)
        q, k, v = packed.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        out: Tensor = self.out_proj(mixed.transpose(1, 2).reshape(batch, tokens, hidden))
        return out


class MLP(nn.Module):
    """Linear, exact GELU, linear."""

    def __init__(self, sizes: ViTSizes) -> None:
        super().__init__()
        self.linear1 = nn.Linear(sizes.hidden, sizes.mlp)
        self.linear2 = nn.Linear(sizes.mlp, sizes.hidden)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, tokens, hidden)."""
        out: Tensor = self.linear2(functional.gelu(self.linear1(x)))
        return out


class Block(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self, sizes: ViTSizes) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(sizes.hidden)
        self.attn = Attention(sizes)
        self.norm2 = nn.LayerNorm(sizes.hidden)
        self.mlp = MLP(sizes)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, tokens, hidden)."""
        x = x + self.attn(self.norm1(x))
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


class ViT3D(nn.Module):
    """The tower: patches with positions, a class token in front (without position), blocks, norm."""

    def __init__(self, sizes: ViTSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.patch_embedding = PatchEmbedding(sizes)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, sizes.hidden))
        self.blocks = nn.ModuleList(Block(sizes) for _ in range(sizes.layers))
        self.norm = nn.LayerNorm(sizes.hidden)

    def forward(self, image: Tensor) -> Tensor:
        """Return patch features (B, patches, hidden) of images (B, C, D, H, W), class token dropped."""
        x = self.patch_embedding(image)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], dim=1)
        for block in self.blocks:
            x = block(x)
        features: Tensor = self.norm(x)[:, 1:]
        return features
