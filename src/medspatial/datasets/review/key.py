"""The key of a review: which row each item stands for and who reviews it; reviewers do not get it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pydantic import Field, ValidationError

from medspatial.errors import InputError
from medspatial.records import Record

KEY_FILE = "key.json"


class ReviewKey(Record):
    """The key, as it lies beside the forms.

    Attributes
    ----------
    items
        Item to row id.
    reviewers
        Items of each reviewer; empty in keys of earlier versions and of forms from elsewhere.
    shown
        Hash of all that reviewers see, so that changed wording is another review.
    """

    seed: int
    criteria: tuple[str, ...]
    items: dict[str, str]
    reviewers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    shown: str = ""

    def needed(self, per_item: int | None = None) -> dict[str, int]:
        """Return how many reviewers must judge each item: all who were given it, or ``per_item``.

        Raises
        ------
        InputError
            The key does not say who reviews what, and ``per_item`` is not given.
        """
        if per_item is not None:
            return dict.fromkeys(self.items, per_item)
        if not self.reviewers:
            raise InputError(
                f"{KEY_FILE} does not say who reviews what: say how many an item needs, --per-item N"
            )
        given = Counter(item for items in self.reviewers.values() for item in items)
        return {item: given[item] for item in self.items}

    def differences(self, other: ReviewKey) -> str:
        """Say in what another assignment differs from this one; empty when it does not."""
        told = []
        if not self.reviewers:
            told.append("it is of an earlier version and does not say who reviews what")
        elif set(self.reviewers) != set(other.reviewers):
            told.append(f"reviewers: {', '.join(self.reviewers)} -> {', '.join(other.reviewers)}")
        for name in ("criteria", "seed"):
            if getattr(self, name) != getattr(other, name):
                told.append(f"{name}: {_shown(getattr(self, name))} -> {_shown(getattr(other, name))}")
        before, after = set(self.items.values()), set(other.items.values())
        if before != after:
            told.append(f"questions: {len(after - before)} new, {len(before - after)} gone")
        if not told and self.reviewers != other.reviewers:
            told.append("who reviews what: --per-item or --overlap")
        if not told and self.shown != other.shown:
            told.append("the wording of questions")
        return "; ".join(told)


def read_key(folder: str | Path) -> ReviewKey:
    """Return the key of a review folder.

    Raises
    ------
    InputError
        It is missing or damaged.
    """
    path = Path(folder) / KEY_FILE
    try:
        return ReviewKey.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: the key of the review is missing") from None
    except (OSError, UnicodeDecodeError, ValidationError):
        raise InputError(f"{path}: not the key of a review") from None


def write_key(folder: str | Path, key: ReviewKey) -> Path:
    """Write the key into a review folder."""
    path = Path(folder) / KEY_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(key.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return path


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
