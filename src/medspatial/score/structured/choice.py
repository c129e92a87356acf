"""R11: the letter or the option's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from medspatial.language import likeliest, option_marks
from medspatial.records import Item
from medspatial.score.normalise import normalise
from medspatial.score.structured.closed import ClosedSet, closed_set, match_closed, said_polarity
from medspatial.score.structured.commitments import Commitments, Mention, commitments, final_part
from medspatial.score.structured.comparison import question_comparison, winners
from medspatial.score.structured.option_figures import graded
from medspatial.score.structured.options import (
    LETTERS,
    NOT_OFFERED,
    find_options,
    option_key,
    option_label,
)
from medspatial.score.structured.reading import Reading, read
from medspatial.score.structured.verdict import REFUSES, Verdict, decided, unanswered
from medspatial.score.structured.yes_no import match_yes_no, polarity_of

_ALONE = re.compile(r"\A[\W_]*(?:option|choice|answer|letter)?[\W_]*([A-Za-z])[\W_]*\Z", re.I)
_MARKED = re.compile(
    r"\b(?:option|choice|answer|letter|alternative)s?(?:\s+(?:is|would be|should be|must be|"
    r"are))?\s*[:=]?\s*(?:option\s+|letter\s+)?[(\[\"']?([A-Ja-j])(?![A-Za-z0-9'])"
    r"(?!\s+(?:[a-z]{2,}))"
    r"|[(\[]([A-Ja-j])[)\]]"
)
_LEADING = re.compile(
    r"(?:\A|\n)\s*[\"'(\[]?([A-Ja-j])\s*[)\].:](?=\s|\Z|[A-Z])|(?:\A|\n)\s*([A-J])\s+[-–—]\s"
)
_OPTION_WORD = re.compile(r"\b(?:option|choice|letter|alternative)\s+\(?([A-Ja-j])\b")
_BARE = re.compile(r"(?<![A-Za-z0-9'/.-])([B-HJ])(?![A-Za-z0-9'/-])(?!\.[A-Za-z])")
_BARE_A = re.compile(
    r"(?<![A-Za-z0-9'/.-])A(?=\s*(?:[,;:)\]]|\.(?:\s|\Z)|\Z|\s(?:is|and|or|nor|because|since|but|as|was|"
    r"seems|appears|would|can)\b))"
)
_ALL = re.compile(r"\ball (?:of )?(?:the )?(?:above|options|choices|four|of them|answers)\b", re.I)
_APPOSITION = re.compile(r"[\s,.:;()\[\]=*-]*(?:(?:is|i\.e\.|the|a|an)\s+)?(?:(?:the|a|an)\s+)?")
_NOT_LETTER = re.compile(
    r"\b(?:hepatitis|vitamin|type|grade|stage|class|group|category|segment|child(?:-pugh)?|zone|level|"
    r"lesion|structure|point|mass|nodule|series|phase|part|panel|figure|organ)\s+\(?[A-J]\b(?!\))",
    re.I,
)


def find_letters(text: str, count: int) -> list[Mention]:
    """Return the option letters that a reply names, in order; the article "A" is none.

    Parameters
    ----------
    count
        Number of options; a bare capital beyond them is no letter unless it is marked as one.

    >>> [m.value for m in find_letters("A mass in the stomach: option C, not (B).", 4)]
    ['C', 'B']
    """
    alone = _ALONE.match(text)
    if alone:
        return [Mention(alone.group(1).upper(), alone.start(1), alone.end(1))]
    spans: dict[int, Mention] = {}
    for pattern in (_MARKED, _LEADING, _OPTION_WORD):
        for match in pattern.finditer(text):
            group = 1 if match.group(1) else 2
            spans[match.start(group)] = Mention(
                match.group(group).upper(), match.start(group), match.end(group)
            )
    hidden = [(m.start(), m.end()) for m in _NOT_LETTER.finditer(text)]
    for pattern in (_BARE, _BARE_A):
        for match in pattern.finditer(text):
            if match.group()[0] in LETTERS[:count] and not any(a <= match.start() < b for a, b in hidden):
                spans.setdefault(match.start(), Mention(match.group()[0], match.start(), match.start() + 1))
    return [spans[start] for start in sorted(spans)]


def match_choice(text: str, item: Item) -> Verdict:
    """Judge a reply to a question with options."""
    options = item.options
    want = options.index(item.answer) if item.answer in options else _letter_index(item.answer, options)
    if want is None:
        return Verdict("undecided", "R11", f"the reference '{item.answer}' is none of the options")
    text = without_listing(text, options)
    if _ALL.search(text):
        return decided(False, "R11", "names all options", "all")
    if not text:
        return unanswered("R7", "only repeats the options")
    exact = normalise(text)
    for index, option in enumerate(options):
        if exact == normalise(option) and not (len(exact) == 1 and exact.upper() in LETTERS[: len(options)]):
            why = f"is the text of option {option_key(index)}"
            return graded(
                decided(index == want, "R11", why, option_label(index, options)), option, options[want]
            )
    return _by_marks(text, options, want) or _judge(text, item, options, want)


def _by_marks(text: str, options: Sequence[str], want: int) -> Verdict | None:
    """Judge a reply that marks the options one by one, or gives each its share."""
    best = likeliest(text, len(options))
    if best is not None:
        return decided(
            best == want,
            "R11",
            f"gives option {option_key(best)} the largest share",
            option_label(best, options),
        )
    closed = closed_set(tuple(options))
    marks = None if closed and closed.kind == "polar" else option_marks(text, options)
    if marks is None:
        return None
    found = Commitments(
        affirmed=[Mention(option_key(place), 0, 0) for place in marks.right],
        denied=[Mention(option_key(place), 0, 0) for place in marks.wrong],
    )
    return _verdict(found, options, want, True, read(text))


def _judge(text: str, item: Item, options: Sequence[str], want: int) -> Verdict:
    closed = closed_set(tuple(options))
    letters = find_letters(text, len(options))
    if closed is None or any(mention.value in LETTERS[: len(options)] for mention in letters):
        return _by_option(text, item, want, closed)
    verdict = match_closed(text, item, closed, want)
    return _by_option(text, item, want, closed) if verdict.outcome == "unanswered" and letters else verdict


def _by_option(text: str, item: Item, want: int, closed: ClosedSet | None) -> Verdict:
    """Judge a reply by the letters and the texts of options in it."""
    options = item.options

    def find(part: str) -> list[Mention]:
        letters = find_letters(part, len(options))
        texts = said_polarity(part, options, closed) if closed and closed.kind == "polar" else None
        return _merged(letters, find_options(part, options) if texts is None else texts, part)

    part, _ = final_part(text, find)
    letters = find_letters(part, len(options))
    found, reading = commitments(text, find, item.question.lower())
    _drop_explanation(found, letters)
    if not (found.affirmed or found.denied or found.alternatives) and _polar(options):
        return match_yes_no(text, item)
    asked = question_comparison(item.question)
    result = winners(reading, found, asked, other=_other(options)) if asked else None
    if result is not None:
        found.affirmed = [Mention(value, 0, 0) for value in result.values]
        found.note("R4", result.reason)
    verdict = _verdict(found, options, want, bool(letters), reading)
    said = (verdict.extracted or "").split(": ", 1)[-1]
    return replace(graded(verdict, said, options[want]), trace=tuple(found.trace))


def _polar(options: Sequence[str]) -> bool:
    """Say whether the options lead with yes and no ("Yes, they touch")."""
    return len(options) == 2 and {polarity_of(option) for option in options} == {True, False}


def _drop_explanation(found: Commitments, letters: list[Mention]) -> None:
    """R14: once letter and text agree, other options' texts further on only explain."""
    named = {mention.value for mention in letters} & {mention.value for mention in found.affirmed}
    if len(named) != 1:
        return
    value = named.pop()
    first = next(mention for mention in found.affirmed if mention.value == value)
    if first.end - first.start > 1 or len(letters) > len({m.start for m in letters if m.value != value}) + 1:
        starts = {mention.start for mention in letters}
        found.affirmed = [m for m in found.affirmed if m.value == value or m.start in starts]


