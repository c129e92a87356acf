"""A small study with everything a report must be able to show, hostile texts included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from medspatial.cases import CaseData
from medspatial.compare import Comparison, compare
from medspatial.records import Case, Evidence, EvidencePoint, Item, Prediction, Question, Score
from medspatial.report.model_notes import ModelNote
from medspatial.volume import Affine, MaskSet, Volume

HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">\'"&$_%#{}~^\\|`*'
SHAPE = (40, 30, 20)


@dataclass(frozen=True)
class Study:
    questions: list[Question]
    predictions: list[Prediction]
    scores: list[Score]
    comparison: Comparison


def body(axcodes: str = "RAS") -> tuple[Volume, MaskSet]:
    """A box of soft tissue in air: a bright marker on the patient's left, anterior, at the top."""
    affine = Affine.from_axcodes("RAS", (2.0, 3.0, 4.0), origin=(-39.0, -43.5, -38.0))
    hu = np.full(SHAPE, -1000, dtype=np.int16)
    hu[4:36, 4:26, 2:18] = 0
    marker = np.zeros(SHAPE, dtype=bool)
    marker[6:10, 20:24, 14:17] = True  # in RAS x grows to the right, so low x is left
    other = np.zeros(SHAPE, dtype=bool)
    other[28:34, 6:12, 4:8] = True
    hu[marker], hu[other] = 1000, 300
    masks = MaskSet.from_masks({"kidney_left": marker, "liver": other}, affine)
    return Volume(hu, affine, unit="HU").oriented(axcodes), masks.oriented(axcodes)


def centroid(masks: MaskSet, name: str) -> tuple[float, float, float]:
    x, y, z = masks.centroid(name)
    return float(x), float(y), float(z)


def case_data(
    case_id: str = "case_1", axcodes: str = "RAS", *, ct: bool = True, masks: bool = True
) -> CaseData:
    volume, structures = body(axcodes)
    case = Case(case_id=case_id, patient_id=case_id)
    return CaseData(case=case, ct=volume if ct else None, masks=structures if masks else None)


@pytest.fixture(scope="session")
def load() -> Callable[[str], CaseData]:
    return case_data


def question(case: int = 1, number: int = 0, **fields: object) -> Question:
    """A question with full evidence about the two structures of `body`."""
    _, masks = body()
    points = tuple(
        EvidencePoint(name=f"centroid of {name}", xyz=centroid(masks, name))
        for name in ("kidney_left", "liver")
    )
    values: dict[str, object] = {
        "case_id": f"case_{case}",
        "patient_id": f"patient_{case}",
        "question": f"Question {number}: how far is the left kidney from the liver?",
        "answer": "80 mm",
        "options": ("40 mm", "80 mm", "160 mm", "320 mm"),
        "category": "distance",
        "subtype": "D3",
        "answer_type": "choice",
        "evidence": Evidence(
            measurement="distance of centroids",
            value=80.25,
            unit="mm",
            margin=6.0,
            margin_rule="over 6 mm",
            formula="|a − b|",
            structures=("kidney_left", "liver"),
            points=points,
            details={"volumes_ml": [1.25, 3.0]},
        ),
        **fields,
    }
    return Question.model_validate(values)


def yes_no(case: int, number: int) -> Question:
    return question(
        case,
        number,
        question=f"Question {number}: is the liver on the patient's right of the left kidney?",
        answer="yes" if number % 2 else "no",
        options=("yes", "no"),
        category="laterality",
        subtype="L5",
        answer_type="yes_no",
    )


def judged(item: Question, model: str, text: str, *, arm: str = "standard") -> tuple[Prediction, Score]:
    """A prediction and its score, right when the text is the reference answer."""
    shared = item.model_dump(include=set(Item.model_fields))
    right = text == item.answer
    prediction = Prediction(**shared, model=model, arm=arm, prediction=text)
    score = Score(
        **shared, model=model, arm=arm, metric="exact", prediction=text, score=float(right), correct=right,
        extracted=text, rule="equal", reason="Equal to the reference." if right else "Not the reference.",
    )  # fmt: skip
    return prediction, score


@pytest.fixture(scope="session")
def study() -> Study:
    """Six patients, 24 questions; one perfect model, one with every way of not answering, a control arm."""
    questions = [
        make(case, number) for case in range(1, 7) for number, make in enumerate([question, yes_no] * 2)
    ]
    questions.append(question(7, 99, question=f"Hostile {HOSTILE}?", answer=HOSTILE, options=(HOSTILE, "B")))
    predictions, scores = [], []
    for place, item in enumerate(questions):
        rows = [judged(item, "oracle", item.answer), judged(item, "oracle", "yes", arm="blank")]
        shared = item.model_dump(include=set(Item.model_fields))
        name = "model_$1 & <b>7B</b>"
        if place == 0:
            rows.append((
                Prediction(**shared, model=name, status="failed", error="out of memory"),
                Score(**shared, model=name, metric="exact", status="unscored", reason="it failed"),
            ))  # fmt: skip
        elif place == 1:
            rows.append((
                Prediction(**shared, model=name, prediction="cannot say"),
                Score(**shared, model=name, metric="exact", prediction="cannot say", status="unanswered",
                      correct=False, score=0.0),
            ))  # fmt: skip
        elif place != 2:  # the third question has no row at all
            rows.append(judged(item, name, HOSTILE if place % 3 else item.answer))
        predictions += [row[0] for row in rows]
        scores += [row[1] for row in rows]
    comparison = compare(scores, questions=questions, resamples=200)
    return Study(questions, predictions, scores, comparison)


@pytest.fixture(scope="session")
def page(study: Study, load: Callable[[str], CaseData], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study's report, written once."""
    from medspatial.report import write_report

    return write_report(
        tmp_path_factory.mktemp("report"),
        title=f"Report {HOSTILE}",
        questions=study.questions,
        predictions=study.predictions,
        scores=study.scores,
        comparison=study.comparison,
        load=load,
        manifest={"run": {"versions": {"numpy": "2.0"}, "note": HOSTILE}},
        drops={"too close": {"D3": 2, "L5": 1}},
        subtypes={"D3": "distance of two structures"},
        notes=notes(study.questions),
        seconds={"oracle": {"prepare_s": 100.0, "encode_s": 0.0, "answer_s": 50.0}},
        figure_formats=("svg",),
    )


def notes(questions: list[Question]) -> list[ModelNote]:
    """A baseline, and a hostile model that is shown more pictures than the page has room for."""
    request = {(one.id, "standard"): f"Look! {one.question} {HOSTILE}" for one in questions}
    pixels = np.zeros((30, 40, 3), dtype=np.uint8)
    pictures = [(pixels + number, f"slice {number} {HOSTILE}") for number in range(30)]
    return [
        ModelNote("oracle", kind="baseline, told the answers", absent="It never looks."),
        ModelNote(
            "model_$1 & <b>7B</b>",
            summary=f"A model {HOSTILE}",
            contract=[("array axes grow to", "superior, posterior, patient left")],
            settings={"prompt": "Look! {question}", "deep": {"temperature": 0.5}},
            pictures=pictures,
            shown=30,
            sample="case case_1",
            request=request[questions[0].id, "standard"],
            requests=request,
        ),
    ]
