"""All checks of a set, gathered into its passport."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from medspatial.cases import Discovery
from medspatial.passport.guessing import guess
from medspatial.passport.images import Seen, asked_cases, see_cases, spacing_alarms
from medspatial.passport.licences import licence_alarms, licence_of, sources_of
from medspatial.passport.people import DISCORDANCE, patient_alarms, patients_from, power
from medspatial.passport.reading import VqaSet
from medspatial.passport.repeats import repeat_alarms
from medspatial.passport.result import Alarm, Passport
from medspatial.passport.words import answer_alarms, letter_shares, word_alarms
from medspatial.progress import Progress
from medspatial.records import Case, Question

_ANSWERS = 8


def audit_set(
    held: VqaSet,
    found: Discovery | None = None,
    root: str | Path = ".",
    *,
    licence: str | None = None,
    progress: Progress | None = None,
) -> Passport:
    """Look at a set from its words to its images.

    Parameters
    ----------
    found, root
        The cases that are asked about, with the folder of their relative paths; None looks at the
        questions alone.
    licence
        Licence of the set, where the file does not state it.
    """
    cases = asked_cases(held.questions, found) if found is not None else {}
    source = patients_from(held, cases)
    alarms: list[Alarm] = [*word_alarms(held), *answer_alarms(held.questions)]
    repeated, repeats = repeat_alarms(held.questions)
    alarms += repeated + patient_alarms(held, cases)
    questions = _with_patients(held.questions, cases) if source == "cases" else held.questions
    guessers, guessed = guess(questions)
    alarms += guessed
    seen = see_cases(held, cases, root, progress=progress) if found is not None else None
    alarms += seen.alarms if seen else []
    alarms += [*spacing_alarms(held), *licence_alarms(held, cases, licence)]
    sizes = Counter(one.patient_id for one in questions)
    return Passport(
        name=held.name,
        format=held.format,
        questions=len(questions),
        cases=len({one.case_id for one in questions}),
        patients=len(sizes),
        patients_from=source,
        closed=sum(bool(one.options) for one in questions),
        open=sum(not one.options for one in questions),
        per_patient=(round(len(questions) / len(sizes), 2), min(sizes.values()), max(sizes.values())),
        power=power(questions),
        discordance=DISCORDANCE,
        guessers=guessers,
        answers=_answers(questions),
        letters=letter_shares(questions),
        repeats=repeats,
        images=seen.facts if seen else None,
        masks=seen.masks if seen else None,
        licence=licence_of(held, licence),
        sources=sources_of(held, cases),
        alarms=tuple(alarms),
        notes=tuple(_notes(held, source, licence)),
        not_checked=tuple(_not_checked(seen, guessers.subtypes, questions)),
    )


def _with_patients(questions: Sequence[Question], cases: Mapping[str, Case]) -> list[Question]:
    return [one.model_copy(update={"patient_id": cases[one.case_id].patient_id}) for one in questions]


def _answers(questions: Sequence[Question]) -> dict[str, dict[str, int]]:
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for one in questions:
        if one.options:
            groups[one.subtype or "(no subtype)"][one.answer] += 1
    return {name: dict(counts.most_common(_ANSWERS)) for name, counts in sorted(groups.items())}


def _notes(held: VqaSet, source: str, licence: str | None) -> list[str]:
    lines = []
    if source == "names of CT-RATE":
        lines.append("patients are read from the volumes' names, as CT-RATE gives them")
    if source == "cases":
        lines.append("patients are those of the list of cases")
    if licence_of(held, licence) is None:
        lines.append("the set states no one licence (--license gives it)")
    return lines


def _not_checked(seen: Seen | None, subtypes: Mapping[str, str], questions: Sequence[Question]) -> list[str]:
    lines = []
    if seen is None:
        lines.append("images and masks: no cases given (--cases)")
    else:
        lines += [f"{count} answers against masks: {why}" for why, count in seen.masks.not_compared.items()]
    few = [name for name, verdict in subtypes.items() if verdict == "few"]
    if few:
        lines.append(f"guessing from the text, too few questions or patients to judge: {', '.join(few)}")
    if not any(one.options for one in questions):
        lines.append("guessing from the text: no closed question, so there is no chance level")
    return lines
