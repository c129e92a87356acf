"""A model or metric that cannot go on leaves the results of the others alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.llm.fake_server import FakeReply, FakeServer
from medspatial.study import StudyConfig, run_study
from medspatial.study.config import MetricConfig, ModelConfig
from medspatial.study.stopped import cause_of

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def small(models: list[object], **fields: object) -> StudyConfig:
    cases = {"phantom": {"count": 2, "seed": 3, "spacing": 8.0}}
    questions = {"subtypes": ["L1", "V1"], "per_subtype": 1, "balance": False}
    data = {
        "cases": cases,
        "questions": questions,
        "models": models,
        "report": {"max_pictures": 0, "figures": []},
        **fields,
    }
    return StudyConfig.model_validate({"title": "T", "compare": {"resamples": 100}, **data})


def test_the_study_ends_with_its_table_and_the_model_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    missing = tmp_path / "weights"
    with FakeServer(lambda _: FakeReply(status=401, error="no such key")) as server:
        remote = {"kind": "openai", "model": "m", "base_url": server.openai_url, "count": 1, "size": 16}
        config = small(["oracle", remote, {"kind": "m3d_lamed", "path": str(missing)}, "echo"])
        warned: list[str] = []
        done = run_study(config, tmp_path / "out", warn=warned.append)
    assert set(done.comparison.models) == {"oracle", "echo"}
    assert set(done.stopped) == {"model 'openai'", "model 'm3d_lamed'"}
    cause = done.stopped["model 'openai'"]
    assert "HTTP 401" in cause
    assert server.openai_url in cause
    assert str(missing) in done.stopped["model 'm3d_lamed'"]
    assert any(line.startswith("model 'openai' stopped: ") for line in warned)
    assert "no such key" in done.report.read_text(encoding="utf-8")
    assert "no such key" in (done.report.parent / "tables" / "stopped.csv").read_text(encoding="utf-8")


def test_arms_that_were_finished_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def respond(request: object) -> FakeReply:
        return FakeReply("left") if server.calls <= 4 else FakeReply(status=403, error="empty")

    with FakeServer(respond) as server:
        remote = {"kind": "openai", "model": "m", "base_url": server.openai_url, "count": 1, "size": 16}
        done = run_study(small(["oracle", remote], arms=["mirrored"]), tmp_path / "out")
    rows = {(row.model, row.arm) for row in done.comparison.results}
    assert rows >= {("oracle", "standard"), ("oracle", "mirrored"), ("openai", "standard")}
    assert ("openai", "mirrored") not in rows
    assert list(done.stopped) == ["model 'openai'"]


def test_where_no_model_can_go_on_the_error_is_raised(tmp_path: Path) -> None:
    config = small([{"kind": "m3d_lamed", "path": str(tmp_path / "weights")}])
    with pytest.raises(InputError, match="weights"):
        run_study(config, tmp_path / "out")


def test_a_judge_without_a_key_costs_only_its_own_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    metrics = ["structured", "judge:openai:m"]
    done = run_study(small(["oracle", "echo"], metrics=metrics), tmp_path / "out")
    assert "OPENAI_API_KEY is not set" in done.stopped["metric 'judge:openai:m'"]
    assert json.loads((tmp_path / "out/compare/comparison.json").read_text())["metric"] == "structured"
    with pytest.raises(InputError, match="OPENAI_API_KEY"):
        run_study(
            small(["oracle"], metrics=metrics, compare={"metric": "judge:openai:m"}), tmp_path / "other"
        )


def test_the_cause_has_its_address() -> None:
    def broken() -> None:
        raise KeyError("x")

    try:
        broken()
    except KeyError as error:
        text = cause_of(ModelConfig(kind="toy", name="toy"), error)
    assert text.startswith("KeyError: 'x' (test_stopped.py:")
    judge = MetricConfig(name="judge:openai:m", options={"base_url": "http://x/v1"})
    assert cause_of(judge, InputError("it ended")) == "it ended [http://x/v1]"
