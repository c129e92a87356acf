"""Viewing, reading and reviewing are closed in the same way: no token, foreign names, paths, links."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from reader_study import write_study
from starlette.testclient import TestClient
from viewed_run import HOSTILE, PORT, TOKEN, write_run

from medspatial.datasets.review import assign, read_key, write_assignments
from medspatial.readers.answers import Answers
from medspatial.readers.design import read_design
from medspatial.records import Question, read_records
from medspatial.view.app import ViewerApp
from medspatial.view.library import open_library
from medspatial.view.reading import ReadingApp
from medspatial.view.reviewing import ReviewApp
from medspatial.view.serve import guarded
from medspatial.view.volumes import Volumes

OWN = f"http://127.0.0.1:{PORT}"
KINDS = ("view", "read", "review")
CHANGES = {"view": "/api/answer", "read": "/api/answer", "review": "/api/verdict"}
DATA = {"view": "/api/library", "read": "/api/task", "review": "/api/review"}
Opened = Callable[[str], Any]


@contextmanager
def viewing(folder: Path) -> Iterator[list[Any]]:
    library = open_library(write_run(folder / "run"))
    volumes = Volumes(library)
    yield [ViewerApp(library, volumes).routes(), "somebody"]
    volumes.close()


@contextmanager
def reading(folder: Path) -> Iterator[list[Any]]:
    study = read_design(write_study(folder, title=HOSTILE, masks=True))
    volumes = Volumes(open_library(study.cases))
    with Answers(folder / "answers.sqlite") as answers:
        yield [ReadingApp(study, answers, volumes, folder / "predictions.jsonl").routes(), "anna"]
    volumes.close()


@contextmanager
def reviewing(folder: Path) -> Iterator[list[Any]]:
    library = open_library(write_run(folder / "run"))
    asked = read_records(folder / "run" / "questions" / "questions.jsonl", Question).rows
    write_assignments(folder / "review", assign(asked, ["ann"], criteria=("spatial",)))
    volumes = Volumes(library)
    app = ReviewApp(folder / "review", read_key(folder / "review"), library.questions, volumes)
    yield [app.routes(), "ann"]
    volumes.close()


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    @contextmanager
    def served(kind: str) -> Iterator[TestClient]:
        with {"view": viewing, "read": reading, "review": reviewing}[kind](tmp_path) as (routes, who):
            app = guarded(routes, {TOKEN: who}, PORT)
            with TestClient(app, base_url=OWN, follow_redirects=False) as client:
                yield client

    return served


def case_shown(client: TestClient, kind: str) -> str:
    """The name under which the server knows the case on the screen."""
    return str(client.get("/api/task").json()["task"]["case"]) if kind == "read" else "case_1"


@pytest.mark.parametrize("kind", KINDS)
def test_without_or_with_a_wrong_token_there_is_nothing(opened: Opened, kind: str) -> None:
    with opened(kind) as client:
        for path in ("/", DATA[kind], "/assets/view.css", "/api/ct.nii?case=case_1"):
            assert client.get(path).status_code == 401, path
            joint = "&" if "?" in path else "?"
            assert client.get(f"{path}{joint}token={TOKEN}x").status_code == 401, path
        assert client.post(CHANGES[kind], json={}, headers={"origin": OWN}).status_code == 401
        assert client.get(f"/?token={TOKEN}").status_code == 303
        assert client.get(DATA[kind]).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_foreign_names_are_not_answered(opened: Opened, kind: str) -> None:
    with opened(kind) as client:
        client.get(f"/?token={TOKEN}")
        for host in ("evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT}.evil.example"):
            assert client.get(DATA[kind], headers={"host": host}).status_code == 421, host
        for origin in ("http://evil.example", "null", f"{OWN}.evil.example", "http://127.0.0.1:9"):
            assert client.get(DATA[kind], headers={"origin": origin}).status_code == 403, origin
            assert client.post(CHANGES[kind], json={}, headers={"origin": origin}).status_code == 403, origin
        assert client.post(CHANGES[kind], json={}).status_code == 403
        embedded = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
        assert client.get(DATA[kind], headers=embedded).status_code == 403
        assert client.post(CHANGES[kind], files={"f": b"x"}, headers={"origin": OWN}).status_code == 415
        policy = client.get("/").headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe-inline" not in policy


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e/app.py",
        "..%5capp.py",
        "x/../../app.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "a%00.js",
    ],
)
def test_no_path_leads_out(opened: Opened, kind: str, name: str) -> None:
    with opened(kind) as client:
        client.get(f"/?token={TOKEN}")
        for prefix in ("/assets/", "/built/", "/report/", "/"):
            found = client.get(prefix + name)
            assert found.status_code in {404, 405}, f"{prefix}{name}: {found.status_code}"
            assert "import" not in found.text
            assert "root:" not in found.text
        for asked in ("../../etc/passwd", "/etc/passwd", "case_1/../case_1"):
            found = client.get("/api/ct.nii", params={"case": asked})
            assert found.status_code == 400, asked
            case = case_shown(client, kind)
            assert client.get("/api/mask.nii", params={"case": case, "name": asked}).status_code == 400


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_out_of_the_folder_is_not_followed(opened: Opened, kind: str, tmp_path: Path) -> None:
    with opened(kind) as client:
        secret = tmp_path.parent / f"{tmp_path.name}-elsewhere"
        secret.mkdir()
        inside = (
            tmp_path / "data" / "ct_1.nii.gz" if kind == "read" else tmp_path / "run/cases/case_1/ct.nii.gz"
        )
        shutil.move(inside, secret / "ct.nii.gz")
        inside.symlink_to(secret / "ct.nii.gz")
        client.get(f"/?token={TOKEN}")
        found = client.get("/api/ct.nii", params={"case": case_shown(client, kind)})
        assert found.status_code == 403
        assert "--root" in found.json()["error"]


@pytest.mark.parametrize("kind", KINDS)
def test_text_of_others_comes_as_data_alone(opened: Opened, kind: str) -> None:
    """What anybody wrote is in JSON that no browser takes for a page; pages themselves hold none of it."""
    with opened(kind) as client:
        client.get(f"/?token={TOKEN}")
        found = client.get(DATA[kind])
        assert found.headers["content-type"] == "application/json"
        assert found.headers["x-content-type-options"] == "nosniff"
        page = client.get("/").text
        assert "window.hacked" not in page
        assert "onerror" not in page
        wrong = client.get("/api/ct.nii", params={"case": HOSTILE})
        assert wrong.status_code == 400
        assert wrong.headers["content-type"] == "application/json"
