"""From a question to token ids, in the conversation format of the variant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models.ct_chat.templates import IMAGE, PROVIDED, Template
from medspatial.models.ct_chat.variants import PAD, TASK_TOKENS, TASKS
from medspatial.models.option_values import flag
from medspatial.models.runtime.source_text import ChosenText

IMAGE_ID = -200


def add_tokens(tokenizer: Any, vocabulary: int, where: str) -> None:
    """Give a base tokenizer the tokens that training added, in its order.

    Parameters
    ----------
    vocabulary
        Rows of the tuned model's word tables, which the tokenizer must match in the end.

    Raises
    ------
    InputError
        The tokenizer ends with another size: it is not this model's.
    """
    known = set(tokenizer.get_vocab())
    if tokenizer.pad_token is None:
        tokenizer.add_special_tokens({"pad_token": PAD})
    for token in TASK_TOKENS:
        if token not in known:
            tokenizer.add_tokens(token, special_tokens=True)
    if len(tokenizer) != vocabulary:
        raise InputError(
            f"{where}: the tokenizer has {len(tokenizer)} tokens, the model {vocabulary} word rows"
        )


def token_ids(tokenizer: Any, text: str) -> list[int]:
    """Return ids of a prompt with `IMAGE_ID` in the place of each ``<image>``.

    Each piece is tokenised by itself and the begin token of every piece but the first dropped. A text
    that states the begin token itself therefore starts with two of them, as in training.
    """
    ids: list[int] = []
    for number, piece in enumerate(text.split(IMAGE)):
        found = list(tokenizer(piece)["input_ids"])
        begins = bool(found) and found[0] == tokenizer.bos_token_id
        ids += found if number == 0 else [IMAGE_ID, *(found[1:] if begins else found)]
    return ids


@dataclass(frozen=True)
class Prompt:
    """How a question is asked.

    Attributes
    ----------
    task
        ``auto`` (multiple choice with options, else short answer), or a key of `TASKS`.
    provided
        Whether ``<provided>`` stands before the question; the Llama variant's system text tells the
        model to ask for the volume without it.
    """

    template: Template
    system: ChosenText
    task: str = "auto"
    provided: bool = True

    def __post_init__(self) -> None:
        if self.task != "auto" and self.task not in TASKS:
            raise InputError(f"ct_chat: task must be auto or one of {', '.join(TASKS)}, got {self.task!r}")
        flag(self.provided, "provided", "ct_chat")

    def question(self, query: Query) -> str:
        """Return the user's words: mark, question, options as (a) .. (b) .., task token at the end."""
        letters = zip(ascii_lowercase, query.options, strict=False)
        options = "".join(f" ({letter}) {option}" for letter, option in letters)
        return f"{PROVIDED if self.provided else ''}{query.text}{options}{TASKS[self._task(query)]}"

    def text(self, query: Query, image: bool = True) -> str:
        """Return the whole prompt, a fresh conversation for each question."""
        words = self.question(query)
        if IMAGE in words:
            raise InputError(f"ct_chat: question {query.id!r} contains the reserved text {IMAGE!r}")
        turns = [(f"{IMAGE}\n{words}" if image else words, None)]
        return self.template.render(turns, self.system.text)

    def describe(self) -> dict[str, Any]:
        """Return all settings."""
        return {
            "template": self.template.name,
            "system_prompt": self.system.describe(),
            "task": self.task,
            "provided": self.provided,
        }

    def _task(self, query: Query) -> str:
        if self.task != "auto":
            return self.task
        return "multiple_choice" if query.options else "short_answer"


def split_at_image(ids: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the ids before and behind the one image."""
    place = list(ids).index(IMAGE_ID)
    return list(ids[:place]), list(ids[place + 1 :])
