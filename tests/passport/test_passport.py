"""Reading sets, patients, power, guessers, page, badge, command."""

from __future__ import annotations

import csv
import json
import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.datasets.frozen import freeze
from medspatial.errors import InputError
from medspatial.passport import Kind, audit_set, read_set
from medspatial.passport.badge import badge, summary
from medspatial.passport.guessing import guess
from medspatial.passport.licences import Terms
from medspatial.passport.page import write_page
from medspatial.passport.people import DISCORDANCE, power
from medspatial.passport.remeasured import remeasure
from medspatial.records import Question, write_records


def ask(number, patient, answer="yes", **fields):
    return Question(
        id=f"q{number}", case_id=f"case{patient}", patient_id=f"p{patient}", question=f"Is it {number}?",
        answer=answer, options=("yes", "no"), answer_type="yes_no", **fields,
    )  # fmt: skip


def test_power_of_equal_patients_is_that_of_fewer_questions():
    rows = [ask(n, n // 10) for n in range(400)]
    for one in power(rows):
        assert one.design_effect == pytest.approx(1 + 9 * one.icc)
        assert one.effective_n == pytest.approx(400 / one.design_effect)


def test_the_smallest_difference_is_found_as_often_as_promised():
    """Simulated paired verdicts of 60 patients: the difference is found in about 80 % of the studies."""
    patients, each, icc = 60, 8, 0.1
    rows = [ask(n, n // each) for n in range(patients * each)]
    least = next(one for one in power(rows) if one.icc == icc).smallest_difference
    draw = np.random.default_rng(4)
    # differences of verdicts: variance DISCORDANCE around the mean, correlated by icc within a patient
    scale = math.sqrt(DISCORDANCE)
    shared = draw.normal(0, scale * math.sqrt(icc), (2000, patients, 1))
    own = draw.normal(0, scale * math.sqrt(1 - icc), (2000, patients, each))
    means = (least + shared + own).mean(axis=2)
    found = stats.ttest_1samp(means, 0, axis=1).pvalue < 0.05
    assert 0.77 < found.mean() < 0.83


def test_few_patients_find_nothing(audit):
    rows = [{**ask(n, n % 4).model_dump(mode="json"), "id": f"q{n}"} for n in range(40)]
    found = audit(rows)
    assert {one.smallest_difference for one in found.power} == {None}
    assert "finds" not in summary(found)


def test_patients_of_ct_rate_are_read_from_names(audit):
    rows = [{"case_id": f"valid_{n}_a_1", "question": f"What is at {n}?", "answer": "it"} for n in range(3)]
    found = audit(rows)
    assert found.patients_from == "names of CT-RATE"
    assert found.alarms == ()
    assert found.sources == {"CT-RATE": "CC-BY-NC-SA-4.0"}


def test_a_patient_in_two_splits_of_published_rows(audit):
    rows = [
        {"case_id": f"case_{n}", "patient_id": "p", "question": f"What is at {n}?", "answer": "it",
         "metadata": {}} for n in range(2)
    ]  # fmt: skip
    from medspatial.passport import VqaSet

    held = VqaSet(
        "set", "test", [Question.model_validate(row) for row in rows],
        [row | {"split": part} for row, part in zip(rows, ("train", "test"), strict=True)],
    )  # fmt: skip
    (found,) = [one for one in audit_set(held).alarms if one.kind is Kind.PATIENTS_DIFFER]
    assert found.examples == ("patient p: splits test, train",)


def test_guessers_of_open_questions_learn_from_other_patients():
    def open_question(number, patient, answer):
        return Question(
            case_id=f"c{patient}", patient_id=f"p{patient}", question="What is it?", answer=answer
        )

    rows = [open_question(n, n, "cyst") for n in range(3)]
    assert guess(rows)[0].open == 100.0
    assert guess([open_question(n, 0, "cyst") for n in range(3)])[0].open == 0.0
    tie = [open_question(0, 0, "cyst"), open_question(1, 1, "mass"), open_question(2, 2, "stone")]
    assert guess(tie)[0].open == 0.0
    assert guess([*tie, open_question(3, 3, "stone")])[0].open == pytest.approx(
        100 * (1 / 3 + 1 / 3) / 4, abs=0.1
    )


def test_a_frozen_set_gives_licence_and_splits(tmp_path):
    folder = freeze(
        tmp_path / "set", {"test": [ask(1, 1), ask(2, 2)]}, name="Tiny", license="CC0-1.0"
    )  # fmt: skip
    held = read_set(folder)
    assert (held.name, held.format, held.licence, held.parts) == (
        "Tiny",
        "frozen",
        "CC0-1.0",
        ["test", "test"],
    )


def test_a_published_format_is_told_by_its_fields(tmp_path):
    path = tmp_path / "rad.csv"
    with path.open("w", newline="") as stream:
        head = ["Task", "Subtask", "VolumeName", "Question", "Answer", "QuestionType", "AnswerChoice"]
        rows = csv.writer(stream)
        rows.writerow([*head, "Choice A", "Choice B", "Choice C", "Choice D"])
        rows.writerow([4, 1, "test_7_a_1.nii.gz", "Is it?", "No", "Close", "B", "Yes", "No", "-", "-"])
    held = read_set(path)
    assert held.format == "3d-rad"
    assert held.rows[0]["AnswerChoice"] == "B"


def test_an_empty_set_is_refused(tmp_path):
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(InputError, match="holds no question"):
        read_set(tmp_path / "none.jsonl")


def test_questions_of_others_are_measured_by_their_words(cohort):
    from medspatial.cases import load_case, read_cases
    from medspatial.geometry import Measured

    root, _ = cohort
    case = read_cases(root / "cases.jsonl")[0]
    data = load_case(case, root)
    truth = Measured(data.masks, data.ct)
    ml = truth.stats("spleen").volume_ml
    gap = truth.distance("liver", "spleen").mm

    def other(text, answer):
        return Question(case_id=case.case_id, question=text, answer=answer)

    asked = [
        other("What is the volume of the spleen in ml?", f"{ml:.1f}"),
        other("What is the volume of the spleen in cm³?", f"{10 * ml:.1f}"),
        other("What is the shortest distance between the liver and the spleen?", f"{gap / 10:.2f} cm"),
        other("What is the ratio of the volume of the spleen to that of the liver?", "3 ml"),
        other("What is the volume of the prostate in ml?", "20"),
    ]
    found = list(remeasure(asked, data, root))
    assert [getattr(one, "agrees", None) for one in found] == [True, False, True, None, None]
    assert found[1].ratio == pytest.approx(10, rel=0.01)


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("CC-BY-NC-SA-4.0", (True, True, False)),
        ("cc by-nc-nd 4.0", (True, False, True)),
        ("CC BY 4.0", (False, False, False)),
        ("MIT", (False, False, False)),
        ("Creative Commons Attribution-NonCommercial-ShareAlike", (True, True, False)),
    ],
)
def test_terms_of_licences(name, terms):
    assert Terms.of(name) == terms


def test_page_and_badge_hold_what_the_names_say_as_text(audit, tmp_path):
    rows = [
        {"case_id": "<b>x</b>", "question": f"Is <script>alert(1)</script> at {n}?", "answer": "it"}
        for n in range(2)
    ]
    found = audit(rows).model_copy(update={"name": 'set "<i>"&'})
    text = write_page(tmp_path / "p.html", found).read_text()
    assert "<script>alert" not in text
    assert "<b>x</b>" not in text
    root = ET.fromstring(badge(found))
    assert root.find("{http://www.w3.org/2000/svg}title").text.startswith('set "<i>"&: 2 questions')


def test_command_writes_all_forms_and_ends_with_1_on_an_alarm(cohort, tmp_path):
    root, questions = cohort
    few = [one for one in questions if one.case_id == questions[0].case_id][:6]
    good = write_records(tmp_path / "good.jsonl", few)
    command = ["datasets", "audit", str(good), "--cases", str(root / "cases.jsonl")]
    outputs = {name: tmp_path / name for name in ("p.json", "p.html", "p.svg")}
    options = [
        "--json",
        str(outputs["p.json"]),
        "--html",
        str(outputs["p.html"]),
        "--badge",
        str(outputs["p.svg"]),
    ]
    done = CliRunner().invoke(app, [*command, *options])
    assert done.exit_code == 0, done.output
    assert "answers measured again: 6, 6 agree, 0 differ" in done.output
    told = json.loads(outputs["p.json"].read_text())
    assert (told["questions"], told["masks"]["agree"]) == (6, 6)
    assert "Passport of good.jsonl" in outputs["p.html"].read_text()
    bad = write_records(tmp_path / "bad.jsonl", [*few, few[0].model_copy(update={"id": "again"})])
    done = CliRunner().invoke(app, ["datasets", "audit", str(bad)])
    assert done.exit_code == 1
    assert "ALARM question repeated (1)" in done.output
