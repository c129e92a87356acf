"""R1: take the answer out of its wrappers."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass

_END_CHARS = 2000  # read at either end of a reply that is longer than both together
_BLANKS = re.compile(r"(\s)\1{2,}")
_REASONING = re.compile(
    r"<(think|thinking|thought|reasoning|analysis|scratchpad|reflection)\b[^>]*>.*?</\1\s*>", re.I | re.S
)
_REASONING_END = re.compile(
    r"\A.*</(?:think|thinking|thought|reasoning|analysis|scratchpad|reflection)\s*>", re.I | re.S
)
_REASONING_OPEN = re.compile(
    r"<(?:think|thinking|thought|reasoning|analysis|scratchpad|reflection)\b[^>]*>.*\Z", re.I | re.S
)
_ANSWER_TAG = re.compile(
    r"<(answer|final_answer|final|response|output)\b[^>]*>(.*?)(?:</\1\s*>|\Z)", re.I | re.S
)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_LATEX_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf|textit|rm|bf)\s*\{([^{}]*)\}")
_FENCE = re.compile(r"```[\w-]*[ \t]*\n?(.*?)(?:```|\Z)", re.S)
_OBJECT = re.compile(r"\{[^{}]*\}", re.S)
_ANSWER_KEYS = (
    "final_answer",
    "finalanswer",
    "final answer",
    "answer",
    "prediction",
    "choice",
    "response",
    "result",
    "output",
)
_LOOSE_FIELD = re.compile(
    r"""["']?(?:final[_ ]?answer|answer|prediction|choice|response)["']?\s*:\s*"""
    r"""(?:"([^"]*)"|'([^']*)'|([^,}\n]+))""",
    re.I,
)
_TOKENS = re.compile(
    r"#*\s*(?:</?s>|<\|[^|<>]{1,40}\|>|<(?:pad|eos|bos|unk|end_of_turn|start_of_turn|im_patch)>|\[/?INST\]|"
    r"</?sys>)",
    re.I,
)
_TURN = re.compile(
    r"(?:^|\n|\s{2,}|(?<=[.?!>\]])\s)\s*(?:#+\s*)?(?:assistant|model|gpt|ai|bot|response|ASSISTANT)\s*:\s*",
    re.I,
)
_NEXT_TURN = re.compile(
    r"(?<=\S)\s*(?:\n|###|\s{2,}|(?<=[.!])\s?)\s*#*\s*(?:user|human|question|instruction|q)\s*:.*\Z",
    re.I | re.S,
)
_LEAD_TURN = re.compile(r"\A\s*(?:#+\s*)?(?:user|human|question|q)\s*:\s*", re.I)
_MARKDOWN_LINE = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]*(?![\d\s=])|[-*+•][ \t]+(?!\d+(?:[.,]\d+)?\s*(?i:hu|hounsfield\w*(?: "
    r"units?)?)?\s*\Z))",
    re.M,
)
_EMPHASIS = re.compile(r"\*\*|__|`+|~~|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
_ANSWER_LABEL = re.compile(r"\A\s*(?:a|ans)\s*:\s+(?=\S)", re.I)
_QUOTES = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "‑": "-", "‐": "-", "−": "-", "–": "-", "\u00a0": " "}
)
_PLAIN = re.compile(r"[A-Za-z0-9 .,;?!'()%/-]*\Z")


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The bare reply, and which wrappers came off."""

    text: str
    removed: tuple[str, ...] = ()


def unwrap(reply: str, question: str = "") -> Unwrapped:
    r"""Take off reasoning tags, Markdown, JSON, ``\boxed{}``, chat markers and the repeated question.

    >>> unwrap('<think>left?</think> ```json\n{"answer": "Right"}\n```')
    Unwrapped(text='Right', removed=('reasoning', 'JSON'))
    """
    removed: list[str] = []
    text = _BLANKS.sub(r"\1\1", reply) if len(reply) > _END_CHARS else reply
    if not _PLAIN.match(text):
        text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
        text = _without_reasoning(text, removed)
        text = _changed(text, _TOKENS.sub(" ", text), "special tokens", removed)
        text = _opened(text, removed)
    text = _answer_turn(text, removed)
    text = _without_question(text, question, removed)
    if "repeated question" in removed or "chat turns" in removed:
        text = _ANSWER_LABEL.sub("", text)  # "Q: ... A: ..."; else "A:" is an option's letter
    if any(mark in text for mark in "*_`#>-+•~"):
        text = _changed(text, _EMPHASIS.sub("", _MARKDOWN_LINE.sub("", text)), "Markdown", removed)
    return Unwrapped(_bounded(_unquoted(text.strip()).strip(), removed), tuple(removed))


def _unquoted(text: str) -> str:
    """Take quotation marks off; the one of 20" is a unit."""
    inches = text[-2:-1].isdigit() and text.endswith('"') and text.count('"') % 2 == 1
    return text if inches else text.strip('"')


def _bounded(text: str, removed: list[str]) -> str:
    """Leave the middle of an endless reply out: answers stand at the start or at the end."""
    if len(text) <= 2 * _END_CHARS:
        return text
    removed.append(f"the middle of {len(text)} characters")
    return f"{text[:_END_CHARS]} ... {text[-_END_CHARS:]}"


def _changed(before: str, after: str, what: str, removed: list[str]) -> str:
    if after.strip() != before.strip():
        removed.append(what)
    return after


def _without_reasoning(text: str, removed: list[str]) -> str:
    if "<" not in text:
        return text
    kept = _REASONING.sub(" ", text)
    kept = _REASONING_END.sub("", kept)
    kept = _REASONING_OPEN.sub("", kept)
    text = _changed(text, kept, "reasoning", removed)
    tags = [match.group(2) for match in _ANSWER_TAG.finditer(text) if match.group(2).strip()]
    return _changed(text, tags[-1], "answer tag", removed) if tags else text


def _opened(text: str, removed: list[str]) -> str:
    """Open ``\\boxed{}``, code fences and JSON objects with an answer field."""
    if "\\" in text:
        boxes = _BOXED.findall(text)
        inner = _LATEX_TEXT.sub(r"\1", boxes[-1] if boxes else text)
        text = _changed(text, inner.replace("\\", " ") if boxes else inner, "\\boxed", removed)
    answer = _json_answer(text)
    if answer is not None:
        removed.append("JSON")
        return answer
    if "```" in text:
        text = _changed(text, _FENCE.sub(r" \1 ", text), "code fence", removed)
    return text


def _json_answer(text: str) -> str | None:
    found = None
    for match in _OBJECT.finditer(text):
        value = _field(match.group())
        found = value if value is not None else found
    return found


def _field(source: str) -> str | None:
    try:
        loaded = json.loads(source)
    except ValueError:
        loose = _LOOSE_FIELD.search(source)
        return next((group.strip() for group in loose.groups() if group), None) if loose else None
    if not isinstance(loaded, dict):
        return None
    lowered = {str(key).casefold(): value for key, value in loaded.items()}
    for key in _ANSWER_KEYS:
        if key in lowered:
            return _plain(lowered[key])
    return None


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " and ".join(_plain(entry) for entry in value)
    return "" if value is None else str(value)


def _answer_turn(text: str, removed: list[str]) -> str:
    if ":" not in text:
        return text
    turns = list(_TURN.finditer(text))
    after = text[turns[-1].end() :] if turns and text[turns[-1].end() :].strip() else text
    after = _NEXT_TURN.sub("", after)
    after = _LEAD_TURN.sub("", after)
    return _changed(text, after, "chat turns", removed)


def _without_question(text: str, question: str, removed: list[str]) -> str:
    wanted = question.strip().rstrip("?").strip()
    if len(wanted) < 8 or len(text) < len(wanted):
        return text
    at = text.casefold().find(wanted.casefold())
    if at < 0 or len(text.casefold()) != len(text):
        return text
    rest = text[at + len(wanted) :]
    after = text[:at].strip() + " " + rest.lstrip("?").lstrip()
    return _changed(text, after, "repeated question", removed)
