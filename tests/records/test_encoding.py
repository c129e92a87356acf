"""Files of other programs: byte order marks are dropped, other encodings are named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.records import Prediction, Question, Score, encodable, read_records, write_records

PLAIN = {"image_path": "d/valid_7_a_2.nii.gz", "question": "Which kidney is larger?", "answer": "left"}


@pytest.mark.parametrize("name", ["q.jsonl", "q.csv"])
def test_a_byte_order_mark_of_excel_or_windows_is_no_text(tmp_path: Path, name: str) -> None:
    text = json.dumps(PLAIN) if name == "q.jsonl" else "image_path,question,answer\na.nii.gz,Where?,left"
    (tmp_path / name).write_bytes(f"{text}\r\n".encode("utf-8-sig"))
    (row,) = read_records(tmp_path / name, Question)
    assert row.image_path in (PLAIN["image_path"], "a.nii.gz")


@pytest.mark.parametrize("name", ["q.jsonl", "q.csv"])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"), ("utf-32", "UTF-32")],
)
def test_other_encodings_are_named(tmp_path: Path, name: str, encoding: str, told: str) -> None:
    (tmp_path / name).write_bytes((json.dumps(PLAIN) + "\n").encode(encoding))
    with pytest.raises(InputError, match=rf"{name}: not UTF-8 text but {told}; save it as UTF-8"):
        read_records(tmp_path / name, Question)


@pytest.mark.parametrize("name", ["q.jsonl.gz", "q.csv.gz", "q.jsonl"])
def test_packed_files_are_read_as_the_text_in_them(tmp_path: Path, name: str) -> None:
    table = "image_path,question,answer\nd/valid_7_a_2.nii.gz,Which kidney is larger?,left\n"
    text = table if "csv" in name else json.dumps(PLAIN) + "\n"
    packed = gzip.compress(text.encode("utf-8-sig"))
    (tmp_path / name).write_bytes(packed)
    (row,) = read_records(tmp_path / name, Question)
    assert (row.case_id, row.answer) == ("valid_7_a_2", "left")
    (tmp_path / name).write_bytes(packed[:-9])
    with pytest.raises(InputError, match=f"{name}: the gzip file is damaged or ends early"):
        read_records(tmp_path / name, Question)
    (tmp_path / name).write_bytes(packed[:12] + b"\xff\xff\xff" + packed[15:])
    with pytest.raises(InputError, match=f"{name}: the gzip file is damaged"):
        read_records(tmp_path / name, Question)
    (tmp_path / name).write_bytes(gzip.compress(text.encode("utf-16")))
    with pytest.raises(InputError, match=f"{name}: not UTF-8 text but UTF-16"):
        read_records(tmp_path / name, Question)


def test_a_packed_file_that_has_no_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medspatial.records.encoding.MOST_UNPACKED", 1_000_000)
    (tmp_path / "q.jsonl").write_bytes(gzip.compress(b'{"question": "' + b"a" * 5_000_000))
    with pytest.raises(InputError, match=r"q.jsonl: holds more than 1000000 bytes unpacked"):
        read_records(tmp_path / "q.jsonl", Question)


def test_bytes_of_no_known_encoding_are_placed(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(b'{"question": "f\xfcr"}')
    with pytest.raises(InputError, match=r"b.jsonl: not UTF-8 text \(byte 15"):
        read_records(tmp_path / "b.jsonl", Question)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("left", "left"),
        ("é \U0001f600", "é \U0001f600"),
        ("left \ud83d", "left \ufffd"),
        ("\ude00 left", "\ufffd left"),
        ("a\ud83db\ude00c", "a\ufffdb\ufffdc"),
        ("\ud83d\ude00", "\U0001f600"),  # both halves are there
    ],
)
def test_half_a_character_becomes_a_replacement(text: str, written: str, tmp_path: Path) -> None:
    assert encodable(text) == written
    row = Prediction(**PLAIN, prediction=text, metadata={"raw": [text]})
    score = Score(**PLAIN, metric="judge", reason=text)
    write_records(tmp_path / "p.jsonl", [row])
    write_records(tmp_path / "s.jsonl", [score])
    (read,) = read_records(tmp_path / "p.jsonl", Prediction)
    assert (read.prediction, read.metadata) == (written, {"raw": [written]})
    assert next(iter(read_records(tmp_path / "s.jsonl", Score))).reason == written


@given(st.text(alphabet=st.characters(codec=None) | st.characters(categories=["Cs"])))
def test_any_text_can_be_encoded_and_what_could_be_stays(text: str) -> None:
    made = encodable(text)
    made.encode()
    assert encodable(made) == made
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert made == text
