"""Study files that were made to do harm, or damaged: one line each."""

import os

import pytest

from medspatial.errors import InputError
from medspatial.records.yaml_text import read_yaml
from medspatial.study.file import read_study

BOMB = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[" * 100_000, "nested deeper"),
        ("a: " + "[" * 60 + "]" * 60, "nested deeper than 50 levels"),
        (BOMB, "stands for more than 200000 values"),
        ("a: &a [*a]", "an alias stands within what it names"),
        ("a: 2026-99-99", "not valid YAML"),
        ("a: " + "9" * 5000, "not valid YAML"),
        ("a: [\nb: c", ":2: not valid YAML"),
        ("? [1]\n: 2", "not valid YAML"),
        ("!!python/object/apply:os.system ['x']", "not valid YAML"),
        ("a: \x01", "not valid YAML"),
        ("- a\n- b", "a study file is a mapping"),
        ("", "a study file is a mapping"),
        ("1: 2", "field 'cases': Field required"),
        ("x" * 5_000_000, "at most 4000000 bytes"),
        (b"\xff\xfea", "not UTF-8"),
        ("title: t\ncases: [1]\nmodels: [random]", "field 'cases'"),
        ("title: t\ncases: {phantom: [1]}\nmodels: [random]", "field 'cases.phantom'"),
        ("title: t\ncases: {path: a}\nmodels: {a: b}", "field 'models'"),
        ("title: t\ncases: {path: a}\nmodels: [{kind: [1]}]", "field 'models"),
        ("title: t\ncases: {path: a}\nmodels: [{kind: random, options: [1]}]", "field 'models"),
        ("title: t\ncases: {path: a}\nmodels: [{kind: random, cross: [1]}]", "field 'models"),
        (
            "title: t\ncases: {path: a}\nmodels: [random]\nmetrics: [{name: exact, options: [1]}]",
            "field 'metrics",
        ),
        ("title: t\ncases: {path: a}\nmodels: [random]\nmetrics: [[1]]", "field 'metrics"),
        ("title: t\ncases: {path: a}\nmodels: [random]\narms: {a: 1}", "field 'arms"),
        ("title: t\ncases: {path: a}\nmodels: [random]\ntrack: {to: [1]}", "field 'track"),
        ('title: t\ncases: {path: "a\\0b"}\nmodels: [random]', "NUL"),
        ("title: t\ncases: {path: a}\nmodels: [{kind: random, 1: 2, [1]: 3}]", "not valid YAML"),
        ("title: t\ncases: {path: a}\nmodels: [{kind: random, 1: 2}]", "field 'models"),
    ],
)
def test_one_line_and_no_traceback(tmp_path, text, fault):
    path = tmp_path / "study.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        read_study(path)
    told = str(caught.value)
    assert fault in told
    assert "\n" not in told
    assert len(told) < 1000


def test_no_ordinary_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    for path, fault in (
        (tmp_path / "pipe.yaml", "is a pipe"),
        ("/dev/zero", "is a device"),
        (tmp_path, "is a folder"),
        (tmp_path / ("n" * 5000), "cannot be opened"),
        (tmp_path / "none.yaml", "no such study file"),
    ):
        with pytest.raises(InputError, match=fault):
            read_study(path)


def test_aliases_and_merges_that_studies_use_are_read(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: *a\n")
    assert read_yaml(path) == {"a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": {"x": 1}}
