"""People in a study: asked by a file that the run writes, taken up by the next run, beside the models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

import pytest
from served import Served

from medspatial.errors import InputError
from medspatial.readers.answers import Answers
from medspatial.readers.design import ReadingConfig, read_design
from medspatial.readers.results import reader_results
from medspatial.readers.session import ReaderSession
from medspatial.records import Prediction, Question, read_records, write_records
from medspatial.score import metric
from medspatial.study import StudyConfig, StudyRun, read_study, run_study
from medspatial.study.check import check_study
from medspatial.study.people import StudyPeople
from medspatial.study.rerun import compare_runs

STUDY = {
    "title": "With people",
    "cases": {"phantom": {"count": 3, "seed": 3, "spacing": 7.0}},
    "questions": {"subtypes": ["L1", "D2"], "balance": False, "forms": ["choice"]},
    "models": ["random", "oracle"],
    "metrics": ["structured"],
    "compare": {"resamples": 50},
    "report": {"max_pictures": 0, "figures": ["svg"]},
}
READERS = ["anna", "ben", "carla"]


def run(folder: Path, **reading: Any) -> tuple[StudyRun, list[str]]:
    lines: list[str] = []
    config = StudyConfig.model_validate({**STUDY, "reading": {"readers": READERS, **reading}})
    return run_study(config, folder, lines.append), lines


def answer(folder: Path, most: int = 1000, who: tuple[str, ...] = tuple(READERS)) -> None:
    """Let readers answer: anna always right, the others right on every second question."""
    study = read_design(folder / "readers.yaml")
    with Answers(folder / "readers" / "answers.sqlite") as answers:
        answers.claim(study.facts())
        for reader in who:
            session = ReaderSession(study, answers, reader)
            for number in range(most):
                task = session.show().task
                if task is None:
                    break
                asked = study.questions[task.question]
                wrong = next(one for one in asked.options if one != asked.answer)
                text = asked.answer if reader == "anna" or number % 2 else wrong
                name = f"{reader}-{task.condition}-{number}"
                session.answer(name.ljust(8, "-"), task, answer=text, confidence=3, seconds=0.0)


def records(page: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((page.parent / "tables" / f"{name}.json").read_text())["records"]
    return found


def test_a_run_offers_and_the_next_takes_up(tmp_path: Path) -> None:
    done, lines = run(tmp_path)
    total = 3 * done.questions
    told = f"readers: 0 of {total} answers; `medspatial read {tmp_path / 'readers.yaml'}` asks"
    assert any(told in one for one in lines)
    assert done.comparison.models == ("oracle", "random")
    assert not (done.report.parent / "tables" / "people.json").exists()
    before = (tmp_path / "predictions" / "random.jsonl").read_bytes()
    # What it wrote can be served: cases, masks and questions are found from the file alone.
    server = Served(["read", tmp_path / "readers.yaml", "--port", "0"], links=len(READERS))
    try:
        opener = build_opener(ProxyHandler({}), HTTPCookieProcessor())
        opener.open(server.links[0]).close()
        with opener.open(f"http://{server.address}/api/task") as shown:
            task = json.load(shown)["task"]
        with opener.open(f"http://{server.address}/api/ct.nii?case={task['case']}") as image:
            assert len(image.read()) > 10_000
    finally:
        server.stop()

    answer(tmp_path)
    done, lines = run(tmp_path)
    assert f"readers: {total} of {total} answers" in lines
    assert (tmp_path / "predictions" / "random.jsonl").read_bytes() == before
    assert set(done.comparison.models) == {"oracle", "random", *(f"reader:{name}" for name in READERS)}
    assert done.comparison.result("reader:anna").overall.accuracy == 1
    assert done.comparison.result("reader:ben").overall.missing == 0
    assert {"reader:anna", "random"} <= {one["model"] for one in records(done.report, "accuracy")}
    people = {one["who"]: one for one in records(done.report, "people")}
    assert people["readers alone"]["answers"] == total
    assert people["oracle"]["difference"] == pytest.approx(people["readers alone"]["right"] - 1)
    assert people["random"]["difference_low"] < people["random"]["difference_high"]
    html = done.report.read_text()
    assert "figure-people" in html
    assert "agreement of readers on" in html
    assert not (done.report.parent / "readers").exists()

    # Asked a part, nobody is wrong about the rest; what was answered and is not asked any more is named.
    done, lines = run(tmp_path, count=6)
    assert any(
        f"readers: 18 of 18 answers, {total - 18} to questions that are not asked now" in one for one in lines
    )
    assert done.comparison.models == ("oracle", "random")
    people = {one["who"]: one for one in records(done.report, "people")}
    assert (people["reader:anna"]["right"], people["reader:anna"]["answers"]) == (1, 6)
    assert (people["oracle"]["right"], people["oracle"]["answers"]) == (1, 6)
    assert 'href="readers/index.html"' in done.report.read_text()
    side_by_side = done.report.parent / "readers" / "index.html"
    rows = [one for one in records(side_by_side, "accuracy") if one["scope"] == "all"]
    assert {one["model"] for one in rows} == {"oracle", "random", *(f"reader:{name}" for name in READERS)}
    assert {one["n"] for one in rows} == {6}


def offered(folder: Path, **reading: Any) -> StudyPeople:
    """The people of a study whose models have answered."""
    asked = [
        Question(case_id=f"case {n // 2}", question=f"{n}?", answer="left", options=("left", "right"))
        for n in range(20)
    ]
    rows = [
        Prediction(
            **one.model_dump(include={"id", "case_id", "question", "answer"}), model="m", prediction="right"
        )
        for one in asked
    ]
    write_records(folder / "predictions" / "m.jsonl", rows)
    config = ReadingConfig.model_validate({"readers": READERS, **reading})
    found = StudyPeople(config, folder, "With people", asked)
    found.offer()
    return found


def test_overlap_and_an_assistant(tmp_path: Path) -> None:
    design: dict[str, Any] = {"overlap": 2, "conditions": ["alone", "assisted"], "assistant": "m"}
    people = offered(tmp_path, **design)
    assert set(read_design(tmp_path / "readers.yaml").assistant.values()) == {"right"}
    answer(tmp_path)
    people.collect()
    assert people.line() == "readers: 80 of 80 answers"
    asked = list(read_design(tmp_path / "readers.yaml").questions.values())
    assert people.complete(asked) == frozenset()
    assert len(people.partial(asked)) == 6
    assert people.common() == frozenset()  # no question that all three read
    found = people.results(metric("exact").score(people.predictions))
    assert found.mean["alone"].answers == found.mean["assisted"].answers == 40
    assert found.assistance is not None
    assert found.assistance.questions == 20
    kept = read_records(tmp_path / "predictions" / "readers.jsonl", Prediction).rows
    assert {one.model for one in kept} >= {"reader:anna", "reader:anna assisted"}


def test_arms_of_models_do_not_stand_for_the_models(tmp_path: Path) -> None:
    people = offered(tmp_path)
    answer(tmp_path)
    people.collect()
    rows = read_records(tmp_path / "predictions" / "m.jsonl", Prediction).rows
    scores = metric("exact").score([*people.predictions, *rows])
    turned = [
        one.model_copy(update={"arm": "mirrored", "correct": True}) for one in scores if one.model == "m"
    ]
    assert people.results([*scores, *turned]).accuracy["m"] == (0, 20)
    found = reader_results(people.predictions, [*scores, *turned])
    assert (found.accuracy["m"], found.accuracy["m (mirrored)"]) == ((0, 20), (1, 20))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"reading": {"readers": []}}, "field 'reading.readers'"),
        ({"reading": {"readers": ["a"], "wash_out": 3}}, "unknown field.*washout_days"),
        (
            {"reading": {"readers": ["a"], "conditions": ["assisted"], "assistant": "gpt"}},
            "reading.assistant must be a model of this study",
        ),
        (
            {"models": [{"kind": "random", "name": "readers"}], "reading": {"readers": ["a"]}},
            "no model can be named 'readers'",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    (tmp_path / "study.yaml").write_text(json.dumps({**STUDY, **changed}))
    with pytest.raises(InputError, match=message):
        read_study(tmp_path / "study.yaml")


def test_a_check_says_what_is_asked_of_people() -> None:
    def found(**reading: Any) -> list[str]:
        settings = {**STUDY, "reading": {"readers": READERS, **reading}}
        check = check_study(StudyConfig.model_validate(settings), network=False)
        return [f"{one.level} {one}" for one in check.findings if one.part == "reading"]

    assert found(overlap=2) == ["ok reading: 3 readers, at most 24 answers to 12 questions"]
    assert found(count=4) == ["ok reading: 3 readers, at most 12 answers to 4 questions"]
    assert found(count=13) == ["wrong reading: count: must be at most the 12 questions, got 13"]
    assert not [
        one for one in check_study(StudyConfig.model_validate(STUDY)).findings if one.part == "reading"
    ]


def test_more_are_asked_for_than_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'count': must be at most the 20 questions, got 21"):
        offered(tmp_path, count=21)


def test_people_are_not_asked_again_by_a_repeated_study(tmp_path: Path) -> None:
    for name in ("before", "now"):
        people = offered(tmp_path / name)
        asked = read_design(tmp_path / name / "readers.yaml").questions.values()
        write_records(tmp_path / name / "questions" / "questions.jsonl", asked)
    answer(tmp_path / "now")
    people.collect()
    compared, differences = compare_runs(tmp_path / "before", tmp_path / "now")
    assert set(compared) == {"questions/questions.jsonl", "predictions/m.jsonl"}
    assert differences == []
