"""The stages as one call each, for notebooks: strings and paths everywhere, records in between.

>>> import medspatial as ms
>>> questions = ms.questions(ms.make_phantom(seed=1, spacing=8), subtypes=["L1"])
>>> questions[0].answer in ("yes", "no", "left", "right")
True
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from medspatial.cases import CaseData, Phantom, cases_root, find_cases
from medspatial.compare import Comparison
from medspatial.compare import compare as compare_scores
from medspatial.errors import InputError
from medspatial.models import Model, create_model
from medspatial.predict import (
    Cases,
    CaseSource,
    LoadVolume,
    PredictOptions,
    failure_lines,
    read_predictions,
)
from medspatial.predict import predict as ask
from medspatial.questions import PER_SUBTYPE, Plan, build_questions, questions_of
from medspatial.records import Case, Prediction, Question, Score, read_records
from medspatial.score import Metric, metric, score_stream
from medspatial.study import case_loader

PathLike = str | Path
_PREDICTION_FILES = "*.jsonl"


def questions(
    source: PathLike | CaseData | Phantom,
    *,
    subtypes: Sequence[str] | None = None,
    per_subtype: int = PER_SUBTYPE,
    forms: Sequence[str] = ("open",),
    label_map: str | None = None,
) -> list[Question]:
    """Make the questions of a folder or list of cases, of one case that was read, or of a phantom.

    Parameters
    ----------
    source
        Folder, file of cases, ``load_case(...)`` or ``make_phantom(...)``; a phantom needs no disk.
    subtypes, per_subtype, forms
        As in :func:`medspatial.questions.build_questions`.
    label_map
        Names of the values of masks, where the folder states none.

    Raises
    ------
    InputError
        Unknown subtypes or forms; a case that cannot be read or cannot be true.
    """
    if isinstance(source, str | Path):
        found = find_cases(source, label_map=label_map)
        results = build_questions(
            found.cases,
            cases_root(source),
            subtypes=subtypes,
            per_subtype=per_subtype,
            forms=forms,
            keep_going=False,
        )
        return [one for result in results for one in result.questions]
    plan = Plan(None if subtypes is None else tuple(subtypes), per_subtype, tuple(forms))
    data = source if isinstance(source, CaseData) else _data_of(source)
    return list(questions_of(data, plan).questions)


def predict(
    model: str | Model,
    questions: PathLike | Sequence[Question],
    output: PathLike | None = None,
    *,
    cases: PathLike | Phantom | CaseSource | LoadVolume | None = None,
    arm: str = "standard",
    options: PredictOptions | None = None,
    **model_options: Any,
) -> list[Prediction]:
    """Ask a model questions, and return its answers.

    Parameters
    ----------
    model
        Name of a model, made with ``model_options``, or a model.
    output
        File of predictions that is kept and resumed from; by default nothing is kept.
    cases
        Folder or list of cases, a phantom, or what `medspatial.predict.predict` takes; for models that look.
    arm, options
        As there.

    Returns
    -------
    list of Prediction
        The answers, then the questions that failed (``status="failed"``), of which a warning says the cause.

    Raises
    ------
    InputError
        As `medspatial.models.create_model` and `medspatial.predict.predict`.
    """
    made = create_model(model, **model_options) if isinstance(model, str) else model
    asked = list(read_records(questions, Question)) if isinstance(questions, str | Path) else list(questions)
    source: CaseSource | LoadVolume | None
    if isinstance(cases, str | Path):
        source = case_loader(Path(cases), asked)
    elif isinstance(cases, Phantom):
        source = _cases_of(cases)
    else:
        source = cases
    with TemporaryDirectory() as folder:
        path = Path(output) if output is not None else Path(folder) / "predictions.jsonl"
        run = ask(made, asked, path, cases=source, arm=arm, options=options or PredictOptions())
        for line in failure_lines(run, kept=output is not None):
            warnings.warn(f"{made.name}: {line}", stacklevel=2)
        return read_predictions(path)


def score(
    predictions: PathLike | Iterable[Prediction],
    metrics: str | Metric | Sequence[str | Metric] = "exact",
) -> list[Score]:
    """Score predictions, or a file or folder of them, by metrics; ``exact`` by default.

    Raises
    ------
    InputError
        No predictions; an unknown metric; a row that breaks a rule, with file, line and field.
    """
    wanted = [metrics] if isinstance(metrics, str | Metric) else list(metrics)
    made = [metric(one) if isinstance(one, str) else one for one in wanted]
    rows = _predictions(predictions) if isinstance(predictions, str | Path) else list(predictions)
    if not rows:
        raise InputError("score: no predictions")
    return list(score_stream(rows, made))


def compare(
    scores: PathLike | Iterable[Score],
    *,
    questions: PathLike | Sequence[Question] | None = None,
    **options: Any,
) -> Comparison:
    """Compare models by their scores, or by a file or folder of scores.

    Parameters
    ----------
    options
        As in :func:`medspatial.compare.compare`: ``metric``, ``confidence``, ``resamples``, ``seed``.
    """
    rows = _rows(scores, Score) if isinstance(scores, str | Path) else scores
    asked = list(read_records(questions, Question)) if isinstance(questions, str | Path) else questions
    return compare_scores(rows, questions=asked, **options)


def _cases_of(phantom: Phantom) -> Cases:
    """The one case of a phantom; another is refused, for it would be answered from the wrong patient."""
    own = _data_of(phantom)

    def data(case_id: str) -> CaseData:
        if case_id != phantom.case_id:
            raise InputError(f"case {case_id!r} is not the phantom {phantom.case_id!r}")
        return own

    return Cases(lambda case_id: data(case_id).ct, lambda case_id: data(case_id).masks, data=data)


def _data_of(phantom: Phantom) -> CaseData:
    case = Case(
        case_id=phantom.case_id, patient_id=phantom.patient_id, image_path=f"{phantom.case_id}.nii.gz"
    )
    return CaseData(case, phantom.ct, phantom.masks)


def _predictions(place: PathLike) -> list[Prediction]:
    """Rows of files; a row without a model has its file's name."""
    rows = []
    for path in _files(Path(place)):
        for row in read_records(path, Prediction):
            rows.append(row if row.model else row.model_copy(update={"model": path.stem}))
    return rows


def _rows(place: PathLike, kind: type[Score]) -> list[Score]:
    return [row for path in _files(Path(place)) for row in read_records(path, kind)]


def _files(place: Path) -> list[Path]:
    found = sorted(place.rglob(_PREDICTION_FILES)) if place.is_dir() else [place]
    if not found:
        raise InputError(f"{place}: holds no {_PREDICTION_FILES}")
    return found
