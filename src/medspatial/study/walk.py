"""The walk through a study's stages, each of which skips what its folder already holds.

``cases/``        volumes and masks of the phantom, and ``cases.jsonl``
``questions/``    ``questions.jsonl``, ``dropped.jsonl``
``predictions/``  ``MODEL.jsonl``, or ``MODEL@ARM.jsonl`` for a control arm
``scores/``       ``METRIC/MODEL.jsonl``
``compare/``      ``comparison.json``, ``correctness_matrix.csv``
``report/``       ``index.html``, tables and figures
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medspatial.arms import arm
from medspatial.cases import cases_root, find_cases, write_phantoms
from medspatial.compare import Comparison, CorrectnessMatrix, compare, with_visible_shares
from medspatial.errors import InputError
from medspatial.manifest import new_manifest, read_manifest, session, write_manifest
from medspatial.models import Model, create_model
from medspatial.predict import PredictionRun, predict, read_predictions, troubles
from medspatial.progress import capped, progress
from medspatial.questions import (
    DROP_RULES,
    QUESTIONS_FILE,
    SUMMARY_FILE,
    build_questions,
    mirrored_cases,
    write_questions,
)
from medspatial.records import Case, Prediction, Question, Score, read_records, write_records
from medspatial.report import write_report
from medspatial.score import metric
from medspatial.study.config import MetricConfig, StudyConfig
from medspatial.study.loading import CaseLoader
from medspatial.tracking import start_tracker, track_report

Say = Callable[[str], None]


@dataclass(frozen=True)
class StudyRun:
    """What a walk left behind.

    Attributes
    ----------
    failed
        Questions without an answer because of an error, over all models and arms.
    unusable
        Cases that gave no question, with the reason.
    """

    folder: Path
    comparison: Comparison
    report: Path
    questions: int
    failed: int
    unusable: dict[str, str] = field(default_factory=dict)


class Study:
    """A study in its folder; each method is one stage.

    Parameters
    ----------
    config
        From `medspatial.study.read_study`.
    folder
        Where all files go; may hold an earlier, unfinished run of the same study.
    say
        Gets one line per stage.
    warn
        Gets one line for each folder and case that gives no question, and each label map that does not fit,
        up to a screen of them; by default these go to ``say``.
    """

    def __init__(
        self,
        config: StudyConfig,
        folder: str | Path,
        say: Say = lambda line: None,
        warn: Say | None = None,
    ) -> None:
        self.config = config
        self.folder = Path(folder)
        self.say = say
        self._warn_of = warn or say
        self._root = self.folder / "cases"

    def run(self) -> StudyRun:
        """Walk all stages.

        Raises
        ------
        InputError
            The folder belongs to another study, or a stage's input is bad.
        """
        self._claim()
        cases = self.cases()
        questions = self.questions(cases)
        runs = list(self.predictions(cases, questions))
        scores = self.scores(questions)
        comparison = self.compare(questions, scores)
        page = self.report(cases, questions, scores, comparison)
        self.track(comparison)
        self._release()
        failed = sum(run.failed for run in runs)
        return StudyRun(self.folder, comparison, page, len(questions), failed, self._unusable())

    def cases(self) -> list[Case]:
        """Make the phantoms, or find the cases; mirrored controls of them come last."""
        settings = self.config.cases
        if settings.phantom is not None:
            with progress("phantoms", int(settings.phantom.get("count", 0))) as bar:
                cases = write_phantoms(self._root, **settings.phantom, progress=bar)
            self.say(f"cases: {len(cases)} phantoms in {self._root}")
        else:
            source = Path(settings.path or "")
            self._root = cases_root(source)
            found = find_cases(source, label_map=settings.label_map)
            cases = found.cases
            self.say(f"cases: {len(cases)} of {found.patients} patients in {source}")
            self._warn(f"no case: {one}" for one in found.left_out)
        if settings.mirrored:
            cases += mirrored_cases(cases)
        write_records(self.folder / "cases" / "all_cases.jsonl", cases)
        return cases

    def questions(self, cases: list[Case]) -> list[Question]:
        """Read the questions, or build them from the cases' masks."""
        settings = self.config.questions
        folder = self.folder / "questions"
        path = folder / QUESTIONS_FILE
        if settings.path is not None:
            write_records(path, read_records(settings.path, Question))
            self.say(f"questions: from {settings.path}")
        else:
            results = build_questions(
                cases,
                self._root,
                subtypes=settings.subtypes,
                per_subtype=settings.per_subtype,
                forms=settings.forms,
                workers=settings.workers,
                folder=folder / "by_case",
                assume_axes=self.config.cases.assume_axes,
            )
            with progress("questions", len(cases)) as bar:
                found = write_questions(results, folder, balance=settings.balance, progress=bar)
            self.say(f"questions: {found.questions} asked, {sum(found.dropped.values())} dropped by rule")
            self._warn(found.troubles())
        questions = read_records(path, Question).rows
        if not questions:
            raise InputError(f"{path}: no question could be asked; dropped.jsonl beside it says why")
        return questions

    def predictions(self, cases: list[Case], questions: list[Question]) -> Iterator[PredictionRun]:
        """Ask each model in each arm."""
        loader = CaseLoader(cases, self._root, self.config.cases.assume_axes)
        for entry in self.config.models:
            model = create_model(entry.kind, name=entry.name, **entry.options)
            for name in self.config.all_arms():
                yield self._predict(model, name, entry.batch_size, questions, loader)
            model.close()

    def _predict(
        self, model: Model, arm_name: str, batch: int | None, questions: list[Question], cases: CaseLoader
    ) -> PredictionRun:
        chosen = arm(arm_name)
        asked = chosen.questions(questions)
        label = model.name if arm_name == "standard" else f"{model.name} in arm {arm_name}"
        if not asked:
            raise InputError(f"arm {arm_name!r} applies to none of the {len(questions)} questions")
        with progress(label, len(asked)) as bar:
            run = predict(
                model,
                asked,
                self._predictions_of(model.name, arm_name),
                load=chosen.loader(cases.volume, asked),
                load_masks=chosen.mask_loader(cases.masks, asked),
                locate=chosen.locate,
                arm=arm_name,
                states=cases.states if chosen.shows_volume else None,
                each_alone=chosen.each_alone,
                batch_size=batch,
                progress=bar,
            )
        failed = f", {run.failed} failed" if run.failed else ""
        aside = f", {run.outdated} set aside (question or case changed)" if run.outdated else ""
        self.say(f"{label}: {run.answered} answered now, {run.resumed} before{failed}{aside}")
        self._warn(f"{label}: {line}" for line in troubles(run))
        return run

    def scores(self, questions: list[Question]) -> list[Score]:
        """Score every prediction by every metric."""
        scores: list[Score] = []
        for entry in self.config.all_metrics():
            judge = metric(entry.name, **self._metric_options(entry))
            for model in self.config.models:
                for arm_name in self.config.all_arms():
                    rows = read_predictions(self._predictions_of(model.name, arm_name))
                    judged = with_visible_shares(judge.score(rows), rows)
                    folder = self.folder / "scores" / _file_name(entry.name)
                    write_records(folder / f"{_stem(model.name, arm_name)}.jsonl", judged)
                    scores += judged
            judge.close()
        names = ", ".join(entry.name for entry in self.config.all_metrics())
        self.say(f"scores: {names} in {self.folder / 'scores'}")
        return scores

    def _metric_options(self, entry: MetricConfig) -> dict[str, Any]:
        """A judge keeps its replies in the study's folder, so that asking again costs nothing."""
        if entry.name.partition(":")[0] != "judge":
            return entry.options
        return {"cache": self.folder / "scores" / "judge-cache.sqlite", **entry.options}

    def compare(self, questions: list[Question], scores: list[Score]) -> Comparison:
        """Compare the models by the chosen metric."""
        settings = self.config.compare
        comparison = compare(
            scores,
            questions=questions,
            metric=settings.metric,
            confidence=settings.confidence,
            resamples=settings.resamples,
            seed=settings.seed,
        )
        folder = self.folder / "compare"
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(comparison.model_dump(mode="json"), indent=1)
        (folder / "comparison.json").write_text(text + "\n", encoding="utf-8")
        matrix = CorrectnessMatrix.from_scores(scores, questions=questions, metric=settings.metric)
        matrix.write(folder / "correctness_matrix.csv")
        return comparison

    def report(
        self, cases: list[Case], questions: list[Question], scores: list[Score], comparison: Comparison
    ) -> Path:
        """Write the page with tables, figures and every question's pictures."""
        predictions = list(self._all_predictions())
        with progress("report", len({question.case_id for question in questions})) as bar:
            page = write_report(
                self.folder / "report",
                title=self.config.title,
                questions=questions,
                predictions=predictions,
                scores=[score for score in scores if score.metric == self.config.compare.metric],
                comparison=comparison,
                load=CaseLoader(cases, self._root, self.config.cases.assume_axes).data,
                manifest=self._manifest.model_dump(mode="json"),
                drops=self._drops(),
                unusable=self._unusable(),
                max_pictures=self.config.report.max_pictures,
                progress=lambda case_id: bar.advance(1, case_id),
            )
        self.say(f"report: {page}")
        return page

    def track(self, comparison: Comparison) -> None:
        """Log comparison, tables, figures and manifest to the tracker, if the study names one."""
        settings = self.config.track
        if settings is None or settings.mode == "disabled":
            return
        tracker = start_tracker(
            settings.to,
            project=settings.project,
            folder=self.folder / "track",
            name=settings.name or self.folder.name,
            mode=settings.mode,
            options=settings.options,
        )
        with tracker:
            track_report(tracker, comparison, self.folder / "report", self._manifest.model_dump(mode="json"))
        self.say(f"tracked: {settings.to}, {settings.mode}, project {settings.project}")

    def _warn(self, lines: Iterable[str]) -> None:
        for line in capped(lines):
            self._warn_of(line)

    def _drops(self) -> dict[str, int]:
        """Rules in words, and how many candidate questions each dropped."""
        return {DROP_RULES[rule]: count for rule, count in self._summary("dropped").items()}

    def _unusable(self) -> dict[str, str]:
        """Cases that gave no question, with the reason."""
        return self._summary("unusable_cases")

    def _summary(self, name: str) -> dict[str, Any]:
        """A part of what the question stage counted; nothing where the questions came from a file."""
        path = self.folder / "questions" / SUMMARY_FILE
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))[name] if path.exists() else {}
        return found

    def _all_predictions(self) -> Iterator[Prediction]:
        for entry in self.config.models:
            for arm_name in self.config.all_arms():
                yield from read_predictions(self._predictions_of(entry.name, arm_name))

    def _predictions_of(self, model: str, arm_name: str) -> Path:
        return self.folder / "predictions" / f"{_stem(model, arm_name)}.jsonl"

    def _claim(self) -> None:
        """Note which study the folder belongs to; another one's folder is refused."""
        path = self.folder / "manifest.json"
        manifest = new_manifest("study", self.config.model_dump(mode="json", exclude={"track"}), {})
        old = read_manifest(path)
        if old is not None and old.configuration_hash != manifest.configuration_hash:
            changed = [k for k, v in manifest.configuration.items() if old.configuration.get(k) != v]
            raise InputError(
                f"{self.folder}: holds another study (changed: {', '.join(changed)}); "
                "give another --out, or remove the folder"
            )
        sessions = (*(old.sessions if old else ()), session(versions=manifest.versions))
        self._manifest = manifest.model_copy(update={"sessions": sessions})
        write_manifest(path, self._manifest)

    def _release(self) -> None:
        last = {**self._manifest.sessions[-1], "ended": session()["started"]}
        sessions = (*self._manifest.sessions[:-1], last)
        write_manifest(
            self.folder / "manifest.json", self._manifest.model_copy(update={"sessions": sessions})
        )


def _file_name(text: str) -> str:
    """Return a name that is safe in a path: ``judge:openai:org/m`` becomes ``judge-openai-org-m``."""
    return re.sub(r"[^\w.+-]", "-", text)


def _stem(model: str, arm_name: str) -> str:
    return model if arm_name == "standard" else f"{model}@{arm_name}"


def run_study(
    config: StudyConfig, folder: str | Path, say: Say = lambda line: None, warn: Say | None = None
) -> StudyRun:
    """Walk a study's stages in its folder; see `Study`."""
    return Study(config, folder, say, warn).run()
