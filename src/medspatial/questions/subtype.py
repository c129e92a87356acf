"""What a subtype is: one definition that turns a measured case into candidate questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from medspatial.errors import InputError
from medspatial.questions.drop import Drop
from medspatial.questions.margins import Margin
from medspatial.records import CATEGORIES, AnswerType, Category, Evidence

if TYPE_CHECKING:
    from medspatial.questions.scene import Scene

Needs = Literal["organs", "lesions", "organs and lesions"]
SUBTYPE_COUNT = 32


@dataclass(frozen=True)
class Candidate:
    """A question that passed its rules, before it gets its words and the order of its options.

    Attributes
    ----------
    structures
        What it is about, in the order of the wording.
    answer, options
        The answer as text and the options, unshuffled; no options for an open question.
    evidence
        Measurement, figure, margin and points; the subtype's margin adds its words.
    words
        What fills the wording's ``{places}``.
    note
        A sentence after the wording, whichever it is.
    form
        Which group of wordings applies, where a subtype has several.
    kind
        The class of the answer that is balanced (``yes``, ``left``, ...); the answer itself if empty.
    value, unit, tolerance
        For numbers.
    factors
        Ladder of multiples for the choice form of a number; ``whole_range`` for whole numbers.
    """

    structures: tuple[str, ...]
    answer: str
    evidence: Evidence
    options: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    form: str = ""
    kind: str = ""
    value: float | None = None
    unit: str | None = None
    tolerance: float | None = None
    factors: tuple[float, ...] = ()
    whole_range: tuple[int, int] | None = None

    @property
    def balance_kind(self) -> str:
        """The class of the answer for balancing."""
        return self.kind or self.answer


Find = Callable[["Scene"], Iterator[Candidate | Drop]]


@dataclass(frozen=True)
class Subtype:
    """One kind of question.

    Attributes
    ----------
    id, slug, title
        ``"L5"``, ``"left-of"``, ``"A on the patient's left of B"``.
    needs
        Which masks it needs.
    measurement, answers
        What decides the answer, and what the options are, in words.
    margin
        When a question is dropped, and by which figures.
    wordings
        Templates; several groups where a subtype has several forms.
    balanced
        Answer classes of which one is wanted per question, by hash; empty where nothing is forced.
    mirror_kinds
        How answer classes change when the patient is mirrored.
    find
        Yields candidates and drops, lazily, best candidates first.
    """

    id: str
    slug: str
    title: str
    category: Category
    needs: Needs
    answer_type: AnswerType
    measurement: str
    margin: Margin
    answers: str
    wordings: Mapping[str, tuple[str, ...]]
    find: Find
    unit: str | None = None
    balanced: tuple[str, ...] = ()
    mirror_kinds: Mapping[str, str] = field(default_factory=dict)


_SUBTYPES: dict[str, Subtype] = {}
_LETTERS = {"L": "laterality", "D": "distance", "V": "volume", "A": "localisation", "M": "comparison"}


def subtype(
    id: str,
    slug: str,
    title: str,
    *,
    needs: Needs,
    answer_type: AnswerType,
    measurement: str,
    margin: Margin,
    answers: str,
    wordings: tuple[str, ...] | Mapping[str, tuple[str, ...]],
    unit: str | None = None,
    balanced: tuple[str, ...] = (),
    mirror_kinds: Mapping[str, str] | None = None,
) -> Callable[[Find], Find]:
    """Register the decorated function as the ``find`` of a subtype; the category follows from the id."""
    category = next(name for name in CATEGORIES if name == _LETTERS[id[0]])

    def register(find: Find) -> Find:
        if id in _SUBTYPES:
            raise InputError(f"subtype {id!r} is defined twice")
        groups = wordings if isinstance(wordings, Mapping) else {"": wordings}
        _SUBTYPES[id] = Subtype(
            id=id,
            slug=slug,
            title=title,
            category=category,
            needs=needs,
            answer_type=answer_type,
            measurement=measurement,
            margin=margin,
            answers=answers,
            wordings=groups,
            find=find,
            unit=unit,
            balanced=balanced,
            mirror_kinds=dict(mirror_kinds or {}),
        )
        return find

    return register


def defined() -> tuple[Subtype, ...]:
    """Return the subtypes whose modules were imported, by category and number; see `catalogue` for all."""
    order = list(_LETTERS)
    return tuple(sorted(_SUBTYPES.values(), key=lambda s: (order.index(s.id[0]), s.id)))
