"""A model's methods as the runner calls them: errors name the method, and what comes back is checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from medspatial.errors import InputError, MissingPackageError, RunStopped
from medspatial.inputs import Query
from medspatial.models import Answer, Model
from medspatial.records import encodable, plain_data, shown_kind

_RULE = "answer() must give one Answer(text: str, metadata: plain JSON data) per query"


class MethodFailed(Exception):
    """An error inside one method, in words: ``answer: KeyError: 'x'``."""

    def __init__(self, method: str, error: Exception) -> None:
        super().__init__(encodable(f"{method}: {type(error).__name__}: {error}"))


@contextmanager
def inside(method: str) -> Iterator[None]:
    """Turn an error into `MethodFailed`, except those that end the run."""
    try:
        yield
    except (MissingPackageError, RunStopped):
        raise
    except Exception as error:
        raise MethodFailed(method, error) from error


def answers_of(model: Model, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
    """Return the model's answers with plain metadata, one per query.

    Raises
    ------
    MethodFailed
        An error of the model, or answers that break the rule.
    """
    with inside("answer"):
        given: Any = model.answer(encoded, queries)
        if not isinstance(given, Sequence) or isinstance(given, str | bytes):
            raise _broken(model, shown_kind(given))
        if len(given) != len(queries):
            raise _broken(model, f"{len(given)} answers to {len(queries)} queries")
        return [_checked(model, one) for one in given]


def facts_of(model: Model) -> dict[str, Any]:
    """Return what the model says of itself, as plain data.

    Raises
    ------
    InputError
        It is no dict of plain data.
    """
    rule = f"model '{model.name}': describe() must give a dict of plain JSON data"
    given: Any = model.describe()
    if not isinstance(given, Mapping):
        raise InputError(f"{rule}, got {shown_kind(given)}")
    try:
        facts: dict[str, Any] = plain_data(given, "describe()")
    except TypeError as error:
        raise InputError(f"{rule}, got {error}") from None
    return facts


def _checked(model: Model, answer: Any) -> Answer:
    if not isinstance(answer, Answer):
        raise _broken(model, shown_kind(answer))
    text: Any = answer.text
    if not isinstance(text, str):
        raise _broken(model, f"Answer with text {shown_kind(text)}")
    if not isinstance(answer.metadata, Mapping):
        raise _broken(model, f"Answer with metadata {shown_kind(answer.metadata)}")
    try:
        return Answer(encodable(text), plain_data(answer.metadata, "metadata"))
    except TypeError as error:
        raise _broken(model, f"Answer with {error}") from None


def _broken(model: Model, got: str) -> TypeError:
    return TypeError(f"model '{model.name}': {_RULE}, got {got}")
