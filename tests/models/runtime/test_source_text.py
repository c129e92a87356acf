"""Texts out of an original's source: read, not run, checked by their hash, fetched once."""

from __future__ import annotations

import functools
import http.server
import threading
from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.models.runtime.source_text import ChosenText, SourceText, choose_text, fetch_texts, sha256

CALL = SourceText("tiny", "call", "", "made", "system", sha256("Be brief."))
PLAIN = SourceText("tiny", "plain", "", "CARDS", None, sha256("<A>\n<B>\n"))


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MEDSPATIAL_CACHE", str(tmp_path / "cache"))


def source_file(folder: Path, text: str = "Be brief.") -> Path:
    """Source that would do harm if it were run."""
    path = folder / "source.py"
    harm = f"open({str(folder / 'harm')!r}, 'w').write('ran')\nimport nothing_such\n"
    calls = f"made = 1\nmade = Conversation(\n    system={text!r}, roles=('a', 'b'))\n"
    path.write_text(harm + calls + "CARDS = '<A>\\n' '<B>\\n'\n")
    return path


def test_the_source_is_read_not_run(tmp_path: Path) -> None:
    path = source_file(tmp_path)
    written = fetch_texts([CALL, PLAIN], source=path)
    assert [p.read_text() for p in written] == ["Be brief.", "<A>\n<B>\n"]
    assert [p.parent for p in written] == [tmp_path / "cache/medspatial/tiny"] * 2
    assert not (tmp_path / "harm").exists()
    assert choose_text(CALL) == choose_text(CALL, "fetched") == ChosenText("Be brief.", "original")
    assert choose_text(PLAIN, path).origin == "original"


def test_the_hash_is_checked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"source\.py: the text of made has SHA-256 .* expected"):
        fetch_texts([CALL], source=source_file(tmp_path, "Be verbose."))
    assert not CALL.path.exists()
    fetched = fetch_texts([CALL], source=source_file(tmp_path))[0]
    fetched.write_text("Be verbose.")
    with pytest.raises(InputError, match="was changed"):
        choose_text(CALL)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    assert choose_text(CALL).describe() == {"origin": "none", "sha256": None}
    assert choose_text(None).origin == "not needed"
    with pytest.raises(InputError, match="no such file; `medspatial models fetch tiny --texts`"):
        choose_text(CALL, "fetched")
    with pytest.raises(InputError, match=r"mine\.txt: no such file"):
        choose_text(CALL, tmp_path / "mine.txt")


def test_a_text_of_ones_own_is_recorded_as_such(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("Answer.")
    made = choose_text(CALL, tmp_path / "mine.txt")
    assert made.describe() == {"origin": "custom", "sha256": sha256("Answer.")}
    (tmp_path / "mine.txt").write_bytes(b"\xff")
    with pytest.raises(InputError, match="cannot be read as text"):
        choose_text(CALL, tmp_path / "mine.txt")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("made = Conversation(system=read(), roles=())", "not a plain string"),
        ("made = Conversation(roles=())", "not a plain string"),
        ("made = 'text'", "has no text made"),
        ("def (", "not Python source"),
    ],
)
def test_another_source_is_told(tmp_path: Path, source: str, message: str) -> None:
    path = tmp_path / "source.py"
    path.write_text(source)
    with pytest.raises(InputError, match=message):
        fetch_texts([CALL], source=path)


def test_fetching_over_the_network(tmp_path: Path) -> None:
    source_file(tmp_path)

    asked = []

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            asked.append(self.path)

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        written = fetch_texts([CALL, PLAIN], tmp_path / "out", f"{address}/source.py")
        assert [path.name for path in written] == ["call.txt", "plain.txt"]
        assert asked == ["/source.py"]  # once for both
        with pytest.raises(
            InputError, match=r"nothing\.py: cannot be fetched .* download it and give the file"
        ):
            fetch_texts([CALL], tmp_path / "out", f"{address}/nothing.py")
        server.shutdown()
