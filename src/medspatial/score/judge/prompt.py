"""The judge's prompt: a file with a version in its name and a hash in every result."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from medspatial.errors import InputError
from medspatial.language import lettered
from medspatial.records import Item, content_hash

DEFAULT = "spatial-v1"
_BORDER = "\n-----\n"
_PLACE = "{data}"
VERDICTS = ("correct", "incorrect", "unanswered")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string"},
        "extracted_answer": {"type": "string"},
        "verdict": {"type": "string", "enum": list(VERDICTS)},
    },
    "required": ["reason", "extracted_answer", "verdict"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class JudgePrompt:
    """Rules for the system text, and the message that carries one case.

    Attributes
    ----------
    version
        Name of the file.
    hash
        Of its text and of the reply's schema: a changed word is another judge.
    """

    version: str
    system: str
    template: str
    hash: str

    def message(self, item: Item, candidate: str) -> str:
        """Put question, reference and candidate into the message, as JSON that no text can leave.

        Nothing names the model that answered.
        """
        return self.template.replace(_PLACE, quoted(_case(item, candidate)))


def quoted(case: dict[str, Any]) -> str:
    """Return JSON with all text inert: line ends, quotes, angle brackets and backticks are escaped."""
    text = json.dumps(case, ensure_ascii=False, indent=1)
    for sign in "<>`":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


@cache
def judge_prompt(version: str = DEFAULT) -> JudgePrompt:
    """Read a prompt that ships with the package.

    Raises
    ------
    InputError
        Unknown version; the message lists those there are.
    """
    folder = files("medspatial.score.judge").joinpath("prompts")
    known = sorted(entry.name.removesuffix(".md") for entry in folder.iterdir() if entry.name.endswith(".md"))
    if version not in known:
        raise InputError(f"unknown judge prompt {version!r}; known: {', '.join(known)}")
    text = folder.joinpath(f"{version}.md").read_text(encoding="utf-8")
    system, border, template = text.partition(_BORDER)
    if not border or _PLACE not in template:
        raise InputError(f"judge prompt {version!r}: needs a line '-----' and, behind it, {_PLACE}")
    return JudgePrompt(version, system.strip(), template.strip(), content_hash(text, json.dumps(SCHEMA)))


def _shown(options: tuple[str, ...]) -> list[str]:
    """Write options with their letters; texts whose letters contradict each other stay as they are."""
    try:
        return [f"{letter}. {text}" for letter, text in lettered(options)]
    except ValueError:
        return list(options)


def _case(item: Item, candidate: str) -> dict[str, Any]:
    case: dict[str, Any] = {"question": item.question}
    if item.options:
        case["options"] = _shown(item.options)
    case["reference_answer"] = item.answer
    if item.answer_type == "number" and item.value is not None:
        case["reference_value"] = item.value
        if item.unit:
            case["unit"] = item.unit
        if item.tolerance is not None:
            case["accepted_error"] = item.tolerance
    case["candidate_answer"] = candidate
    return case
