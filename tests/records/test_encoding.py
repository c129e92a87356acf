"""Files of other programs: byte order marks are dropped, other encodings are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.records import Question, read_records

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


def test_bytes_of_no_known_encoding_are_placed(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(b'{"question": "f\xfcr"}')
    with pytest.raises(InputError, match=r"b.jsonl: not UTF-8 text \(byte 15"):
        read_records(tmp_path / "b.jsonl", Question)
