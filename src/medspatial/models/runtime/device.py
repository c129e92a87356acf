"""Devices, number types, and what running out of memory looks like."""

from __future__ import annotations

import torch

from medspatial.errors import InputError
from medspatial.models.hardware import DTYPES, Runtime

_DTYPES: dict[str, torch.dtype] = {name: getattr(torch, name) for name in DTYPES}


def device_and_dtype(runtime: Runtime) -> tuple[torch.device, torch.dtype]:
    """Return where and in which number type a model runs.

    Raises
    ------
    InputError
        A device that is unknown, or that this machine does not have.
    """
    device = choose_device(runtime.device)
    return device, choose_dtype(runtime.dtype, device)


def choose_device(name: str = "auto") -> torch.device:
    """Return the device: ``cpu``, ``cuda``, ``cuda:1``, or ``auto`` (a GPU if there is one).

    Raises
    ------
    InputError
        Unknown name, or a GPU that this machine does not have.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"device: must be auto, cpu, cuda or cuda:N, got {name!r}") from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(f"device {name!r}: this machine has {torch.cuda.device_count()} CUDA devices")
    return device


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """Return the number type: ``auto`` is bfloat16 on a GPU and float32 on a CPU.

    Raises
    ------
    InputError
        Unknown name.
    """
    if name == "auto":
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    if name not in _DTYPES:
        raise InputError(f"dtype: must be auto, {', '.join(_DTYPES)}, got {name!r}")
    return _DTYPES[name]


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error means that memory ran out, on a GPU or on the CPU."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator: can't allocate memory" in str(error)


def free_cached_memory() -> None:
    """Give cached GPU memory back after a batch that did not fit."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
