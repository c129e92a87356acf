"""Models behind OpenAI's protocol: OpenAI itself, vLLM, SGLang, Ollama, ..."""

from __future__ import annotations

from typing import Any, ClassVar

from medspatial.models.api.model import ApiModel


class OpenAIModel(ApiModel):
    """A model of OpenAI or of any server with its chat completions; see `ApiModel`."""

    provider: ClassVar[str] = "openai"

    def __init__(self, model: str, **options: Any) -> None:
        super().__init__(model, **options)
