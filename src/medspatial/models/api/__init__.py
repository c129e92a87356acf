"""Models behind an API, on the same pictures as local slice models."""

from medspatial.models.api.gemini import GeminiModel
from medspatial.models.api.model import ApiModel
from medspatial.models.api.openai import OpenAIModel

__all__ = ["ApiModel", "GeminiModel", "OpenAIModel"]
