"""CT-RATE's naming rule: from a volume's name to the paths of its files, without listing the repository."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from medspatial.errors import InputError
from medspatial.records import volume_name

REPOSITORY = "ibrahimhamamci/CT-RATE"
LICENSE = "CC BY-NC-SA 4.0"
SUFFIX = ".nii.gz"

Split = Literal["train_fixed", "valid_fixed"]
SPLITS: tuple[Split, ...] = ("train_fixed", "valid_fixed")
OLD_SPLITS = ("train", "valid")
MASK_TASKS: dict[str, str] = {
    "ts_total": "totalsegmentator_v2",
    "ts_lung_nodules": "nodules",
    "ts_pleural_pericard_effusion": "effusion",
}
"""Mask volumes of the repository and their label maps; a mask has the file name of its CT."""

_NAME = re.compile(r"(train|valid|test)_(\d+)_([a-z]+)_(\d+)")
_LONG = {"train": "train", "valid": "validation"}  # reports and metadata spell the split out


@dataclass(frozen=True, order=True)
class VolumeName:
    """The parts of ``valid_53_a_1``: split, patient, scan of that patient, reconstruction of that scan."""

    split: str
    number: int
    letter: str
    reconstruction: int

    @property
    def patient(self) -> str:
        """``valid_53``."""
        return f"{self.split}_{self.number}"

    @property
    def scan(self) -> str:
        """``valid_53_a``: what a report describes."""
        return f"{self.patient}_{self.letter}"

    @property
    def case_id(self) -> str:
        """``valid_53_a_1``."""
        return f"{self.scan}_{self.reconstruction}"

    @property
    def inner_path(self) -> str:
        """Folders of patient and scan, and the file name."""
        return f"{self.patient}/{self.scan}/{self.case_id}{SUFFIX}"

    def volume_path(self, folder: str | None = None) -> str:
        """Path of the CT in the repository; ``folder`` is ``<split>_fixed`` unless said otherwise."""
        return f"dataset/{folder or self.split + '_fixed'}/{self.inner_path}"

    def mask_path(self, task: str) -> str:
        """Path of a mask volume in the repository.

        Raises
        ------
        InputError
            Unknown task.
        """
        if task not in MASK_TASKS:
            raise InputError(f"unknown CT-RATE mask task {task!r}; known: {', '.join(MASK_TASKS)}")
        return f"dataset/ts_seg/{task}/{self.split}_fixed/{self.inner_path}"


def parse_name(text: str) -> VolumeName:
    """Read a volume's name; folders and suffixes around it are ignored.

    ``test_N_x_r``, as 3D-RAD writes it, names the volume ``valid_N_x_r``.

    Raises
    ------
    InputError
        If it does not follow the rule ``<split>_<patient>_<scan letter>_<reconstruction>``.

    Examples
    --------
    >>> parse_name("dataset/x/valid_53_a_1.nii.gz").volume_path()
    'dataset/valid_fixed/valid_53/valid_53_a/valid_53_a_1.nii.gz'
    """
    match = _NAME.fullmatch(volume_name(text.strip()))
    if match is None:
        raise InputError(
            f"CT-RATE volume name {text!r}: must be <train|valid>_<patient>_<scan letter>_<reconstruction>, "
            "such as valid_53_a_1"
        )
    split, number, letter, reconstruction = match.groups()
    return VolumeName("valid" if split == "test" else split, int(number), letter, int(reconstruction))


def is_name(text: str) -> bool:
    """Whether a text is a CT-RATE volume name, with or without folders and suffixes."""
    return _NAME.fullmatch(volume_name(text.strip())) is not None


def first_reconstructions(names: Iterable[VolumeName]) -> list[VolumeName]:
    """Keep one volume per scan, the one with the lowest reconstruction number, in the order of the scans."""
    best: dict[str, VolumeName] = {}
    for name in names:
        if name.scan not in best or name < best[name.scan]:
            best[name.scan] = name
    return list(best.values())


def check_split(text: str) -> Split:
    """Return a split whose headers are right.

    Raises
    ------
    InputError
        Unknown; or one of the first upload's folders, whose volumes carry no spacing, orientation or scaling.
    """
    for split in SPLITS:
        if text == split:
            return split
    if text in OLD_SPLITS:
        raise InputError(
            f"split {text!r}: the volumes of the first upload have no spacing, orientation or HU scaling in "
            f"their headers, so their sides are unknown; use '{text}_fixed'"
        )
    raise InputError(f"unknown CT-RATE split {text!r}; known: {', '.join(SPLITS)}")


def reports_path(split: Split) -> str:
    """Path of the reports' table."""
    return f"dataset/radiology_text_reports/{_LONG[_short(split)]}_reports.csv"


def metadata_path(split: Split) -> str:
    """Path of the table of DICOM metadata."""
    return f"dataset/metadata/{_LONG[_short(split)]}_metadata.csv"


def labels_path(split: Split) -> str:
    """Path of the table of 18 predicted abnormality labels."""
    return f"dataset/multi_abnormality_labels/{_short(split)}_predicted_labels.csv"


def _short(split: Split) -> str:
    return split.removesuffix("_fixed")
