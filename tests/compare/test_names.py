"""One file or option names the models of a whole folder."""

from __future__ import annotations

import json

import pytest

from medspatial.compare.names import read_model_names, with_names
from medspatial.errors import InputError


def test_pairs_and_files(tmp_path):
    path = tmp_path / "names.yaml"
    path.write_text("m3d: M3D-LaMed\n'a=b': A\n", encoding="utf-8")
    other = tmp_path / "names.json"
    other.write_text(json.dumps({"x": "judge:gemini:x"}), encoding="utf-8")
    found = read_model_names([str(path), "radfm=RadFM = 14B", str(other)])
    assert found == {"m3d": "M3D-LaMed", "a=b": "A", "radfm": "RadFM = 14B", "x": "judge:gemini:x"}
    assert read_model_names([]) == {}


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("- a\n", "must map"),
        ("a: 1\n", "must be a text; got 1"),
        ("a: [", "cannot be read"),
        ("a: ' '", "blank"),
    ],
)
def test_what_is_no_mapping_is_refused(tmp_path, content, rule):
    path = tmp_path / "names.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=rule):
        read_model_names([str(path)])


def test_a_missing_file_and_two_names_are_refused():
    with pytest.raises(InputError, match=r"needs OLD=NEW or a YAML or JSON file, got 'nowhere\.yaml'"):
        read_model_names(["nowhere.yaml"])
    with pytest.raises(InputError, match="'a' has two names, 'B' and 'C'"):
        read_model_names(["a=B", "a=C"])


def test_rows_get_their_names(make_scores):
    scores = make_scores({"m": [1, 0], "k": [0, 1]})
    assert {row.model for row in with_names(scores, {"m": "[red]M"})} == {"[red]M", "k"}
    assert list(with_names(scores, {})) == scores
    with pytest.raises(InputError, match="no model 'n'; there are: m, k"):
        with_names(scores, {"n": "N"})
