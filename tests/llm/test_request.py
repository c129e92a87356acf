"""Requests: what makes two of them the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from medspatial.errors import InputError
from medspatial.llm import Image, Request, assistant, user


def test_equal_requests_have_one_key(png: Callable[[int, int], bytes]) -> None:
    first = Request((user("a", png(3, 2), "b"),), model="m")
    second = Request((user("a", Image(png(3, 2)), "b"),), model="m")
    assert first.key("p") == second.key("p")


@pytest.mark.parametrize(
    "change",
    [
        {"model": "n"},
        {"system": "s"},
        {"schema": {"type": "object"}},
        {"temperature": 0.1},
        {"temperature": None},
        {"max_tokens": 5},
        {"seed": 0},
        {"sample": 1},
        {"messages": (user("a "),)},
        {"messages": (user("a", ""),)},
        {"messages": (assistant("a"), user("a"))},
    ],
)
def test_every_field_is_in_the_key(change: dict[str, object]) -> None:
    request = Request((user("a"),), model="m")
    assert replace(request, **change).key("p") != request.key("p")  # type: ignore[arg-type]


def test_pictures_provider_and_order_of_schema_fields_are_in_the_key(
    png: Callable[[int, int], bytes],
) -> None:
    request = Request((user("a", png(3, 2)),))
    assert request.key("p") != request.key("q")
    assert request.key("p") != Request((user("a", png(4, 2)),)).key("p")
    assert request.key("p") != Request((user(png(3, 2), "a"),)).key("p")
    one = Request((user("a"),), schema={"properties": {"x": {}, "y": {}}})
    other = Request((user("a"),), schema={"properties": {"y": {}, "x": {}}})
    assert one.key("p") != other.key("p")


def test_a_picture_knows_size_and_digest(png: Callable[[int, int], bytes]) -> None:
    image = Image(png(30, 20))
    assert image.size == (30, 20)
    assert len(image.digest) == 64
    assert image.data_url.startswith("data:image/png;base64,iVBOR")


def test_the_kept_form_holds_digests_not_pictures(png: Callable[[int, int], bytes]) -> None:
    image = Image(png(3, 2))
    parts = Request((user("a", image),)).to_dict()["messages"][0]["parts"]
    assert parts == ["a", {"png": image.digest}]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Image(b"JFIF"), "must be PNG"),
        (lambda: Request(()), "must end with a user's message"),
        (lambda: Request((user("a"), assistant("b"))), "must end with a user's message"),
        (lambda: Request((user("a"),), max_tokens=0), "max_tokens must be at least 1, got 0"),
    ],
)
def test_what_cannot_be_asked(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
