"""The licence of a set against those of what it was made from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from medspatial.passport.reading import VqaSet
from medspatial.passport.result import Alarm, Kind, alarm
from medspatial.records import Case, volume_name
from medspatial.records.question import is_ct_rate_volume

SOURCES: dict[str, str] = {
    "CT-RATE": "CC-BY-NC-SA-4.0",
    "KiTS": "CC-BY-NC-SA-4.0",
    "LIDC-IDRI": "CC-BY-3.0",
}
"""Licences of collections of CT whose case names tell them, as their own pages state them."""
_NAMES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"kits\d*_case_\d+"), "KiTS"),
    (re.compile(r"LIDC-IDRI-\d+"), "LIDC-IDRI"),
)


class Terms(NamedTuple):
    """What a licence asks for, read from its name."""

    non_commercial: bool
    share_alike: bool
    no_derivatives: bool

    @classmethod
    def of(cls, licence: str) -> Terms:
        """Read the terms of a Creative Commons name; other licences ask for none of them.

        >>> Terms.of("CC BY-NC-SA 4.0")
        Terms(non_commercial=True, share_alike=True, no_derivatives=False)
        """
        words = set(re.split(r"[^A-Z]+", licence.upper()))
        spelled = licence.lower().replace("-", "").replace(" ", "")
        return cls(
            "NC" in words or "noncommercial" in spelled,
            "SA" in words or "sharealike" in spelled,
            "ND" in words or "noderiv" in spelled,
        )


def sources_of(held: VqaSet, cases: Mapping[str, Case]) -> dict[str, str]:
    """Return name and licence of what the set was made from, as far as cases or their names tell."""
    found: dict[str, str] = {}
    for one in held.questions:
        case = cases.get(one.case_id)
        if case is not None and case.license:
            found.setdefault(case.source or "the cases", case.license)
        elif (name := _collection(volume_name(one.case_id))) is not None:
            found.setdefault(name, SOURCES[name])
    return found


def licence_of(held: VqaSet, stated: str | None) -> str | None:
    """The licence of the set: as the user says, as the set says, else the one that all its rows state."""
    if stated or held.licence:
        return stated or held.licence
    rows = {one.license for one in held.questions}
    return rows.pop() if len(rows) == 1 else None


def licence_alarms(held: VqaSet, cases: Mapping[str, Case], stated: str | None) -> list[Alarm]:
    """Terms of a source that the set's licence drops, and rows that state another licence than the set."""
    licence = licence_of(held, stated)
    found = [
        f"{name} ({of}): {'; '.join(broken)}"
        for name, of in sources_of(held, cases).items()
        for broken in [_broken(of, each) for each in _each(held, licence)]
        if broken
    ]
    return alarm(
        Kind.LICENCE,
        f"the set's licence ({licence or 'several'}) drops what a source asks for",
        list(dict.fromkeys(found)),
    )


def _each(held: VqaSet, licence: str | None) -> Iterable[str]:
    if licence is not None:
        return (licence,)
    return sorted({one.license for one in held.questions if one.license})


def _broken(source: str, licence: str) -> list[str]:
    theirs, ours = Terms.of(source), Terms.of(licence)
    lines = []
    if theirs.non_commercial and not ours.non_commercial:
        lines.append(f"non-commercial, {licence} is not")
    if theirs.share_alike and not (ours.share_alike and theirs.non_commercial == ours.non_commercial):
        lines.append(f"share alike, {licence} is another licence")
    if theirs.no_derivatives:
        lines.append("no derivatives, and a set of questions may be one")
    return lines


def _collection(name: str) -> str | None:
    if is_ct_rate_volume(name):
        return "CT-RATE"
    return next((source for pattern, source in _NAMES if pattern.fullmatch(name)), None)
