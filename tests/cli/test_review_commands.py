"""``medspatial questions review`` from questions to the accepted set: what it keeps, refuses and prints."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.cli.review import accepted_files
from medspatial.errors import InputError
from medspatial.records import Question, read_records, write_records

COUNT = 6


def _run(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["questions", "review", *map(str, arguments)])
    if code == 3:
        assert isinstance(done.exception, InputError), done.output
        return str(done.exception)
    assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
    return done.output


def _questions(folder: Path, name: str = "q", words: str = "On which side is finding") -> Path:
    rows = [
        Question(case_id=f"valid_{n // 2}_a_1", question=f"{words} {n}?", answer="left") for n in range(COUNT)
    ]
    return write_records(folder / f"{name}.jsonl", rows)


def _fill(form: Path, verdicts: list[str]) -> Path:
    """Fill the first rows of a form in the order of their questions."""
    with form.open(newline="") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: row["question"])
    for row, verdict in zip(rows, verdicts, strict=False):
        row["spatial"] = verdict
    with form.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return form


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return _questions(tmp_path)


@pytest.fixture
def review(dataset: Path, tmp_path: Path) -> Path:
    _assign(dataset, tmp_path / "r")
    return tmp_path / "r"


def _assign(
    dataset: Path, folder: Path, *more: object, names: tuple[str, ...] = ("ann", "bob"), code: int = 0
) -> str:
    reviewers = [part for name in names for part in ("--reviewer", name)]
    return _run("assign", dataset, "-o", folder, *reviewers, "--criterion", "spatial", *more, code=code)


def _finish(
    dataset: Path, review: Path, *more: object, forms: tuple[str, ...] = ("ann", "bob"), code: int = 0
) -> str:
    given = [part for name in forms for part in ("--verdicts", review / f"{name}.csv")]
    output = () if "-o" in more else ("-o", review.parent / "ok.jsonl")
    return _run("finish", dataset, "--folder", review, *given, *output, *more, code=code)


def test_assigning_again_leaves_filled_forms_alone(dataset: Path, review: Path) -> None:
    filled = _fill(review / "ann.csv", ["yes"] * 3).read_bytes()
    (review / "bob.csv").unlink()
    told = _assign(dataset, review)
    assert "kept, 3 items with verdicts" in told
    assert "written" in told
    assert (review / "ann.csv").read_bytes() == filled
    assert "--start-anew" in _assign(dataset, review, names=("ann", "carl"), code=3)
    assert (review / "ann.csv").read_bytes() == filled
    _assign(dataset, review, "--start-anew", names=("ann", "carl"))
    assert (review / "earlier-1" / "ann.csv").read_bytes() == filled


def test_one_reviewer_needs_no_further_option(dataset: Path, tmp_path: Path) -> None:
    _assign(dataset, tmp_path / "one", names=("ann",))
    _fill(tmp_path / "one" / "ann.csv", ["yes"] * COUNT)
    assert f"{COUNT} accepted" in _finish(dataset, tmp_path / "one", forms=("ann",))
    told = _assign(dataset, tmp_path / "two", "--per-item", 2, names=("ann",), code=3)
    assert "(--per-item): must be from 1 to the number of reviewers (1), got 2" in told


@pytest.mark.parametrize("name", ["../evil", "a/b"])
def test_reviewers_do_not_write_outside_the_folder(dataset: Path, tmp_path: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert "(--reviewer): a name must be usable as a file name" in _assign(
        dataset, tmp_path / "r", names=(name,), code=3
    )
    assert sorted(tmp_path.rglob("*")) == before


def test_a_half_filled_form_is_incomplete(dataset: Path, review: Path) -> None:
    _fill(review / "ann.csv", ["yes"] * COUNT)
    _fill(review / "bob.csv", ["yes"] * 2)
    told = _finish(dataset, review, code=1)
    assert "2 accepted, 4 incomplete" in told
    assert "On which side is finding 5?" in told
    assert "1 of 2" in told
    assert [row.question[-2] for row in read_records(review.parent / "ok.jsonl", Question)] == ["0", "1"]


def test_one_reviewer_of_two_is_not_enough_whatever_is_passed(dataset: Path, review: Path) -> None:
    _fill(review / "ann.csv", ["yes"] * COUNT)
    assert f"{COUNT} incomplete" in _finish(dataset, review, forms=("ann",), code=1)
    assert "named twice" in _finish(dataset, review, forms=("ann", "ann"), code=3)
    (review / "copy.csv").write_bytes((review / "ann.csv").read_bytes())
    assert "both hold verdicts of 'ann'" in _finish(dataset, review, forms=("ann", "copy"), code=3)
    assert f"{COUNT} accepted" in _finish(dataset, review, "--per-item", 1, forms=("ann",))


def test_an_unrelated_dataset_is_refused_and_nothing_written(review: Path, tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        _fill(review / f"{name}.csv", ["yes"] * COUNT)
    other = _questions(tmp_path, "other", "Where is finding")
    assert f"{COUNT} of the {COUNT} items of this review are not among" in _finish(other, review, code=3)
    assert not (tmp_path / "ok.jsonl").exists()


def test_disputes_are_shown_in_words_and_settled(dataset: Path, review: Path, tmp_path: Path) -> None:
    _fill(review / "ann.csv", ["yes"] * COUNT)
    _fill(review / "bob.csv", ["yes", "no", *["yes"] * 4])
    told = _finish(dataset, review, code=1)
    assert "5 accepted, 1 disputed" in told
    assert "On which side is finding 1?" in told
    assert "spatial: ann yes, bob no" in told
    assert "True" not in told
    assert "{" not in told
    found = json.loads(_finish(dataset, review, "--json", code=1).partition("\n}\n")[0] + "}")
    assert found["decisions"] == {"accepted": 5, "rejected": 0, "disputed": 1, "incomplete": 0}
    assert found["reviewers"] == [{"reviewer": name, "assigned": 6, "judged": 6} for name in ("ann", "bob")]
    (tmp_path / "eve.csv").write_text(f"item,spatial\n{found['disputed'][0]['item']},no\n")
    told = _finish(dataset, review, "--adjudicated", tmp_path / "eve.csv")
    assert "5 accepted, 1 rejected" in told


def test_criteria_are_those_of_the_review(dataset: Path, review: Path) -> None:
    for name in ("ann", "bob"):
        _fill(review / f"{name}.csv", ["yes"] * COUNT)
    assert f"{COUNT} accepted" in _finish(dataset, review)
    told = _finish(dataset, review, "--criterion", "spatal", code=3)
    assert "--criterion: 'spatal' is none of this review; it has: spatial" in told


@pytest.mark.parametrize(
    ("output", "files"),
    [
        ("new.jsonl", ("new.jsonl", "new.csv")),
        ("new.csv", ("new.jsonl", "new.csv")),
        ("there", ("there/accepted.jsonl", "there/accepted.csv")),
        ("there.csv", ("there.csv/accepted.jsonl", "there.csv/accepted.csv")),
        ("new/v1.2", ("new/v1.2/accepted.jsonl", "new/v1.2/accepted.csv")),
    ],
)
def test_output_is_a_file_or_a_folder(
    dataset: Path, review: Path, tmp_path: Path, output: str, files: tuple[str, str]
) -> None:
    for name in ("there", "there.csv"):
        (tmp_path / name).mkdir()
    for name in ("ann", "bob"):
        _fill(review / f"{name}.csv", ["yes"] * COUNT)
    _finish(dataset, review, "-o", tmp_path / output)
    assert len(read_records(tmp_path / files[0], Question).rows) == COUNT
    with (tmp_path / files[1]).open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == COUNT


@pytest.mark.parametrize("output", ["q.csv", "q.jsonl", "r/ann.csv", "r/bob.jsonl"])
def test_output_never_takes_the_place_of_questions_or_forms(dataset: Path, review: Path, output: str) -> None:
    _fill(review / "ann.csv", ["yes"] * COUNT)
    before = {path: path.read_bytes() for path in review.parent.rglob("*.*")}
    told = _finish(dataset, review, "-o", review.parent / output, forms=("bob",), code=3)
    assert "holds questions or a form of this review" in told
    assert {path: path.read_bytes() for path in review.parent.rglob("*.*")} == before


def test_output_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"--output: .*notes.txt is a file"):
        accepted_files(tmp_path / "notes.txt")


def test_long_lists_are_cut_and_told(tmp_path: Path) -> None:
    rows = [Question(case_id="c", question=f"Where is {n}?", answer="left") for n in range(25)]
    dataset = write_records(tmp_path / "many.jsonl", rows)
    _assign(dataset, tmp_path / "r")
    assert "… and 5 more; all of them with --json" in _finish(dataset, tmp_path / "r", code=1)


def test_a_published_audit_is_told_in_words(shared: Path) -> None:
    data = shared / "data" / "ct_spatialvqa"
    arguments = ("audit", data / "human_audit.json.gz", "--qa-json", data / "qa_before_filter.json.gz")
    told = _run(*arguments)
    for words in (
        "20, of whom 5 judged all",
        "967, of which 304 were judged",
        "235 yes, 68 no",
        "0.2822",
        "Cohen's kappa",
    ):
        assert words in told
    for marks in ("Agreement(", "True", "{"):
        assert marks not in told
    found = json.loads(_run(*arguments, "--json"))
    assert found["judged"] == 304
    assert sum(row["questions"] for row in found["differing"]) == 104
    assert [row["criterion"] for row in found["with_model"]] == ["spatial", "relevant"]
