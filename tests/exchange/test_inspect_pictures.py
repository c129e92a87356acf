"""Logs of inspect_ai with slices: read back, and looked at in its own viewer."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
import time

import pytest
from browser_session import BrowserSession, browser_or_skip

import medspatial as ms
from medspatial.cases import Discovery, read_cases
from medspatial.cases.phantom import write_phantoms
from medspatial.exchange import read_results
from medspatial.exchange.inspect_export import SLICES, write_inspect_logs
from medspatial.exchange.pictures import question_pictures
from medspatial.questions import build_questions
from medspatial.records import Prediction


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    pytest.importorskip("inspect_ai.log")
    root = tmp_path_factory.mktemp("cases")
    cases = write_phantoms(root, 1, spacing=8.0)
    (built,) = build_questions(cases, root, subtypes=["V2", "D4"])
    asked = list(built.questions)
    assert asked
    pictures, without = question_pictures(asked, Discovery(read_cases(root / "cases.jsonl")), root)
    assert without == {}
    rows = [
        Prediction(
            **one.model_dump(include={"id", "case_id", "patient_id", "question", "answer", "options"}),
            answer_type=one.answer_type, prediction=one.answer, model="right",
        )
        for one in asked
    ]  # fmt: skip
    folder = tmp_path_factory.mktemp("logs")
    (path,) = write_inspect_logs(folder, ms.score(rows, "structured"), questions=asked, pictures=pictures)
    return asked, path


def test_each_question_has_three_slices_and_says_what_they_are(written):
    logs = pytest.importorskip("inspect_ai.log")
    asked, path = written
    log = logs.read_eval_log(str(path), resolve_attachments=True)
    assert log.stats.started_at == log.eval.created
    for sample in log.samples:
        note, words = sample.input
        assert note.content.startswith(SLICES)
        assert [part.type for part in words.content] == ["text", "image", "image", "image"]
        assert all(part.image.startswith("data:image/png;base64,") for part in words.content[1:])
        assert sample.scores["structured"].answer
    back = read_results(path)
    assert {one.id: one.question for one in back.predictions} == {one.id: one.question for one in asked}


def test_a_case_without_a_ct_is_said(written):
    asked, _ = written
    pictures, without = question_pictures(asked, Discovery([]), ".")
    assert pictures == {}
    assert set(without.values()) == {"no such case"}


@pytest.mark.browser
def test_the_viewer_of_inspect_shows_them(written, tmp_path):
    browser_or_skip()
    asked, path = written
    command = [sys.executable, "-m", "inspect_ai", "view", "bundle", "--log-dir", str(path.parent)]
    done = subprocess.run(
        [*command, "--output-dir", str(tmp_path / "view")], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *words: None})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(quiet, directory=str(tmp_path / "view"))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = BrowserSession(tmp_path / "profile")
    try:
        place = f"#/logs/{path.name}/samples/sample/{asked[0].id}/1/"
        browser.visit(f"http://127.0.0.1:{server.server_port}/index.html{place}")
        browser.wait("document.body && document.body.innerText.includes('MESSAGES')", 60)
        browser.run(
            "[...document.querySelectorAll('button, a')].find(e => e.innerText.trim() == 'Messages'"
            " || e.innerText.trim() == 'MESSAGES')?.click()"
        )
        browser.wait("[...document.images].filter(i => i.naturalWidth > 100).length == 3", 60)
        assert asked[0].question in browser.run("return document.body.innerText")
        assert "NaN" not in browser.run("return document.body.innerText")
    finally:
        browser.close()
        server.shutdown()
        server.server_close()
        time.sleep(0)
