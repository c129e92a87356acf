"""Each option of ``predict``, ``merge`` and ``prepare``: what it changes, and where that is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Done, medspatial

from medspatial.records import Prediction, Question, read_records, write_records

TELLER = """
from medspatial.models import Answer, Model
class Teller(Model):
    "Says with which options it was made, and how many questions it was asked at once."
    needs_volume = False
    def __init__(self, path=None, device=None, dtype=None, name="teller", depth=1):
        self.name, self.made = name, f"{path} {device} {dtype} {depth}"
    def answer(self, encoded, queries):
        return [Answer(f"{self.made} {len(queries)}") for _ in queries]
"""


@pytest.fixture
def teller(plugin_model: Callable[..., str]) -> str:
    return plugin_model(TELLER, "Teller", "teller")


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    rows = [
        Question(case_id=f"c{n // 2}", question=f"Side {n}?", answer="left", options=("left", "right"))
        for n in range(6)
    ]
    return write_records(tmp_path / "q.jsonl", rows)


def predict(asked: Path, *more: object, model: str = "teller", code: int = 0) -> Done:
    done = medspatial("predict", "-m", model, "-d", asked, "-o", asked.parent / "p", *more)
    assert done.returncode == code, done.stderr
    return done


def replies(asked: Path, name: str = "teller") -> list[str | None]:
    return [row.prediction for row in read_records(asked.parent / "p" / f"{name}.jsonl", Prediction)]


@pytest.mark.parametrize(
    ("options", "made"),
    [
        ((), "None None None 1"),
        (("--model-path", "weights/x"), "weights/x None None 1"),
        (("--device", "cpu"), "None cpu None 1"),
        (("--gpu-id", 3), "None cuda:3 None 1"),
        (("--gpu-id", 0), "None cuda:0 None 1"),
        (("--dtype", "float32"), "None None float32 1"),
        (("--set", "depth=4"), "None None None 4"),
        (("--set", "device=cpu", "--set", "depth=[1, 2]"), "None cpu None [1, 2]"),
        (("--set", "path=a", "--dtype", "auto"), "a None auto 1"),
    ],
)
def test_options_of_the_model_reach_it(
    teller: str, asked: Path, options: tuple[object, ...], made: str
) -> None:
    predict(asked, *options)
    assert {str(reply).rpartition(" ")[0] for reply in replies(asked)} == {made}


@pytest.mark.parametrize(("size", "counts"), [(1, [1] * 6), (2, [2] * 6), (4, [2] * 6)])
def test_batch_size_is_the_most_questions_at_once(
    teller: str, asked: Path, size: int, counts: list[int]
) -> None:
    predict(asked, "--batch-size", size)
    assert [int(str(reply).rpartition(" ")[2]) for reply in replies(asked)] == counts


def test_a_name_is_that_of_files_and_rows(teller: str, asked: Path) -> None:
    done = predict(asked, "--name", "mine-1.0")
    assert done.stdout == f"{asked.parent / 'p' / 'mine-1.0.jsonl'}: 6 answered now, 0 before, 0 failed\n"
    rows = read_records(asked.parent / "p" / "mine-1.0.jsonl", Prediction).rows
    assert {row.model for row in rows} == {"mine-1.0"}
    assert not (asked.parent / "p" / "teller.jsonl").exists()


def test_an_arm_has_a_file_of_its_own(teller: str, asked: Path) -> None:
    predict(asked)
    predict(asked, "--arm", "text_only")
    names = sorted(path.name for path in (asked.parent / "p").glob("*[!s].jsonl"))
    assert names == ["teller.jsonl", "teller@text_only.jsonl"]
    rows = read_records(asked.parent / "p" / "teller@text_only.jsonl", Prediction).rows
    assert {row.arm for row in rows} == {"text_only"}


def test_limit_takes_the_first_and_a_longer_run_goes_on_from_there(teller: str, asked: Path) -> None:
    predict(asked, "--limit", 2)
    assert len(replies(asked)) == 2
    done = predict(asked)
    assert "4 answered now, 2 before, 0 failed" in done.stdout
    whole = (asked.parent / "p" / "teller.jsonl").read_bytes()
    done = predict(asked)
    assert "0 answered now, 6 before, 0 failed" in done.stdout
    assert (asked.parent / "p" / "teller.jsonl").read_bytes() == whole, "nothing is written twice"


def test_overwrite_starts_again(teller: str, asked: Path) -> None:
    predict(asked)
    assert "6 answered now, 0 before" in predict(asked, "--overwrite", "--set", "depth=2").stdout
    assert {str(reply).split()[3] for reply in replies(asked)} == {"2"}


def test_other_options_of_the_model_are_refused_on_the_same_file(asked: Path) -> None:
    predict(asked, model="random")
    before = (asked.parent / "p" / "random.jsonl").read_bytes()
    done = predict(asked, "--set", "seed=2", model="random", code=3)
    assert "made with another configuration (changed: seed: 0 -> 2)" in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert (asked.parent / "p" / "random.jsonl").read_bytes() == before


def changed(path: Path, row: int, **fields: str) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[row].update(fields)
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))


def test_answers_to_questions_in_other_words_are_set_aside_and_told(teller: str, asked: Path) -> None:
    changed(asked, 0, id="q0")
    predict(asked)
    changed(asked, 0, question="Side zero?")
    done = predict(asked)
    assert "1 answered now, 5 before, 0 failed" in done.stdout
    aside = asked.parent / "p" / "teller.outdated"
    assert f"1 answers whose question or case changed were set aside: {aside}" in done.stderr
    assert [json.loads(line)["question"] for line in aside.read_text().splitlines()] == ["Side 0?"]


def test_a_corrected_reference_reaches_rows_that_were_answered(teller: str, asked: Path) -> None:
    changed(asked, 0, id="q0")
    predict(asked)
    changed(asked, 0, answer="right")
    assert "0 answered now, 6 before, 0 failed" in predict(asked).stdout
    rows = read_records(asked.parent / "p" / "teller.jsonl", Prediction).rows
    assert {row.id: row.answer for row in rows}["q0"] == "right"


def test_plain_rows_are_written_beside_and_never_over_the_predictions(asked: Path, tmp_path: Path) -> None:
    done = predict(asked, "--plain-rows", tmp_path / "plain.jsonl", model="oracle")
    rows = [json.loads(line) for line in (tmp_path / "plain.jsonl").read_text().splitlines()]
    assert f"{tmp_path / 'plain.jsonl'}: 6 rows with `correct` by exact match" in done.stdout
    assert [row["correct"] for row in rows] == [True] * 6
    predict(asked, "--plain-rows", tmp_path / "plain.jsonl", model="echo")
    rows = [json.loads(line) for line in (tmp_path / "plain.jsonl").read_text().splitlines()]
    assert not any(row["correct"] for row in rows)
    over = tmp_path / "p" / "oracle.jsonl"
    before = over.read_bytes()
    refused = predict(asked, "--plain-rows", over, model="oracle", code=3)
    assert f"--plain-rows: {over} is the file of predictions" in refused.stderr
    assert over.read_bytes() == before


def test_shares_are_merged_into_what_one_run_would_have_written(asked: Path, tmp_path: Path) -> None:
    predict(asked, model="random")
    whole = (tmp_path / "p" / "random.jsonl").read_bytes()
    for number in (1, 2):
        done = predict(asked, "--shard", f"{number}/2", "--name", "part", model="random")
        assert f"shard-{number}-of-2" in done.stdout
    assert not (tmp_path / "p" / "part.jsonl").exists()
    done = medspatial("merge", "-d", asked, "-o", tmp_path / "p")
    assert done.returncode == 0, done.stderr
    assert "6 answered, 0 failed, from 2 shards" in done.stdout
    merged = (tmp_path / "p" / "part.jsonl").read_bytes()
    assert merged.replace(b'"part"', b'"random"') == whole
    refused = medspatial("merge", "-d", asked, "-o", tmp_path / "p")
    assert refused.returncode == 3
    assert medspatial("merge", "-d", asked, "-o", tmp_path / "p", "--overwrite").returncode == 0
    folders = [tmp_path / "p" / f"shard-{number}-of-2" for number in (1, 2)]
    assert medspatial("merge", "-d", asked, "-o", tmp_path / "elsewhere", *folders).returncode == 0
    assert (tmp_path / "elsewhere" / "part.jsonl").read_bytes() == merged
    one = medspatial("merge", "-d", asked, "-o", tmp_path / "one", folders[0])
    assert one.returncode == 3
    assert one.stderr.count("\n") == 1


def test_merge_skips_bad_rows_only_where_told(asked: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        predict(asked, "--shard", f"{number}/2", model="echo")
    asked.write_text(asked.read_text() + "{broken\n")
    strict = medspatial("merge", "-d", asked, "-o", tmp_path / "p")
    assert (strict.returncode, "q.jsonl:7: " in strict.stderr) == (3, True)
    kept = medspatial("merge", "-d", asked, "-o", tmp_path / "p", "--keep-going")
    assert kept.returncode == 0, kept.stderr
    assert "1 bad rows skipped, 6 kept" in kept.stderr


def test_merge_limit_names_the_questions_of_the_shares(asked: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        predict(asked, "--shard", f"{number}/2", "--limit", 4, model="echo")
    done = medspatial("merge", "-d", asked, "-o", tmp_path / "p", "--limit", 4)
    assert (done.returncode, "4 answered, 0 failed" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("share", ["3/2", "0/2", "a/b", "1", "1/0", "-1/2", "²/2"])
def test_a_share_is_one_of_so_many(asked: Path, share: str) -> None:
    done = predict(asked, "--shard", share, model="random", code=3)
    assert f"shard {share}: must be I/N" in done.stderr


def test_bad_rows_cost_the_run_unless_told(teller: str, asked: Path) -> None:
    asked.write_text(asked.read_text() + '{"question": "x?"}\n')
    strict = predict(asked, code=3)
    assert strict.stderr.count("\n") == 1
    assert not (asked.parent / "p").exists() or not list((asked.parent / "p").glob("*.jsonl"))
    done = predict(asked, "--keep-going")
    assert "6 answered now" in done.stdout
    assert done.stderr.count("skipped: ") == 1


def test_arrays_and_volumes_do_not_mix(tmp_path: Path) -> None:
    rows = [
        Question(case_id=name, image_path=f"{name}{end}", question="Side?", answer="left")
        for name, end in (("a", ".npy"), ("b", ".nii.gz"))
    ]
    path = write_records(tmp_path / "q.jsonl", rows)
    done = predict(path, model="m3d_lamed", code=3)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_questions_are_read_from_csv_as_from_jsonl(teller: str, asked: Path, suffix: str) -> None:
    path = asked.with_suffix(suffix)
    if suffix == ".csv":
        lines = [json.loads(line) for line in asked.read_text().splitlines()]
        text = "".join(f"{row['case_id']},{row['question']},{row['answer']}\n" for row in lines)
        path.write_text("case_id,question,answer\n" + text)
    assert "6 answered now" in predict(path).stdout


def test_prepare_points_the_questions_to_arrays_and_resumes(
    questions: Path, phantoms: Path, tmp_path: Path
) -> None:
    arguments = (
        "prepare", "-m", "med3dvlm", "--input-jsonl", questions, "--nifti-root", phantoms,
        "--output-root", tmp_path / "npy", "--output-jsonl", tmp_path / "ready.jsonl",
    )  # fmt: skip
    first = medspatial(*arguments)
    assert first.returncode == 0, first.stderr
    assert f"{tmp_path / 'ready.jsonl'}: 2 prepared now, 0 before, 0 failed" in first.stdout
    rows = read_records(tmp_path / "ready.jsonl", Question).rows
    before = read_records(questions, Question).rows
    assert [(row.id, row.question) for row in rows] == [(row.id, row.question) for row in before]
    assert {Path(str(row.image_path)).suffix for row in rows} == {".npy"}
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "npy").rglob("*.npy")}
    again = medspatial(*arguments)
    assert "0 prepared now, 2 before, 0 failed" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in times} == times
    missing = medspatial(*arguments[:-1], tmp_path / "b.jsonl", "--nifti-root", tmp_path, "--output-root",
                         tmp_path / "other")  # fmt: skip
    assert missing.returncode == 1
    assert missing.stderr.count("failed: phantom_") == 2
    assert "0 prepared now, 0 before, 2 failed" in missing.stdout
