from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.records import Question
from medspatial.report.browser import script_literal, write_browser
from medspatial.report.verdicts import Verdicts


def read_script(path: Path) -> tuple[str, Any]:
    text = path.read_text(encoding="utf-8")
    receiver, literal = text.rstrip().removesuffix(");").split("(", 1)
    return receiver, json.loads(literal)


def cells(index: Any, name: str) -> list[str]:
    column = index["columns"][name]
    return column if isinstance(column, list) else [column["values"][place] for place in column["at"]]


@settings(max_examples=50, deadline=None)
@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.dictionaries(st.text(), inner)))
def test_script_literal_reads_back_and_holds_no_markup(content: Any) -> None:
    text = script_literal(content)
    assert json.loads(text) == content
    assert not set(text) & set("<>&\u2028\u2029")


def test_index_and_details_hold_every_question(page: Path, study) -> None:
    receiver, index = read_script(page.parent / "data" / "index.js")
    assert receiver == "medspatial.index"
    assert index["models"] == list(study.comparison.models)
    assert set(cells(index, "id")) == {question.id for question in study.questions}
    details = {}
    for path in (page.parent / "data").glob("details-*.js"):
        receiver, content = read_script(path)
        assert receiver == "medspatial.details"
        assert content["file"] == path.stem
        details |= content["questions"]
    for found, category in zip(cells(index, "id"), cells(index, "category"), strict=True):
        assert found in details
        assert category == [next(one.category for one in study.questions if one.id == found)]
    by_id = {question.id: question for question in study.questions}
    for found, content in details.items():
        assert content["options"] == list(by_id[found].options)
        names = [name for name, _ in content["evidence"]]
        assert names[:6] == ["Measurement", "Value", "Margin", "Rule", "Formula", "Structures"]
        assert ["Value", "80.2\u00a0mm"] in content["evidence"]
        assert ["volumes ml", "1.25, 3"] in content["evidence"]


def test_pictures_named_in_the_data_exist(page: Path) -> None:
    for path in (page.parent / "data").glob("details-*.js"):
        for content in read_script(path)[1]["questions"].values():
            for view in content["picture"]["views"]:
                assert (page.parent / view["href"]).is_file()


def test_many_questions_go_into_files_of_bounded_size(tmp_path: Path, study) -> None:
    questions = [
        Question(case_id=f"case_{n % 50}", question=f"Question {n}?", answer="yes", id=f"q{n}")
        for n in range(5000)
    ]
    verdicts = Verdicts(study.comparison, questions, [], [])
    write_browser(tmp_path, questions, verdicts, {question.id: {"absent": "none"} for question in questions})
    files = sorted((tmp_path / "data").glob("details-*.js"))
    assert len(files) == 125
    assert max(path.stat().st_size for path in files) < 100_000
    assert (tmp_path / "data" / "index.js").stat().st_size < 1_000_000
    index = read_script(tmp_path / "data" / "index.js")[1]
    assert cells(index, "marks")[0] == "mm"  # missing for both models, not wrong
    names = {letter: name for name, (letter, _) in index["failures"].items()}
    assert [names[mark] for mark in cells(index, "failures")[0]] == ["missing", "missing"]
    assert list(read_script(files[1])[1]["questions"]) == cells(index, "id")[40:80]


def test_a_bare_row_is_enough(tmp_path: Path, study) -> None:
    bare = Question.model_validate({"image_path": "a/scan.nii.gz", "question": "Where?", "answer": "left"})
    verdicts = Verdicts(study.comparison, [bare], [], [])
    write_browser(tmp_path, [bare], verdicts, {bare.id: {"absent": "none"}})
    content = read_script(tmp_path / "data" / "details-0001.js")[1]["questions"][bare.id]
    assert content["evidence"] == []
    assert ["Image", "a/scan.nii.gz"] in content["origin"]


def test_a_tolerance_is_told_with_the_reference(tmp_path: Path, study) -> None:
    number = Question(
        case_id="c",
        question="How far?",
        answer="12 mm",
        answer_type="number",
        value=12,
        unit="mm",
        tolerance=3,
    )
    verdicts = Verdicts(study.comparison, [number], [], [])
    write_browser(tmp_path, [number], verdicts, {number.id: {"absent": "none"}})
    content = read_script(tmp_path / "data" / "details-0001.js")[1]["questions"][number.id]
    assert content["answer"] == "12 mm (accepted within ± 3\u00a0mm)"
