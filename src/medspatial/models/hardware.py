"""Where and in which numbers a native model runs: the same options for every one of them."""

from __future__ import annotations

from dataclasses import dataclass

from medspatial.errors import InputError

DTYPES = ("float32", "bfloat16", "float16")
ATTENTION = ("eager", "sdpa", "flash_attention_2")


@dataclass(frozen=True)
class Runtime:
    """Device, number type and attention of a model; needs no torch.

    Attributes
    ----------
    device
        ``cpu``, ``cuda``, ``cuda:1``, or ``auto``: a GPU if there is one.
    dtype
        ``float32``, ``bfloat16``, ``float16``, or ``auto``: bfloat16 on a GPU, float32 on a CPU.
    attention
        The implementation in transformers: ``eager``, ``sdpa`` or ``flash_attention_2``.

    Raises
    ------
    InputError
        A number type or an attention that is not among these, or a device that is no text.
    """

    device: str = "auto"
    dtype: str = "auto"
    attention: str = "sdpa"

    def __post_init__(self) -> None:
        if not isinstance(self.device, str):
            raise InputError(f"device: must be auto, cpu, cuda or cuda:N, got {self.device!r}")
        if self.dtype not in ("auto", *DTYPES):
            raise InputError(f"dtype: must be auto, {', '.join(DTYPES)}, got {self.dtype!r}")
        if self.attention not in ATTENTION:
            raise InputError(f"attention: must be one of {', '.join(ATTENTION)}, got {self.attention!r}")
