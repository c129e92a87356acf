"""The envelope of a reply: which part of a model's raw text is its answer.

Families of models put their thoughts between delimiters of their own, end their turn with a token of their
own, and some write on behind it. A thought that was opened and never closed is no answer, and neither is
what stands behind the end of the turn.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_THOUGHT = (
    r"(?:ant|seed|mm)?[_:]?(?:thinking|think|thoughts?|thought_?process|chain_of_thought|cot|reasoning|"
    r"reasoning_?process|analysis|scratch_?pad|reflections?|rationale|planning|internal_?monologue|"
    r"inner_?monologue|deliberation|self_?critique)"
)
# <think>, < think >, <think id=1>, <think_start>, <|begin_of_thought|>, ◁think▷, [THINK], <unused94>
_OPEN = (
    rf"<\s*{_THOUGHT}(?:_start)?(?:\s[^<>]*)?>|<\|\s*(?:(?:begin|start)[_ ](?:of[_ ])?)?{_THOUGHT}"
    rf"(?:_(?:start|begin))?\s*\|>|◁\s*{_THOUGHT}\s*▷|<unused94>|<\|channel>\s*thought\b"
    r"|(?-i:\[(?:THINK|THINKING|THOUGHTS?|REASONING|ANALYSIS)\])"
)
_CLOSE = (
    rf"<\s*/\s*{_THOUGHT}\s*>|<{_THOUGHT}_end>|<\|\s*(?:/|end[_ ](?:of[_ ])?){_THOUGHT}\s*\|>"
    rf"|<\|\s*{_THOUGHT}_end\s*\|>|◁\s*/\s*{_THOUGHT}\s*▷|<unused95>|<channel\|>"
    r"|(?-i:\[/(?:THINK|THINKING|THOUGHTS?|REASONING|ANALYSIS)\])|\.\.\.\s*done thinking\.?"
)
_END = (
    r"<[|｜]?\s*(?:im_end|eot_id|eom_id|end_of_text|endoftext|end_of_turn(?:_token)?|endofturn|eos(?:_token)?|"
    r"eot|eoa|end_response|end_of_(?:assistant|response|message|role|utterance)|end[_▁]of[_▁]sentence|eod|"
    r"im_sep|endofmessage|message_end|turn_end|stop|observation|diff_marker|reserved_special_token_\d+)"
    r"\s*[|｜]?>|<\|(?:end|return|call)\|>|<turn\|>|</s>|\[(?:EOS|EOT|SEP|PAD|/s|UNUSED_TOKEN_\d+)\]|\[/INST\]|"
    r"<(?:extra_id|special|reserved)_\d+>"
)
_NEXT = (  # a turn of somebody else
    r"<[|｜](?:im_start|start)[|｜]>\s*(?:user|human|system|tool|developer)\b|<start_of_turn>\s*(?:user|human)\b|"
    r"<\|start_header_id\|>\s*(?:user|human|system|tool|ipython)\b(?:\s*<\|end_header_id\|>)?|"
    r"<\|header_start\|>\s*(?:user|human|system|tool|ipython)\b(?:\s*<\|header_end\|>)?|"
    r"\n\s*#{2,}\s*(?:instruction|input|human|user)\s*:|"
    r"<\|turn>\s*(?:user|system)\b|<\|start_of_role\|>\s*(?:user|system)\b(?:\s*<\|end_of_role\|>)?|"
    r"<[|｜](?:user|human|system|endofprompt|user_token|system_token)[|｜]>|\[INST\]|<<SYS>>|<\|startoftext\|>"
)
_OWN = (  # the header of the model's own turn
    r"<[|｜](?:im_start|start)[|｜]>\s*(?:assistant|model)\b:?|<start_of_turn>\s*(?:model|assistant)\b|"
    r"<\|start_header_id\|>\s*(?:assistant|model)\s*<\|end_header_id\|>|"
    r"<\|header_start\|>\s*(?:assistant|model)\s*<\|header_end\|>|<\|turn>\s*(?:model|assistant)\b|"
    r"<\|start_of_role\|>\s*assistant\s*<\|end_of_role\|>|<[|｜](?:assistant|model|chatbot(?:_token)?)[|｜]>"
)
_BEGIN = r"<s>|<bos>|<[|｜]begin[_▁]of[_▁](?:text|sentence)[|｜]>|<pad>|<\|pad\|>"
_MARKS = re.compile(
    rf"(?P<begin>{_BEGIN})|(?P<open>{_OPEN})|(?P<close>{_CLOSE})|(?P<own>{_OWN})|(?P<next>{_NEXT})|(?P<end>{_END})",
    re.I,
)
# one of these stands in every envelope: looked for first, because most replies have none
_MARK_STEMS = ("<", "[", "◁", "thinking", "reasoning steps", "assistantfinal", "```", "##")
_COMMON_ENDS = ("</s>", "<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|endoftext|>", "<|end|>")
_LEAD_STEMS = ("analysis", "commentary", "assistantanalysis", "assistantcommentary")
_ROLE_STEMS = ("assistant", "model", "system", "user", "human", "thought")
_LEADS = re.compile(rf"\A\s*(?:(?:{_BEGIN})\s*)*(?:{_NEXT})", re.I)
_OWN_HEADER = re.compile(rf"{_OWN}|\[/INST\]", re.I)
_HIDDEN_CHANNEL = re.compile(
    r"<\|channel\|>\s*(?:analysis|commentary)\b.*?(?:<\|(?:end|call)\|>|(?=<\|channel\|>)|\Z)", re.I | re.S
)
_FINAL_CHANNEL = re.compile(
    r"(?:<\|start\|>\s*assistant\s*)?<\|channel\|>\s*final\b.*?<\|message\|>|<\|message\|>", re.I | re.S
)
# the same with the special tokens stripped: "analysisIs it A?assistantfinalB"
_BARE_FINAL = re.compile(r"(?:\A|(?<=\S))assistantfinal|(?:\A|\n)\s*assistant\s*\n\s*final\s*\n", re.I)
_BARE_HIDDEN = re.compile(r"\A\s*(?:assistant)?(?:analysis|commentary)(?=[A-Z\"']|\s*\n|(?:we|the|user)\b)")
_SOLUTION = re.compile(
    r"(?:<\||\[)\s*(?:begin|start)[ _](?:of[ _])?(?:final[ _])?(?:response|solution|answer)\s*(?:\|>|\])"
    r"(?P<inner>.*?)(?:(?:<\||\[)\s*end[ _](?:of[ _])?(?:final[ _])?(?:response|solution|answer)|\Z)",
    re.I | re.S,
)
_HEADING = re.compile(
    r"\A\s*(?:Thinking\.\.\.[ \t]*\n|Here are my reasoning steps:|thought[ \t]*\n|"
    r"(?P<soft>(?:Here's a )?thinking process:))",
    re.I,
)
_FENCED = re.compile(
    r"\A\s*```[ \t]*(?:thoughts?|thinking|think|reasoning|analysis)[ \t]*\n.*?(?:```|\Z)", re.I | re.S
)
_FOLDED = re.compile(r"<details\b[^<>]*>.*?</details\s*>", re.I | re.S)
_HEADED = re.compile(
    r"\A\s*#+\s*Thinking\s*\n.*?(?:\n\s*#+\s*(?:Final )?(?:Response|Answer)\s*\n(?P<answer>.*))?\Z",
    re.I | re.S,
)
_SAYS_ANSWER = re.compile(r"\b(?:final )?answer\W{1,4}\s*(?:is\b|\w)", re.I)
_ROLE_LINE = re.compile(r"\A\s*(?:assistant|model)\s*\n", re.I)
_PROMPT_LINE = re.compile(r"\A\s*(?:system|user|human)\s*\n.*?\n\s*(?:assistant|model)\s*\n", re.I | re.S)
_NEXT_LINE = re.compile(
    r"\n\s*(?:user|human|assistant|model)[ \t]*\n.*\Z|(?<=[^\s\"'])assistant[ \t]*\n\s*\n.*\Z", re.I | re.S
)


@dataclass(frozen=True, slots=True)
class Opened:
    """The answer's text, and what came off, in words."""

    text: str
    removed: tuple[str, ...] = ()


