"""The records that flow between stages: Case, Question, Prediction, Score, as JSONL."""

from medspatial.records.base import (
    CATEGORIES,
    CATEGORY_TITLES,
    AnswerType,
    Category,
    Record,
    content_hash,
)
from medspatial.records.case import Case, MaskSource
from medspatial.records.encoding import encodable, open_text, other_encoding
from medspatial.records.jsonl import (
    Loaded,
    RecordAppender,
    Repeat,
    RowError,
    iter_records,
    read_records,
    write_records,
)
from medspatial.records.plain import plain_data, shown_kind
from medspatial.records.question import (
    Evidence,
    EvidencePoint,
    Item,
    Prediction,
    Question,
    Score,
    patient_of,
    volume_name,
    without_suffix,
)

__all__ = [
    "CATEGORIES",
    "CATEGORY_TITLES",
    "AnswerType",
    "Case",
    "Category",
    "Evidence",
    "EvidencePoint",
    "Item",
    "Loaded",
    "MaskSource",
    "Prediction",
    "Question",
    "Record",
    "RecordAppender",
    "Repeat",
    "RowError",
    "Score",
    "content_hash",
    "encodable",
    "iter_records",
    "open_text",
    "other_encoding",
    "patient_of",
    "plain_data",
    "read_records",
    "shown_kind",
    "volume_name",
    "without_suffix",
    "write_records",
]
