"""A short campaign of mutated inputs; the long one is ``benchmarks/fuzz.py``."""

import importlib.util
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).parents[1] / "benchmarks" / "fuzz.py"
COUNT = 12


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fuzz"]


def test_no_input_hangs_kills_or_ends_in_a_traceback(fuzz):
    pytest.importorskip("torch")
    rows = fuzz.campaign(list(fuzz.KINDS), COUNT, seed=7, workers=1)
    assert len(rows) == COUNT * len(fuzz.KINDS)
    assert [row for row in rows if row["came"] in fuzz.FAULTS] == []
    assert {"read", "refused"} <= {row["came"] for row in rows}


def test_faults_are_seen(fuzz, monkeypatch):
    def fail(folder):
        raise KeyError("x")

    def talk(folder):
        from medspatial.errors import InputError

        raise InputError("one\ntwo")

    for read, came in ((fail, "traceback"), (talk, "several lines"), (lambda folder: None, "read")):
        monkeypatch.setitem(fuzz.KINDS, "own", (lambda folder: (folder / "a").write_bytes(b"abc"), read))
        assert fuzz.one_input("own", 0, 0)["came"] == came


def test_a_process_that_hangs_or_dies_is_told_and_begun_anew(fuzz, monkeypatch):
    job = {"kind": "csv", "number": 0, "seed": 0}
    monkeypatch.setattr(fuzz, "FIRST_SECONDS", 0.0)
    for code, came in (("import time; time.sleep(60)", "hang"), ("import os; os.abort()", "death")):
        monkeypatch.setattr(fuzz, "COMMAND", [sys.executable, "-c", code])
        worker = fuzz.Worker(0.5 if came == "hang" else 20.0)
        assert worker.run(job)["came"] == came
        worker.close()