def open_envelope(reply: str) -> Opened:
    """Return the part of a raw reply that is the answer; empty where a thought was never closed.

    >>> open_envelope("<unused94>thought: left?<unused95>right<end_of_turn>and more").text
    ' right'
    """
    if not _has_mark(reply.lower()):
        return Opened(reply)
    end = next((end for end in _COMMON_ENDS if reply.endswith(end)), None)
    if end and reply[: -len(end)].strip() and not _has_mark(reply[: -len(end)].lower()):
        return Opened(reply[: -len(end)], ("special tokens",))
    removed: list[str] = []
    text = _channels(reply, removed)
    solution = _SOLUTION.search(text)
    if solution:
        removed.append("reasoning")
        text = solution.group("inner")
    text = _without_heading(_behind_headings(_unfenced(text, removed), removed), removed)
    if _LEADS.match(text) and (own := _OWN_HEADER.search(text)):
        removed.append("the prompt")
        text = text[own.end() :]
    return Opened(_without_roles(_first_turn(text, removed), removed), tuple(dict.fromkeys(removed)))


def _has_mark(low: str) -> bool:
    if any(stem in low for stem in _MARK_STEMS) or low.lstrip().startswith(_LEAD_STEMS):
        return True
    return "\n" in low.strip() and any(stem in low for stem in _ROLE_STEMS)


