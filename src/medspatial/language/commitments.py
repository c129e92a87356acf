"""From mentions to commitments: R2 to R6 for any kind of value."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from medspatial.language.properties import opposes
from medspatial.language.statements import Statements, asked_words, statements_in
from medspatial.language.vocabulary import words, words_in

# the last of these starts the part that counts (R2), if an answer stands after it
FINAL_MARKER = re.compile(
    r"\b(?:final (?:answer|choice|decision|verdict|conclusion)(?: is| would be)?|(?:the |my |so the |"
    r"correct |best )*(?:answer|choice|conclusion)(?: is| would be|'s)|"
    r"answer|in conclusion|to conclude|in summary|to summari[sz]e|overall|all in all|therefore|thus|hence|"
    r"consequently|accordingly|"
    r"(?:i|we) (?:conclude|choose|select|pick|would say|go with|would go with|'d go with|settle on|opt "
    r"for)|i'd (?:say|go with|pick|choose))\b\s*[:,-]?"
    r"|\b(?:conclusion|impression|result|verdict)\s*:"
)
CORRECTION = re.compile(
    r"\bactually\b|\bno,? wait\b|\bwait\b|\bcorrection\b|\bon (?:second thoughts?|closer (?:inspection|"
    r"look|review|examination)|reflection|review|further (?:review|inspection|consideration)|"
    r"re-?examination|re-?inspection)\b|\bscratch that\b|\bstrike that\b|\blet me (?:correct|rephrase|"
    r"revise)\b|\bi (?:was wrong|misspoke|made a mistake|stand corrected|take that back|meant?|should "
    r"say)\b|"
    r"\bmy mistake\b|\bor rather\b|(?<=[.;,!?] )sorry\b|\brevised?(?: answer)?\b|\bupon (?:review|"
    r"reflection|closer \w+|further \w+|re\w*)|\blooking (?:again|closer|more closely)\b|"
    r"\bcorrecting myself\b|\bin (?:reality|fact)\b|\bturns out\b|\bto be (?:precise|exact)\b|\boops\b|"
    r"\bhmm\b|(?<=[.;,?!] )no, |\bi change my\b|\bchanging my answer\b|\bnot so\b,|\berratum\b|\brather,|"
    r"\bcorrected(?: to)?\b|(?<=[,.;] )so\b(?! (?:that|far|much))"
)
# one of these, or " no, ", stands in every cue above; looked for first, because most replies have none
_CUE_WORDS = words(
    """answer choice final conclusion conclude summary summarize summarise overall all therefore thus hence
    consequently accordingly i we impression result verdict actually wait correction second closer reflection
    review further examination reexamination inspection reinspection scratch strike let mistake rather sorry
    revise revised upon looking correcting reality fact turns precise exact oops hmm changing so erratum
    corrected"""
)
_EXPLANATION = re.compile(
    r"(?<=[\s.;,])(?:reason(?:ing)?|explanation|rationale|justification|analysis|note|evidence|"
    r"why)\s*:(?=.*\S)",
    re.I,
)
_OFFER = re.compile(r"(?:\A|(?<=[.;!?\n]))\s*between [^.;,!?\n]+ and [^.;,!?\n]+,")
_VERB = re.compile(r"\b(?:is|are|was|were|lies|lie|sits|looks|has|have|does|do)\s\Z")
_OR = re.compile(r"\bor\b|/|\bversus\b|\bvs\b")
_TORN = re.compile(
    r"\b(?:torn|undecided|toss-?up|hesitat\w+|decide|deciding|choose|choosing)\b[^.;]*"
    r"\bbetween\s+(?:options? )?(?:the )?\Z"
)
_PREFERRED = 3  # of `Statements.strength`
_HARD_BREAK = re.compile(r"[.;!?\n]|\bbut\b|\bhowever\b")


_LESSER = re.compile(  # in the clause of a place: less is there than elsewhere
    r"\b(?:(?:only|merely|just) (?:an? |some |very |about )*(?:mild|minor|minimal|slight|small|tiny|trace|"
    r"faint|"
    r"subtle|micro|\d)\w*"
    r"|(?:relatively|largely|mostly) (?:spared|preserved)|milder"
    r"|less (?:marked|pronounced|severe|extensive|affected|involved|prominent))\b"
)


class Mention(NamedTuple):
    """A value of the asked kind, where it stands in the text."""

    value: str
    start: int
    end: int


@dataclass(slots=True)
class Commitments:
    """What a reply says of the mentions in it.

    Attributes
    ----------
    affirmed, denied, compared, alternatives
        Mentions by standing; only ``affirmed`` are answers.
    rule
        The rule that removed something last, or ``"R14"``.
    trace
        What was set aside and why.
    """

    affirmed: list[Mention] = field(default_factory=list)
    denied: list[Mention] = field(default_factory=list)
    compared: list[Mention] = field(default_factory=list)
    alternatives: list[Mention] = field(default_factory=list)
    void: list[Mention] = field(default_factory=list)
    rule: str = "R14"
    trace: list[str] = field(default_factory=list)

    def empty(self) -> bool:
        """Say whether nothing of the asked kind is mentioned, whatever is said of it."""
        return not (self.affirmed or self.denied or self.compared or self.alternatives or self.void)

    def note(self, rule: str, text: str) -> None:
        """Record a step and the rule behind it."""
        self.rule = rule
        self.trace.append(f"{rule}: {text}")


Finder = Callable[[str], Sequence[Mention]]


def final_part(text: str, find: Finder) -> tuple[str, str]:
    """Return the part after the last final-answer marker or correction cue that still has an answer (R2).

    Returns
    -------
    tuple
        The part, and the cue that cut it ("" where nothing was cut).
    """
    text = _without_explanation(text, find)
    low = text.lower()
    if _CUE_WORDS.isdisjoint(words_in(low)) and " no, " not in low:
        return text, ""
    cues = sorted(
        [(m.end(), m.group().strip(" :,-")) for m in FINAL_MARKER.finditer(low)]
        + [(_behind(low, m), m.group().strip(" :,-")) for m in CORRECTION.finditer(low)]
    )
    for end, cue in reversed(cues):
        tail = text[end:]
        if tail.strip() and find(tail):
            return tail.lstrip(" :,-."), cue
    return text, ""


def _behind(low: str, cue: re.Match[str]) -> int:
    """Return where the corrected statement begins: "the right one is actually larger" begins with "the"."""
    if not _VERB.search(low, max(0, cue.start() - 12), cue.start()):
        return cue.end()
    return max(low.rfind(mark, 0, cue.start()) for mark in ".;,!?:\n") + 1


def _without_explanation(text: str, find: Finder) -> str:
    """Cut "Reason: ..." off where an answer stands before it."""
    match = _EXPLANATION.search(text) if ":" in text else None
    return text[: match.start()] if match and find(text[: match.start()]) else text


def commitments(
    text: str, find: Finder, question: str = "", conflict: Callable[[str, str], bool] | None = None
) -> tuple[Commitments, Statements]:
    """Read a reply: cut it to its last commitment (R2), then sort its mentions by standing (R3 to R6).

    Parameters
    ----------
    find
        Finds mentions in a text, in order.
    question
        Lower-case question.
    conflict
        Says whether two values cannot both be the answer; by default any two different ones.
    """
    clash = conflict or _differ
    part, cue = final_part(text, find)
    reading = statements_in(part)
    found = Commitments()
    if cue:
        head = text[: len(text) - len(part)]
        if find(head):
            found.note("R2", f"only what follows '{cue}' counts")
        else:
            found.trace.append(f"R2: starts after '{cue}'")
    mentions = _behind_choice(list(find(part)), reading.text)
    spans = [(mention.start, mention.end) for mention in mentions]
    for mention in mentions:
        standing, why = reading.standing(mention.start, mention.end, spans, question)
        getattr(found, standing).append(mention)
        if why:
            rule = {"denied": "R3", "compared": "R4", "void": "R7"}[standing]
            found.note(rule, f"'{mention.value}' is {standing} ('{why}')")
    if len(found.affirmed) > 1:
        _set_aside_alternatives(found, reading, clash)
        _prefer_relevant(found, reading, clash, question)
        _prefer_firm(found, reading, clash)
    return found, reading


def _behind_choice(mentions: list[Mention], low: str) -> list[Mention]:
    """Leave out what "between the left and the right one, ..." only puts up for the choice that follows."""
    offer = _OFFER.search(low) if "between" in low or "of the two" in low else None
    chosen = [m for m in mentions if offer and m.end > offer.end()]
    return [m for m in mentions if m.end <= offer.start()] + chosen if offer and chosen else mentions


def _differ(first: str, second: str) -> bool:
    return first != second


def _set_aside_alternatives(
    found: Commitments, reading: Statements, clash: Callable[[str, str], bool]
) -> None:
    """R5: "left or right" offers two values and chooses none."""
    offered: set[Mention] = set()
    for first, second in zip(found.affirmed, found.affirmed[1:], strict=False):
        between = reading.text[first.end : second.start]
        torn = _TORN.search(reading.text[: first.start])
        if (
            clash(first.value, second.value)
            and (torn or _OR.search(between))
            and not _HARD_BREAK.search(between)
        ):
            offered |= {first, second}
    if offered:
        offered |= _of_either(found, offered, reading)
        found.alternatives = [mention for mention in found.affirmed if mention in offered]
        found.affirmed = [mention for mention in found.affirmed if mention not in offered]
        names = " / ".join(dict.fromkeys(mention.value for mention in found.alternatives))
        found.note("R5", f"alternatives: {names}")


def _of_either(found: Commitments, offered: set[Mention], reading: Statements) -> set[Mention]:
    """Return what "either A or C, depending on what counts as equal" names again and does not choose."""
    values, last = {mention.value for mention in offered}, max(mention.end for mention in offered)
    sentence = reading.segment_of(last - 1).sentence
    if "either" not in reading.text[: min(mention.start for mention in offered)].split():
        return set()
    return {
        mention
        for mention in found.affirmed
        if mention.value in values
        and mention.start > last
        and reading.segment_of(mention.start).sentence == sentence
        and reading.strength(mention.start) < _PREFERRED
    }


def _prefer_relevant(
    found: Commitments, reading: Statements, clash: Callable[[str, str], bool], question: str
) -> None:
    """R14: "a right pneumothorax is seen, the left lung is expanded": other subjects are background."""
    if len(found.affirmed) < 2 or not question:
        return
    if not any(clash(a.value, b.value) for a in found.affirmed for b in found.affirmed):
        return
    main = [m for m in found.affirmed if not reading.subordinate(m.start)]
    if main and len(main) < len(found.affirmed):
        found.affirmed = main
        found.trace.append("R14: a subordinate clause is background")
    greater = [m for m in found.affirmed if not _LESSER.search(_said_at(reading, m))]
    if greater and len(greater) < len(found.affirmed):
        found.affirmed = greater
        found.trace.append("R14: what is there to a lesser degree is background")
    same = [m for m in found.affirmed if not opposes(_said_at(reading, m), question)]
    if same and len(same) < len(found.affirmed):
        found.affirmed = same
        found.trace.append("R14: what has the opposite property is background")
    asked = asked_words(question)
    kept = [m for m in found.affirmed if not reading.other_subject(m.start, asked)]
    if kept and len(kept) < len(found.affirmed) and any(reading.about(m.start, asked) for m in kept):
        dropped = [m.value for m in found.affirmed if m not in kept]
        found.affirmed = kept
        found.trace.append(f"R14: about something else: {', '.join(dict.fromkeys(dropped))}")


def _said_at(reading: Statements, mention: Mention) -> str:
    segment = reading.segment_of(mention.start)
    return reading.text[segment.start : segment.end]


def _prefer_firm(found: Commitments, reading: Statements, clash: Callable[[str, str], bool]) -> None:
    """R6: among conflicting statements the firmer one counts; merely possible ones cancel out."""
    if len(found.affirmed) < 2 or not any(
        clash(a.value, b.value) for a in found.affirmed for b in found.affirmed
    ):
        return
    strengths = {mention: reading.strength(mention.start) for mention in found.affirmed}
    top = max(strengths.values())
    kept = [mention for mention in found.affirmed if strengths[mention] == top]
    if len(kept) < len(found.affirmed) and top != min(strengths.values()) and min(strengths.values()) <= 1:
        dropped = [mention for mention in found.affirmed if strengths[mention] <= 1]
        found.affirmed = [mention for mention in found.affirmed if strengths[mention] > 1] or kept
        found.note("R6", f"firmer than '{dropped[0].value if dropped else ''}'")
    elif top == 1:
        found.alternatives += found.affirmed
        found.affirmed = []
        found.note("R5", "several merely possible answers, none chosen")
