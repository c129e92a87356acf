"""Reading the public result files of CT-SpatialVQA: questions, verdicts of eight models, three judges.

The benchmark (9,077 questions from 1,601 radiology reports of 1,300 patients) is published as data files with
one correctness matrix. The user names their folder; nothing of them is part of this package.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from medspatial.compare.matrix import CorrectnessMatrix
from medspatial.compare.score_rows import ScoreRows
from medspatial.errors import InputError
from medspatial.language.polarity import names_absence
from medspatial.records import Question, bare_words, volume_name

JUDGES: Mapping[str, str] = {"gpt": "_gpt_eval", "qwen": "_qwen_eval", "gemini": "_gemini2.5_eval_full"}
TAGS: Mapping[str, str] = {"Medial-Lateral Orientation": "Medial-Lateral Orientation (Centricity)"}
"""Names of tags that stand for another: two rows carry a shortened name."""


@dataclass(frozen=True)
class CtSpatialVqa:
    """The benchmark's files, joined.

    Attributes
    ----------
    questions
        With ids as in the matrix (``volume.nii.gz::number in its case``) and the six categories in ``tags``.
    matrix
        Questions x 8 models, mean of three judges, two decimals.
    """

    folder: Path
    questions: tuple[Question, ...]
    matrix: CorrectnessMatrix
    _judged: dict[tuple[str, str], dict[str, bool | None] | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # what `read_judgments` has read

    def scores(self, keep: Sequence[Question] | None = None) -> ScoreRows:
        """Jury verdicts (right when two of three judges agree), of all questions or of some."""
        if keep is None:
            return self._all_scores
        return self._all_scores.only(self._all_scores.ids.among({question.id for question in keep}))

    @cached_property
    def _all_scores(self) -> ScoreRows:
        facts = {question.id: _facts(question) for question in self.questions}
        return ScoreRows.of(
            [score.model_copy(update=facts[score.id]) for score in self.matrix.scores("jury")]
        )

    def tags(self) -> list[str]:
        """The six categories, sorted."""
        return sorted({tag for question in self.questions for tag in question.tags})


def read_ct_spatialvqa(folder: str | Path) -> CtSpatialVqa:
    """Read questions, categories and the matrix.

    Raises
    ------
    InputError
        A file is missing, or its questions do not match the matrix.
    """
    folder = Path(folder)
    matrix = CorrectnessMatrix.read(_file(folder, "correctness_matrix_avg3.csv"))
    questions = tuple(_questions(folder))
    unknown = {question.id for question in questions} ^ {row.id for row in matrix.rows}
    if unknown:
        raise InputError(
            f"{folder}: questions and matrix differ in {len(unknown)} ids, such as {min(unknown)!r}"
        )
    return CtSpatialVqa(folder, questions, matrix)


def absent_or_normal(question: Question) -> bool:
    """True when the reference answer says that something is absent or normal.

    Decided by one of the words no, not, none, nor, without, absent, normal, unremarkable, preserved, natural.
    """
    return names_absence(question.answer)


def text_prior(questions: Sequence[Question]) -> dict[str, str | None]:
    """Answer each question without its image: the most frequent answer to the same words elsewhere.

    Elsewhere means other patients. None where no other patient was asked the same; ties go to the
    alphabetically first answer.
    """
    answers: dict[str, Counter[tuple[str, str]]] = {}
    for question in questions:
        key = (question.patient_id, bare_words(question.answer))
        answers.setdefault(bare_words(question.question), Counter())[key] += 1
    found: dict[str, str | None] = {}
    for question in questions:
        counts: Counter[str] = Counter()
        for (patient, answer), count in answers[bare_words(question.question)].items():
            if patient != question.patient_id:
                counts[answer] += count
        found[question.id] = min(counts, key=lambda text: (-counts[text], text)) if counts else None
    return found


def read_judgments(data: CtSpatialVqa, model: str, judge: str) -> dict[str, bool | None] | None:
    """Verdicts of one judge on one model's answers, by question id; None where the file is not at hand.

    Judgment rows name no case; they follow the order of the model's prediction file, with a few left out.
    They are therefore matched to the predictions as an ordered selection, by question, reference and
    prediction text, and the predictions to the questions by volume name and question text.

    Raises
    ------
    InputError
        A row that fits no prediction in this order, or a prediction that fits no question.
    """
    if (model, judge) not in data._judged:
        data._judged[model, judge] = _joined_judgments(data, model, judge)
    return data._judged[model, judge]


def _joined_judgments(data: CtSpatialVqa, model: str, judge: str) -> dict[str, bool | None] | None:
    path = data.folder / "judgments" / f"{model}{JUDGES[judge]}.json.gz"
    if not path.is_file():
        return None
    judged = json.loads(_text(path))
    predictions = _lines(_file(data.folder, f"predictions/{model}_predictions_full.jsonl"))
    ids = {(question.case_id, question.question): question.id for question in data.questions}
    found: dict[str, bool | None] = {}
    position = 0
    for row in predictions:
        if position == len(judged) or _words(row) != _words(judged[position]):
            continue
        key = (volume_name(row["image_path"]), row["question"])
        if key not in ids:
            raise InputError(f"{path}: row {position + 1}: no question {key[1]!r} of case {key[0]!r}")
        found[ids[key]] = judged[position]["is_correct"]
        position += 1
    if position < len(judged):
        raise InputError(f"{path}: row {position + 1} fits no prediction: {judged[position]['question']!r}")
    return found


def judged_models(data: CtSpatialVqa) -> list[str]:
    """Models of the matrix of which some judgment file is at hand."""
    folder = data.folder / "judgments"
    return [
        model
        for model in data.matrix.columns
        if any((folder / f"{model}{suffix}.json.gz").is_file() for suffix in JUDGES.values())
    ]


def joined_column(data: CtSpatialVqa, model: str) -> dict[str, float | None] | None:
    """Mean verdict of the three judges per question, joined by identity; None where a file is not at hand.

    A question that one judge left out is None, as in the published matrix.
    """
    judges = [read_judgments(data, model, judge) for judge in JUDGES]
    found: dict[str, float | None] = {}
    for question in data.questions:
        verdicts = [None if judge is None else judge.get(question.id) for judge in judges]
        known = [verdict for verdict in verdicts if verdict is not None]
        found[question.id] = sum(known) / len(judges) if len(known) == len(judges) else None
    return None if any(judge is None for judge in judges) else found


def joined_by_row(data: CtSpatialVqa, model: str) -> list[float]:
    """Mean verdict of the three judges' files row by row, up to the shortest file.

    This is *wrong* where a file leaves rows out; it is here to show what a published column was made of.
    """
    files = [
        json.loads(_text(_file(data.folder, f"judgments/{model}{suffix}.json"))) for suffix in JUDGES.values()
    ]
    return [sum(bool(row["is_correct"]) for row in rows) / len(files) for rows in zip(*files, strict=False)]


def _words(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["question"], row["answer"], row["prediction"]


def _questions(folder: Path) -> Iterator[Question]:
    tags = _tags(folder)
    seen: Counter[str] = Counter()
    for row in _lines(_file(folder, "questions.jsonl")):
        case = row["case_id"]
        names = tags.get((case, row["question"]), ())
        yield Question(
            id=f"{case}::{seen[case]}",
            case_id=volume_name(case),
            question=row["question"],
            answer=row["answer"],
            tags=tuple(dict.fromkeys(TAGS.get(name, name) for name in names)),
        )
        seen[case] += 1


def _tags(folder: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    cases = json.loads(_text(_file(folder, "qa_filtered_with_categories.json")))
    return {
        (case, pair["question"]): tuple(pair["category"])
        for case, value in cases.items()
        for pair in value["qa_pairs"]
    }


def _facts(question: Question) -> dict[str, Any]:
    return {
        "case_id": question.case_id,
        "patient_id": question.patient_id,
        "question": question.question,
        "answer": question.answer,
    }


def _file(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    raise InputError(f"{folder}: needs the file {name} or {name}.gz")


def _text(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _text(path).splitlines() if line.strip()]
