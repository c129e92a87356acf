from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from medspatial.records import Prediction


@pytest.fixture(scope="session")
def row() -> Callable[..., Prediction]:
    """Build a prediction from few fields."""

    def build(prediction: str | None, answer: str = "left", **fields: Any) -> Prediction:
        settings: dict[str, Any] = {
            "case_id": "case",
            "question": "Which kidney is larger?",
            "answer": answer,
        }
        return Prediction(prediction=prediction, **{**settings, **fields})

    return build
