"""Volumes and masks by case id, for the stages that look at them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from medspatial.cases import (
    CaseData,
    Discovery,
    case_fingerprint,
    find_cases,
    load_case,
    outside_cases,
    outside_sources,
)
from medspatial.cases.kept_volumes import KeptVolumes
from medspatial.errors import InputError
from medspatial.records import Case, Item, StoredRecords
from medspatial.study.config import CasesConfig
from medspatial.volume import MaskSet, Volume

ROOT_FILE = "root.json"  # in the folder `cases` of a study whose source is a package's

V = TypeVar("V")


class CaseLoader:
    """Cases by id, read when asked for.

    Parameters
    ----------
    cases, root
        The cases, and the folder that their relative paths start from.
    assume_axes
        Axis codes for volumes without a usable affine.
    kept
        Volumes read before, by this process or another; None reads each time.
    """

    def __init__(
        self,
        cases: Sequence[Case] | Mapping[str, Case],
        root: Path,
        assume_axes: str | None = None,
        kept: KeptVolumes | None = None,
    ) -> None:
        known = cases if isinstance(cases, Mapping) else {case.case_id: case for case in cases}
        self._cases: Mapping[str, Case] = known
        self._root = root
        self._assume_axes = assume_axes
        self._kept = kept

    @cached_property
    def states(self) -> Mapping[str, str]:
        """State of the files of each case, by id, looked at when asked for; see `case_fingerprint`."""
        return _Made(self._cases, self._state)

    def _state(self, case_id: str) -> str:
        return case_fingerprint(self._cases[case_id], self._root)

    def data(self, case_id: str) -> CaseData:
        """Return volume and masks of a case."""
        return load_case(self._case(case_id), self._root, assume_axes=self._assume_axes)

    def volume(self, case_id: str) -> Volume:
        """Return the CT of a case alone."""
        case = self._case(case_id)

        def read() -> Volume:
            data = load_case(case, self._root, with_masks=False, assume_axes=self._assume_axes)
            if data.ct is None:
                raise InputError(f"case {case_id!r} has no CT, only masks")
            return data.ct

        return read() if self._kept is None else self._kept.volume(case, self._root, self._assume_axes, read)

    def masks(self, case_id: str) -> MaskSet:
        """Return the masks of a case on its CT's grid."""
        data = load_case(self._case(case_id), self._root, with_ct=False, assume_axes=self._assume_axes)
        if data.masks is None:
            raise InputError(f"case {case_id!r} has no masks to draw")
        return data.masks

    def _case(self, case_id: str) -> Case:
        if case_id not in self._cases:
            raise InputError(f"case {case_id!r} is not among the {len(self._cases)} cases given")
        return self._cases[case_id]


def found_cases(settings: CasesConfig) -> Discovery:
    """Return the cases of a study that are found, not made: of a folder, a list, or a package's source.

    Raises
    ------
    InputError
        See `medspatial.cases.find_cases` and `medspatial.cases.outside_cases`.
    """
    if settings.source is not None:
        return outside_cases(settings.source, settings.options, label_map=settings.label_map)
    path = Path(settings.path or "")
    if not path.exists() and path.name in outside_sources():
        raise InputError(f"{path}: no such folder or file; a case source is written {{source: {path.name}}}")
    return find_cases(path, label_map=settings.label_map)


def case_loader(
    cases: str | Path | None,
    items: Sequence[Item] = (),
    image_root: Path = Path(),
    assume_axes: str | None = None,
    kept: KeptVolumes | None = None,
) -> CaseLoader:
    """Return a loader of the cases of a folder, a case file, or a source; see `medspatial.cases.find_cases`.

    Without one, each item's own ``image_path`` is its case's volume, from ``image_root``; a path that begins
    with that folder already, as scripts of the field write it, is taken as it is where only that leads to a
    file.
    """
    if cases is not None:
        known = find_cases(cases)
        return CaseLoader(known.cases, known.root, assume_axes, kept)
    if isinstance(items, StoredRecords):
        return CaseLoader(_Made(items.cases, _Shown(items, image_root)), image_root, assume_axes, kept)
    own = {item.case_id: _case_of(item, image_root) for item in items}
    return CaseLoader(own, image_root, assume_axes, kept)


def _case_of(item: Item, root: Path) -> Case:
    return Case(case_id=item.case_id, patient_id=item.patient_id, image_path=_below(item.image_path, root))


def _below(path: str | None, root: Path) -> str | None:
    """Return an image's path for a loader that starts from a folder."""
    if path is None or not Path(path).is_relative_to(root) or (root / path).exists():
        return path
    return str(Path(path).relative_to(root)) if Path(path).exists() else path


@dataclass(frozen=True)
class _Shown:
    """The case that stored rows show: that of the last row about it."""

    items: StoredRecords[Any]
    root: Path

    def __call__(self, case_id: str) -> Case:
        item = self.items.last_of(case_id)
        if item is None:
            raise KeyError(case_id)
        return _case_of(item, self.root)


class _Made(Mapping[str, V]):
    """A mapping whose values are made when they are asked for, and kept."""

    def __init__(self, keys: Iterable[str], make: Callable[[str], V]) -> None:
        self._keys, self._make = dict.fromkeys(keys), make
        self._made: dict[str, V] = {}

    def __getitem__(self, key: str) -> V:
        if key not in self._keys:
            raise KeyError(key)
        if key not in self._made:
            self._made[key] = self._make(key)
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
