from __future__ import annotations

from medspatial.report.verdicts import Verdicts


def test_marks_name_every_state(study) -> None:
    verdicts = Verdicts(study.comparison, study.questions, study.predictions, study.scores)
    other = verdicts.models.index(next(name for name in verdicts.models if name != "oracle"))
    marks = [verdicts.marks(question)[other] for question in study.questions[:5]]
    assert marks == ["f", "u", "m", "r", "w"]
    assert all(verdicts.marks(question)[1 - other] == "r" for question in study.questions)


def test_an_answer_without_a_verdict_did_not_fail(study) -> None:
    unread = {"status": "unscored", "correct": None, "score": None, "rule": "free"}
    scores = [row.model_copy(update=unread) if row.model == "oracle" else row for row in study.scores]
    verdicts = Verdicts(study.comparison, study.questions, study.predictions, scores)
    assert set(verdicts.marks(study.questions[0])) == {"n", "f"}
    without_scores = Verdicts(study.comparison, study.questions, study.predictions, [])
    assert set(without_scores.marks(study.questions[0])) == {"n", "f"}


def test_answers_carry_reason_and_failure(study) -> None:
    verdicts = Verdicts(study.comparison, study.questions, study.predictions, study.scores)
    by_model = {(row["model"], row["arm"]): row for row in verdicts.answers(study.questions[0])}
    failed = by_model["model_$1 & <b>7B</b>", "standard"]
    assert failed["error"] == "out of memory"
    assert "text" not in failed
    assert by_model["oracle", "standard"]["reason"] == "Equal to the reference."
    assert by_model["oracle", "blank"]["text"] == "yes"


def test_a_missing_row_is_listed_only_in_the_reference_arm(study) -> None:
    verdicts = Verdicts(study.comparison, study.questions, study.predictions, study.scores)
    rows = verdicts.answers(study.questions[2])
    assert [(row["model"], row["arm"], row["mark"]) for row in rows] == [
        ("oracle", "standard", "r"),
        ("model_$1 & <b>7B</b>", "standard", "m"),
        ("oracle", "blank", rows[2]["mark"]),
    ]


def test_foreign_ids_are_joined_by_volume_and_text(study) -> None:
    renamed = [score.model_copy(update={"id": f"row-{place}"}) for place, score in enumerate(study.scores)]
    verdicts = Verdicts(study.comparison, study.questions, [], renamed)
    plain = Verdicts(study.comparison, study.questions, [], study.scores)
    assert [verdicts.marks(one) for one in study.questions] == [plain.marks(one) for one in study.questions]


def test_answers_to_other_questions_are_counted(study) -> None:
    verdicts = Verdicts(study.comparison, study.questions[:-1], study.predictions, study.scores)
    last = study.questions[-1].id
    assert verdicts.foreign == sum(row.id == last for row in [*study.predictions, *study.scores]) > 0


def test_graded_metrics_show_their_figure(study) -> None:
    graded = [score.model_copy(update={"correct": None, "score": 0.66}) for score in study.scores[:1]]
    verdicts = Verdicts(study.comparison, study.questions, [], graded)
    (row,) = [row for row in verdicts.answers(study.questions[0]) if row["mark"] == "g"]
    assert row["score"] == "0.66"


def test_further_metrics_stand_beside(study) -> None:
    more = study.scores[0].model_copy(update={"metric": "bleu", "score": 0.5, "correct": None})
    verdicts = Verdicts(study.comparison, study.questions, study.predictions, [*study.scores, more])
    row = verdicts.answers(study.questions[0])[0]
    assert row["mark"] == "r"
    assert row["others"] == [["bleu", "0.50"]]


def test_what_a_model_could_not_see_is_marked(study) -> None:
    changed = [
        row.model_copy(update={"visible_share": 0.2 if row.model == "oracle" else 0.9})
        for row in study.predictions
    ]
    verdicts = Verdicts(study.comparison, study.questions, changed, study.scores)
    rows = {row["model"]: row for row in verdicts.answers(study.questions[3]) if row["arm"] == "standard"}
    assert rows["oracle"]["unseen"] is True
    assert "unseen" not in rows["model_$1 & <b>7B</b>"]
