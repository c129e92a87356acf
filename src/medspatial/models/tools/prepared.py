"""Inputs prepared once and kept as ``.npy``: a model that answers from them, held to its contract.

A question points to its array by ``image_path``; ``metadata["prepared"]`` says how it was made, where
`medspatial.models.tools.prepare` made it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.inputs import InputContract, Query
from medspatial.models.base import Answer, Model
from medspatial.records import Question, content_hash

ARMS = frozenset({"standard", "text_only", "permuted_options", "reworded"})  # those that leave volumes alone


@dataclass(frozen=True)
class PreparedInput:
    """An array read from disk; ``made`` is the hash of what made it, None where nobody says."""

    array: NDArray[Any]
    path: Path
    fingerprint: str
    made: str | None = None


def recipe_hash(contract: InputContract, settings: dict[str, Any]) -> str:
    """Hash of all that decides what an input looks like."""
    plain = json.loads(json.dumps(settings, default=str))
    return content_hash(contract.model_dump(mode="json"), plain)


def read_prepared(path: Path, made: str | None = None) -> PreparedInput:
    """Read an array; no code in the file is run.

    Raises
    ------
    InputError
        Missing, not an array, or one of Python objects.
    """
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path}: not a readable array ({error})") from None
    digest = hashlib.blake2b(f"{array.shape} {array.dtype}".encode(), digest_size=8)
    digest.update(np.ascontiguousarray(array).data)
    return PreparedInput(array, path, digest.hexdigest(), made)


def prepared_loader(questions: Sequence[Question], image_root: Path) -> Callable[[str], PreparedInput]:
    """Return a function from case id to the array that the questions point to."""
    places = {}
    for question in questions:
        made = question.metadata.get("prepared")
        recipe = made.get("recipe") if isinstance(made, dict) else None
        places[question.case_id] = (image_root / str(question.image_path), recipe)
    return partial(_read_place, places)


def _read_place(places: Mapping[str, tuple[Path, str | None]], case_id: str) -> PreparedInput:
    return read_prepared(*places[case_id])


class PreparedModel(Model):
    """A model that is given its inputs ready-made, held to its contract.

    Raises
    ------
    InputError
        The model does not take arrays.
    """

    def __init__(self, model: Model) -> None:
        if not model.takes_arrays or model.contract is None:
            raise InputError(f"model '{model.name}' does not take prepared arrays (.npy)")
        self.model = model
        self.name = model.name
        self.contract = model.contract
        self.batch_size = model.batch_size

    def prepare(self, volume: Any) -> Any:
        """Check an array against the contract and against the settings of this model."""
        if not isinstance(volume, PreparedInput):
            return self.model.prepare(volume)
        assert self.contract is not None
        own = recipe_hash(self.contract, self.model.describe().get("preparation", {}))
        if volume.made is not None and volume.made != own:
            raise InputError(
                f"{volume.path}: was prepared for another model, or with other settings than {self.name} has"
            )
        array = volume.array.astype(self.contract.dtype, copy=False)
        self.contract.check(array, f"{volume.path} for {self.name}")
        return array

    def encode(self, prepared: Any) -> Any:
        """Encode an input."""
        return self.model.encode(prepared)

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        """Answer a batch."""
        return self.model.answer(encoded, queries)

    def describe(self) -> dict[str, Any]:
        """Return the model's facts, and that inputs came ready-made."""
        return {**self.model.describe(), "prepared_inputs": True}

    def close(self) -> None:
        """Free what the model holds."""
        self.model.close()
