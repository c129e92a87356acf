"""A record that a person wrote as YAML: what is wrong is one line with field, rule and value."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.records import Record
from medspatial.records.yaml_record import study_data, validated
from medspatial.records.yaml_text import read_yaml


class Part(Record):
    name: str
    weight: float = 1.0


class Plan(Record):
    title: str
    parts: tuple[Part, ...] = ()
    main: Part | None = None
    count: int = 3


def read(tmp_path: Path, text: str) -> Plan:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    return validated(path, Plan, study_data(path))


def test_what_is_right_is_a_record(tmp_path: Path) -> None:
    plan = read(tmp_path, "title: T\nparts: [{name: a}, {name: b, weight: 2}]\nmain: {name: c}\n")
    assert plan == Plan(title="T", parts=(Part(name="a"), Part(name="b", weight=2)), main=Part(name="c"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("parts: []\n", "field 'title': Field required"),
        ("title: 3\n", "field 'title': Input should be a valid string; got 3"),
        ("title: T\ncount: many\n", "field 'count': Input should be a valid integer"),
        (
            "title: T\ncont: 3\n",
            "field 'cont': unknown field (did you mean 'count'?); there are: title, parts",
        ),
        ("title: T\nmain: {nme: c}\n", "field 'main.name': Field required"),
        (
            "title: T\nmain: {name: c, wieght: 2}\n",
            "field 'main.wieght': unknown field (did you mean 'weight'?)",
        ),
        (
            "title: T\nparts: [{name: a}, {name: b, x: 1}]\n",
            "field 'parts.1.x': unknown field; there are: name, we",
        ),
        (
            "title: T\nparts: [{name: a, weight: .inf}]\n",
            "field 'parts.0.weight': Input should be a finite number",
        ),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    said = str(error.value)
    assert said.startswith(f"{tmp_path / 'plan.yaml'}: {told}"), said
    assert "\n" not in said


@pytest.mark.parametrize("text", ["", "just words\n", "- a\n- b\n", "3\n"])
def test_a_study_file_is_a_mapping(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="a study file is a mapping with 'title'"):
        read(tmp_path, text)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | texts | st.floats(allow_nan=False),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text("abc", max_size=4), one, max_size=3),
    max_leaves=8,
)


@given(values)
def test_what_yaml_wrote_is_read_back(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    text = yaml.safe_dump(value, allow_unicode=True)
    path.write_bytes(text.encode())
    assert read_yaml(path) == yaml.safe_load(text) == value


def test_a_long_wrong_value_is_cut(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, f"title: T\ncount: {'x' * 9000}\n")
    assert len(str(error.value)) < 1000
