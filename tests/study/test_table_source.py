"""The line of hashes at the foot of every table."""

import json
import re
from pathlib import Path

import pytest

from medspatial.manifest import code_hash, new_manifest, write_manifest
from medspatial.records import Question
from medspatial.report.tables import Column, Table, to_json, to_latex, to_markdown
from medspatial.report.tables.table import Cell
from medspatial.study.table_source import source_line, table_source

QUESTIONS = [Question(case_id="c", question="Which side?", answer="left")]
PART = re.compile(r"(questions|volumes|settings of the models|prompts|cards) ([0-9a-f]{8})")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "predictions").mkdir()
    (tmp_path / "scores" / "judge").mkdir(parents=True)
    written(tmp_path, "predictions/m.manifest.json", {"model": "m", "prompt": "Q: {question}"})
    written(tmp_path, "scores/judge/m.manifest.json", {"settings": {"prompt_hash": "ab"}, "code": "c0de" * 4})
    volumes(tmp_path, {"case_id": "c", "fingerprint": "f00d"})
    return tmp_path


def written(folder: Path, name: str, configuration: dict[str, object]) -> None:
    write_manifest(folder / name, new_manifest("predict", configuration, {}))


def volumes(folder: Path, *rows: dict[str, object]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "predictions" / "m.volumes.jsonl").write_text(text)


def parts(folder: Path, questions=QUESTIONS, kinds=("m3d_lamed",)) -> dict[str, str]:
    return dict(PART.findall(table_source(folder, questions, kinds)))


def test_every_part_has_its_hash(study):
    line = table_source(study, QUESTIONS, ["m3d_lamed"])
    assert set(parts(study)) == {"questions", "volumes", "settings of the models", "prompts", "cards"}
    assert "code of metrics: judge c0dec0de" in line
    assert f"(code {code_hash()[:8]})" in line


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        (lambda at: volumes(at, {"case_id": "c", "fingerprint": "beef"}), {"volumes"}),
        (
            lambda at: written(at, "predictions/m.manifest.json", {"model": "m", "prompt": "{question}"}),
            {"settings of the models", "prompts"},
        ),
        (
            lambda at: written(
                at, "predictions/m.manifest.json", {"model": "m", "prompt": "Q: {question}", "dtype": "bf16"}
            ),
            {"settings of the models"},
        ),
        (
            lambda at: written(at, "scores/judge/m.manifest.json", {"settings": {"prompt_hash": "cd"}}),
            {"prompts"},
        ),
    ],
)
def test_a_change_moves_its_own_hashes_alone(study, change, moved):
    before = parts(study)
    change(study)
    after = parts(study)
    assert {name for name in before if after[name] != before[name]} == moved


def test_another_reference_is_another_set_of_questions(study):
    other = [QUESTIONS[0].model_copy(update={"answer": "right"})]
    assert parts(study)["questions"] != parts(study, other)["questions"]


def test_what_is_not_there_is_left_out(tmp_path):
    assert set(parts(tmp_path, kinds=("random",))) == {"questions"}


def test_prompts_of_a_jury_count_and_shares_that_were_merged_do_not(study):
    before = parts(study)
    jury = {"settings": {"judges": [{"prompt_hash": "a"}, {"prompt_hash": "b"}]}}
    written(study, "scores/judge/m.manifest.json", jury)
    one = parts(study)
    jury["settings"]["judges"][1]["prompt_hash"] = "c"
    written(study, "scores/judge/m.manifest.json", jury)
    assert len({found["prompts"] for found in (before, one, parts(study))}) == 3
    written(study, "predictions/shard-1-of-2/m.manifest.json", {"model": "m"})
    assert parts(study)["settings of the models"] == before["settings of the models"]


def test_a_volume_without_fingerprint_is_no_data(study):
    volumes(study, {"case_id": "c", "fingerprint": None})
    assert "volumes" not in parts(study)


def test_the_line_stands_under_a_table_in_every_form_for_readers():
    source = source_line(QUESTIONS)
    table = Table("t", "T", (Column("A"),), ((Cell("1"),),), ({"a": 1},), note="N.", source=source)
    assert to_markdown(table).rstrip().endswith(source.replace("_", r"\_"))
    assert source in to_latex(table)
    assert json.loads(to_json(table))["source"] == source
    assert source in table._repr_html_()


def test_tables_without_a_source_stay_as_they_were():
    table = Table("t", "T", (Column("A"),), ((Cell("1"),),), ({"a": 1},))
    assert "source" not in json.loads(to_json(table))
    assert "Made from" not in to_markdown(table) + to_latex(table)
