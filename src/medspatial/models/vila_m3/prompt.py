"""VILA-M3's conversations: two templates, turns, and token ids with places for images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

IMAGE = "<image>"
IMAGE_ID = -200
MODALITY = "This is a CT image.\n"
_LEAD_IN = "Use this result to respond to this prompt:\n"

Role = Literal["user", "assistant", "expert"]


@dataclass(frozen=True)
class Turn:
    """One message; an expert's counts as the user's."""

    role: Role
    text: str


@dataclass(frozen=True)
class Template:
    """How turns become a text.

    Attributes
    ----------
    user, assistant
        What stands in front of a message.
    user_end, assistant_end
        What stands behind it.
    opening
        What stands at the end, where the answer begins.
    stop
        Text of the token that ends an answer, besides the end token.
    """

    system: str
    user: str
    assistant: str
    user_end: str
    assistant_end: str
    opening: str
    stop: str

    def render(self, turns: Sequence[Turn]) -> str:
        """Return the prompt; neighbouring messages of one role become one."""
        parts = [self.system]
        for role, text in _merged(turns):
            if role == "assistant":
                parts.append(f"{self.assistant}{text}{self.assistant_end}")
            else:
                parts.append(f"{self.user}{text}{self.user_end}")
        return "".join(parts) + self.opening


_HEADER = "<|start_header_id|>{}<|end_header_id|>\n\n"
TEMPLATES = {
    "llama_3": Template(
        system="<|begin_of_text|>" + _HEADER.format("system") + "You are a helpful language and vision "
        "assistant. You are able to understand the visual content that the user provides, and assist the "
        "user with a variety of tasks using natural language.<|eot_id|>",
        user=_HEADER.format("user"),
        assistant=_HEADER.format("assistant"),
        user_end="<|eot_id|>",
        assistant_end="<|eot_id|>",
        opening=_HEADER.format("assistant"),
        stop="<|eot_id|>",
    ),
    "vicuna_v1": Template(
        system="A chat between a curious user and an artificial intelligence assistant. "
        "The assistant gives helpful, detailed, and polite answers to the user's questions. ",
        user="USER: ",
        assistant="ASSISTANT: ",
        user_end=" ",
        assistant_end="</s>",
        opening="",
        stop="</s>",
    ),
}


def dialogue_turn(question: str, experts: str) -> Turn:
    """Return the first message of a dialogue with an expert; ``experts`` is the list of expert models."""
    return Turn("user", f"{experts}{IMAGE}{MODALITY}{question}")


def plain_turn(question: str) -> Turn:
    """Return a question about the picture as the original's evaluation scripts ask it, without an expert."""
    return Turn("user", f"{IMAGE}\n{question}")


def consulted(reply: str, result: str, question: str | None) -> list[Turn]:
    """Return what follows a call: the reply, the expert's result, and the question again if there is one."""
    again = [] if question is None else [Turn("expert", f"{_LEAD_IN}{question}")]
    return [Turn("assistant", reply), Turn("expert", result), *again]


def image_ids(tokenizer: Any, text: str) -> list[int]:
    """Return token ids with `IMAGE_ID` for each image.

    Pieces between images are tokenised alone. If the first begins with the begin token, that stands once, and
    every piece loses its first id, whatever it is, as in training.
    """
    pieces = [list(tokenizer(piece).input_ids) for piece in text.split(IMAGE)]
    begins = bool(pieces[0]) and pieces[0][0] == tokenizer.bos_token_id
    ids = [pieces[0][0]] if begins else []
    for number, piece in enumerate(pieces):
        ids += ([IMAGE_ID] if number else []) + (piece[1:] if begins else piece)
    return ids


def template_of(tokenizer: Any) -> str:
    """Return the template that a tokenizer was trained with: Llama 3's own, or Vicuna's."""
    return "llama_3" if TEMPLATES["llama_3"].stop in tokenizer.get_vocab() else "vicuna_v1"


def _merged(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    merged: list[tuple[str, str]] = []
    for turn in turns:
        if merged and merged[-1][0] == turn.role:
            merged[-1] = (turn.role, merged[-1][1] + turn.text)
        else:
            merged.append((turn.role, turn.text))
    return merged
