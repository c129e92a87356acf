"""Other replies, tables and judges of the kinds that ``test_field_cases.py`` runs as recorded.

All go from end to end: a row that ``medspatial score`` reads from a file. The name of a
variant begins with its kind.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import said as cli
from scored import verdict

from medspatial.llm.fake_server import FakeReply, FakeServer

ORGANS = {
    "question": "Which of these structures is the largest by volume?",
    "answer": "spleen",
    "options": ["liver", "spleen", "left kidney", "right kidney"],
    "answer_type": "choice",
}
TOUCH = {
    "question": "Do the liver and the stomach touch each other?",
    "answer": "yes",
    "answer_type": "yes_no",
}
SIDE = {"question": "On which side does the larger cyst lie?", "answer": "left", "answer_type": "side"}
COUNT = {"question": "How many cysts are there?", "answer": "3", "answer_type": "number", "value": 3}
GAP = {
    "question": "What is the shortest distance between the liver and the left kidney, in mm?",
    "answer": "45 mm",
    "answer_type": "number",
    "value": 45,
    "unit": "mm",
}
VOLUME = GAP | {
    "question": "What is the volume of the liver, in ml?",
    "answer": "1200 ml",
    "value": 1200,
    "unit": "ml",
}


def lettered(*options):
    """A question whose options carry their own letters; the spleen is right."""
    right = next(one for one in options if "spleen" in one)
    return {"question": "Which organ is it?", "answer": right, "options": options, "answer_type": "choice"}


VARIANTS = {
    "figures-scientific-and-split-units": [
        (GAP, "4.5E+01 mm", "correct"),
        (GAP, "4½ cm", "correct"),
        (GAP, "Distance: 4.5\nUnit: cm", "correct"),
        (GAP, r"\SI{4.5}{\centi\meter}", "correct"),
        (GAP, "4.5&times;10<sup>1</sup> mm", "correct"),
        (GAP, "4 cm 5 mm", "correct"),
        (GAP, "4.5e2 mm", "wrong"),
        (VOLUME, "1.2 × 10⁻³ m³", "correct"),
        (VOLUME, "1 l 200 ml", "correct"),
        (VOLUME, "12,00,000 mm³", "correct"),
        (VOLUME, '{"volume": 1.2, "unit": "L"}', "correct"),
        (VOLUME, "1.2 × 10⁶ ml", "wrong"),
    ],
    "html-tags": [
        (SIDE, "<div class='a'>left</div>", "correct"),
        (SIDE, "<em>right</em>", "wrong"),
        (SIDE, "<del>right</del><ins>left</ins>", "correct"),
        (SIDE, "~~right~~ left", "correct"),
        (SIDE, "<style>b{float:right}</style><b>left</b>", "correct"),
        (ORGANS, "<ol><li>B</li></ol>", "correct"),
        (TOUCH, "<strong>No</strong>", "wrong"),
        (GAP, "<td>45</td><td>mm</td>", "correct"),
    ],
    "options-with-own-letters": [
        (lettered("(C) liver", "(A) spleen", "(B) colon"), "A", "correct"),
        (lettered("(C) liver", "(A) spleen", "(B) colon"), "B", "wrong"),
        (lettered("**B.** spleen", "**A.** liver"), "B", "correct"),
        (lettered("B spleen", "A liver"), "B", "correct"),
        (lettered("B spleen", "A liver"), "A", "wrong"),
        (lettered("B、spleen", "A、liver"), "B", "correct"),
        (lettered("B．spleen", "A．liver"), "The answer is B.", "correct"),
        (lettered("2. spleen", "1. liver"), "2", "correct"),
        (lettered("2. spleen", "1. liver"), "Option 1", "wrong"),
        (lettered("(1) spleen", "(0) liver"), "(1)", "correct"),
        (lettered("E. spleen", "F. liver"), "E", "unscored"),
        (lettered("C. spleen", "A. liver"), "C", "unscored"),
    ],
    "other-languages": [
        (SIDE, "在患者的左侧", "correct"),
        (SIDE, "a la derecha", "wrong"),
        (SIDE, "vlevo", "correct"),
        (SIDE, "oikea", "wrong"),
        (SIDE, "왼쪽", "correct"),
        (SIDE, "ซ้าย", "unscored"),
        (TOUCH, "Ja, sie berühren sich.", "correct"),
        (TOUCH, "Ano", "correct"),
        (TOUCH, "Kyllä", "correct"),
        (TOUCH, "Нет", "wrong"),
        (COUNT, "üç", "correct"),
        (COUNT, "两个", "wrong"),
        (ORGANS, "der Milz", "correct"),
        (ORGANS, "A（错误）B（正确）C（错误）D（错误）", "correct"),
    ],
    "reasoning-delimiters": [
        (
            ORGANS,
            "<|start|>assistant<|channel|>analysis<|message|>A<|end|>"
            "<|start|>assistant<|channel|>final<|message|>B<|return|>",
            "correct",
        ),
        (ORGANS, "```thought\nA is big\n```\n\nB", "correct"),
        (ORGANS, "```thinking\nIt is B", "unanswered"),
        (ORGANS, "<details>\n<summary>Thinking</summary>\nI think A.\n</details>\n\n**B**", "correct"),
        (ORGANS, "<details><summary>Thinking</summary>B?</details>A", "wrong"),
        (ORGANS, "<|begin_of_think|>A<|end_of_think|>B", "correct"),
        (ORGANS, '{"thought": "maybe B", "answer": "A"}', "wrong"),
        (SIDE, "<thoughts>right</thoughts>left", "correct"),
    ],
    "refusal-with-no": [
        (TOUCH, "No, I'm unable to view images.", "unanswered"),
        (TOUCH, "There is no CT here.", "unanswered"),
        (TOUCH, "I would need to see the scan. No.", "unanswered"),
        (TOUCH, "Nothing can be said about it.", "unanswered"),
        (TOUCH, "None of the slices show this well enough to decide.", "unanswered"),
        (TOUCH, "No response", "unanswered"),
        (SIDE, "Neither left nor right can be determined.", "unanswered"),
        (TOUCH, "There is no contact.", "wrong"),
        (TOUCH, "There is no gap between them.", "correct"),
    ],
    "text-after-end-of-turn": [
        (ORGANS, "B<end_of_utterance>A", "correct"),
        (ORGANS, "B<|observation|>A", "correct"),
        (ORGANS, "B[UNUSED_TOKEN_145]A", "correct"),
        (ORGANS, "B<extra_id_1>User\nA", "correct"),
        (ORGANS, "B<s>A", "correct"),
        (ORGANS, "B\n### Instruction:\nWhich?\n### Response:\nA", "correct"),
        (ORGANS, "A<|header_start|>user<|header_end|>\n\nB", "wrong"),
        (ORGANS, "B<pad><pad>A", "correct"),
        (ORGANS, "the box <|begin_of_box|>B<|end_of_box|>", "correct"),
    ],
    "verdict-per-option": [
        (ORGANS, "A✗B✓C✗D✗", "correct"),
        (ORGANS, "( ) A\n(x) B\n( ) C\n( ) D", "correct"),
        (ORGANS, "○ A\n● B\n○ C\n○ D", "correct"),
        (ORGANS, "Correct: B. Incorrect: A, C, D.", "correct"),
        (ORGANS, "Correct: A\nIncorrect: B, C, D", "wrong"),
        (ORGANS, "A=0 B=1 C=0 D=0", "correct"),
        (ORGANS, "A: -\nB: +\nC: -\nD: -", "correct"),
        (ORGANS, "A. ruled out\nB. best match\nC. ruled out\nD. ruled out", "correct"),
        (ORGANS, "A ✓\nB ✓\nC ✗\nD ✗", "wrong"),
        (ORGANS, '{"A": false, "B": true, "C": false, "D": false}', "correct"),
    ],
}
ROWS = [
    pytest.param(*row, id=f"{kind}-{number}")
    for kind, rows in VARIANTS.items()
    for number, row in enumerate(rows, start=1)
]


def scored(folder: Path) -> list[dict]:
    (file,) = folder.rglob("rows.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize(("item", "reply", "expected"), ROWS)
def test_a_reply_is_read_as_people_would(tmp_path, item, reply, expected):
    (tmp_path / "rows.jsonl").write_text(json.dumps({"case_id": "c1", **item, "prediction": reply}))
    code, said = cli("score", "-p", tmp_path / "rows.jsonl", "-m", "structured", "-o", tmp_path / "s")
    assert code == 0, said
    assert expected != "unscored" or "No verdict" in said
    (row,) = scored(tmp_path / "s")
    assert verdict(row) == expected, row


@pytest.mark.parametrize("braced", ['{{"answer": "B"}}', "{{}}", "{[]: 1}", "{'answer': {'B'}}"])
def test_braces_that_are_no_json_end_nothing(tmp_path, braced):
    (tmp_path / "rows.jsonl").write_text(json.dumps({"case_id": "c1", **ORGANS, "prediction": braced}))
    code, said = cli("score", "-p", tmp_path / "rows.jsonl", "-m", "structured", "-o", tmp_path / "s")
    assert code == 0, said


# --- tables -------------------------------------------------------------------------------------------

HEAD = "case_id,question,answer,answer_type,prediction"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}, prediction \nc1,Which side?,left,side,left,right\n",
        f'{HEAD},"prediction"\r\nc1,Which side?,left,side,left,right\r\n',
        "case_id,question,answer,answer,answer_type,prediction\nc1,Which side?,left,right,side,left\n",
        "\ufeffcase_id,case_id,question,answer,answer_type,prediction\nc1,c2,Which side?,left,side,left\n",
        f"{HEAD},note,note\nc1,Which side?,left,side,left,a,b\n",
    ],
    ids=["csv-double-column-blank", "-quoted", "-answer", "-byte-order-mark", "-unknown"],
)
def test_a_column_twice_is_refused(tmp_path, text):
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    code, said = cli("score", "-p", tmp_path / "rows.csv", "-m", "structured", "-o", tmp_path / "s")
    assert code == 3
    assert "stands 2 times in the head" in said


@pytest.mark.parametrize("name", ["Prediction", "ｐｒｅｄｉｃｔｉｏｎ", "prediction.1", "response"])
def test_a_column_that_only_looks_like_another_is_refused(tmp_path, name):
    text = f"{HEAD},{name}\nc1,Which side?,left,side,left,right\n"
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    code, said = cli("score", "-p", tmp_path / "rows.csv", "-m", "structured", "-o", tmp_path / "s")
    assert code == 3
    assert f"field '{name}'" in said


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("Which side?", '"' + "line\n" * 40_000 + '\nleft"'),
        ("Which side?", '"' + '""so"" ' * 30_000 + ' left"'),
        ("Which side?" + " really?" * 30_000, "left"),
        ("Which side?", "é" * 200_000 + " left"),
    ],
    ids=["csv-long-cell-lines", "csv-long-cell-quotes", "csv-long-cell-question", "csv-long-cell-unicode"],
)
def test_a_long_cell_is_read_whole(tmp_path, question, reply):
    text = f"{HEAD}\nc1,{question},left,side,{reply}\n"
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    code, said = cli("score", "-p", tmp_path / "rows.csv", "-m", "structured", "-o", tmp_path / "s")
    assert code == 0, said
    assert [verdict(row) for row in scored(tmp_path / "s")] == ["correct"]


@pytest.mark.parametrize(
    ("images", "cases"),
    [
        (["a/CT.NII.GZ", "b/CT.NII.GZ"], 2),
        (["C:\\d\\a\\ct.nii.gz", "C:\\d\\b\\ct.nii.gz"], 2),
        (["a/dicom", "b/dicom", "a/dicom/"], 2),
        (["p1/s1/1/image.nii", "p1/s2/1/image.nii", "p2/s1/1/image.nii"], 3),
        (["s3://k/a/ct.nrrd", "s3://k/b/ct.nrrd"], 2),
        (["a/ct.nii.gz", "a/ct.nrrd"], 0),
        (["a/b/ct.nii.gz", "a_b/ct.nii.gz"], 0),
        (["train/valid_1_a_1.nii.gz", "valid/valid_1_a_1.nii.gz"], 0),
    ],
)
def test_files_of_one_name_are_told_apart_or_refused(tmp_path, images, cases):
    """0 cases: nothing tells them apart."""
    rows = [
        {"image_path": one, "question": "Side?", "answer": "left", "prediction": "left"} for one in images
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, said = cli("score", "-p", tmp_path / "rows.jsonl", "-m", "exact", "-o", tmp_path / "s")
    assert code == (0 if cases else 3), said
    if cases:
        assert len({row["case_id"] for row in scored(tmp_path / "s")}) == cases
    else:
        assert "told apart" in said or "has another image" in said


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".npy", ".mha", ".NII.GZ"])
@pytest.mark.parametrize("room", ["score", "predict"])
def test_a_suffix_tells_no_case_from_another(tmp_path, suffix, room):
    cases = {"c": "a/ct.nii.gz", f"c{suffix}": "b/ct.nii.gz"}
    row = {"question": "Side?", "answer": "left"} | ({"prediction": "left"} if room == "score" else {})
    rows = [{"case_id": case, "image_path": image} | row for case, image in cases.items()]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in rows))
    commands = {
        "score": ("score", "-p", file, "-m", "exact", "-o", tmp_path / "s"),
        "predict": ("predict", "-m", "random", "-d", file, "-o", tmp_path / "p"),
    }
    code, said = cli(*commands[room])
    assert code == 3
    assert "has another image in line 1: a/ct.nii.gz" in " ".join(said.split())


# --- judges -------------------------------------------------------------------------------------------


def judged(tmp_path, respond, *more):
    """Score one row by a judge that answers as given; exit code, what was said, the score's row."""
    row = {"case_id": "c1", **ORGANS, "prediction": "B. spleen"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    with FakeServer(respond) as server:
        options = [f"base_url={server.url('openai')}", "retries=1", *more]
        sets = [word for one in options for word in ("--set", one)]
        words = ["-p", tmp_path / "rows.jsonl", "-m", "judge", "--model", "openai:m1", *sets]
        code, said = cli("score", *words, "-o", tmp_path / "s")
    return code, said, next(iter(scored(tmp_path / "s")), {})


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('{{"reason": "same", "extracted_answer": "spleen", "verdict": "correct"}}', True),
        ('{"reason": "same", "extracted_answer": ["spleen"], "verdict": ["correct"]}', True),
        ('{"reason": 3, "extracted_answer": "liver", "verdict": "❌ incorrect"}', False),
        ("**Verdict** - ✅ correct", True),
        (r"The same organ. \boxed{correct}", None),
        (r"\boxed{incorrect}", False),
        ('Both are the same: {"verdict": "correct"} or {"verdict": "incorrect"}', None),
        ('{"reason": "r", "verdict": "partially correct"}', None),
    ],
)
def test_a_verdict_in_another_form_is_read_or_said_not_to_be_one(tmp_path, text, verdict):
    code, said, row = judged(tmp_path, lambda heard: FakeReply(text), "json_mode=prompt")
    assert (code, row.get("correct")) == (0 if verdict is not None else 1, verdict), said


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (FakeReply(""), "empty reply"),
        (FakeReply("I think it is fine.", finish="length"), "cut off at its greatest length"),
        (FakeReply(None, refusal="I cannot judge this."), "cannot judge"),
        (FakeReply(status=400, error="max_tokens: unknown field"), "max_tokens"),
        (FakeReply(raw="<html>busy</html>"), ""),
    ],
    ids=["empty", "cut", "refused", "field-unknown", "no-json"],
)
def test_a_judge_without_a_verdict_ends_with_its_cause(tmp_path, reply, cause):
    code, said, row = judged(tmp_path, lambda heard: reply)
    assert code != 0
    assert row.get("status", "unscored") == "unscored"
    assert cause in said
