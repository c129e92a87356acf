"""Shards: each case in one of them, and joined they are the single run, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from medspatial.arms import arm
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models import Answer, Model, create_model
from medspatial.predict import Merged, PredictOptions, Shard, merge, predict
from medspatial.predict.output import volumes_file
from medspatial.records import Prediction, Question, read_records, write_records
from medspatial.volume import Affine, Volume


class Sometimes(Model):
    """Has no answer to one question of each case."""

    needs_volume = False

    def __init__(self, word: str = "left") -> None:
        self.name, self.word = "sometimes", word

    def describe(self) -> dict[str, Any]:
        return {"word": self.word}

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        if any("2" in query.text for query in queries):
            raise RuntimeError("out of words")
        return [Answer(f"{self.word} · {query.text}") for query in queries]


def questions(cases: int = 12) -> list[Question]:
    """Return the cases' questions mixed, so that the order of a run is not that of the file."""
    return [
        Question(case_id=f"case{c}", patient_id=f"p{c}", question=f"Question {q}?", answer="left")
        for q in range(4)
        for c in range(cases)
    ]


def sharded(folder: Path, count: int = 3, model: Model | None = None) -> list[Path]:
    paths = []
    for number in range(1, count + 1):
        shard = Shard(number, count)
        path = folder / shard.folder / "sometimes.jsonl"
        predict(model or Sometimes(), questions(), path, options=PredictOptions(shard=shard))
        paths.append(path)
    return paths


def test_each_case_is_in_one_shard_whatever_others_there_are() -> None:
    all_, few = questions(40), questions(7)
    parts = [Shard(number, 4).questions(all_) for number in range(1, 5)]
    assert sorted(q.id for part in parts for q in part) == sorted(q.id for q in all_)
    assert all(parts)
    assert Shard(2, 4).questions(few) == [q for q in parts[1] if q in few]
    assert [Shard(2, 4).holds(f"case{n}") for n in range(6)] == [False, False, False, False, False, True]


def test_what_shards_and_whole_have_set_aside_stays(tmp_path: Path) -> None:
    paths, whole = sharded(tmp_path, 2), tmp_path / "whole" / "sometimes.jsonl"
    merge(paths, questions(), whole)
    for path, text in zip((*paths, whole), ("a\n", "b\n", "c\na\n"), strict=True):
        path.with_suffix(".outdated").write_text(text)
    paths[0].with_suffix(".torn").write_text("half\n")
    merge(paths, questions(), whole, overwrite=True)
    assert whole.with_suffix(".outdated").read_text() == "c\na\nb\n"
    assert whole.with_suffix(".torn").read_text() == "half\n"
    assert not whole.with_suffix(".unasked").exists()


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "2/0", "-1/4", "a/b", "1/2/3", "١/٢"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"must be I/N with 1 <= I <= N"):
        Shard.parse(text)


@pytest.mark.parametrize("count", [1, 3, 20])  # 20: more shards than cases
def test_joined_shards_are_the_single_run(tmp_path: Path, count: int) -> None:
    whole = tmp_path / "whole" / "sometimes.jsonl"
    predict(Sometimes(), questions(), whole)
    out = tmp_path / "out" / "sometimes.jsonl"
    shards = sharded(tmp_path, count)
    assert merge(shards[::-1], questions(), out) == Merged(out, 36, 12, count)
    for ending in (".jsonl", ".failures.jsonl"):
        assert (
            out.with_name(f"sometimes{ending}").read_bytes()
            == whole.with_name(f"sometimes{ending}").read_bytes()
        )
    cases = [
        [json.loads(line)["case_id"] for line in volumes_file(path).read_text().splitlines()]
        for path in (whole, out)
    ]
    assert cases[0] == cases[1]
    before = out.read_bytes()
    again = predict(Sometimes(), questions(), out)  # the joined file is resumed as any other
    assert (again.resumed, again.answered, again.failed) == (36, 0, 12)
    assert out.read_bytes() == before
    manifest = json.loads(out.with_name("sometimes.manifest.json").read_text())
    assert {session.get("shard") for session in manifest["sessions"]} >= {f"1/{count}"}


class Looks(Model):
    """Says which volume it was shown."""

    name = "looks"

    def prepare(self, volume: Any) -> Any:
        return volume

    def encode(self, prepared: Any) -> Any:
        return float(prepared.voxels[0, 0, 0])

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        return [Answer(f"{encoded} · {query.text}") for query in queries]


def shown(case_id: str) -> Volume:
    voxels = np.full((2, 2, 2), int(case_id.removeprefix("case")), dtype=np.int16)
    return Volume(voxels, Affine(np.diag([2.0, 2.0, 2.0, 1.0])), unit="HU")


