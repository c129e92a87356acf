"""The schema and the page of study files say what the records say."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from medspatial.errors import InputError
from medspatial.study import builtin_study
from medspatial.study.file import BUILT_IN, builtin_names, read_study
from medspatial.study.schema import (
    SCHEMA_FILE,
    SECTIONS,
    field_texts,
    fields_markdown,
    schema_text,
    study_schema,
)

DOCS = Path(__file__).resolve().parents[2] / "docs" / "study.md"


def test_the_shipped_schema_is_that_of_the_records():
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "run: medspatial study schema > src/medspatial/study/study.schema.json"
    )


def test_the_page_has_every_field_and_is_generated():
    assert DOCS.read_text(encoding="utf-8").endswith(fields_markdown()), (
        "put what `medspatial study fields` prints at the end of docs/study.md"
    )
    for name, record in SECTIONS.items():
        assert list(field_texts(record)) == list(record.model_fields), name or "study"
        assert all(field_texts(record).values())


@pytest.mark.parametrize("name", builtin_names())
def test_built_in_studies_fit_and_link_the_schema(name):
    text = (BUILT_IN / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../study.schema.json\n")
    jsonschema.validate(yaml.safe_load(text), study_schema())


ACCEPTED = [
    "cases: my_ct",
    "cases: {path: my_ct, mirrored: true}",
    "cases: d\nmodels: [random, {kind: random, seed: 1, name: r1}, {kind: own_plugin, options: {a: 1}}]",
    "cases: d\nmodels: [{kind: image_text, path: x, cross: {count: [8, 16]}}]",
    "cases: d\nmetrics: [exact, own_metric, {name: 'judge:openai:m', budget: 5}]\ncompare: {metric: exact}",
    "cases: {phantom: {count: 3}}\narms: [standard, own_arm]\ntrack: {to: wandb}",
]
REFUSED = [
    "title: no cases",
    "cases: d\ncolour: red",
    "cases: d\nquestions: {per_subtype: 0}",
    "cases: d\nquestions: {forms: [essay]}",
    "cases: d\nmodels: []",
    "cases: d\nmodels: [{name: without_kind, seed: 1}]",
    "cases: d\nmodels: random",
    "cases: d\ncompare: {confidence: 95}",
    "cases: d\ntrack: {to: wandb, mode: sometimes}",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_is_read_fits_the_schema(text, tmp_path):
    (tmp_path / "study.yaml").write_text(text)
    read_study(tmp_path / "study.yaml")
    jsonschema.validate(yaml.safe_load(text), study_schema())


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_does_not_fit_the_schema(text, tmp_path):
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(InputError, match="field"):
        read_study(tmp_path / "study.yaml")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), study_schema())


def test_names_are_offered_and_fields_are_described():
    schema = study_schema()
    offered = schema["$defs"]["ModelConfig"]["properties"]["kind"]["anyOf"][0]["enum"]
    assert {model.kind for model in builtin_study().models} <= set(offered)
    assert "mirrored" in schema["properties"]["arms"]["items"]["anyOf"][0]["enum"]
    assert "built-in phantom" in schema["$defs"]["CasesConfig"]["description"]
    assert all("description" in field for field in schema["properties"].values())
