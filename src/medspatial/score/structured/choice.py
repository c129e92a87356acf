"""R11: the letter or the option's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from medspatial.language import likeliest, option_marks
from medspatial.language.closed_sets import ClosedSet, closed_set, said_polarity
from medspatial.language.commitments import Commitments, Mention, commitments, final_part
from medspatial.language.comparison import question_comparison, winners, without_lesser
from medspatial.language.counts import read_count
from medspatial.language.letters import (
    find_letters,
    merged,
    names_all,
    without_labels,
    without_listing,
    without_notes,
)
from medspatial.language.options import (
    LETTERS,
    NOT_OFFERED,
    find_options,
    option_key,
    option_label,
)
from medspatial.language.polarity import polarity_of
from medspatial.language.proposition import with_findings_spelled
from medspatial.language.refusals import REFUSES
from medspatial.language.sides import asks_shift, towards
from medspatial.language.statements import Statements, statements_in
from medspatial.language.structures import beside_discs, landmarks, with_plain_levels
from medspatial.records import Item
from medspatial.score.normalise import normalise
from medspatial.score.structured.closed import match_closed
from medspatial.score.structured.option_figures import graded
from medspatial.score.structured.verdict import Verdict, decided, unanswered
from medspatial.score.structured.yes_no import match_yes_no

_LEVEL = re.compile(r"(?:Th|[CTLS])\d{1,2}")


def match_choice(text: str, item: Item) -> Verdict:
    """Judge a reply to a question with options."""
    options = item.options
    want = options.index(item.answer) if item.answer in options else _letter_index(item.answer, options)
    if want is None:
        return Verdict("undecided", "R11", f"the reference '{item.answer}' is none of the options")
    if asks_shift(item.question):
        text = towards(text)
    if all("segment" in option.lower() for option in options):
        text = with_plain_levels(text, "of the liver")
    elif all(_LEVEL.fullmatch(option.strip()) for option in options):
        text = with_plain_levels(text, "")
    text = with_findings_spelled(text)
    text = without_notes(without_listing(text, options), len(options))
    if names_all(text):
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
    counted = _by_count(text, item, want)
    if counted is not None:
        return counted
    return _by_marks(text, options, want) or _judge(text, item, options, want)


def _by_count(text: str, item: Item, want: int) -> Verdict | None:
    """Judge a count where all options are bare numbers and no letter stands in the reply."""
    if not all(option.strip().isdigit() for option in item.options) or find_letters(text, len(item.options)):
        return None
    count = read_count(text, item.question, statements_in(text)).value
    index = next((i for i, option in enumerate(item.options) if count == float(option)), None)
    if index is None:
        return None
    return decided(index == want, "R11", f"counts {count:g}", option_label(index, item.options))


def _by_marks(text: str, options: Sequence[str], want: int) -> Verdict | None:
    """Judge a reply that marks the options one by one, or gives each its share."""
    best = likeliest(text, options)
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
    return _verdict(found, options, want, True, statements_in(text))


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
        return merged(letters, find_options(part, options) if texts is None else texts, part)

    part, _ = final_part(text, find)
    letters = without_labels(find_letters(part, len(options)), find_options(part, options))
    found, reading = commitments(text, find, item.question.lower())
    _drop_explanation(found, letters)
    _drop_landmarks(found, reading, item.question)
    if not (found.affirmed or found.denied or found.alternatives) and _polar(options):
        return match_yes_no(text, item)
    dropped = _drop_offered(found, reading)
    asked = None if dropped else question_comparison(item.question)
    if asked:
        found.affirmed = without_lesser(found.affirmed, reading, asked)
    result = winners(reading, found, asked, other=_other(options)) if asked else None
    if result is not None:
        found.affirmed = [Mention(value, 0, 0) for value in result.values]
        found.note("R4", result.reason)
    verdict = _verdict(found, options, want, bool(letters), reading)
    said = (verdict.extracted or "").split(": ", 1)[-1]
    return graded(verdict, said, options[want])._replace(trace=tuple(found.trace))


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
    if first not in letters or len(letters) > len({m.start for m in letters if m.value != value}) + 1:
        starts = {mention.start for mention in letters}
        found.affirmed = [m for m in found.affirmed if m.value == value or m.start in starts]


def _drop_offered(found: Commitments, reading: Statements) -> bool:
    """R5: "between the stomach and the tail: either A or D" chooses none of what it named before."""
    offered = {mention.value: mention.start for mention in found.alternatives}
    if not offered or not found.affirmed:
        return False
    if " or " not in reading.text[min(offered.values()) : max(offered.values())]:
        return False  # "T12, above the T12/L1 disc"
    if any(offered.get(mention.value, 0) <= mention.start for mention in found.affirmed):
        return False
    found.affirmed = []
    return True


def _drop_landmarks(found: Commitments, reading: Statements, question: str) -> None:
    """R14: "T12, one level below T11": an option that only locates the one answer is none."""
    if "between" in reading.text:
        return  # "between L1 and L2" chooses neither
    places = landmarks(found.affirmed, reading.text, question)
    kept = [m for m in found.affirmed if m not in places]
    kept = beside_discs(kept, reading.text)
    if len({m.value for m in kept}) == 1 and len(kept) < len(found.affirmed):
        found.affirmed = kept
        found.trace.append("R14: an option that only locates the answer is set aside")


def _verdict(
    found: Commitments, options: Sequence[str], want: int, by_letter: bool, reading: Statements
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


def _not_one(found: Commitments, values: list[str], reading: Statements) -> Verdict:
    """Judge several answers, or one of the options' kind that is none of them."""
    strange = next((m for m in found.affirmed if m.value == NOT_OFFERED), None)
    said = reading.text[strange.start : strange.end] if strange else ""
    shown = ", ".join(said if value == NOT_OFFERED else value for value in values)
    if len(values) > 1 and reading.refuses():
        return unanswered("R5", "offers several options and chooses none")
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


def _other(options: Sequence[str]) -> Callable[[str], str | None]:
    """Return a function from an option's letter to the only other one's, where there are two."""
    return ({"A": "B", "B": "A"} if len(options) == 2 else {}).get


def _letter_index(answer: str, options: Sequence[str]) -> int | None:
    index = LETTERS.find(answer.strip().upper()) if len(answer.strip()) == 1 else -1
    return index if 0 <= index < len(options) else None
