from __future__ import annotations

import pytest

from medspatial.compare import classify, compare
from medspatial.compare.curves import clearance, equal_bins, size_ml
from medspatial.records import Evidence, Question, Reading, Score
from medspatial.score.structured.target import accuracy


def _score(answer="left", extracted=None, status="scored", **fields):
    facts = {"correct": False, "score": 0.0} if status == "scored" else {}
    return Score(
        **{
            "id": "q",
            "case_id": "c",
            "question": "Where does the spleen lie?",
            "answer": answer,
            "metric": "structured",
            "status": status,
            "extracted": extracted,
            **facts,
            **fields,
        }
    )


def _number(answer, value, extracted, **figures):
    numeric = accuracy(**figures).model_dump() if figures else None
    return _score(answer, extracted, answer_type="number", value=value, numeric=numeric)


def _figures(answer, extracted, answer_type="number"):
    given = extracted.rpartition(": ")[2]
    return _score(answer, extracted, answer_type=answer_type, options=(answer, given))


def _choice(answer, extracted):
    return _score(answer, extracted, answer_type="choice", options=(answer, extracted))


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (None, "missing"),
        (_score(status="unscored"), "failed"),
        (_score(status="unscored", rule="failed"), "failed"),
        (_score(status="unscored", rule="free", prediction="fatty tissue"), "unscored"),
        (_score(correct=True), None),
        (_score(correct=None, score=0.4), None),
        (_score("left", "right"), "side_exchanged"),
        (_score("left kidney", "Right kidney."), "side_exchanged"),
        (_score("kidney_left", "right kidney"), "side_exchanged"),
        (_score("left", "midline"), "other_wrong"),
        (_score("left", "B: midline", options=("left", "midline", "right")), "other_choice"),
        (_score("L3", "L4"), "wrong_level"),
        (_score("T12", "L1 vertebra"), "wrong_level"),
        (_score("120 ml", "1200 ml", answer_type="number", value=120.0, unit="ml"), "wrong_magnitude"),
        (_score("120 ml", "12", answer_type="number", value=120.0, unit="ml"), "wrong_magnitude"),
        (_score("120 ml", "240 ml", answer_type="number", value=120.0, unit="ml"), "wrong_figure"),
        (_score("120 ml", "20 pixels", answer_type="number", value=120.0, unit="ml"), "other_wrong"),
        (_number("12 mm", 12.0, "1.3 cm", figure=13.0, reference=12.0), "wrong_figure"),
        (_number("12 mm", 12.0, "1.2 m", figure=1200.0, reference=12.0), "wrong_magnitude"),
        (_number("-40 HU", -40.0, "40 HU", figure=40.0, reference=-40.0), "wrong_figure"),
        (_number("-10 HU", -10.0, "-900 HU", figure=-900.0, reference=-10.0), "wrong_magnitude"),
        (_number("4", 4.0, "0", figure=0.0, reference=4.0), "wrong_figure"),
        (_figures("8.1 mm", "B: 16 mm"), "wrong_figure"),
        (_figures("15 mm", "120 mm"), "wrong_magnitude"),
        (_figures("15 mm", "D: 120 mm", answer_type="choice"), "wrong_magnitude"),
        (_figures("73 %", "26 %"), "wrong_figure"),
        (_choice("the highest quarter", "the lowest quarter"), "other_choice"),
        (_choice("the left one is larger", "they are about equal"), "other_choice"),
        (_choice("the left one is larger", "the right one is larger"), "side_exchanged"),
        (_choice("less than 10 mm", "more than 20 mm"), "other_choice"),
        (_choice("left kidney", "both kidneys"), "other_choice"),
        (_choice("liver \u2013 spleen", "spleen \u2013 liver"), "other_choice"),
        (_choice("the left kidney", "the spleen"), "neighbour_structure"),
        (_choice("right lower lobe", "right upper lobe"), "neighbour_structure"),
        (
            _score("liver", "spleen", answer_type="anatomy", options=("liver", "spleen")),
            "neighbour_structure",
        ),
        (_score("liver", "b", answer_type="choice", options=("liver", "spleen")), "neighbour_structure"),
        (_score("liver", "brain", answer_type="anatomy", options=("liver", "spleen")), "other_wrong"),
        (_score("yes", "no", answer_type="yes_no", options=("yes", "no")), "other_choice"),
        (_score("left"), "other_wrong"),
        (_score(status="unanswered", prediction="I cannot see the image."), "refusal"),
        (_score(status="unanswered", prediction="As an AI I have no opinion"), "refusal"),
        (_score(status="unanswered", prediction="left or right", rule="R5"), "hedged"),
        (_score(status="unanswered", prediction="it is there", rule="R5"), "hedged"),
        (_score(status="unanswered", prediction="  "), "format"),
        (_score(status="unanswered", prediction="The spleen."), "format"),
        (_score(status="unanswered", prediction="about 5", answer_type="number", value=5.0), "format"),
        (_score(status="unanswered", prediction="Nice weather today"), "off_topic"),
        (_score("left", "right", metadata={"visible_share": 0.1}), "not_visible"),
        (_score("left", "right", metadata={"visible_share": 0.9}), "side_exchanged"),
    ],
)
def test_classes(score, expected):
    assert classify(score) == expected


def test_structures_of_the_evidence_are_neighbours():
    question = Question(
        id="q",
        case_id="c",
        question="Which is larger?",
        answer="spleen",
        evidence=Evidence(structures=("spleen", "kidney_left")),
    )
    assert classify(_score("spleen", "left kidney"), question) == "neighbour_structure"
    assert classify(_score("spleen", "heart"), question) == "other_wrong"


