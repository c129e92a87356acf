"""R1: take the answer out of its wrappers."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from medspatial.language.envelope import open_envelope
from medspatial.language.fields import json_answer, line_answer, tag_answer
from medspatial.language.figures import plain_figures
from medspatial.language.markup import with_tags, without_markup
from medspatial.language.vocabulary import CACHED_TEXTS

_QUESTION_CHARS = 8  # shorter ones are not looked for
_END_CHARS = 2000  # read at either end of a reply that is longer than both together
_BLANKS = re.compile(r"(\s)\1{2,}")
_ANSWER_TAG = re.compile(
    r"<(answer|final_answer|final|response|output)\b[^>]*>(.*?)(?:</\1\s*>|\Z)", re.I | re.S
)
_EXPLAINED = re.compile(
    r"<(reason|explanation|justification|why|comment|note)\b[^<>]*>.*?</\1\s*>", re.I | re.S
)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_LATEX_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf|textit|rm|bf)\s*\{([^{}]*)\}")
_BRACES = re.compile(r"\{[^{}]*\}")
_FENCE = re.compile(r"```[\w-]*[ \t]*\n?(.*?)(?:```|\Z)", re.S)
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
_USER = re.compile(
    r"(?<=\S)\s*\n\s*(?:#+\s*)?(?:user|human)\s*:(?=.*\b(?:assistant|model|gpt|ai|bot)\s*:)", re.I | re.S
)
_PREAMBLE = re.compile(r"\b(?:you are|chat between|assistant|system)\b", re.I)
_LEAD_TURN = re.compile(r"\A\s*(?:#+\s*)?(?:user|human|question|q)\s*:\s*", re.I)
_MARKDOWN_LINE = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]*(?![\d\s=])|[-*+•][ \t]+(?!\d+(?:[.,]\d+)?\s*(?i:hu|hounsfield\w*(?: "
    r"units?)?)?\s*\Z))",
    re.M,
)
_LINE_MARKS = frozenset("#>-*+•")
_EMPHASIS = re.compile(r"\*\*|__|`+|~~|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
_ANSWER_LABEL = re.compile(r"\A\s*(?:a|ans)\s*:\s+(?=\S)", re.I)
_QUOTES = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "‑": "-", "‐": "-", "−": "-", "–": "-", "\u00a0": " "}
)
_PLAIN = re.compile(r"[A-Za-z0-9 .,;?!'()%/#-]*\Z")


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
    opened = _without_wrappers(reply)
    wanted = _wanted(question)
    if opened.bare is not None and (len(wanted) < _QUESTION_CHARS or wanted not in opened.text.casefold()):
        return opened.bare
    removed = list(opened.removed)
    text = _answer_turn(opened.text, question, removed)
    return _without_marks(_without_question(text, question, removed), removed)


class _WithoutWrappers(NamedTuple):
    """A reply before its turns are told apart; and as it ends where no turn nor the question is in it."""

    text: str
    removed: tuple[str, ...]
    bare: Unwrapped | None


@lru_cache(maxsize=16_384)
def _without_wrappers(reply: str) -> _WithoutWrappers:
    removed: list[str] = []
    text = _BLANKS.sub(r"\1\1", reply) if len(reply) > _END_CHARS else reply
    opened = open_envelope(with_tags(text))
    removed += opened.removed
    text = opened.text
    text = _changed(text, plain_figures(text), "notation of figures", removed)
    if not _PLAIN.match(text):
        text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
        text = _changed(text, _TOKENS.sub(" ", text), "special tokens", removed)
        text = _answer_tag(text, removed)
        text = _changed(text, without_markup(text), "HTML", removed)
        text = _opened(text, removed)
    if ":" in text and (answer := line_answer(text)) is not None:
        removed.append("fields")
        text = answer
    bare = None if ":" in text else _without_marks(text, list(removed))
    return _WithoutWrappers(text, tuple(removed), bare)


def _without_marks(text: str, removed: list[str]) -> Unwrapped:
    """Take off an answer's label, the marks of Markdown, quotation marks, the middle of a long text."""
    if "repeated question" in removed or "chat turns" in removed:
        text = _ANSWER_LABEL.sub("", text)  # "Q: ... A: ..."; else "A:" is an option's letter
    plain = _MARKDOWN_LINE.sub("", text) if "\n" in text or text.lstrip()[:1] in _LINE_MARKS else text
    if "*" in plain or "_" in plain or "`" in plain or "~~" in plain:
        plain = _EMPHASIS.sub("", plain)
    if plain is not text:
        text = _changed(text, plain, "Markdown", removed)
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


def _answer_tag(text: str, removed: list[str]) -> str:
    if "<" not in text:
        return text
    answer = tag_answer(text)
    if answer is None:
        tags = [match.group(2) for match in _ANSWER_TAG.finditer(text) if match.group(2).strip()]
        answer = tags[-1] if tags else None
    if answer is None:
        kept = _EXPLAINED.sub(" ", text)
        return kept if kept.strip() else text
    return _changed(text, answer, "answer tag", removed)


def _opened(text: str, removed: list[str]) -> str:
    """Open ``\\boxed{}``, code fences, and fields of JSON or YAML with an answer."""
    if "\\" in text:
        boxes = _BOXED.findall(text)
        inner = _LATEX_TEXT.sub(r"\1", boxes[-1] if boxes else text)
        text = _changed(text, inner.replace("\\", " ") if boxes else inner, "\\boxed", removed)
    answer = json_answer(text)
    if answer == "" and (rest := _BRACES.sub(" ", text).strip(" \n`[],")):
        answer = rest  # a box of the image stands in front of the words
    if answer is not None:
        removed.append("JSON")
        return answer
    if "```" in text:
        text = _changed(text, _FENCE.sub(r" \1 ", text), "code fence", removed)
    return text


def _answer_turn(text: str, question: str, removed: list[str]) -> str:
    if ":" not in text:
        return text
    text = _before_next_user(text, question, removed)
    turns = list(_TURN.finditer(text))
    after = text[turns[-1].end() :] if turns and text[turns[-1].end() :].strip() else text
    after = _NEXT_TURN.sub("", after)
    after = _LEAD_TURN.sub("", after)
    return _changed(text, after, "chat turns", removed)


def _before_next_user(text: str, question: str, removed: list[str]) -> str:
    """Cut where the model goes on as its own user; a prompt that it repeats holds the question, and stays."""
    match = _USER.search(text)
    if match is None or _PREAMBLE.search(text[: match.start()]):
        return text
    asked = question.strip().casefold()[:30]
    if asked and asked in text[match.end() :].casefold():
        return text
    return _changed(text, text[: match.start()], "chat turns", removed)


@lru_cache(maxsize=CACHED_TEXTS)
def _wanted(question: str) -> str:
    """Return a question as a reply may repeat it."""
    return question.strip().rstrip("?").strip().casefold()


def _without_question(text: str, question: str, removed: list[str]) -> str:
    wanted = _wanted(question)
    if len(wanted) < _QUESTION_CHARS or len(text) < len(wanted):
        return text
    at = text.casefold().find(wanted)
    if at < 0 or len(text.casefold()) != len(text):
        return text
    rest = text[at + len(wanted) :]
    after = text[:at].strip() + " " + rest.lstrip("?").lstrip()
    return _changed(text, after, "repeated question", removed)
