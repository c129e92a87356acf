"""Conversation templates: how questions and answers become one text for each language model.

Only the structure is here. The system texts belong to the original; see `system_prompt`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medspatial.errors import InputError

IMAGE = "<image>"
PROVIDED = "<provided>"
# A question and its answer; None for the answer that is asked for.
Turn = tuple[str, str | None]


@dataclass(frozen=True)
class Template:
    """One conversation format.

    Attributes
    ----------
    system_sha256
        Of the original's system text; None where it has none.
    system_variable
        Name of the conversation in the original's source.
    end
        The text that ends an answer.
    """

    name: str
    render: Callable[[Sequence[Turn], str], str]
    system_sha256: str | None
    system_variable: str
    end: str


def _llama3(turns: Sequence[Turn], system: str) -> str:
    user, assistant = (f"<|start_header_id|>{role}<|end_header_id|>\n\n" for role in ("user", "assistant"))
    text = system + _EOT if system else ""
    for question, answer in turns:
        text += user + question + _EOT + assistant + (answer + _EOT if answer is not None else "")
    return text


def _vicuna(turns: Sequence[Turn], system: str) -> str:
    text = system + " " if system else ""
    for question, answer in turns:
        text += f"USER: {question} ASSISTANT:" + (f" {answer}</s>" if answer is not None else "")
    return text


def _mistral(turns: Sequence[Turn], system: str) -> str:
    text = ""
    for question, answer in turns:
        text += f"[INST] {question} [/INST]" + (f" {answer} </s>" if answer is not None else "")
    return text


_EOT = "<|eot_id|>"
_SHA = {
    "llama3": "0933abea48062d9706e8c3669382b6215047526ba27c7bd04d259d8e9fa23edf",
    "vicuna_v1": "1fa69e2371b762d1882b0bd98d284f312a36c27add732016e12e52586f98a9f5",
    "llava_v1": "ace78a978005f68aa52ba3b02ee1b2d779e64b05c23bec09f5726a5003412dd4",
}
TEMPLATES: dict[str, Template] = {
    template.name: template
    for template in (
        Template("llama3", _llama3, _SHA["llama3"], "conv_llama3", _EOT),
        Template("vicuna_v1", _vicuna, _SHA["vicuna_v1"], "conv_vicuna_v1", "</s>"),
        Template("llava_v1", _vicuna, _SHA["llava_v1"], "conv_llava_v1", "</s>"),
        Template("mistral_instruct", _mistral, None, "conv_mistral_instruct", "</s>"),
    )
}


def template(name: str) -> Template:
    """Return a template by name; InputError for an unknown one."""
    if name not in TEMPLATES:
        raise InputError(f"ct_chat: template must be one of {', '.join(TEMPLATES)}, got {name!r}")
    return TEMPLATES[name]
