"""A case: one CT volume of one patient, with its masks and report."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from medspatial.records.base import Record


class MaskSource(Record):
    """Where masks of a case lie; a bare path stands for a source without a label map.

    Attributes
    ----------
    path
        A label volume, or a folder with one file per structure; relative to the cases' root.
    label_map
        Name of a built-in label map (``totalsegmentator_v2``, ``kits19``, ...), the path of a JSON
        file with ``{"1": "spleen", ...}``, or None for a folder whose file names are structures.
    complete
        The files are cropped to their labels on purpose, so that their borders cut nothing; never assumed.
    """

    path: str
    label_map: str | None = None
    complete: bool = False

    @model_validator(mode="before")
    @classmethod
    def _bare_path(cls, data: Any) -> Any:
        return {"path": data} if isinstance(data, str) else data


class Case(Record):
    """One CT volume of one patient.

    Attributes
    ----------
    case_id
        Unique in its file.
    patient_id
        Groups the volumes of one person: intervals are clustered by it and splits respect it.
    image_path
        The CT, relative to the cases' root or absolute; None where only masks exist.
    masks
        Zero or more mask sources, on their own grids; a bare path stands for the only one.
    report
        Free text of the radiology report, where there is one.
    transform
        Recorded changes in patient space that reading applies, such as ``["mirror_left_right"]``.
    linked_case_id
        The case this one was derived from (a mirrored control names its original).
    assumptions
        What is believed of it and nobody stated, one phrase each, such as
        ``"label map totalsegmentator_v2 assumed"``.
    """

    case_id: str = Field(min_length=1)
    patient_id: str = Field(min_length=1)
    image_path: str | None = None
    masks: tuple[MaskSource, ...] = ()
    report: str | None = None
    region: str | None = None
    transform: tuple[str, ...] = ()
    linked_case_id: str | None = None
    source: str | None = None
    license: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    assumptions: tuple[str, ...] = ()

    @field_validator("masks", mode="before")
    @classmethod
    def _only_mask(cls, masks: Any) -> Any:
        if not isinstance(masks, str):
            return masks
        if masks.lstrip().startswith(("[", "{")):  # meant as JSON, and not readable as such
            raise ValueError(
                'must be a path, or a JSON list such as [{"path": "seg.nii.gz", "label_map": "kits23"}]'
            )
        return (masks,)
