"""Gemini models."""

from __future__ import annotations

from typing import Any, ClassVar

from medspatial.models.api.model import ApiModel


class GeminiModel(ApiModel):
    """A model of the Gemini API; see `ApiModel`."""

    provider: ClassVar[str] = "gemini"

    def __init__(self, model: str, **options: Any) -> None:
        super().__init__(model, **options)
