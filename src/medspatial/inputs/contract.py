"""The declared input of a model, checked against what it is really given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import model_validator

from medspatial.errors import InputError
from medspatial.records import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RANGE_TOLERANCE = 1e-4  # float32 rounding of a normalisation


class InputContract(Record):
    """What voxels or images a model must be given.

    Attributes
    ----------
    representation
        ``volume`` (voxels) or a slice form; ``none`` for a model without image input.
    axes
        For each spatial array axis, slowest first, the patient direction in which its index grows:
        ``"SPL"`` is (slice, row, column) growing to superior, posterior, left.
    shape
        Length of the spatial axes in that order; None where any length is accepted.
    spacing
        Millimetres along the axes; None where the volume is stretched to ``shape``.
    hu_window
        HU values mapped to the ends of ``value_range``; None where ``normalisation`` says otherwise.
    normalisation
        In words: how HU become values.
    channels
        Leading channel axis of that length; 0 for none.
    """

    representation: Literal["volume", "slices", "grid", "overlay", "none"] = "volume"
    axes: str = "SPL"
    shape: tuple[int, ...] | None = None
    spacing: tuple[float, ...] | None = None
    hu_window: tuple[float, float] | None = None
    normalisation: str = ""
    value_range: tuple[float, float] = (0.0, 1.0)
    channels: int = 1
    dtype: str = "float32"
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _axes_are_distinct(self) -> Self:
        kinds = {"LR": 0, "AP": 1, "SI": 2}
        found = sorted(kinds[pair] for letter in self.axes for pair in kinds if letter in pair)
        if self.representation == "volume" and found != [0, 1, 2]:
            raise ValueError(f"axes needs one letter each of L/R, A/P and S/I, got {self.axes!r}")
        return self

    def check(self, array: NDArray[np.generic], model: str = "model") -> None:
        """Raise InputError if an array breaks the contract (shape, dtype, value range, finite)."""
        expected = ((self.channels,) if self.channels else ()) + (self.shape or ())
        if self.shape is not None and array.shape != expected:
            raise InputError(f"{model}: input shape must be {expected}, got {array.shape}")
        if str(array.dtype) != self.dtype:
            raise InputError(f"{model}: input dtype must be {self.dtype}, got {array.dtype}")
        low, high = float(array.min()), float(array.max())
        slack = _RANGE_TOLERANCE * (self.value_range[1] - self.value_range[0])
        if not (self.value_range[0] - slack <= low and high <= self.value_range[1] + slack):
            raise InputError(f"{model}: input values must lie in {self.value_range}, got {low:g}..{high:g}")

    def lines(self) -> list[tuple[str, str]]:
        """Return (field, text) pairs for printing."""
        rows = [
            ("representation", self.representation),
            ("array axes grow to", ", ".join(_DIRECTIONS.get(letter, letter) for letter in self.axes)),
            ("shape", " x ".join(map(str, self.shape)) if self.shape else "any"),
            ("spacing", " x ".join(f"{s:g}" for s in self.spacing) + " mm" if self.spacing else "stretched"),
            ("HU window", f"{self.hu_window[0]:g} .. {self.hu_window[1]:g}" if self.hu_window else "none"),
            ("normalisation", self.normalisation or "linear from the window"),
            ("values", f"{self.value_range[0]:g} .. {self.value_range[1]:g}"),
            ("channels", str(self.channels)),
            ("dtype", self.dtype),
        ]
        return [*rows, ("notes", "; ".join(self.notes))] if self.notes else rows


_DIRECTIONS = {
    "L": "patient left",
    "R": "patient right",
    "A": "anterior",
    "P": "posterior",
    "S": "superior",
    "I": "inferior",
}
