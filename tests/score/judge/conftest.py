"""A judge behind a fake server whose verdicts a test decides."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from medspatial.llm import Pause, Retries
from medspatial.llm.fake_server import FakeServer, ReceivedRequest
from medspatial.records import Prediction

Case = dict[str, Any]
Opinion = Callable[[Case], str]


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def _case_of(heard: ReceivedRequest) -> Case:
    """The quoted object of a judge's request."""
    case: Case = json.loads(heard.text[heard.text.index("{") :])
    return case


def _verdict(word: str, answer: str = "x") -> str:
    return json.dumps({"reason": f"because {word}", "extracted_answer": answer, "verdict": word})


@pytest.fixture
def serve() -> Iterator[Callable[..., FakeServer]]:
    started: list[FakeServer] = []

    def start(respond: Any) -> FakeServer:
        started.append(FakeServer(respond).__enter__())
        return started[-1]

    yield start
    for server in started:
        server.__exit__(None, None, None)


@pytest.fixture
def opinionated(serve: Callable[..., FakeServer]) -> Callable[[Opinion], FakeServer]:
    """A server that judges by a function of the quoted case."""
    return lambda opinion: serve(lambda heard: _verdict(opinion(_case_of(heard))))


@pytest.fixture
def case_of() -> Callable[[ReceivedRequest], Case]:
    """Read the quoted object out of a judge's request."""
    return _case_of


@pytest.fixture
def verdict() -> Callable[..., str]:
    """Write a judge's reply."""
    return _verdict


@pytest.fixture
def quick() -> dict[str, Any]:
    """Options of a judge that never waits."""
    return {"retries": Retries(count=1, first_s=0.01), "pause": Pause(lambda seconds: None)}


@pytest.fixture
def rows() -> list[Prediction]:
    answers = ["left", "right", "I think the left one", "", "cannot tell"]
    return [
        Prediction(
            id=f"q{number}",
            case_id=f"c{number}",
            question=f"On which side is structure {number}?",
            answer="left",
            answer_type="side",
            model="secret-model-name",
            prediction=text,
        )
        for number, text in enumerate(answers)
    ]
