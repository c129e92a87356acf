"""Readers over the network: blinded, one question at a time, nothing lost or doubled whatever happens."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reader_study import READERS, write_study
from served import Served
from starlette.testclient import TestClient

from medspatial.readers.answers import Answers
from medspatial.readers.design import read_design
from medspatial.records import Prediction, read_records
from medspatial.view.library import open_library
from medspatial.view.reading import ReadingApp
from medspatial.view.serve import guarded
from medspatial.view.volumes import Volumes

OWN = {"origin": "http://127.0.0.1:8642"}


@pytest.fixture
def anna(tmp_path: Path) -> Iterator[TestClient]:
    study = read_design(write_study(tmp_path))
    volumes = Volumes(open_library(study.cases))
    with Answers(tmp_path / "answers.sqlite") as answers:
        app = ReadingApp(study, answers, volumes, tmp_path / "predictions.jsonl")
        guard = guarded(app.routes(), {"token-of-anna": "anna", "token-of-ben": "ben"}, 8642)
        with TestClient(guard, base_url="http://127.0.0.1:8642", follow_redirects=False) as client:
            client.get("/?token=token-of-anna")
            yield client
    volumes.close()


def answer(client: TestClient, task: dict[str, Any], text: str = "right", **changed: Any) -> Any:
    content = {
        "request": str(uuid.uuid4()),
        "question": task["id"],
        "condition": task["condition"],
        "answer": text,
        "confidence": 4,
        "seconds": 0.01,
        "seen": True,
        **changed,
    }
    return client.post("/api/answer", json=content, headers=OWN)


def test_a_reader_sees_nothing_that_tells(anna: TestClient) -> None:
    found = anna.get("/api/task")
    task = found.json()["task"]
    assert task["options"] == ["left", "right"]
    assert "patient-name" not in found.text
    assert {"answer", "evidence", "subtype", "category"} & set(task) == set()
    assert anna.get("/api/case", params={"case": "patient-name-1"}).status_code == 400
    facts = anna.get("/api/case", params={"case": task["case"]}).json()
    assert facts["masks"] == []
    ct = anna.get("/api/ct.nii", params={"case": task["case"]}, headers={"range": "bytes=0-347"})
    assert ct.status_code == 206
    assert b"patient" not in ct.content
    assert anna.get("/api/mask.nii", params={"case": task["case"], "name": "liver"}).status_code == 400
    for path in ("/api/library", "/api/questions", "/api/question?id=" + task["id"], "/report/index.html"):
        assert anna.get(path).status_code == 404


def test_answer_undo_and_what_is_refused(anna: TestClient, tmp_path: Path) -> None:
    first = anna.get("/api/task").json()["task"]
    then = answer(anna, first).json()
    assert then["done"] == 1
    assert then["task"]["id"] != first["id"]
    assert [row.prediction for row in read_records(tmp_path / "predictions.jsonl", Prediction).rows] == [
        "right"
    ]
    back = anna.post("/api/undo", json={"request": str(uuid.uuid4())}, headers=OWN).json()
    assert back["task"]["id"] == first["id"]
    assert read_records(tmp_path / "predictions.jsonl", Prediction).rows == []
    for changed in (
        {"answer": 3},
        {"seconds": "1"},
        {"seconds": True},
        {"confidence": "4"},
        {"request": "x"},
        {"question": None},
        {"seen": "yes"},
    ):
        assert answer(anna, first, **changed).status_code == 400
    assert (
        anna.post(
            "/api/undo", content=b"[" * 60000, headers={**OWN, "content-type": "application/json"}
        ).status_code
        == 400
    )
    assert anna.post("/api/answer", json={"request": str(uuid.uuid4())}).status_code == 403


def test_readers_do_not_meet(anna: TestClient) -> None:
    answer(anna, anna.get("/api/task").json()["task"])
    anna.cookies.clear()
    anna.get("/?token=token-of-ben")
    found = anna.get("/api/task").json()
    assert (found["reader"], found["done"]) == ("ben", 0)


class Reader(threading.Thread):
    """A reader who answers all questions and tries again whenever the server is gone."""

    def __init__(self, link: str) -> None:
        super().__init__()
        parts = urllib.parse.urlsplit(link)
        self.base = f"http://{parts.netloc}"
        token = urllib.parse.parse_qs(parts.query)["token"][0]
        self.headers = {"cookie": f"medspatial-{parts.port}={token}", "origin": self.base}
        self.acknowledged: dict[str, str] = {}
        self.trouble: list[str] = []

    def run(self) -> None:
        now = self.ask("/api/task")
        while now["task"] is not None:
            task = now["task"]
            text = "right" if int(task["id"], 16) % 3 else "left"
            content = {
                "request": str(uuid.uuid4()),
                "question": task["id"],
                "condition": task["condition"],
                "answer": text,
                "confidence": 3,
                "seconds": 0.01,
                "seen": False,
            }
            now = self.ask("/api/answer", content)
            if "error" in now:
                self.trouble.append(now["error"])
                return
            self.acknowledged[task["id"]] = text
            time.sleep(0.02)

    def ask(self, path: str, content: Any = None) -> Any:
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.base + path, data=data, headers=self.headers)
        request.add_header("content-type", "application/json")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        end = time.monotonic() + 90
        while True:
            try:
                with opener.open(request, timeout=10) as found:
                    return json.load(found)
            except urllib.error.HTTPError as error:
                return json.load(error)
            except (OSError, ValueError):
                assert time.monotonic() < end
                time.sleep(0.1)


def test_three_readers_while_the_server_is_killed_twice(tmp_path: Path) -> None:
    study = write_study(tmp_path, 30)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["read", study, "--port", str(port)]
    server = Served(command, links=3)
    links = server.links
    readers = [Reader(link) for link in links]
    for reader in readers:
        reader.start()
    for share in (15, 50):
        end = time.monotonic() + 60
        while sum(len(reader.acknowledged) for reader in readers) < share:
            assert time.monotonic() < end, [reader.trouble for reader in readers]
            time.sleep(0.01)
        server.kill()
        server = Served(command, links=3)
        assert server.links == links  # the readers' links stay good
    for reader in readers:
        reader.join(120)
        assert reader.trouble == []
    server.stop()
    rows = read_records(tmp_path / "readers" / "predictions.jsonl", Prediction).rows
    assert Counter(row.model for row in rows) == {f"reader:{name}": 30 for name in READERS}
    for name, reader in zip(READERS, readers, strict=True):
        assert {
            row.id: row.prediction for row in rows if row.model == f"reader:{name}"
        } == reader.acknowledged
    assert all(row.metadata["images"] == "not shown" for row in rows)
