"""Matrix products as fast as the CPU allows."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

# Below this many rows the detour costs more than it saves.
_ROWS = 256


def apply(layer: nn.Module, x: Tensor) -> Tensor:
    """Return what a linear layer gives, by `linear`."""
    assert isinstance(layer, nn.Linear)
    return linear(x, layer.weight, layer.bias)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return ``x @ weight.T + bias``, as ``torch.nn.functional.linear`` does.

    On a CPU a linear layer goes to MKL, which is slow on processors of another maker; the same product
    written as a 1x1 convolution goes to oneDNN (1.6 times as fast where this was measured).
    """
    rows = x.numel() // x.shape[-1]
    if x.device.type != "cpu" or rows < _ROWS:
        return functional.linear(x, weight, bias)
    image = x.reshape(1, rows, 1, x.shape[-1]).permute(0, 3, 1, 2)  # channels last, as it lies in memory
    out = functional.conv2d(image, weight[:, :, None, None], bias)
    return out.permute(0, 2, 3, 1).reshape(*x.shape[:-1], weight.shape[0])
