"""Our scores as logs of inspect_ai: one log per model and arm, written through its own API."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medspatial.errors import InputError, require
from medspatial.exchange.names import files_of
from medspatial.files import whole_file
from medspatial.records import Question, Score
from medspatial.version import __version__

SLICES = "Slices for the reader of this log, not what the model was given"


def write_inspect_logs(
    folder: str | Path,
    scores: Iterable[Score],
    *,
    questions: Sequence[Question] = (),
    task: str = "medspatial",
    created: datetime | None = None,
    pictures: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> list[Path]:
    """Write one ``.eval`` log per model and arm; each question is a sample with every metric's verdict.

    Parameters
    ----------
    questions
        For the evidence in each sample's metadata; scores are joined by id.
    created
        When the run was made; now by default.
    pictures
        By question, data URLs with captions to show beside its words: slices of the case, which are not
        what a model was given.

    Raises
    ------
    InputError
        No scores.
    MissingPackageError
        inspect_ai is not installed.
    """
    logs = require("inspect_ai.log", "exchange")
    groups: dict[tuple[str, str], dict[str, list[Score]]] = defaultdict(lambda: defaultdict(list))
    for one in scores:
        groups[one.model, one.arm][one.id].append(one)
    if not groups:
        raise InputError("export inspect: no scores")
    by_id = {one.id: one for one in questions}
    stamp = (created or datetime.now(UTC)).isoformat(timespec="seconds")
    places = files_of(folder, (f"{model}_{arm}" for model, arm in groups), ".eval")
    written = []
    for (model, arm), samples in groups.items():
        log = _log(
            logs,
            samples,
            by_id,
            {"model": model, "arm": arm, "task": task, "created": stamp},
            pictures or {},
        )
        path = places[f"{model}_{arm}"]
        with whole_file(path, ".eval") as unfinished:
            logs.write_eval_log(log, str(unfinished), format="eval")
        written.append(path)
    return written


def _log(
    logs: Any,
    samples: Mapping[str, list[Score]],
    by_id: Mapping[str, Question],
    said: dict[str, str],
    pictures: Mapping[str, Sequence[tuple[str, str]]],
) -> Any:
    metrics = sorted({one.metric for rows in samples.values() for one in rows})
    return logs.EvalLog(
        status="success",
        eval=logs.EvalSpec(
            created=said["created"],
            task=said["task"],
            model=said["model"],
            dataset=logs.EvalDataset(name=said["task"], samples=len(samples), sample_ids=list(samples)),
            config=logs.EvalConfig(),
            packages={"medspatial": __version__},
            metadata={"arm": said["arm"]},
            tags=[said["arm"]],
        ),
        stats=logs.EvalStats(started_at=said["created"], completed_at=said["created"]),
        results=logs.EvalResults(
            total_samples=len(samples),
            completed_samples=sum(
                any(one.prediction is not None for one in rows) for rows in samples.values()
            ),
            scores=[_result(logs, metric, samples) for metric in metrics],
        ),
        samples=[
            _sample(logs, rows, by_id.get(name), said["arm"], pictures.get(name, ()))
            for name, rows in samples.items()
        ],
    )


def _result(logs: Any, metric: str, samples: Mapping[str, list[Score]]) -> Any:
    rows = [one for rows in samples.values() for one in rows if one.metric == metric]
    figures = [float(one.score) for one in rows if one.score is not None]
    # what was not answered is not right: the denominator is all rows, as in our own tables
    mean = sum(figures) / len(rows)
    return logs.EvalScore(
        name=metric,
        scorer=metric,
        scored_samples=len(figures),
        unscored_samples=len(rows) - len(figures),
        metrics={"mean": logs.EvalMetric(name="mean", value=mean)},
    )


def _sample(
    logs: Any,
    rows: Sequence[Score],
    question: Question | None,
    arm: str,
    pictures: Sequence[tuple[str, str]],
) -> Any:
    scorer, models = require("inspect_ai.scorer", "exchange"), require("inspect_ai.model", "exchange")
    first = rows[0]
    facts = first.model_dump(
        mode="json", include={"id", "case_id", "patient_id", "image_path", "category", "subtype"}
    )
    facts = {name: value for name, value in facts.items() if value is not None}
    if question is not None and question.evidence is not None:
        facts["evidence"] = question.evidence.model_dump(mode="json", exclude_defaults=True)
    failed = first.prediction is None
    asked = _asked(models, first.question, pictures)
    return logs.EvalSample(
        id=first.id,
        epoch=1,
        input=asked if pictures else first.question,
        choices=list(first.options) or None,
        target=first.answer,
        messages=[*asked, models.ChatMessageAssistant(content=first.prediction or "", model=first.model)],
        output=models.ModelOutput.from_content(first.model, first.prediction or ""),
        scores={
            one.metric: scorer.Score(value=_value(one), answer=_answer(one), explanation=one.reason)
            for one in rows
        },
        metadata={**facts, "arm": arm, "model": first.model, "failed": failed},
    )


def _answer(one: Score) -> str | None:
    """What was read from the reply, else the reply."""
    return one.prediction if one.extracted is None else one.extracted


def _asked(models: Any, text: str, pictures: Sequence[tuple[str, str]]) -> list[Any]:
    """The words alone; or a note on what the slices are, then words and slices."""
    if not pictures:
        return [models.ChatMessageUser(content=text)]
    captions = "; ".join(caption for _, caption in pictures)
    content: list[Any] = [models.ContentText(text=text)]
    content += [models.ContentImage(image=url) for url, _ in pictures]
    note = models.ChatMessageSystem(content=f"{SLICES}: {captions}")
    return [note, models.ChatMessageUser(content=content)]


def _value(one: Score) -> str | float:
    """Inspect's letters where a metric decides: correct, incorrect, no answer; else its figure."""
    if one.status != "scored" or one.score is None:
        return "N"
    if one.correct is None:
        return float(one.score)
    return "C" if one.correct else "I"
