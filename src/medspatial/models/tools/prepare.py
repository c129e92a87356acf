"""Prepare the volumes of a dataset once: one ``.npy`` each, and a JSONL that points to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError, MedspatialError
from medspatial.files import whole_file, write_text
from medspatial.inputs import InputContract
from medspatial.models.tools.prepared import recipe_hash
from medspatial.pool import Lost, Place, Task, results_of
from medspatial.progress import Progress, Silent
from medspatial.records import Question, content_hash, write_records

if TYPE_CHECKING:
    from medspatial.volume import Volume

SETTINGS = "prepared.json"


@dataclass(frozen=True)
class PreparedDataset:
    """How a dataset was prepared: arrays written now, found before, and volumes that failed."""

    output: Path
    written: int
    found: int
    failed: dict[str, str]


def prepare_dataset(
    model: str,
    preparation: Any,
    questions: Sequence[Question],
    *,
    load: Callable[[str], Volume | None],
    output_root: str | Path,
    output_jsonl: str | Path,
    progress: Progress | None = None,
    place: Place | None = None,
) -> PreparedDataset:
    """Prepare each volume of a dataset once.

    An array that is there already is kept. A volume that cannot be read is reported and its
    questions are left out of the JSONL; the others go on. Each array is written by whoever prepares it.

    Parameters
    ----------
    preparation
        Volume to array, with ``contract()`` and ``describe()``.
    load
        Returns the volume of a case id.
    place
        Makes the workers, `medspatial.pool.Processes` or actors of a Ray cluster, that see the same folders;
        None works in this process. One that dies costs its volume, which is tried once more.

    Raises
    ------
    InputError
        The folder holds arrays of another model or of other settings.
    """
    root = Path(output_root)
    contract: InputContract = preparation.contract()
    made = recipe_hash(contract, preparation.describe())
    _check_folder(root, model, made, contract, preparation.describe())
    report = progress or Silent()
    paths, failed, found = {}, {}, 0
    write = _Writing(model, preparation, load, root)
    cases = dict.fromkeys(question.case_id for question in questions)
    for case_id, (how, cause) in _written(write, cases, place):
        if how == "failed":
            failed[case_id] = cause
        else:
            found += how == "found"
            paths[case_id] = root / f"{_file_name(case_id)}.npy"
        report.advance(1, case_id)
    rows = [
        _with_array_path(question, paths[question.case_id], {"model": model, "recipe": made})
        for question in questions
        if question.case_id in paths
    ]
    write_records(Path(output_jsonl), rows)
    return PreparedDataset(Path(output_jsonl), len(paths) - found, found, failed)


_Outcome = tuple[Literal["found", "made", "failed"], str]  # and the cause of a failure


@dataclass(frozen=True)
class _Writing:
    """Prepares a case's volume and keeps it, unless it is kept already; what each worker does."""

    model: str
    preparation: Any
    load: Callable[[str], Volume | None]
    root: Path

    def __call__(self, case_id: str) -> _Outcome:
        try:
            contract: InputContract = self.preparation.contract()
            path = self.root / f"{_file_name(case_id)}.npy"
            if _is_whole(path, contract):
                return "found", ""
            _write(path, self.preparation(self.load(case_id)), contract, self.model)
        except (MedspatialError, OSError) as error:
            return "failed", str(error)
        return "made", ""


@dataclass(frozen=True)
class _Made:
    """The same function for every device."""

    write: _Writing

    def __call__(self, device: str) -> _Writing:
        return self.write


def _written(write: _Writing, cases: Iterable[str], place: Place | None) -> Iterator[tuple[str, _Outcome]]:
    if place is None:
        yield from ((case_id, write(case_id)) for case_id in cases)
        return
    for case_id, outcome in results_of(place(Task(_Made(write))), ((case_id, None) for case_id in cases)):
        yield case_id, ("failed", outcome.cause) if isinstance(outcome, Lost) else outcome


def _check_folder(
    root: Path, model: str, made: str, contract: InputContract, settings: dict[str, Any]
) -> None:
    """Write what the folder holds, or hold it to that."""
    path = root / SETTINGS
    root.mkdir(parents=True, exist_ok=True)
    if path.exists():
        old = json.loads(path.read_text(encoding="utf-8"))
        if (old.get("model"), old.get("recipe")) != (model, made):
            raise InputError(
                f"{path}: the folder holds inputs of {old.get('model')} made with other settings; use another"
            )
        return
    facts = {
        "model": model,
        "recipe": made,
        "contract": contract.model_dump(mode="json"),
        "preparation": settings,
    }
    write_text(path, json.dumps(facts, indent=1, default=str) + "\n")


def _is_whole(path: Path, contract: InputContract) -> bool:
    """Say whether an array is there, whole and of the contract's shape (only its header is read)."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError):
        return False
    leading = (contract.channels,) if contract.channels else ()
    return contract.shape is None or array.shape == (*leading, *contract.shape)


def _write(path: Path, array: NDArray[Any], contract: InputContract, model: str) -> None:
    contract.check(array, model)
    with whole_file(path, suffix=".npy") as unfinished:
        np.save(unfinished, array, allow_pickle=False)


def _file_name(case_id: str) -> str:
    """A case id as a file name; what a file name cannot hold is replaced, and a hash keeps it apart."""
    plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in case_id)
    return plain if plain == case_id else f"{plain}-{content_hash(case_id)[:8]}"


def _with_array_path(question: Question, path: Path, made: dict[str, str]) -> Question:
    metadata = {**question.metadata, "prepared": made}
    return question.model_copy(update={"image_path": str(path), "metadata": metadata})
