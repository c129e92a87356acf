"""The study file for editors and readers: its JSON schema, and a page with every field.

Both come from the records in `medspatial.study.config` and their docstrings. ``medspatial study schema`` and
``medspatial study fields`` print them; tests hold the shipped schema and ``docs/study.md`` to the records.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from medspatial.arms import ARMS
from medspatial.models import model_cards
from medspatial.models.registry import BASELINES
from medspatial.readers.design import ReadingConfig
from medspatial.score.registry import BUILT_IN_METRICS
from medspatial.study.config import (
    AcuityConfig,
    CasesConfig,
    CompareConfig,
    MetricConfig,
    ModelConfig,
    QuestionsConfig,
    ReportConfig,
    StudyConfig,
    TrackConfig,
)

SCHEMA_FILE = Path(__file__).parent / "study.schema.json"
SECTIONS: dict[str, type[BaseModel]] = {
    "": StudyConfig,
    "cases": CasesConfig,
    "questions": QuestionsConfig,
    "models": ModelConfig,
    "metrics": MetricConfig,
    "compare": CompareConfig,
    "report": ReportConfig,
    "acuity": AcuityConfig,
    "reading": ReadingConfig,
    "track": TrackConfig,
}


def field_texts(record: type[BaseModel]) -> dict[str, str]:
    """Return what the ``Attributes`` section of a record's docstring says of each field, on one line."""
    _, _, attributes = inspect.cleandoc(record.__doc__ or "").partition("Attributes\n----------\n")
    texts: dict[str, str] = {}
    name = ""
    for line in attributes.splitlines():
        if line.startswith(" "):
            texts[name] = f"{texts[name]} {line.strip()}".strip()
        elif line.strip():
            name = line.strip()
            texts[name] = ""
    return texts


def study_schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) of study files, short forms included.

    Names of models, arms and metrics of medspatial are offered; those of other packages are allowed.
    """
    schema = StudyConfig.model_json_schema()
    records: dict[str, dict[str, Any]] = schema["$defs"]
    for record in SECTIONS.values():
        own = schema if record is StudyConfig else records[record.__name__]
        own["description"] = _summary(record)
        for name, text in field_texts(record).items():
            own["properties"][name]["description"] = text
    model = records["ModelConfig"]
    model["properties"]["cross"] = {
        "type": "object",
        "description": "Options with lists of values, or names with values: one model of each combination.",
    }
    model["properties"]["kind"] = _offered((*BASELINES, *model_cards()), model["properties"]["kind"])
    model["required"] = ["kind"]
    metric = records["MetricConfig"]
    metric["properties"]["name"] = _offered(BUILT_IN_METRICS, metric["properties"]["name"])
    for entry in (model, metric):
        entry["additionalProperties"] = True  # options may stand beside kind and name
    fields = schema["properties"]
    fields["cases"] = _or_text(fields["cases"])
    for name, short in (("models", model["properties"]["kind"]), ("metrics", metric["properties"]["name"])):
        fields[name]["items"] = {"anyOf": [_without_text(short), fields[name]["items"]]}
        fields[name].pop("default", None)
    fields["arms"]["items"] = _offered(ARMS, fields["arms"]["items"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "medspatial study file",
    }


def schema_text() -> str:
    """Return the schema as it is shipped in `SCHEMA_FILE`."""
    return json.dumps(study_schema(), indent=1, ensure_ascii=False) + "\n"


def fields_markdown() -> str:
    """Return a Markdown table of fields for each section of a study file."""
    parts = []
    for name, record in SECTIONS.items():
        title = f"`{name}`" if name else "The file"
        parts += [f"## {title}", "", _plain(_summary(record)), "", *_table(record), ""]
    return "\n".join(parts)


def _table(record: type[BaseModel]) -> Iterator[str]:
    texts = field_texts(record)
    yield "| field | type | default | meaning |"
    yield "|---|---|---|---|"
    for name, field in record.model_fields.items():
        default = "needed" if field.is_required() else _default(field.get_default(call_default_factory=True))
        if record is ModelConfig and name == "name":
            default = "its kind"
        yield f"| `{name}` | {_type(record, name)} | {default} | {_plain(texts[name])} |"


def _type(record: type[BaseModel], name: str) -> str:
    """Return the type of a field in words, from its JSON schema."""
    return _words(record.model_json_schema()["properties"][name])


def _words(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return "fields below"
    if "anyOf" in schema:
        return " or ".join(_words(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_words(schema['items'])}"
    limits = [
        f"{sign} {schema[key]}"
        for key, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if key in schema
    ]
    names = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "options"}
    return " ".join([names.get(schema.get("type", ""), schema.get("type", "anything")), *limits])


def _default(value: Any) -> str:
    if value is None or value in ("", {}):
        return ""
    if isinstance(value, tuple):
        return "`[" + ", ".join(getattr(one, "name", str(one)) for one in value) + "]`"
    return "as below" if isinstance(value, BaseModel) else f"`{json.dumps(value)}`"


def _summary(record: type[BaseModel]) -> str:
    text = inspect.cleandoc(record.__doc__ or "").partition("Attributes\n---")[0]
    return " ".join(text.split())


def _plain(text: str) -> str:
    """Double marks of the docstrings as Markdown has them."""
    return text.replace("``", "`").replace("|", "\\|")


def _offered(names: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Let editors offer names where any text is allowed."""
    return {**schema, "anyOf": [{"enum": list(names)}, {"type": "string"}]}


def _or_text(schema: Mapping[str, Any]) -> dict[str, Any]:
    text = {"type": "string", "description": "Folder or file of cases."}
    rest = {key: value for key, value in schema.items() if key != "description"}
    return {"description": schema["description"], "anyOf": [text, rest]}


def _without_text(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": schema["anyOf"]}
