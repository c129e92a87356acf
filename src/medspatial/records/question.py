"""A question with its reference answer and the evidence for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from medspatial.records.base import AnswerType, Record, content_hash
from medspatial.records.visible import with_visible_share

_EARLIER_PLACES = {"reworded": "reworded", "form": "form", "kind": "balance_kind"}
_OUR_SOURCES = {"masks", "rules"}
_CT_RATE_NAME = re.compile(r"((?:train|valid|test)_\d+)_[a-z]+_\d+")


class EvidencePoint(Record):
    """A named point in patient space, RAS+ millimetres."""

    name: str
    xyz: tuple[float, float, float]


class Evidence(Record):
    """Why the reference answer is right.

    For a question from masks: what was measured, its value, and the distance to the rule's limit.
    For a question from a report: the quoted sentence.

    Attributes
    ----------
    measurement
        What was measured, in words, such as ``"minimum surface distance"``.
    value, unit
        The deciding figure; for a comparison the quantity compared (a ratio or difference).
    margin, margin_rule
        The limit that the figure had to keep, in the figure's unit, and the rule in words.
    formula
        How value and answer follow from the masks.
    structures
        Names of the structures that enter (see ``medspatial.anatomy``).
    points
        Points to draw: centroids, the two closest points, ...
    quote
        A sentence of the report, verbatim.
    details
        Further figures by name (volumes of both, stray voxels set aside, ...).
    assumptions
        What the answer rests on and nobody stated, one phrase each; empty where all is stated.
    """

    measurement: str | None = None
    value: float | str | None = None
    unit: str | None = None
    margin: float | None = None
    margin_rule: str | None = None
    formula: str | None = None
    structures: tuple[str, ...] = ()
    points: tuple[EvidencePoint, ...] = ()
    quote: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)
    assumptions: tuple[str, ...] = ()


class Item(Record):
    """The fields that a question, its predictions and its scores have in common.

    ``{"image_path", "question", "answer"}`` alone is a valid row: ``case_id`` is then the file name
    without its suffixes, ``patient_id`` follows CT-RATE's naming where it fits, and ``id`` is a hash
    of the content. A given ``case_id`` stays as it is; in the hash it counts without the suffix of a file.

    Attributes
    ----------
    id
        Stable identity; predictions and scores are joined by it, never by row.
    options
        The candidate answers in the order shown (A, B, C, ...); empty for an open question.
        ``answer`` is one of them, as text.
    value, unit, tolerance
        For ``answer_type="number"``: the reference figure, its unit, the absolute error accepted.
    """

    id: str = ""
    case_id: str = ""
    patient_id: str = ""
    image_path: str | None = None
    question: str = Field(min_length=1)
    answer: str
    category: str | None = None
    subtype: str | None = None
    answer_type: AnswerType = "free"
    options: tuple[str, ...] = ()
    value: float | None = None
    unit: str | None = None
    tolerance: float | None = Field(default=None, ge=0)

    @field_validator("question")
    @classmethod
    def _not_blank(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("must not be blank")
        return text

    @model_validator(mode="before")
    @classmethod
    def _fill_identity(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        image = data.get("image_path")
        if not data.get("case_id") and isinstance(image, str):
            data = {**data, "case_id": volume_name(image)}
        case_id = data.get("case_id")
        if not data.get("patient_id") and isinstance(case_id, str):
            data = {**data, "patient_id": patient_of(case_id)}
        if not data.get("id") and "question" in data and "answer" in data:
            data = {**data, "id": question_id(data)}
        return data

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.case_id:
            raise ValueError("needs 'case_id' or 'image_path'")
        if self.options and len(set(self.options)) != len(self.options):
            raise ValueError(f"options must differ from each other, got {list(self.options)}")
        if self.options and self.answer not in self.options:
            raise ValueError(f"answer must be one of the options {list(self.options)}, got {self.answer!r}")
        if self.answer_type == "number" and self.value is None and not self.options:
            raise ValueError("answer_type 'number' needs 'value' (and 'unit')")
        return self


class Question(Item):
    """A question with its reference answer, evidence and provenance.

    Attributes
    ----------
    tags
        Further labels, such as the six categories of report-based benchmarks.
    pair_id
        Links a question with its mirrored or reworded twin.
    reworded
        The same question in other words, for the arm of that name.
    form
        Which of its subtype's forms the question has, where there are several (``largest`` or ``smallest``).
    balance_kind
        What its answer counts as where the answers of a subtype are balanced (``left``, ``right``, ...).

    Files of earlier versions hold the last three in ``metadata`` and are read.
    """

    evidence: Evidence | None = None
    tags: tuple[str, ...] = ()
    pair_id: str | None = None
    source: str | None = None
    license: str | None = None
    reworded: str | None = None
    form: str | None = None
    balance_kind: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _earlier_places(cls, data: Any) -> Any:
        metadata = data.get("metadata") if isinstance(data, dict) else None
        if not isinstance(metadata, dict):
            return data
        ours = str(data.get("source") or "").partition(":")[0] in _OUR_SOURCES
        places = _EARLIER_PLACES if ours else {"reworded": "reworded"}
        moved = {
            name: metadata[place]
            for place, name in places.items()
            if isinstance(metadata.get(place), str) and not data.get(name)
        }
        if not moved:
            return data
        rest = {key: value for key, value in metadata.items() if _EARLIER_PLACES.get(key) not in moved}
        return {**data, **moved, "metadata": rest}


class AnsweredItem(Item):
    """What a prediction and its scores have in common: a field added here or to `Item` appears in both.

    Attributes
    ----------
    prediction
        The reply as it came; None where the prediction failed.
    visible_share
        How much of the question's evidence the model was given, 0 to 1; see `medspatial.records.visible`.
        None where that is not known.
    """

    model: str = "unknown"
    arm: str = "standard"
    prediction: str | None = None
    visible_share: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="before")
    @classmethod
    def _share_as_field(cls, data: Any) -> Any:
        return with_visible_share(data) if isinstance(data, dict) else data


class Prediction(AnsweredItem):
    """One model's answer to one question in one arm of a study.

    ``status="failed"`` with ``error`` and no ``prediction`` is a failure of the run, never an answer.
    """

    status: Literal["ok", "failed"] = "ok"
    error: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _failed_has_no_answer(self) -> Self:
        if self.status == "ok" and self.prediction is None:
            raise ValueError("status 'ok' needs 'prediction' (a failure has status 'failed' and 'error')")
        if self.status == "failed" and self.prediction is not None:
            raise ValueError("status 'failed' must not carry a 'prediction'")
        return self


def assumptions_of(questions: Iterable[Question]) -> dict[str, int]:
    """Return what the questions rest on and nobody stated, with the number of cases, most cases first."""
    pairs = {
        (one, question.case_id): None
        for question in questions
        if question.evidence is not None
        for one in question.evidence.assumptions
    }
    return dict(Counter(one for one, _ in pairs).most_common())


def counted_assumption(text: str, cases: int) -> str:
    """Say an assumption with its cases: ``label map totalsegmentator_v2 assumed for 12 cases``."""
    return f"{text} for {cases} case{'s' if cases != 1 else ''}"


def question_id(row: dict[str, Any]) -> str:
    """Hash what makes a question itself: its case, words, options and reference answer.

    The suffix of an image file is no part of the case: some files of the field carry it, some do not.
    """
    case_id, options = row.get("case_id"), row.get("options") or ()
    case = without_suffix(case_id) if isinstance(case_id, str) else case_id
    return content_hash(case, row["question"], list(options), row["answer"])


def volume_name(path: str) -> str:
    """Return a file's name without folder and suffixes: ``a/valid_1_a_1.nii.gz`` → ``valid_1_a_1``."""
    return without_suffix(path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1])


def without_suffix(name: str) -> str:
    """Return a name without the suffix of an image file; folders in it stay."""
    for suffix in (
        ".nii.gz", ".nii", ".npy", ".npz", ".nrrd", ".nhdr", ".mha", ".mhd", ".hdr", ".mgz", ".mgh", ".dcm",
    ):  # fmt: skip
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def is_ct_rate_volume(name: str) -> bool:
    """Whether a name without suffix is one of CT-RATE's volume names, which are unique (``valid_53_a_1``)."""
    return _CT_RATE_NAME.fullmatch(name) is not None


def patient_of(case_id: str) -> str:
    """Return the patient of a case: CT-RATE's ``valid_53_a_1`` → ``valid_53``, any other name itself."""
    name = volume_name(case_id)
    match = _CT_RATE_NAME.fullmatch(name)
    return match.group(1) if match else name
