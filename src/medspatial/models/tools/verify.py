"""Checks against reference vectors: does this installation compute what the original computes?

A reference folder holds a tiny checkpoint in the published layout with inputs and the outputs of the
original code. Each model yields `Check` rows; the same rows serve a user and the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from medspatial.errors import InputError
from medspatial.models.card import model_card

REFERENCE_CT = "data/real_ct/abdomen_pelvis_3mm/ct.nii.gz"


@dataclass(frozen=True)
class Check:
    """One tensor, list of ids or text against its reference.

    Attributes
    ----------
    error
        Largest absolute difference; number of differing entries for ids and texts.
    tolerance
        Largest error that passes; 0 for ids and texts.
    """

    name: str
    error: float
    tolerance: float
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the error is finite and within the tolerance."""
        return bool(np.isfinite(self.error)) and self.error <= self.tolerance


Checks = Callable[[Path, Path | None], Iterator[Check]]


def verify(name: str, reference: str | Path, ct: str | Path | None = None) -> list[Check]:
    """Run a model's checks.

    Parameters
    ----------
    reference
        Folder of reference vectors for that model.
    ct
        The CT that the preprocessing vectors were made from. Default: looked for beside the
        reference folder; without it preprocessing is not checked (the result then lacks those rows).

    Raises
    ------
    InputError
        Unknown model, one without checks, or a folder without the files that are needed.
    """
    card = model_card(name)
    folder = Path(reference)
    if card.verify is None:
        raise InputError(f"model '{name}' has no checks")
    if not folder.is_dir():
        raise InputError(f"{folder}: no such reference folder")
    module, _, attribute = card.verify.partition(":")
    checks: Checks = getattr(import_module(module), attribute)
    return list(checks(folder, Path(ct) if ct else _ct_beside(folder)))


def tensor_check(name: str, ours: Any, expected: Any, tolerance: float) -> Check:
    """Compare two arrays of one shape; another shape fails with an infinite error."""
    left, right = _array(ours), _array(expected)
    if left.shape != right.shape:
        return Check(name, float("inf"), tolerance, f"shape {left.shape}, expected {right.shape}")
    error = float(np.abs(left - right).max()) if left.size else 0.0
    return Check(name, error, tolerance, " x ".join(map(str, left.shape)))


def exact_check(name: str, ours: Sequence[Any] | str, expected: Sequence[Any] | str) -> Check:
    """Compare ids or texts entry by entry; a difference in length counts too."""
    differing = sum(a != b for a, b in zip(ours, expected, strict=False))
    differing += abs(len(ours) - len(expected))
    return Check(name, float(differing), 0.0, f"{len(expected)} entries")


def _array(value: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    if hasattr(value, "detach"):
        value = value.detach().float().cpu().numpy()
    return np.asarray(value, dtype=np.float64)


def sampled_checks(
    variant: str,
    volume: ArrayLike,
    expected: dict[str, Any],
    *,
    strides: tuple[int, int, int],
    tolerance: float,
    mean_tolerance: float,
    depth_step: int = 1,
) -> Iterator[Check]:
    """Compare a prepared volume (D, H, W) with samples: ``.sub``, ``.midD/H/W``, ``.mean_per_D/H/W``.

    Middle slices are at index size // 2, with every second entry of height and width and every
    ``depth_step``-th of depth.
    """
    array = np.asarray(volume, dtype=np.float32)
    d, h, w = (size // 2 for size in array.shape)
    samples = {
        "sub": array[:: strides[0], :: strides[1], :: strides[2]],
        "midD": array[d, ::2, ::2],
        "midH": array[::depth_step, h, ::2],
        "midW": array[::depth_step, ::2, w],
    }
    for kind, sample in samples.items():
        key = f"{variant}.{kind}"
        if key in expected:
            wanted = np.asarray(expected[key], dtype=np.float32).squeeze()
            yield tensor_check(f"preprocess {key}", sample, wanted, tolerance)
    for axis, letter in enumerate("DHW"):
        key = f"{variant}.mean_per_{letter}"
        if key in expected:
            others = tuple(other for other in range(3) if other != axis)
            means = array.mean(axis=others)  # summed in float32, as the reference's were
            yield tensor_check(f"preprocess {key}", means, expected[key], mean_tolerance)


def _ct_beside(folder: Path) -> Path | None:
    for parent in folder.resolve().parents:
        if (parent / REFERENCE_CT).exists():
            return parent / REFERENCE_CT
    return None