def test_counts_per_model_and_category(make_scores):
    scores = make_scores(
        {"m": [1, 0, 0, None], "k": ["?", 0, 1, 1]},
        category=["laterality", "laterality", "volume", "volume"],
        extracted="right",
        prediction="I am not able to tell",
    )
    rows = {(row.model, row.category, row.failure): row for row in compare(scores).failures}
    assert rows["m", None, "side_exchanged"].count == 2
    assert rows["m", None, "side_exchanged"].share == 0.5
    assert rows["m", "volume", "unscored"].share == 0.5  # its answer is there
    assert ("m", "volume", "failed") not in rows
    assert rows["k", "laterality", "refusal"].count == 1
    for model in ("m", "k"):
        wrong = sum(row.count for key, row in rows.items() if key[0] == model and key[1] is None)
        assert wrong == 4 - compare(scores).result(model).overall.correct


def test_confusion_of_sides(make_scores):
    scores = make_scores(
        {"m": [1, 0, 0, "?", 0]},
        answer=["left", "left", "right", "right", "midline"],
        extracted=["left", "right", "left", None, "somewhere"],
    )
    (found,) = compare(scores).confusions
    assert found.kind == "side"
    assert found.labels == ("left", "right", "midline")
    assert found.columns == ("left", "right", "midline", "other", "no answer")
    assert found.counts == ((1, 1, 0, 0, 0), (1, 0, 0, 0, 1), (0, 0, 0, 1, 0))


def test_confusion_of_levels_and_structures(make_scores):
    scores = make_scores(
        {"m": [0, 1, 0, 1]},
        answer=["T12", "L1", "liver", "spleen"],
        extracted=["L1", "first lumbar vertebra", "spleen", "milt"],
        answer_type=["anatomy", "anatomy", "anatomy", "anatomy"],
        options=[("T12", "L1"), ("T12", "L1"), ("liver", "spleen"), ("liver", "spleen")],
    )
    found = {row.kind: row for row in compare(scores).confusions}
    assert found["level"].labels == ("t12", "l1")
    assert found["level"].counts == ((0, 1, 0, 0), (0, 1, 0, 0))
    assert found["structure"].labels == ("liver", "spleen")
    assert found["structure"].counts == ((0, 1, 0, 0), (0, 1, 0, 0))


def _measured(number, value, margin, **details):
    return Question(
        id=f"q{number}",
        case_id=f"p{number}",
        question=f"question {number}",
        answer="left",
        evidence=Evidence(value=value, margin=margin, unit="mm", details=details),
    )


def test_accuracy_against_margin_and_size(make_scores):
    questions = [_measured(n, 10.0 + n, 10.0, a_volume_ml=5.0 * n + 1, b_volume_ml=900.0) for n in range(20)]
    found = compare(make_scores({"m": [0] * 10 + [1] * 10}), questions=questions).curves
    curves = {curve.against: curve for curve in found}
    assert set(curves) == {"margin", "size"}
    for curve in curves.values():
        assert [bin.accuracy.n for bin in curve.bins] == [4] * 5
        assert curve.bins[0].accuracy.accuracy == 0
        assert curve.bins[-1].accuracy.accuracy == 1
        assert curve.bins[0].accuracy.interval.high < 1
    assert curves["margin"].bins[0].low == 1.0
    assert curves["size"].bins[-1].high == 96
    assert curves["size"].unit == "ml"


def test_accuracy_against_what_is_visible(make_scores):
    shares = [{"visible_share": number / 10} for number in range(10)]
    found = compare(make_scores({"m": [0] * 5 + [1] * 5, "k": [1] * 10}, metadata=shares))
    assert [(curve.model, curve.against) for curve in found.curves] == [("m", "visible"), ("k", "visible")]
    assert {row.failure for row in found.failures} == {"not_visible"}


def test_figures_of_the_evidence():
    assert clearance(_measured(0, 30.0, 10.0)) == 3
    assert clearance(_measured(0, -30.0, 10.0)) == 3
    assert clearance(_measured(0, 1.0, 3.0)) == 3
    assert clearance(_measured(0, 0.0, 3.0)) is None
    assert clearance(_measured(0, 5.0, None)) is None
    assert size_ml(_measured(0, 5.0, 1.0)) is None
    volume = Question(case_id="c", question="q", answer="a", evidence=Evidence(value=12.5, unit="ml"))
    assert size_ml(volume) == 12.5
    details = {"volumes_ml": {"liver": 1200.0, "gallbladder": 30.5}, "sum_ml": 1230.5}
    ratio = Question(case_id="c", question="q", answer="a", evidence=Evidence(value=39.3, details=details))
    assert size_ml(ratio) == 30.5


def test_bins_of_equal_figures():
    import numpy as np

    assert equal_bins(np.array([np.nan, np.nan]), 5) == []
    ((low, high, mask),) = equal_bins(np.array([2.0, 2.0, np.nan]), 5)
    assert (low, high, mask.tolist()) == (2, 2, [True, True, False])
    masks = [mask for _, _, mask in equal_bins(np.arange(11.0), 5)]
    assert np.sum(masks, axis=0).tolist() == [1] * 11


def test_a_recorded_reading_goes_before_the_words():
    silent = _score("left", "nothing to read")
    told = silent.model_copy(update={"reading": Reading(standing="committed", side="right")})
    assert (classify(silent), classify(told)) == ("other_wrong", "side_exchanged")
    refused = _score(status="unanswered", prediction="The spleen.").model_copy(
        update={"reading": Reading(standing="refused")}
    )
    assert classify(refused) == "refusal"
