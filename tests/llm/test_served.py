"""The served version: which names fit, and what a change does."""

from __future__ import annotations

import pytest

from medspatial.llm import ServedModelChanged
from medspatial.llm.served import ServedModel


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("gpt-4o", "gpt-4o"),
        ("gemini-2.5-flash", "gemini-2.5-flash-preview-09-2025"),
        ("models/gemini-2.0-flash", "gemini-2.0-flash-001"),
        ("gemini-2.0-flash", "models/gemini-2.0-flash"),
        ("llama3", "llama3:latest"),
        ("m", ""),
    ],
)
def test_a_version_of_the_model_asked_for_fits(asked: str, served: str) -> None:
    bound = ServedModel(asked)
    bound.check(served)
    bound.check(served)
    assert bound.version == served


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("gemini-1.5-pro", "gemini-2.0-flash"),
        ("gpt-4o", "gpt-4o-mini"),
        ("gpt-4o", "gpt-4"),
        ("gemini-2.0-flash", "gemini-2.0-flash-lite"),
    ],
)
def test_another_model_is_refused_unless_it_is_expected(asked: str, served: str) -> None:
    with pytest.raises(ServedModelChanged, match=f"answers with '{served}'.*set served_model='{served}'"):
        ServedModel(asked).check(served)
    ServedModel(asked, expected=served).check(served)


def test_a_change_is_refused_even_between_fitting_versions() -> None:
    bound = ServedModel("gpt-4o")
    bound.check("gpt-4o-2024-05-13")
    with pytest.raises(ServedModelChanged, match="answered by 'gpt-4o-2024-05-13', now the server runs"):
        bound.check("gpt-4o-2024-08-06")
    with pytest.raises(ServedModelChanged):
        bound.check("")
