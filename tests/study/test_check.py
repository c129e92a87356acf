"""What can be known of a study without computing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from medspatial.cases import write_phantoms
from medspatial.llm.fake_server import FakeServer
from medspatial.study import StudyConfig
from medspatial.study.check import StudyCheck, check_study
from medspatial.study.estimate import estimates

PHANTOM = {"phantom": {"count": 3}}


def checked(cases=PHANTOM, network=False, **fields) -> StudyCheck:
    return check_study(StudyConfig.model_validate({"cases": cases, **fields}), network=network)


def words(found: StudyCheck, level) -> str:
    return "\n".join(map(str, found.of(level)))


def test_a_study_that_needs_nothing_is_fine():
    found = checked()
    assert (found.exit_code, found.of("missing"), found.of("wrong")) == (0, [], [])
    assert found.questions == 3 * 32 * 2
    assert found.estimates == ()
    assert "GB are free" in words(found, "ok")


def test_all_wrong_entries_are_told_at_once():
    found = checked(
        {"phantom": {"count": 3, "sed": 1}, "label_map": "ttal", "assume_axes": "LLL"},
        arms=["mirrord"],
        questions={"subtypes": ["D9"]},
        models=["randm", {"kind": "random", "name": "r", "sed": 1}],
        metrics=["exct"],
    )
    assert found.exit_code == 3
    assert found.estimates == ()
    for part in (
        "arms: unknown arm 'mirrord'",
        "questions: unknown question subtype 'D9'",
        "cases: phantom: unknown setting 'sed' (did you mean 'seed'?); it takes: count",
        "ttal",
        "LLL",
        "model 'randm': unknown model",
        "unknown option 'sed'",
        "metric 'exct': unknown metric",
    ):
        assert part in words(found, "wrong")


def test_phantoms_are_counted(tmp_path):
    assert "count must be 1 or more, got None" in words(checked({"phantom": {}}), "wrong")
    assert checked({"phantom": {"count": 2}, "mirrored": True}).questions == 2 * 2 * 64


def test_cases_and_questions_on_disk(tmp_path):
    folder = tmp_path / "ct"
    write_phantoms(folder, 2, spacing=12.0)
    found = checked(str(folder), questions={"per_subtype": 1, "subtypes": ["L1"]})
    assert f"2 cases of 2 patients in {folder}" in words(found, "ok")
    assert found.questions == 2
    asked = tmp_path / "q.jsonl"
    asked.write_text('{"case_id": "a", "question": "Which side?", "answer": "left"}\n')
    assert checked(str(folder), questions={"path": str(asked)}).questions == 1
    assert checked(str(tmp_path / "none")).exit_code == 3
    assert "there is no file" in words(checked(questions={"path": "none.jsonl"}), "wrong")
    unread = check_study(StudyConfig.model_validate({"cases": str(folder)}), network=False, scan=False)
    assert (unread.exit_code, unread.questions) == (0, None)


def test_a_missing_checkpoint_is_no_fault_of_the_file(tmp_path):
    found = checked(models=[{"kind": "m3d_lamed", "path": str(tmp_path / "weights")}])
    assert found.exit_code == 1
    assert "model 'm3d_lamed'" in words(found, "missing")
    assert "weights: no such checkpoint folder" in words(found, "missing")
    (tmp_path / "weights").mkdir()
    assert checked(models=[{"kind": "m3d_lamed", "path": str(tmp_path / "weights")}]).exit_code == 1
    hub = checked(models=[{"kind": "image_text", "path": "org/name"}])
    assert "org/name is not a folder here" in words(hub, "ok")


def test_keys_and_servers(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    found = checked(models=[{"kind": "openai", "model": "m"}], metrics=["judge:gemini:g"])
    assert found.exit_code == 1
    assert "model 'openai': environment variable OPENAI_API_KEY is not set" in words(found, "missing")
    assert "metric 'judge:gemini:g': environment variable GEMINI_API_KEY or" in words(found, "missing")
    with FakeServer(lambda _: "x") as server:
        entry = {"kind": "openai", "model": "m", "base_url": server.openai_url}
        assert f"{server.openai_url} answers" in words(checked(models=[entry], network=True), "ok")
        assert server.calls == 0
    gone = checked(models=[entry], network=True)
    assert (gone.exit_code, "cannot be reached" in words(gone, "missing")) == (1, True)


def test_calls_cost_and_time_are_estimated():
    remote = {"kind": "openai", "model": "m", "prices": [1, 2], "concurrency": 4}
    study = StudyConfig.model_validate(
        {
            "cases": PHANTOM,
            "models": ["random", remote, {"kind": "radfm", "path": "x"}],
            "arms": ["mirrored"],
            "metrics": [{"name": "judge:openai:j", "repeats": 2, "budget": {"calls": 50}}],
        }
    )
    api, native, judge = estimates(study, 100)
    assert (api.calls, api.minutes) == (200, pytest.approx(200 / 4 * 4 / 60))
    assert api.dollars == pytest.approx(200 * ((300 + 8 * 448**2 // 750) * 1 + 100 * 2) / 1e6)
    assert "at most 200 calls" in api.line()
    assert (native.calls, native.answers) == (0, 200)
    assert native.line().endswith("on a GPU")
    assert (judge.calls, judge.dollars) == (50, None)
    assert "cost unknown" in judge.line()


def test_too_little_disk(monkeypatch, tmp_path: Path):
    import shutil
    from types import SimpleNamespace

    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    assert "disk: 0.0 GB are free" in words(checked(), "missing")
