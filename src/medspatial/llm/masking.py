"""A key that a server repeats is masked, wherever it stands."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from medspatial.llm.reply import Reply

MASK = "***"
SHORTEST = 8
"""Shorter keys, such as ``none`` or ``EMPTY``, are no secrets but words that an answer may hold."""


def masked(text: str, secret: str | None, shortest: int = 1) -> str:
    """Return text without a key of this many characters, as it stands, in JSON or in an address.

    >>> masked("wrong key abcdefgh", "abcdefgh")
    'wrong key ***'
    """
    if secret is None or len(secret) < shortest:
        return text
    for form in dict.fromkeys((secret, json.dumps(secret)[1:-1], quote(secret, safe=""))):
        text = text.replace(form, MASK)
    return text


def masked_line(error: object, secret: str | None, most: int = 500) -> str:
    """Return what an error says without a key, in one line of this many characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return masked(text, secret)[:most]


def masked_reply(reply: Reply, secret: str | None) -> Reply:
    """Return a reply in none of whose words a key stands."""
    if secret is None or len(secret) < SHORTEST:
        return reply
    return replace(
        reply,
        text=masked(reply.text, secret),
        served_model=masked(reply.served_model, secret),
        finish=masked(reply.finish, secret),
        refusal=None if reply.refusal is None else masked(reply.refusal, secret),
        parsed=_masked_data(reply.parsed, secret),
    )


def _masked_data(data: Any, secret: str) -> Any:
    if isinstance(data, str):
        return masked(data, secret)
    if isinstance(data, dict):
        return {masked(name, secret): _masked_data(value, secret) for name, value in data.items()}
    if isinstance(data, list):
        return [_masked_data(value, secret) for value in data]
    return data
