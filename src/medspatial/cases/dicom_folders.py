"""What DICOM files lie in a folder: series of CT, segmentations, other things; told by a few of their tags.

Only the beginning of a few files of each folder is read. File layout: DICOM PS3.5 (data elements) and PS3.10
(preamble and meta group).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_DICOM_SUFFIXES = (".dcm", ".dicom", ".ima")
# Suffixes of files that are never DICOM; anything else is looked into.
_PLAIN_SUFFIXES = frozenset(
    [
        ".txt",
        ".json",
        ".jsonl",
        ".csv",
        ".tsv",
        ".md",
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".xml",
        ".pdf",
        ".yaml",
        ".yml",
        ".html",
        ".xlsx",
        ".docx",
        ".npy",
        ".npz",
        ".raw",
        ".zraw",
        ".py",
        ".log",
        ".gz",
        ".zip",
        ".tar",
        ".bvec",
        ".bval",
        ".xls",
        ".db",
        ".svg",
        ".stl",
        ".obj",
        ".ply",
        ".pt",
        ".pth",
        ".h5",
        ".pkl",
    ]
)
_HEAD = 16384
_SEARCHED = 4 * 1024 * 1024  # a segmentation names the series that it was drawn on before its pixels
_ALL_UP_TO = 16  # of more files of like names only samples are looked into
_SAMPLES = 5
_MODALITY, _SERIES, _SYNTAX = (0x0008, 0x0060), (0x0020, 0x000E), (0x0002, 0x0010)
_ITEM_END, _SEQUENCE_END = (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
_UNDEFINED = 0xFFFFFFFF
_LONG_VRS = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
_IMPLICIT = "1.2.840.10008.1.2"
_UNREAD_SYNTAXES = ("1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99")  # big endian, deflated


@dataclass(frozen=True)
class DicomFacts:
    """Modality and series of one DICOM file; empty where the file does not say."""

    modality: str = ""
    series: str = ""


@dataclass
class DicomFolder:
    """The DICOM files directly in one folder.

    Attributes
    ----------
    ct
        One file of each series of CT, by SeriesInstanceUID.
    files
        The files that count as slices of CT.
    segmentations
        Files of modality SEG.
    others
        Files of other modalities, with the modality.
    """

    ct: dict[str, Path] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    segmentations: list[Path] = field(default_factory=list)
    others: dict[Path, str] = field(default_factory=dict)


def may_be_dicom(path: Path) -> bool:
    """Whether a file may be DICOM by its name."""
    return not path.name.startswith(".") and path.suffix.lower() not in _PLAIN_SUFFIXES


def sniffed(files: Sequence[Path]) -> DicomFolder | None:
    """Tell apart the DICOM files among files of one folder; None if there are none."""
    found = DicomFolder()
    for group in _alike(files):
        samples = _samples(group)
        facts = {one: dicom_facts(one) for one in samples}
        if len(samples) < len(group) and len({one and one.modality for one in facts.values()}) > 1:
            facts = {one: dicom_facts(one) for one in group}
        known = [one for one in facts.values() if one is not None]
        if not known:
            continue
        for path in group:
            _add(found, path, facts.get(path, known[0]))
    return found if found.ct or found.segmentations or found.others else None


def _add(found: DicomFolder, path: Path, facts: DicomFacts | None) -> None:
    if facts is None:
        return
    if facts.modality == "SEG":
        found.segmentations.append(path)
    elif facts.modality in ("CT", ""):
        found.ct.setdefault(facts.series, path)
        found.files.append(path)
    else:
        found.others[path] = facts.modality


def refers_to(segmentation: Path, series: str) -> bool:
    """Whether a segmentation names a series (its SeriesInstanceUID) as the one it was drawn on."""
    if not series:
        return False
    try:
        with segmentation.open("rb") as file:
            head = file.read(_SEARCHED)
    except OSError:
        return False
    return re.search(rb"(?<![0-9.])" + re.escape(series.encode()) + rb"(?![0-9.])", head) is not None


def dicom_facts(path: Path) -> DicomFacts | None:
    """Return modality and series of a file; None if it is not DICOM.

    A file that is named as DICOM and cannot be understood counts as DICOM that says nothing.
    """
    named = DicomFacts() if path.name.lower().endswith(_DICOM_SUFFIXES) else None
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return named
    if head[128:132] == b"DICM":
        at = 132
    elif head[:2] == b"\x08\x00" and head[3:4] == b"\x00":  # no preamble: begins with group 0008
        at = 0
    else:
        return named
    try:
        found = _wanted(head, at)
    except struct.error:  # the wanted tags lie behind what was read
        return DicomFacts()
    if at and _is_directory(head):
        return None
    return DicomFacts(found.get(_MODALITY, ""), found.get(_SERIES, ""))


def _is_directory(head: bytes) -> bool:
    """Whether the file is a DICOMDIR: an index of other files."""
    return b"1.2.840.10008.1.3.10\0" in head[:512]


def _wanted(head: bytes, at: int) -> dict[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    explicit = at > 0 or head[4:6].isalpha()
    while at + 8 <= len(head):
        if at > 0 and head[at : at + 2] != b"\x02\x00" and _SYNTAX in found:
            syntax = found.pop(_SYNTAX)
            if syntax in _UNREAD_SYNTAXES:
                return found
            explicit = syntax != _IMPLICIT
        tag, length, start = _element(head, at, explicit)
        if tag > _SERIES:
            break
        if tag in (_MODALITY, _SERIES, _SYNTAX):
            found[tag] = head[start : start + length].decode("ascii", "replace").strip(" \0")
        at = _end(head, length, start, explicit)
    return found


def _element(head: bytes, at: int, explicit: bool) -> tuple[tuple[int, int], int, int]:
    """Return tag, length and start of the value of the element at a place."""
    group, element = struct.unpack_from("<HH", head, at)
    if not explicit or group == 0xFFFE:
        return (group, element), struct.unpack_from("<I", head, at + 4)[0], at + 8
    if head[at + 4 : at + 6] in _LONG_VRS:
        return (group, element), struct.unpack_from("<I", head, at + 8)[0], at + 12
    return (group, element), struct.unpack_from("<H", head, at + 6)[0], at + 8


def _end(head: bytes, length: int, start: int, explicit: bool) -> int:
    """Return where an element ends; one of undefined length is a sequence that is walked."""
    if length != _UNDEFINED:
        return start + length
    at = start
    while True:
        tag, size, at = _element(head, at, explicit)
        if tag == _SEQUENCE_END:
            return at
        at = at + size if size != _UNDEFINED else _item_end(head, at, explicit)


def _item_end(head: bytes, at: int, explicit: bool) -> int:
    while True:
        tag, length, start = _element(head, at, explicit)
        if tag == _ITEM_END:
            return start
        at = _end(head, length, start, explicit)


def _alike(files: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield files in groups of like names and sizes: what differs among slices are digits."""
    if len(files) <= _ALL_UP_TO:
        yield from ([one] for one in files)
        return
    sizes = {one: _size(one) for one in files}
    usual = sorted(sizes.values())[len(sizes) // 2]
    groups: dict[str, list[Path]] = {}
    for one in files:
        if usual <= 4 * sizes[one] and sizes[one] <= 4 * usual:
            groups.setdefault(re.sub(r"[0-9a-fA-F.]+", "#", one.name), []).append(one)
        else:  # a segmentation or a plan among slices
            groups[one.name] = [one]
    yield from groups.values()


def _samples(group: list[Path]) -> list[Path]:
    if len(group) <= _ALL_UP_TO:
        return group
    last = len(group) - 1
    return [group[last * k // (_SAMPLES - 1)] for k in range(_SAMPLES)]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
