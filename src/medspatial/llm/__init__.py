"""Language models in text and pictures: any OpenAI-compatible server, Gemini, local transformers."""

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
from medspatial.llm.opening import open_llm
from medspatial.llm.provider import Provider
from medspatial.llm.reply import Reply, Tokens
from medspatial.llm.request import Image, Message, Request, assistant, user
from medspatial.llm.spend import Budget, Prices, Spent
from medspatial.llm.waiting import Pause, Retries

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
    "open_llm",
    "user",
]
