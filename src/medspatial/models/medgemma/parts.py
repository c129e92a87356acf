"""What MedGemma's folder must hold: all that transformers needs, and a tokenizer that knows the thoughts."""

from __future__ import annotations

from pathlib import Path

from medspatial.models.image_text.parts import parts as image_text_parts
from medspatial.models.medgemma.model import THOUGHT_BEGINS, THOUGHT_ENDS
from medspatial.models.runtime.checks import known_tokenizer
from medspatial.models.runtime.layout import Part


def parts(folder: Path) -> list[Part]:
    """Return the parts, for ``models check``."""
    return [*image_text_parts(folder), Part("marks of a thought", lambda: _marks(folder))]


def _marks(folder: Path) -> str:
    for token in (THOUGHT_BEGINS, THOUGHT_ENDS):
        known_tokenizer(folder, None, token)
    return f"{THOUGHT_BEGINS} and {THOUGHT_ENDS} are tokens"
