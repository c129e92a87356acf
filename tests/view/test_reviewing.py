"""Review in the browser's place: only what is assigned, kept as the records that forms become."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from medspatial.datasets.review import (
    adjudicate,
    assign,
    gather_verdicts,
    read_key,
    read_verdicts,
    write_assignments,
)
from medspatial.errors import InputError
from medspatial.records import Question, read_records
from medspatial.view.library import open_library
from medspatial.view.reviewing import ReviewApp
from medspatial.view.serve import guarded
from medspatial.view.volumes import Volumes

OWN = {"origin": "http://127.0.0.1:8642"}
CRITERIA = ("spatial", "correct")
Opened = Callable[[str], Any]


@pytest.fixture
def folder(tmp_path: Path, run_folder: Path) -> Path:
    asked = read_records(run_folder / "questions" / "questions.jsonl", Question).rows
    write_assignments(tmp_path / "review", assign(asked, ["ann", "bob"], criteria=CRITERIA))
    return tmp_path / "review"


@pytest.fixture
def enter(folder: Path, run_folder: Path) -> Iterator[Opened]:
    library = open_library(run_folder)
    volumes = Volumes(library)

    @contextmanager
    def entered(person: str) -> Iterator[TestClient]:
        app = ReviewApp(folder, read_key(folder), library.questions, volumes, "eve")
        guard = guarded(app.routes(), {f"token-{one}": one for one in app.people}, 8642)
        with TestClient(guard, base_url="http://127.0.0.1:8642", follow_redirects=False) as client:
            client.get(f"/?token=token-{person}")
            yield client

    yield entered
    volumes.close()


def judge(client: TestClient, item: str, note: str = "", **verdicts: bool) -> int:
    content = {"item": item, "verdicts": verdicts, "note": note}
    return client.post("/api/verdict", json=content, headers=OWN).status_code


def test_from_the_first_verdict_to_the_accepted_set(folder: Path, enter: Opened, run_folder: Path) -> None:
    with enter("ann") as ann:
        items = [one["item"] for one in ann.get("/api/review").json()["items"]]
        assert len(items) == 2
        found = ann.get("/api/item", params={"item": items[0]}).json()
        assert found["id"] == items[0]
        assert found["evidence"]["points"]
        assert found["votes"] == {}
        assert ann.get("/api/mask.nii?case=case_1&name=liver").status_code == 200
        assert judge(ann, items[0], spatial=True, correct=True, note="clear") == 200
        assert judge(ann, items[1], spatial=True, correct=False) == 200
    with enter("bob") as bob:
        for item in items:
            assert judge(bob, item, spatial=True, correct=True) == 200
    with enter("ann") as ann:  # after a restart what was given is there; nobody sees the other's votes
        again = ann.get("/api/item", params={"item": items[0]}).json()
        assert (again["verdicts"], again["note"]) == ({"spatial": True, "correct": True}, "clear")
        assert "bob" not in ann.get("/api/review").text
    with enter("eve") as eve:
        review = eve.get("/api/review").json()
        assert [one["item"] for one in review["items"]] == [items[1]]
        by_name = {one["criterion"]: one for one in review["agreement"]}
        assert by_name["spatial"]["raw"] == 1
        assert by_name["correct"]["raw"] == 0.5
        votes = eve.get("/api/item", params={"item": items[1]}).json()["votes"]
        assert votes["correct"] == {"ann": False, "bob": True}
        assert judge(eve, items[1], correct=True) == 200
    key = read_key(folder)
    asked = read_records(run_folder / "questions" / "questions.jsonl", Question).rows
    given = gather_verdicts([folder / "ann.verdicts.jsonl", folder / "bob.verdicts.jsonl"])
    settled = read_verdicts(folder / "adjudicated.jsonl")
    outcome = adjudicate(asked, key.items, given, CRITERIA, needed=key.needed(), adjudications=settled)
    assert [one.id for one in outcome.accepted] == [one.id for one in asked]


def test_what_is_refused(enter: Opened) -> None:
    with enter("ann") as ann:
        item = ann.get("/api/review").json()["items"][0]["item"]
        assert judge(ann, "another", spatial=True) == 400
        assert judge(ann, item, beautiful=True) == 400
        assert judge(ann, item, note="x" * 5000) == 400
        wrong = {"item": item, "verdicts": {"spatial": "yes"}, "note": ""}
        assert ann.post("/api/verdict", json=wrong, headers=OWN).status_code == 400
        assert ann.post("/api/verdict", json=[], headers=OWN).status_code == 400
        assert ann.get("/api/item?item=another").status_code == 400


def test_who_reviews_does_not_adjudicate(folder: Path, run_folder: Path) -> None:
    library = open_library(run_folder)
    volumes = Volumes(library)
    with pytest.raises(InputError, match="cannot adjudicate"):
        ReviewApp(folder, read_key(folder), library.questions, volumes, "ann")
    with pytest.raises(InputError, match="not given"):
        ReviewApp(folder, read_key(folder), {}, volumes)
    volumes.close()


def test_verdicts_move_with_their_review(folder: Path, enter: Opened, run_folder: Path) -> None:
    with enter("ann") as ann:
        judge(ann, ann.get("/api/review").json()["items"][0]["item"], spatial=True)
    asked = read_records(run_folder / "questions" / "questions.jsonl", Question).rows
    write_assignments(folder, assign(asked, ["ann"], criteria=("other",)), start_anew=True)
    assert not (folder / "ann.verdicts.jsonl").exists()
    assert (folder / "earlier-1" / "ann.verdicts.jsonl").exists()
