"""The cache of replies: what is kept, per version, across processes."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.llm import Reply, ReplyCache, Request, Tokens, user

REQUEST = Request((user("which side?"),), model="m")
REPLY = Reply("left", "m-1", Tokens(7, 3, 2), "stop", parsed={"a": [1]}, cost=0.25, repaired=True)


def test_a_reply_comes_back_whole_from_another_opening(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "cache.sqlite"
    first = ReplyCache(path)
    first.put("k", "id", REQUEST, REPLY)
    first.close()
    second = ReplyCache(path)
    assert second.get("k") == REPLY
    assert second.get("other") is None
    assert len(second) == 1
    second.close()


def test_each_version_has_its_answer_and_the_first_is_known(tmp_path: Path) -> None:
    cache = ReplyCache(tmp_path / "c.sqlite")
    assert cache.first_served("id") is None
    cache.put("k", "id", REQUEST, Reply("left", "b"))
    cache.put("k", "id", REQUEST, Reply("right", "a"))
    cache.put("j", "other", REQUEST, Reply("up", "c"))
    assert cache.get("k", "a") == Reply("right", "a")
    assert cache.get("k", "z") is None
    assert cache.get("k") == Reply("left", "b")
    assert (cache.first_served("id"), cache.first_served("other")) == ("b", "c")
    cache.close()


def test_the_request_is_kept_for_audit_in_plain_sql(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    cache = ReplyCache(path)
    cache.put("k", "id", Request((user("\ud800 odd"),)), REPLY)
    cache.close()
    base = sqlite3.connect(path)
    (text,) = base.execute("SELECT request FROM replies").fetchone()
    base.close()
    assert "odd" in text


def test_half_a_character_that_an_older_run_kept_comes_back_as_a_replacement(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    cache = ReplyCache(path)
    cache.put("k", "id", REQUEST, REPLY)
    cache.close()
    with sqlite3.connect(path) as base:
        kept = json.dumps({**REPLY.to_dict(), "text": "left \ud83d", "parsed": {"why": ["\ud83d"]}})
        base.execute("UPDATE replies SET reply = ?", (kept,))
    base.close()
    again = ReplyCache(path)
    reply = again.get("k")
    again.close()
    assert reply is not None
    assert (reply.text, reply.parsed) == ("left \ufffd", {"why": ["\ufffd"]})


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    path.write_text("not a data base, and long enough to be looked at as one" * 20)
    with pytest.raises(InputError, match=r"c\.sqlite: not a cache of replies"):
        ReplyCache(path)