def _channels(text: str, removed: list[str]) -> str:
    """Take the final channel of the harmony format, with its markers or with the markers stripped."""
    if "<|channel|>" in text:
        kept = _HIDDEN_CHANNEL.sub("", text)
        removed.append("channels" if kept.strip() else "a thought without an answer")
        return _FINAL_CHANNEL.sub(" ", kept)  # a blank: the header of a turn may stand before it
    final = _BARE_FINAL.search(text)
    if final:
        removed.append("channels")
        return text[final.end() :]
    if _BARE_HIDDEN.match(text):
        removed.append("a thought without an answer")
        return ""
    return text


def _unfenced(text: str, removed: list[str]) -> str:
    """Leave a thought out that stands in a fence, or folded away where something is said outside."""
    kept = _FENCED.sub("", text)
    outside = _FOLDED.sub(" ", kept)
    kept = outside if re.sub(r"<[^<>]*>", "", outside).strip() else kept
    if kept != text:
        removed.append("reasoning" if kept.strip() else "a thought without an answer")
    return kept


def _behind_headings(text: str, removed: list[str]) -> str:
    """Take what stands under "## Final Response" where the reply opens with "## Thinking"; else nothing."""
    headed = _HEADED.match(text)
    if headed is None:
        return text
    removed.append("reasoning" if headed["answer"] else "a thought without an end")
    return headed["answer"] or ""


def _without_heading(text: str, removed: list[str]) -> str:
    """Leave a thought out that only a heading opens, and that no closing mark ends."""
    heading = _HEADING.match(text)
    if heading is None:
        return text
    if re.search(_CLOSE, text, re.I) or (heading.group("soft") and _SAYS_ANSWER.search(text)):
        return text
    removed.append("a thought without an end")
    return ""


def _first_turn(text: str, removed: list[str]) -> str:
    """Go through all marks: thoughts come off, the first turn with an answer ends the reading."""
    kept, at, inside = "", 0, False
    for mark in _MARKS.finditer(text):
        kept += "" if inside else text[at : mark.start()]
        at = mark.end()
        if mark.lastgroup == "begin" and not (kept.strip() and not inside):
            removed.append("special tokens")
            continue
        if mark.lastgroup == "open":
            inside = True
            continue
        if mark.lastgroup == "close":
            kept = kept if inside else ""  # a closing mark alone: the template opened the thought
            kept, inside = kept + " ", False
            removed.append("reasoning")
            continue
        if inside or kept.strip():
            more = "text behind the end of the turn" if text[at:].strip() else "special tokens"
            removed.append("a thought without an end" if inside else more)
            return kept
        removed.append("special tokens")
    if inside:
        removed.append("a thought without an end")
        return kept
    return kept + text[at:]


def _without_roles(text: str, removed: list[str]) -> str:
    """Take off the names of roles that stay in a line of their own when special tokens are stripped."""
    start = _PROMPT_LINE.match(text) or _ROLE_LINE.match(text)
    kept = text[start.end() :] if start else text
    cut = _NEXT_LINE.search(kept)
    if cut and kept[: cut.start()].strip():
        kept = kept[: cut.start()]
    if kept != text:
        removed.append("chat turns")
    return kept