def _verdict(
    found: Commitments, options: Sequence[str], want: int, by_letter: bool, reading: Reading
) -> Verdict:
    values = list(dict.fromkeys(mention.value for mention in found.affirmed))
    goal = option_key(want)
    if not values:
        return _nothing(found, goal, reading.refuses())
    if len(values) > 1 or values[0] == NOT_OFFERED:
        return _not_one(found, values, reading)
    index = next((i for i in range(len(options)) if option_key(i) == values[0]), None)
    if index is None:
        return decided(False, "R11", f"'{values[0]}' is not offered", values[0])
    keeps = {"R2"} if by_letter else {"R2", "R3", "R4", "R6"}
    rule = found.rule if found.rule in keeps else "R11"
    return decided(index == want, rule, f"chooses option {values[0]}", option_label(index, options))


def _not_one(found: Commitments, values: list[str], reading: Reading) -> Verdict:
    """Judge several answers, or one of the options' kind that is none of them."""
    strange = next((m for m in found.affirmed if m.value == NOT_OFFERED), None)
    said = reading.text[strange.start : strange.end] if strange else ""
    shown = ", ".join(said if value == NOT_OFFERED else value for value in values)
    if len(values) > 1:
        return decided(False, "R11", f"names several options: {shown}", shown)
    return decided(False, "R11", f"'{said}' is none of the options", said)


