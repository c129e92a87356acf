"""The MLP-mixer projector of Med3DVLM."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Stream:
    """Tokens and channels that come in, and the tokens after each mixer layer."""

    tokens: int
    channels: int
    outputs: tuple[int, ...]


class TwoLayers(nn.Module):
    """Linear, exact GELU, square linear, along the last axis."""

    def __init__(self, wide_in: int, wide: int) -> None:
        super().__init__()
        self.mm_projector = nn.Sequential(
            nn.Linear(wide_in, wide), nn.Sequential(nn.GELU(), nn.Linear(wide, wide))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the last axis at its new width."""
        out: Tensor = self.mm_projector(x)
        return out


class Mixer(nn.Module):
    """Mix tokens, then channels, each behind a layer norm; without residuals, as the original."""

    def __init__(self, tokens: tuple[int, int], channels: tuple[int, int]) -> None:
        super().__init__()
        self.ln1 = nn.LayerNorm(channels[0])
        self.ln2 = nn.LayerNorm(channels[0])
        self.mlp1 = TwoLayers(*tokens)
        self.mlp2 = TwoLayers(*channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, tokens, channels)."""
        x = self.mlp1(self.ln1(x).transpose(1, 2)).transpose(1, 2)
        out: Tensor = self.mlp2(self.ln2(x))
        return out


class MixerProjector(nn.Module):
    """Both streams to the language model's width; low-level tokens first."""

    def __init__(self, low: Stream, high: Stream, hidden: int) -> None:
        super().__init__()
        self.low_mixer = _stack(low, hidden)
        self.high_mixer = _stack(high, hidden)
        self.tokens = low.outputs[-1] + high.outputs[-1]

    def forward(self, features: tuple[Tensor, Tensor]) -> Tensor:
        """Return (B, tokens, hidden)."""
        low, high = features
        return torch.cat([self.low_mixer(low), self.high_mixer(high)], dim=1)


def _stack(stream: Stream, hidden: int) -> nn.Sequential:
    """One mixer per output; the width halves backwards from the last, the language model's."""
    layers = len(stream.outputs)
    tokens = (stream.tokens, *stream.outputs)
    channels = (stream.channels, *(hidden // 2 ** (layers - 1 - n) for n in range(layers)))
    return nn.Sequential(*(Mixer(tokens[n : n + 2], channels[n : n + 2]) for n in range(layers)))  # type: ignore[arg-type]
