"""What all records share: strict fields, content hashes, the words of the vocabulary."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from medspatial.records.encoding import encodable

Category = Literal["laterality", "distance", "volume", "localisation", "comparison"]
CATEGORIES: tuple[Category, ...] = ("laterality", "distance", "volume", "localisation", "comparison")
CATEGORY_TITLES: dict[str, str] = {
    "laterality": "Laterality",
    "distance": "Distance & proximity",
    "volume": "Volume & size",
    "localisation": "Anatomical localisation",
    "comparison": "Multi-organ comparison",
}

AnswerType = Literal["side", "choice", "yes_no", "anatomy", "number", "relation", "free"]


R = TypeVar("R", bound="Record")


class Record(BaseModel):
    """One immutable row of a JSONL file; an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def to_json(self) -> str:
        """One line of JSON without fields that are None or empty by default, in field order.

        Any record can be written as UTF-8: see `encodable` for text that cannot.
        """
        text = json.dumps(
            self.model_dump(mode="json", exclude_defaults=True),
            ensure_ascii=False,
            separators=(", ", ": "),
        )
        return encodable(text)


_FIELD_SETS: dict[frozenset[str], set[str]] = {}
_PLAIN = (str, int, float, dict, type(None))


def lean(record: R) -> R:
    """Let a record share the set of its given fields with those that were given the same ones; return it.

    The set of a record of twenty fields takes more memory than its texts. Records are frozen, and copies of
    them copy the set.
    """
    given = record.model_fields_set
    object.__setattr__(record, "__pydantic_fields_set__", _FIELD_SETS.setdefault(frozenset(given), given))
    for value in record.__dict__.values():
        if isinstance(value, _PLAIN):  # most are; told apart by one call
            continue
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Record):
                lean(part)
    return record


def content_hash(*parts: Any) -> str:
    """Return 16 hexadecimal digits that depend on the parts' JSON text alone.

    Equal on every machine and Python version; used for identities, shuffles and cache keys.
    """
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
