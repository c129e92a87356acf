"""From a candidate to a question: words, form, order of the options, identity."""

from __future__ import annotations

from medspatial.questions.options import draw, integer_options, number_options, shuffled
from medspatial.questions.scene import Scene
from medspatial.questions.subtype import Candidate, Subtype
from medspatial.records import Case, Question, content_hash

Form = str
FORMS: tuple[Form, ...] = ("open", "choice")
SOURCE = "masks"
PROBE = "L6"


def phrase(
    case: Case, scene: Scene, subtype: Subtype, candidate: Candidate, forms: tuple[Form, ...]
) -> Question:
    """Make the question.

    Wording, form and distractors depend on the original case, so that a mirrored twin reads the same;
    the order of the options depends on the row's own id.
    """
    structures = [scene.canonical(name) for name in candidate.structures]
    key = content_hash(scene.key, subtype.id, structures, candidate.form)
    text, reworded = _wordings(subtype.wordings[candidate.form], candidate, key)
    options, answer = _options(candidate, forms, key)
    row_id = content_hash(case.case_id, subtype.id, text, sorted(options), answer)
    kind = subtype.answer_type
    return Question(
        id=row_id,
        case_id=case.case_id,
        patient_id=case.patient_id,
        image_path=case.image_path,
        question=text,
        answer=answer,
        category=subtype.category,
        subtype=PROBE if scene.mirrored else subtype.id,
        answer_type="choice" if kind == "number" and options else kind,
        options=shuffled(options, row_id),
        value=candidate.value,
        unit=candidate.unit,
        tolerance=candidate.tolerance,
        evidence=subtype.margin.stated_in(candidate.evidence),
        tags=("mirrored", f"probe_of_{subtype.id}") if scene.mirrored else (),
        pair_id=content_hash("pair", key) if subtype.category == "laterality" else None,
        source=SOURCE,
        license=case.license,
        reworded=reworded,
        form=candidate.form or None,
        balance_kind=candidate.balance_kind,
    )


def _wordings(templates: tuple[str, ...], candidate: Candidate, key: str) -> tuple[str, str | None]:
    """Return the question's words and other words for the same question (None where there is one wording)."""
    count = len(templates)
    first = draw(key, "wording") % count
    texts = [" ".join(filter(None, (t.format(**candidate.words), candidate.note))) for t in templates]
    if count == 1:
        return texts[first], None
    return texts[first], texts[(first + 1 + draw(key, "reworded") % (count - 1)) % count]


def _options(candidate: Candidate, forms: tuple[Form, ...], key: str) -> tuple[tuple[str, ...], str]:
    """Return the options (none for an open question) and the answer."""
    if candidate.value is None or candidate.options:
        return candidate.options, candidate.answer
    if forms[draw(key, "form") % len(forms)] == "open":
        return (), candidate.answer
    if candidate.whole_range:
        texts = integer_options(round(candidate.value), *candidate.whole_range, key)
        return texts, candidate.answer
    texts, answer = number_options(candidate.value, candidate.factors, key)
    return tuple(f"{text} {candidate.unit}" for text in texts), f"{answer} {candidate.unit}"
