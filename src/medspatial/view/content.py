"""The JSON that pages send, checked."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from medspatial.errors import InputError


async def read_content(request: Request) -> dict[str, Any]:
    """Return the object that a request carries.

    Raises
    ------
    InputError
        It carries something else.
    """
    try:
        found = await request.json()
    except (ValueError, RecursionError):
        raise InputError("the content must be JSON") from None
    if not isinstance(found, dict):
        raise InputError("the content must be an object")
    return found


def text_of(content: dict[str, Any], name: str) -> str:
    """Return a text of the content.

    Raises
    ------
    InputError
        It is not there, or of another type.
    """
    found = content.get(name)
    if not isinstance(found, str):
        raise InputError(f"{name} must be a text")
    return found
