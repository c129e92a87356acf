"""The records that flow between stages: Case, Question, Prediction, Score, as JSONL."""

from medspatial.records.base import (
    CATEGORIES,
    CATEGORY_TITLES,
    AnswerType,
    Category,
    Record,
    content_hash,
    lean,
)
from medspatial.records.case import Case, MaskSource
from medspatial.records.encoding import PACKING_FAULTS, encodable, open_text, other_encoding, unpacked
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
    AnsweredItem,
    Evidence,
    EvidencePoint,
    Item,
    Prediction,
    Question,
    assumptions_of,
    counted_assumption,
    patient_of,
    volume_name,
    without_suffix,
)
from medspatial.records.score import NumericAccuracy, Reading, ReadSide, Score, Standing, Vote
from medspatial.records.sight import BLIND, Sight
from medspatial.records.stored import (
    IdSet,
    StoredRecords,
    asked_hash,
    case_ids,
    stored_or_none,
    stored_records,
)
from medspatial.records.text import bare_words, normal_text
from medspatial.records.visible import visible_share

__all__ = [
    "BLIND",
    "CATEGORIES",
    "CATEGORY_TITLES",
    "PACKING_FAULTS",
    "AnswerType",
    "AnsweredItem",
    "Case",
    "Category",
    "Evidence",
    "EvidencePoint",
    "IdSet",
    "Item",
    "Loaded",
    "MaskSource",
    "NumericAccuracy",
    "Prediction",
    "Question",
    "ReadSide",
    "Reading",
    "Record",
    "RecordAppender",
    "Repeat",
    "RowError",
    "Score",
    "Sight",
    "Standing",
    "StoredRecords",
    "Vote",
    "asked_hash",
    "assumptions_of",
    "bare_words",
    "case_ids",
    "content_hash",
    "counted_assumption",
    "encodable",
    "iter_records",
    "lean",
    "normal_text",
    "open_text",
    "other_encoding",
    "patient_of",
    "plain_data",
    "read_records",
    "shown_kind",
    "stored_or_none",
    "stored_records",
    "unpacked",
    "visible_share",
    "volume_name",
    "without_suffix",
    "write_records",
]
