"""Answers in fields: JSON, YAML and XML, with the unit in a field of its own or in the field's name."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

ANSWER_KEYS = (
    "final_answer", "finalanswer", "correct_option", "correct_answer", "selected_option", "answer_choice",
    "chosen_option", "selected_answer", "answer", "answer_letter", "prediction", "choice", "selected",
    "selection", "chosen", "option", "letter", "response", "result", "output", "final", "value", "side",
    "laterality", "text",
)  # fmt: skip
_NO_ANSWER = re.compile(
    r"reason|explan|rational|justif|why|comment|note|confiden|evidence|thought|think|analy|probab|score|"
    r"reject|question|\bid\b|type|uncertain|source|method|description|steps?\b|status|certain|remark|detail"
)
_PLACE_KEY = re.compile(r"\A(?:bbox|box|point|polygon|coordinates|keypoint|mask)(?:s|es)?(?:_?[23]d)?\Z")
_UNIT_KEYS = ("unit", "units", "measurement_unit", "uom")
_UNIT_IN_KEY = re.compile(r"[_ (\[](mm3|cm3|mm2|cm2|mm|cm|ml|hu|l|percent|m)[)\]]?\Z")
_FIGURE = re.compile(r"\s*[-+−]?\d[\d.,'’\s]*(?:e[-+]?\d+)?\s*\Z", re.I)
_LINE = re.compile(
    r"\A\s*(?:[-*]\s+)?[\"'*]*([A-Za-z][\w ]{0,30}?)[\"'*]*\s*[:=]\s*[\"'*]*(.*?)[\"'*,]*\s*\Z"
)
_LEAF = re.compile(r"<([A-Za-z][\w-]*)(?:\s[^<>]*)?>([^<>]*)</\1\s*>")
_LOOSE = re.compile(
    r"""["']?(?:final[_ ]?answer|answer|prediction|choice|response)["']?\s*:\s*"""
    r"""(?:"([^"]*)"|'([^']*)'|([^,}\n]+))""",
    re.I,
)
_BRACED = re.compile(r"\{[^{}]*\}", re.S)


def json_answer(text: str) -> str | None:
    """Return the answer of the last JSON object in a text that has one; "" where its field is empty.

    >>> json_answer('{"answer": {"value": 4.5, "unit": "cm"}}'), json_answer("{'side': 'left'}")
    ('4.5 cm', 'left')
    """
    if "{" not in text and not text.lstrip("` jsonJSON\n").startswith("["):
        return None
    found = None
    for value in _values(text):
        answer = _answer(value)
        found = answer if answer is not None else found
    if found is not None:
        return found
    for match in _BRACED.finditer(text):
        loose = _LOOSE.search(match.group())
        if loose:
            found = next((group.strip() for group in loose.groups() if group), None)
    return found


def line_answer(text: str) -> str | None:
    """Return the answer of lines "key: value", where all lines are such and one names the answer.

    >>> line_answer("answer: 4.5\\nunit: cm"), line_answer("The liver: large")
    ('4.5 cm', None)
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("```")]
    pairs = [_LINE.match(line) for line in lines]
    if len(lines) < 2 or not all(pairs):
        return None
    fields = {pair.group(1).casefold(): pair.group(2) for pair in pairs if pair}
    known = fields.keys() & {*ANSWER_KEYS}
    rest = fields.keys() - known
    values = [key for key in rest if key not in _UNIT_KEYS and not _NO_ANSWER.search(key)]
    measured = not known and len(values) == 1 and rest & {*_UNIT_KEYS} and _FIGURE.match(fields[values[0]])
    if not measured and (not known or values):
        return None
    return _of_dict(fields)


def tag_answer(text: str) -> str | None:
    """Return the answer of XML tags without tags inside, where one of them names the answer.

    >>> tag_answer("<answer>4.5</answer><unit>cm</unit>"), tag_answer("<b>left</b>")
    ('4.5 cm', None)
    """
    fields = {match.group(1).casefold().replace("-", "_"): match.group(2) for match in _LEAF.finditer(text)}
    if not fields.keys() & ({*ANSWER_KEYS} - {"text", "option"}):
        return None
    return _of_dict(fields)


def _values(text: str) -> list[Any]:
    """Return the JSON values in a text, from the outside; Python's notation counts too."""
    found: list[Any] = []
    decoder = json.JSONDecoder()
    at = 0
    while (start := _next(text, at)) >= 0:
        try:
            value, at = decoder.raw_decode(text, start)
        except ValueError:
            value, at = _literal(text, start)
        if value is not None:
            found.append(value)
    return found


def _next(text: str, at: int) -> int:
    brace = text.find("{", at)
    opening = re.compile(r"\s*(?:```\w*\s*)?\[").match(text, at) if at == 0 else None
    return opening.end() - 1 if opening else brace


def _literal(text: str, start: int) -> tuple[Any, int]:
    """Read a value in Python's notation, or one whose closing brace is missing."""
    end = text.rfind("}")
    body = text[start : end + 1] if end > start else text[start:].rstrip(" \n`,") + "}"
    for candidate in (body, re.sub(r",\s*\}", "}", body)):
        try:
            return json.loads(candidate), start + len(body)
        except ValueError:
            pass
        try:
            return ast.literal_eval(candidate), start + len(body)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            pass
    return None, start + 1


def _answer(value: Any) -> str | None:
    if isinstance(value, dict):
        return _of_dict(value)
    if isinstance(value, list) and value:
        if all(isinstance(entry, dict) for entry in value):
            return _answer(value[-1]) if len(value) == 1 else None
        return _plain(value)
    return None


def _of_dict(fields: dict[Any, Any]) -> str | None:
    lowered = {str(key).casefold().strip().replace(" ", "_"): value for key, value in fields.items()}
    if len(lowered) > 1 and all(re.fullmatch(r"[a-h]", key) for key in lowered):
        return "\n".join(f"{key.upper()}: {_mark(value)}" for key, value in lowered.items())
    key = next((key for key in ANSWER_KEYS if key in lowered), None)
    if key is None:
        if any(_PLACE_KEY.search(name) for name in lowered):
            return ""
        rest = [key for key in lowered if key not in _UNIT_KEYS and not _NO_ANSWER.search(key)]
        if len(rest) != 1:
            return None
        key = rest[0]
    unit = next((str(lowered[name]) for name in _UNIT_KEYS if lowered.get(name)), "")
    in_key = _UNIT_IN_KEY.search(key)
    value = lowered[key]
    if isinstance(value, dict):
        shown = _of_dict(value)
        shown = "" if shown is None else shown
    else:
        shown = _plain(value)
    unit = unit or (in_key.group(1) if in_key else "")
    return f"{shown} {unit}" if unit and _FIGURE.match(shown) else shown


def _mark(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        if len(value) == 2 and isinstance(value[0], int | float) and isinstance(value[1], str):
            return f"{value[0]} {value[1]}"
        return " and ".join(_plain(entry) for entry in value)
    return "" if value is None else str(value)