def _nothing(found: Commitments, goal: str, refuses: bool) -> Verdict:
    if found.alternatives:
        return unanswered("R5", "offers several options and chooses none")
    if goal in {mention.value for mention in found.denied}:
        return decided(False, "R3", f"denies option {goal} and offers nothing else", f"not {goal}")
    if found.denied:
        return unanswered("R3", "only says which options it is not")
    return unanswered("R7", REFUSES if refuses else "names no option")


def _merged(letters: list[Mention], texts: list[Mention], text: str) -> list[Mention]:
    """Letters and texts in order; "C, the pancreas" is one mention, a letter inside a text is part of it."""
    kept = [m for m in letters if not any(t.start <= m.start and m.end <= t.end for t in texts)]
    merged: list[Mention] = []
    for mention in sorted([*kept, *texts], key=lambda m: m.start):
        last = merged[-1] if merged else None
        if last and last.value == mention.value and _APPOSITION.fullmatch(text, last.end, mention.start):
            merged[-1] = Mention(last.value, last.start, mention.end)
        else:
            merged.append(mention)
    return merged


def _other(options: Sequence[str]) -> Callable[[str], str | None]:
    """Return a function from an option's letter to the only other one's, where there are two."""
    return ({"A": "B", "B": "A"} if len(options) == 2 else {}).get


def _letter_index(answer: str, options: Sequence[str]) -> int | None:
    index = LETTERS.find(answer.strip().upper()) if len(answer.strip()) == 1 else -1
    return index if 0 <= index < len(options) else None


@lru_cache(maxsize=4096)
def _listing(options: tuple[str, ...]) -> re.Pattern[str]:
    gap = r"[\s,;|/]*"
    lines = [rf"[(\[]?{LETTERS[i]}[)\].:]\s*{re.escape(option)}[.]?" for i, option in enumerate(options)]
    return re.compile(r"(?:(?:options|choices)\s*:?\s*)?" + gap.join(lines), re.I)


def without_listing(text: str, options: Sequence[str]) -> str:
    """Take out a verbatim repetition of all lettered options (R1)."""
    if len(options) < 2 or len(options) > len(LETTERS) or len(text) < sum(map(len, options)):
        return text
    lowered = text.lower()
    if text.isascii() and any(one.isascii() and one.lower() not in lowered for one in options):
        return text.strip()  # the pattern, which costs much to build, would find nothing
    return _listing(tuple(options)).sub(" ", text).strip()


__all__ = ["find_letters", "match_choice", "without_listing"]
