"""Language models in text and pictures: any OpenAI-compatible server, Gemini, local transformers."""

from medspatial.llm.budget import Budget, Prices, Spent, largest_use
from medspatial.llm.cache import ReplyCache
from medspatial.llm.client import Llm
from medspatial.llm.errors import (
    AccessRefused,
    BudgetExceeded,
    CallFailed,
    MalformedReply,
    ServedModelChanged,
    ServerDown,
)
from medspatial.llm.factory import open_llm
from medspatial.llm.provider import Provider
from medspatial.llm.reply import Reply, Tokens
from medspatial.llm.request import Image, Message, Request, assistant, user
from medspatial.llm.retry import Pause, Retries

__all__ = [
    "AccessRefused",
    "Budget",
    "BudgetExceeded",
    "CallFailed",
    "Image",
    "Llm",
    "MalformedReply",
    "Message",
    "Pause",
    "Prices",
    "Provider",
    "Reply",
    "ReplyCache",
    "Request",
    "Retries",
    "ServedModelChanged",
    "ServerDown",
    "Spent",
    "Tokens",
    "assistant",
    "largest_use",
    "open_llm",
    "user",
]
