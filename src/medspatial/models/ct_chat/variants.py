"""The published variants of CT-CHAT: base model, folder, conversation format, vocabulary."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from medspatial.errors import InputError
from medspatial.models.ct_chat.templates import TEMPLATES

PAD = "<pad>"
# In this order, with the original's misspelling: the text <short_answer> is no token of its own.
TASK_TOKENS = ("<multiple_choice>", "<long_answer>", "<short_answe>", "<report_generation>")
# What the original writes behind a question.
TASKS = {
    "multiple_choice": "<multiple_choice>",
    "long_answer": "<long_answer>",
    "short_answer": "<short_answer>",
    "report_generation": "<report_generation>",
    "none": "",
}


@dataclass(frozen=True)
class Variant:
    """One variant.

    Attributes
    ----------
    base
        Id of the base model on the hub.
    base_vocabulary
        Rows of its word tables.
    adds_pad
        Whether training added a pad token, the base tokenizer having none.
    hidden
        Width of the language model, by which a base folder is recognised.
    """

    name: str
    base: str
    template: str
    base_vocabulary: int
    adds_pad: bool
    hidden: int

    @property
    def vocabulary(self) -> int:
        """Rows after the new tokens."""
        return self.base_vocabulary + self.adds_pad + len(TASK_TOKENS)

    def describe(self) -> dict[str, Any]:
        """Return all fields."""
        return asdict(self)


VARIANTS: dict[str, Variant] = {
    v.name: v
    for v in (
        Variant("llama_3.1_8b", "meta-llama/Llama-3.1-8B-Instruct", "llama3", 128256, True, 4096),
        Variant("llama_3.1_70b", "meta-llama/Llama-3.1-70B-Instruct", "llama3", 128256, True, 8192),
        Variant("vicuna_13b", "lmsys/vicuna-13b-v1.5", "vicuna_v1", 32000, False, 5120),
        Variant("mistral_7b", "mistralai/Mistral-7B-Instruct-v0.2", "mistral_instruct", 32000, True, 4096),
    )
}


def variant_of(config: dict[str, Any], name: str = "auto") -> Variant:
    """Return the variant by name, or by the base model's ``config.json``.

    Raises
    ------
    InputError
        Unknown name, or a base model of none of the variants.
    """
    if name in VARIANTS:
        return VARIANTS[name]
    if name != "auto":
        raise InputError(f"ct_chat: variant must be auto or one of {', '.join(VARIANTS)}, got {name!r}")
    found = (int(config.get("vocab_size", 0)), int(config.get("hidden_size", 0)))
    for variant in VARIANTS.values():
        if found == (variant.base_vocabulary, variant.hidden):
            return variant
    raise InputError(
        f"ct_chat: a base model with vocabulary {found[0]} and width {found[1]} is none of the variants "
        f"({', '.join(VARIANTS)}); name the variant, or the template ({', '.join(TEMPLATES)})"
    )
