"""Study files: short forms, paths, and an error that names file, field, rule and value."""

from __future__ import annotations

from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.study import StudyConfig, builtin_study, find_study, folder_study, read_study

GOOD = "title: T\ncases: {path: data}\nmodels: [random, {kind: random, seed: 3, name: random-3}]\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(text)
    return path


def test_short_forms_and_relative_paths(tmp_path: Path) -> None:
    study = read_study(written(tmp_path, GOOD))
    assert [(m.kind, m.name, m.options) for m in study.models] == [
        ("random", "random", {}),
        ("random", "random-3", {"seed": 3}),
    ]
    assert study.cases.path == str(tmp_path / "data")
    assert study.all_arms() == ("standard",)
    assert [metric.name for metric in study.all_metrics()] == ["structured", "exact"]


def test_a_metric_with_options_and_the_compared_one_first(tmp_path: Path) -> None:
    text = (
        GOOD + "metrics: [exact, {name: 'judge:openai:m', budget: 5}]\ncompare: {metric: 'judge:openai:m'}\n"
    )
    found = read_study(written(tmp_path, text)).all_metrics()
    assert [(metric.name, metric.options) for metric in found] == [
        ("judge:openai:m", {"budget": 5}),
        ("exact", {}),
    ]


def test_the_built_in_study_is_valid() -> None:
    assert builtin_study().cases.phantom is not None


def test_a_folder_run_is_a_study_file_with_its_cases_alone(tmp_path: Path) -> None:
    (tmp_path / "my_ct").mkdir()
    read = read_study(written(tmp_path, "cases: my_ct\n"))
    assert read == folder_study(tmp_path / "my_ct")
    assert (read.title, read.cases.path) == ("Spatial questions from my_ct", str(tmp_path / "my_ct"))
    assert [model.name for model in read.models] == ["random", "prior", "oracle", "echo"]


def test_unknown_built_in_study() -> None:
    with pytest.raises(InputError, match="unknown built-in study 'dmo'; known: arms, demo"):
        builtin_study("dmo")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: [", ["study.yaml:1", "not valid YAML"]),
        ("- a\n- b\n", ["a study file is a mapping"]),
        (GOOD + "colour: red\n", ["field 'colour'", "unknown field; there are: title, cases, ", "'red'"]),
        (GOOD + "metric: [exact]\n", ["field 'metric'", "did you mean 'metrics'?"]),
        (
            GOOD.replace("path: data", "path: data, mirored: true"),
            ["'cases.mirored'", "(did you mean 'mirrored'?); there are: path, phantom,"],
        ),
        (GOOD + "track: {to: wandb, modus: x}\n", ["'track.modus'", "did you mean 'mode'?"]),
        (GOOD.replace("path: data", "path: data, phantom: {}"), ["'cases'", "one of 'path', 'phantom'"]),
        (GOOD.replace("{path: data}", "{}"), ["'cases'", "one of 'path', 'phantom'"]),
        (
            GOOD + "questions: {per_subtype: 0}\n",
            ["'questions.per_subtype'", "greater than or equal to 1", "0"],
        ),
        (GOOD + "questions: {forms: [open, essay]}\n", ["'questions.forms.1'", "'essay'"]),
        ("title: T\ncases: {path: d}\nmodels: []\n", ["'models'", "at least 1"]),
        ("title: T\ncases: {path: d}\nmodels: [random, random]\n", ["two models are named 'random'"]),
        ("title: T\ncases: {path: d}\nmodels: [{kind: random, name: a/b}]\n", ["'models.0.name'", "'a/b'"]),
        ("title: T\ncases: {path: d}\nmodels: [{kind: random, name: .a}]\n", ["not begin with .", "'.a'"]),
        (GOOD + "compare: {confidence: 95}\n", ["'compare.confidence'", "less than 1", "95"]),
    ],
)
def test_a_bad_study_file_names_the_field_and_value(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read_study(written(tmp_path, text))
    for word in words:
        assert word in str(caught.value)


def test_a_missing_study_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: no such study file"):
        read_study(tmp_path / "none.yaml")


def test_a_built_in_name_means_the_same_beside_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").mkdir()
    assert find_study("demo") == builtin_study()
    assert find_study("./demo") == folder_study(tmp_path / "demo")
    assert find_study("demo/") == folder_study(tmp_path / "demo")


def test_what_a_user_means_by_a_name(tmp_path: Path) -> None:
    assert find_study(None) == find_study("demo") == builtin_study()
    assert find_study(str(written(tmp_path, GOOD))) == read_study(tmp_path / "study.yaml")
    assert find_study(str(tmp_path)) == folder_study(tmp_path)
    (tmp_path / "cases.csv").write_text("case_id\n")
    listed = find_study(str(tmp_path / "cases.csv"))
    assert isinstance(listed, StudyConfig)
    assert listed.cases.path == str(tmp_path / "cases.csv")
    with pytest.raises(InputError, match=r"unknown study 'dmo'; known: .*demo"):
        find_study("dmo")
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(InputError, match=r"notes\.txt: is no study file \(\.yaml\), folder of CT, or list"):
        find_study(str(tmp_path / "notes.txt"))
    for missing in ("data/my_ct", "cases.jsonl"):
        with pytest.raises(InputError, match=f"{missing}: there is no study file"):
            find_study(missing)