def test_shares_show_the_patients_of_other_shares_where_an_arm_takes_another_one(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    predict(Looks(), questions(), whole, cases=shown, arm="wrong_patient")
    paths = []
    for number in (1, 2, 3):
        shard = Shard(number, 3)
        paths.append(tmp_path / shard.folder / "looks.jsonl")
        options = PredictOptions(shard=shard)
        predict(Looks(), questions(), paths[-1], cases=shown, arm="wrong_patient", options=options)
    merged = merge(paths, questions(), tmp_path / "out.jsonl")
    assert (merged.answered, merged.failed) == (48, 0)
    assert merged.path.read_bytes() == whole.read_bytes()
    rows = read_records(whole, Prediction).rows
    other = [int(float((row.prediction or "").split(" ")[0])) for row in rows]
    assert all(row.case_id != f"case{place}" for row, place in zip(rows, other, strict=True))
    apart = [
        Shard(1, 3).holds(row.case_id) != Shard(1, 3).holds(f"case{place}")
        for row, place in zip(rows, other, strict=True)
    ]
    assert any(apart)  # a share was shown a patient of another share


def test_an_arm_that_chooses_volumes_per_question_is_refused_before_a_case_is_read(tmp_path: Path) -> None:
    rows = write_records(tmp_path / "q.jsonl", questions())
    words = ["predict", "-m", "random", "-d", str(rows), "-o", str(tmp_path / "p"), "--shard", "1/2"]
    missing = str(tmp_path / "no_such_cases")
    done = CliRunner().invoke(app, [*words, "--arm", "evidence_removed", "--cases", missing])
    assert isinstance(done.exception, InputError)
    assert "'evidence_removed' chooses volumes per question, and shares of it cannot" in str(done.exception)
    with pytest.raises(InputError, match="cannot be merged: ask it without a share"):
        Shard(1, 2).refuse(arm("evidence_removed"))


def test_models_that_study_all_questions_answer_alike_in_shards(tmp_path: Path) -> None:
    predict(create_model("prior"), questions(), tmp_path / "whole.jsonl")
    shards = sharded(tmp_path, 3, create_model("prior"))
    merge(shards, questions(), tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_merge_over_earlier_predictions_is_refused(tmp_path: Path) -> None:
    shards, out = sharded(tmp_path), tmp_path / "out.jsonl"
    merge(shards, questions(), out)
    with pytest.raises(InputError, match="is there already; give --overwrite"):
        merge(shards, questions(), out)
    assert merge(shards, questions(), out, overwrite=True).answered == 36


def test_holes_overlaps_and_strangers_are_refused(tmp_path: Path) -> None:
    one, two, three = sharded(tmp_path)
    out = tmp_path / "out.jsonl"

    def refused(paths: list[Path], message: str, asked: list[Question] | None = None) -> None:
        with pytest.raises(InputError, match=message):
            merge(paths, asked or questions(), out)
        assert not out.exists()

    refused([], "no shards")
    refused([one, three], "missing shards: 2/3")
    refused([one, two, two], "shard 2/3, which was given before")
    refused([one, two, three], "made for other questions", questions(11))
    whole = tmp_path / "whole.jsonl"
    predict(Sometimes(), questions(), whole)
    refused([one, two, whole], "is not a shard of a run")
    other = tmp_path / "other" / "sometimes.jsonl"
    options = PredictOptions(shard=Shard(3, 3))
    predict(Sometimes("right"), questions(), other, options=options)
    refused([one, two, other], r"another configuration than .*\(word: 'left' and 'right'\)")
    few = tmp_path / "few" / "sometimes.jsonl"
    predict(Sometimes(), questions(5), few, options=options)
    refused([one, two, few], "was made for other questions than")
    four = tmp_path / "four" / "sometimes.jsonl"
    predict(Sometimes(), questions(), four, options=PredictOptions(shard=Shard(4, 4)))
    refused([one, two, four], "is shard 4/4, but .* is 1/3")


def test_a_shard_that_was_changed_or_not_finished_is_refused(tmp_path: Path) -> None:
    shards, out = sharded(tmp_path), tmp_path / "out.jsonl"
    whole = shards[1].read_bytes()
    stray = shards[0].read_bytes().splitlines(keepends=True)[0]
    for content, message in (
        (whole[:-5], "is cut off"),
        (whole.split(b"\n", 1)[1], r"shard 2/3 is not finished, 1 of \d+ questions are open"),
        (whole + stray, "is none of this shard's"),
        (whole + whole, "stands in this file before"),
        (b"{}\n" + whole, "line 1: is not a prediction"),
    ):
        shards[1].write_bytes(content)
        with pytest.raises(InputError, match=message):
            merge(shards, questions(), out)
        assert not out.exists()


def test_a_case_whose_files_changed_between_two_shards_is_refused(tmp_path: Path) -> None:
    shards = sharded(tmp_path, 2)
    for path, state in zip(shards, ("old", "new"), strict=True):
        path.with_name("sometimes.cases.json").write_text(json.dumps({"case0": state}))
    with pytest.raises(InputError, match="the files of case case0 changed between"):
        merge(shards, questions(), tmp_path / "out.jsonl")


def test_torn_facts_about_a_volume_are_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "sometimes.jsonl"
    predict(Sometimes(), questions(2), path)
    volumes = tmp_path / "sometimes.volumes.jsonl"
    volumes.write_bytes(volumes.read_bytes()[:-9])
    predict(Sometimes(), questions(2), path)
    for line in volumes.read_text().splitlines():
        json.loads(line)


def test_the_commands(tmp_path: Path) -> None:
    asked = tmp_path / "questions.jsonl"
    write_records(asked, questions())

    def run(command: str, folder: str, *more: str) -> str:
        done = CliRunner().invoke(app, [command, "-d", str(asked), "-o", str(tmp_path / folder), *more])
        assert done.exit_code == 0, done.output
        return done.stdout

    run("predict", "whole", "-m", "random")
    for number in (1, 2, 3):
        said = run("predict", "out", "-m", "random", "--shard", f"{number}/3")
        assert f"shard-{number}-of-3" in said
    assert "48 answered, 0 failed, from 3 shards" in run("merge", "out")
    out, whole = tmp_path / "out/random.jsonl", tmp_path / "whole/random.jsonl"
    assert out.read_bytes() == whole.read_bytes()
    assert len(read_records(out, Prediction).rows) == 48
    bad = CliRunner().invoke(app, ["merge", "-d", str(asked), "-o", str(tmp_path / "nothing")])
    assert isinstance(bad.exception, InputError)
