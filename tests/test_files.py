import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial import files
from medspatial.errors import InputError
from medspatial.files import locked, path_part, whole_file, whole_text, write_bytes, write_json, write_text


def test_text_bytes_and_json_are_written_as_given(tmp_path: Path) -> None:
    assert write_text(tmp_path / "a" / "b.txt", "é\r\n").read_bytes() == "é\r\n".encode()
    assert write_bytes(str(tmp_path / "b"), b"\x00\n").read_bytes() == b"\x00\n"
    assert write_json(tmp_path / "c.json", {"ü": [1]}).read_text("utf-8") == '{\n "ü": [\n  1\n ]\n}\n'
    assert write_json(tmp_path / "c.json", [1, 2], indent=None).read_text() == "[1, 2]\n"
    with whole_text(tmp_path / "d") as stream:
        stream.write("x\n")
    assert (tmp_path / "d").read_bytes() == b"x\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c.json", "d"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "old")

    def fail() -> None:
        with whole_text(path) as stream:
            stream.write("half")
            raise KeyError("no")

    with pytest.raises(KeyError):
        fail()
    with pytest.raises(TypeError):
        write_json(path, object())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_stands_under_the_name_before_the_end(tmp_path: Path) -> None:
    with whole_file(tmp_path / "x.nii.gz", suffix=".nii.gz") as place:
        place.write_bytes(b"1")
        assert place.parent == tmp_path
        assert place.name.startswith(".")
        assert place.name.endswith(".nii.gz")
        assert not (tmp_path / "x.nii.gz").exists()
    assert (tmp_path / "x.nii.gz").read_bytes() == b"1"


def test_it_is_on_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda number: (steps.append("fsync"), sync(number)))
    monkeypatch.setattr(os, "replace", lambda a, b: (steps.append("replace"), replace(a, b)))
    write_text(tmp_path / "a", "x")
    with whole_text(tmp_path / "b") as stream:
        stream.write("x")
    assert steps == ["fsync", "replace"] * 2
    assert (tmp_path / "b").read_text() == "x"


def test_what_a_killed_process_left_is_not_gone_on_with(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a") as place:
        left = place
        place.write_text("x")
    left.write_text("left behind")
    with whole_file(tmp_path / "a") as place, place.open("a") as stream:
        stream.write("new")
    assert (tmp_path / "a").read_text() == "new"


def test_two_threads_write_the_same_file(tmp_path: Path) -> None:
    texts = [str(n) * 100_000 for n in range(4)]
    threads = [
        Thread(target=lambda t=text: [write_text(tmp_path / "a", t) for _ in range(20)]) for text in texts
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (tmp_path / "a").read_text() in texts
    assert len(list(tmp_path.iterdir())) == 1


def test_the_file_can_be_read_by_whom_the_folder_allows(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    assert write_text(tmp_path / "a", "x").stat().st_mode == (tmp_path / "plain").stat().st_mode


HOLDER = """
import os, sys, time
from pathlib import Path
from medspatial.files import locked
with locked(Path(sys.argv[1])):
    if len(sys.argv) > 2 and os.fork() == 0:
        os.write(1, f"{os.getpid()}\\n".encode())
        time.sleep(60)
        os._exit(0)
    os.write(1, b"held\\n")
    time.sleep(60)
"""


def hold(path: Path, *more: str) -> tuple[subprocess.Popen[str], list[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), *more], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, sorted(process.stdout.readline().strip() for _ in range(1 + len(more)))


@pytest.mark.parametrize("name", ["a.jsonl", "."])
def test_who_holds_a_file_or_folder_is_said_and_a_killed_holder_frees_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    process, _ = hold(path)
    try:
        who = rf"process {process.pid} on {socket.gethostname()}, since 20\d\d-"
        what = "folder" if path.is_dir() else "file"
        for _ in range(2):  # the refused one leaves the holder's words
            with (
                pytest.raises(InputError, match=rf"another run is writing this {what} \({who}"),
                locked(path),
            ):
                pass
    finally:
        process.kill()
        process.communicate()
    with locked(path):
        pass


def test_a_process_forked_from_a_killed_holder_does_not_hold_on(tmp_path: Path) -> None:
    process, said = hold(tmp_path, "fork")
    child = next(int(line) for line in said if line != "held")
    try:
        process.kill()
        process.wait()
        with locked(tmp_path):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        process.communicate()


def test_a_lock_of_an_earlier_version_is_refused_too(tmp_path: Path) -> None:
    process, _ = hold(tmp_path)
    (tmp_path / ".lock").write_text("")
    try:
        with pytest.raises(InputError, match="it does not say who it is"), locked(tmp_path):
            pass
    finally:
        process.kill()
        process.communicate()


def test_what_a_killed_process_left_unfinished_goes_at_the_next_writing(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\nfrom medspatial.files import whole_file\n"
        "with whole_file(sys.argv[1]) as path:\n    path.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    target = tmp_path / "table.json"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    left = sorted(tmp_path.iterdir())
    assert len(left) == 1  # the second run has removed what the first one left
    mine = tmp_path / left[0].name.replace("table", "other").replace(
        left[0].name.split("-")[1], str(os.getpid())
    )
    elsewhere = tmp_path / ".table.json.00000000-1-1.tmp"
    other = tmp_path / ".notes.txt"
    for path in (mine, elsewhere, other):
        path.write_text("kept")
    files._seen.clear()
    write_text(target, "whole")
    assert sorted(tmp_path.iterdir()) == sorted([target, mine, elsewhere, other])


@given(st.text(min_size=1, max_size=30))
def test_a_name_of_any_text_is_one_part_of_a_path(text: str) -> None:
    assert len(Path("folder", path_part(text)).parts) == 2 or path_part(text) in {".", ".."}
