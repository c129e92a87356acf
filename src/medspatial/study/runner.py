"""The runner of a study's stages, each of which skips what its folder already holds.

``cases/``        volumes and masks of the phantom, and ``cases.jsonl``
``questions/``    ``questions.jsonl``, ``dropped.jsonl``
``predictions/``  ``MODEL.jsonl``, or ``MODEL@ARM.jsonl`` for a control arm; ``readers.jsonl``
``scores/``       ``METRIC/MODEL.jsonl``
``compare/``      ``comparison.json``, ``correctness_matrix.csv``, ``sights/INPUT.jsonl``
``acuity/``       answers of the sight test, ``input_INPUT.jsonl``
``report/``       ``index.html``, tables and figures
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medspatial.arms import Arm, arm, decided, extra_volumes
from medspatial.cases import write_phantoms
from medspatial.compare import Comparison, CorrectnessMatrix, compare
from medspatial.errors import InputError, MedspatialError
from medspatial.files import locked, write_json
from medspatial.manifest import new_manifest, read_manifest, session, write_manifest
from medspatial.models import Model
from medspatial.models.registry import model_options
from medspatial.models.tools.recipe import ModelRecipe
from medspatial.predict import (
    Job,
    PredictionRun,
    PredictOptions,
    Workers,
    failure_lines,
    iter_predictions,
    predict,
    predict_with,
)
from medspatial.predict.output import volumes_file
from medspatial.progress import Silent, capped, progress
from medspatial.questions import (
    DROP_RULES,
    QUESTIONS_FILE,
    SUMMARY_FILE,
    build_questions,
    mirrored_cases,
    subtypes,
    write_questions,
)
from medspatial.records import Case, Prediction, Question, Score, Sight, read_records, write_records
from medspatial.report import write_report
from medspatial.report.model_notes import ModelNote
from medspatial.report.page import PEOPLE_PAGE
from medspatial.score import ScoringRun, metric, score_file
from medspatial.study.acuity import StudyAcuity
from medspatial.study.config import MetricConfig, ModelConfig, StudyConfig
from medspatial.study.entries import check_entries
from medspatial.study.inputs import sights_of_input
from medspatial.study.loading import ROOT_FILE, CaseLoader, found_cases
from medspatial.study.model_notes import model_note, seconds_per_stage
from medspatial.study.people import ANSWERED, StudyPeople
from medspatial.study.stopped import cause_of, part_name
from medspatial.study.table_source import table_source
from medspatial.tracking import start_tracker, track_report

Say = Callable[[str], None]


@dataclass(frozen=True)
class StudyRun:
    """What a run left behind.

    Attributes
    ----------
    failed
        Questions without an answer because of an error, over all models and arms.
    unusable
        Cases that gave no question, with the reason.
    stopped
        Models and metrics that could not go on (``model 'x'``), with the cause; what they had not finished is
        in no table.
    kinds
        Model to what it is where that must be known to read its figures, such as ``"baseline"``.
    """

    folder: Path
    comparison: Comparison
    report: Path
    questions: int
    failed: int
    unusable: dict[str, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


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
    workers
        Makes the workers that ask a model (`medspatial.predict.Processes`, Ray's actors), for models that
        take the option ``device`` and are not given it. Others, such as baselines, run in this process.
    """

    def __init__(
        self,
        config: StudyConfig,
        folder: str | Path,
        say: Say = lambda line: None,
        warn: Say | None = None,
        workers: Callable[[Job], Workers] | None = None,
    ) -> None:
        self._workers = workers
        self.config = config
        self.folder = Path(folder)
        self.say = say
        self._warn_of = warn or say
        self._root = self.folder / "cases"
        self._notes: list[ModelNote] = []
        self._acuity = StudyAcuity(config.acuity, self.folder, say)
        self._people: StudyPeople | None = None
        self._stopped: dict[str, str] = {}
        self._unfinished: set[tuple[str, str]] = set()  # model and arm

    def run(self) -> StudyRun:
        """Run all stages.

        Raises
        ------
        InputError
            The folder belongs to another study, another run is writing it, a stage's input is bad, or a model
            or metric does not take an option.
        MedspatialError
            No model can go on, or the metric that is compared cannot.
        """
        check_entries(self.config)
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder):
            return self._run()

    def _run(self) -> StudyRun:
        self._claim()
        cases = self.cases()
        questions = self.questions(cases)
        runs = list(self.predictions(cases, questions))
        self.people(questions)
        scores = self.scores(questions)
        self._acuity.of_inputs()
        comparison = self.compare(questions, scores, self.sights(cases, questions))
        page = self.report(cases, questions, scores, comparison)
        self.track(comparison)
        self._release()
        return StudyRun(
            self.folder,
            comparison,
            page,
            questions=len(questions),
            failed=sum(run.failed for run in runs),
            unusable=self._unusable(),
            stopped=self._stopped,
            kinds={note.model: note.kind for note in self._notes if note.kind},
        )

    def cases(self) -> list[Case]:
        """Make the phantoms, or find the cases; mirrored controls of them come last."""
        settings = self.config.cases
        if settings.phantom is not None:
            with progress("phantoms", int(settings.phantom.get("count", 0))) as bar:
                cases = write_phantoms(self._root, **settings.phantom, progress=bar)
            self.say(f"cases: {len(cases)} phantoms in {self._root}")
        else:
            found = found_cases(settings)
            self._root, cases = found.root, found.cases
            place = settings.path or f"{settings.source}, below {found.root}"
            self.say(f"cases: {len(cases)} of {found.patients} patients in {place}")
            for line in found.lines():
                self._warn_of(line)
        if settings.mirrored:
            cases += mirrored_cases(cases)
        write_records(self.folder / "cases" / "all_cases.jsonl", cases)
        if settings.source is not None:  # no path in the manifest says where relative paths start
            write_json(self.folder / "cases" / ROOT_FILE, {"root": str(self._root)})
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
            self._warn(found.assumed())
            self._warn(found.troubles())
        questions = read_records(path, Question).rows
        if not questions:
            raise InputError(f"{path}: no question could be asked; dropped.jsonl beside it says why")
        return questions[: settings.limit]

    def predictions(self, cases: list[Case], questions: list[Question]) -> Iterator[PredictionRun]:
        """Ask each model in each arm; one that cannot go on leaves the others alone.

        Raises
        ------
        Exception
            That of the first model, where none could go on.
        """
        loader = CaseLoader(cases, self._root, self.config.cases.assume_axes)
        arms = self._decided(questions, loader)
        errors = []
        for entry in self.config.models:
            pending = list(self.config.all_arms())
            try:
                recipe = ModelRecipe(entry.kind, {"name": entry.name, **entry.options})
                model = None if self._is_placed(entry) else recipe()
                while pending:
                    yield self._predict(recipe, model, arms[pending[0]], entry, questions, loader)
                    pending.pop(0)
                model = model or recipe()  # once the workers have freed their devices
                self._acuity.of_model(model)
                self._notes.append(model_note(model, entry.kind, list(arms.values()), questions, loader))
                model.close()
            except Exception as error:
                errors.append(error)
                self._unfinished |= {(entry.name, name) for name in pending}
                self._stop(entry, error)
        if len(errors) == len(self.config.models):
            raise errors[0]

    def _stop(self, entry: ModelConfig | MetricConfig, error: Exception) -> None:
        part = part_name(entry)
        self._stopped[part] = cause_of(entry, error)
        self._warn_of(f"{part} stopped: {self._stopped[part]}")

    def _decided(self, questions: list[Question], cases: CaseLoader) -> Mapping[str, Arm]:
        """Return the arms with the questions that each asks, and say what they will cost."""
        arms = [arm(name) for name in self.config.all_arms()]
        own = len({question.case_id for question in questions})
        with progress("arms", own) if len(arms) > 1 else nullcontext(Silent()) as bar:
            found = decided(arms, questions, cases.data, lambda case_id: bar.advance(1, case_id))
        counts = {name: len(one.questions(questions)) for name, one in found.items()}
        extra = {name: extra_volumes(one, one.questions(questions)) for name, one in found.items()}
        for name, count in extra.items():
            if count:
                self.say(
                    f"arm {name}: {counts[name]} of {len(questions)} questions, {count} changed volumes to "
                    "show to each model that looks"
                )
        if total := sum(extra.values()):
            self.say(f"arms: {total + own} volumes to encode per model that looks, {own} without these arms")
        return found

    def _is_placed(self, entry: ModelConfig) -> bool:
        """Whether workers ask a model; one whose own options say where it runs stays there."""
        takes = "device" in model_options(entry.kind).kinds and "device" not in entry.options
        return self._workers is not None and takes

    def _predict(  # noqa: PLR0917
        self,
        recipe: ModelRecipe,
        model: Model | None,
        chosen: Arm,
        entry: ModelConfig,
        questions: list[Question],
        cases: CaseLoader,
    ) -> PredictionRun:
        asked = chosen.questions(questions)
        label = entry.name if chosen.name == "standard" else f"{entry.name} in arm {chosen.name}"
        with progress(label, len(asked)) as bar:
            options = PredictOptions(batch_size=entry.batch_size, progress=bar)
            path = self._predictions_of(entry.name, chosen.name)
            if model is None and self._workers is not None:
                job = Job(recipe, cases, asked, chosen.name, entry.batch_size)
                run = predict_with(self._workers(job), job, path, options)
            else:
                answerer = model or recipe()
                run = predict(answerer, questions, path, cases=cases, arm=chosen, options=options)
        failed = f", {run.failed} failed" if run.failed else ""
        aside = f", {run.outdated} set aside (question or case changed)" if run.outdated else ""
        self.say(f"{label}: {run.answered} answered now, {run.resumed} before{failed}{aside}")
        self._warn(f"{label}: {line}" for line in failure_lines(run))
        return run

    def people(self, questions: list[Question]) -> None:
        """Offer the questions to the study's readers, and take up what they have answered."""
        if self.config.reading is not None:
            self._people = StudyPeople(self.config.reading, self.folder, self.config.title, questions)
            self._people.offer()
            self._people.collect()
            self.say(self._people.line())

    def scores(self, questions: list[Question]) -> list[Score]:
        """Score what no metric has scored yet, or has scored under other settings."""
        scores: list[Score] = []
        runs: list[ScoringRun] = []
        for entry in self.config.all_metrics():
            try:
                found = self._scored(entry)
            except MedspatialError as error:
                if entry.name == self.config.compare.metric:
                    raise
                self._stop(entry, error)
                continue
            runs += found
            scores += [score for run in found for score in run.scores()]
        names = ", ".join(entry.name for entry in self.config.all_metrics())
        now, before = sum(run.scored for run in runs), sum(run.kept for run in runs)
        self.say(f"scores: {names} in {self.folder / 'scores'}; {now} scored now, {before} before")
        return scores

    def _scored(self, entry: MetricConfig) -> list[ScoringRun]:
        judge = metric(entry.name, **self._metric_options(entry))
        folder = self.folder / "scores" / _file_name(entry.name)
        runs = []
        for model, arm_name in self._finished():
            rows = iter_predictions(self._predictions_of(model, arm_name))
            runs.append(score_file(judge, rows, folder / f"{_stem(model, arm_name)}.jsonl"))
        if self._people is not None:
            runs.append(score_file(judge, self._people.predictions, folder / f"{ANSWERED}.jsonl"))
        judge.close()
        return runs

    def _finished(self) -> list[tuple[str, str]]:
        """Return model and arm of all predictions that are complete."""
        asked = [(model.name, name) for model in self.config.models for name in self.config.all_arms()]
        return [one for one in asked if one not in self._unfinished]

    def _metric_options(self, entry: MetricConfig) -> dict[str, Any]:
        """A judge keeps its replies in the study's folder, so that asking again costs nothing."""
        if entry.name.partition(":")[0] != "judge":
            return entry.options
        return {"cache": self.folder / "scores" / "judge-cache.sqlite", **entry.options}

    def sights(self, cases: list[Case], questions: list[Question]) -> list[Sight]:
        """Return what the inputs that the study names hold of the questions' evidence."""
        loader = CaseLoader(cases, self._root, self.config.cases.assume_axes)
        names = self.config.compare.inputs
        if not names:
            return []
        count = len({question.case_id for question in questions})
        self.say(f"inputs: {len(names)} to look into, {count} cases each")
        found: list[Sight] = []
        for name in names:
            of_input = sights_of_input(name, questions, loader, self.folder / "compare" / "sights")
            lost, rest = sum(one.lost for one in of_input), len(questions) - len(of_input)
            aside = f"; {rest} more rest on no mask" if rest else ""
            self.say(f"input {name}: holds next to nothing of {lost} of {len(of_input)} questions{aside}")
            found += of_input
        return found

    def compare(
        self, questions: list[Question], scores: list[Score], sights: Sequence[Sight] = ()
    ) -> Comparison:
        """Compare the models by the chosen metric."""
        settings = self.config.compare
        scores = self._whole(scores, questions)
        comparison = self._compared(questions, scores, sights)
        folder = self.folder / "compare"
        write_json(folder / "comparison.json", comparison.model_dump(mode="json"))
        matrix = CorrectnessMatrix.from_scores(scores, questions=questions, metric=settings.metric)
        matrix.write(folder / "correctness_matrix.csv")
        return comparison

    def _compared(
        self, questions: list[Question], scores: list[Score], sights: Sequence[Sight] = ()
    ) -> Comparison:
        settings = self.config.compare
        return compare(
            scores,
            questions=questions,
            metric=settings.metric,
            confidence=settings.confidence,
            resamples=settings.resamples,
            seed=settings.seed,
            sights=sights,
        )

    def _whole(self, scores: list[Score], questions: list[Question]) -> list[Score]:
        """Leave out readers who answered a part: what they were not asked is not wrong."""
        partial = self._people.partial(questions) if self._people else frozenset()
        return [one for one in scores if one.model not in partial]

    def report(
        self, cases: list[Case], questions: list[Question], scores: list[Score], comparison: Comparison
    ) -> Path:
        """Write the page with tables, figures and every question's pictures."""
        compared = [one for one in scores if one.metric == self.config.compare.metric]
        load = CaseLoader(cases, self._root, self.config.cases.assume_axes).data
        read = self._read_by_all(questions)
        shared: dict[str, Any] = {
            "load": load,
            "manifest": self._manifest.model_dump(mode="json"),
            "subtypes": {one.id: one.title for one in subtypes()},
            "source": table_source(self.folder, questions, (one.kind for one in self.config.models)),
            "notes": self._notes,
            "max_pictures": self.config.report.max_pictures,
        }
        with progress("report", len({question.case_id for question in questions})) as bar:
            page = write_report(
                self.folder / "report",
                title=self.config.title,
                questions=questions,
                predictions=list(self._all_predictions()),
                scores=self._whole(compared, questions),
                comparison=comparison,
                drops=self._drops(),
                unusable=self._unusable(),
                seconds=self._seconds(),
                stopped=self._stopped,
                extra_tables=self._acuity.tables(),
                extra_charts=self._acuity.charts(),
                people=self._people.results(compared) if self._people else None,
                people_page=bool(read),
                progress=lambda case_id: bar.advance(1, case_id),
                **shared,
            )
        if read:
            asked = {one.id for one in read}
            rows = [one for one in compared if one.id in asked and one.arm == "standard"]
            write_report(
                self.folder / "report" / PEOPLE_PAGE,
                title=f"{self.config.title}: what every reader read",
                questions=read,
                predictions=[one for one in self._all_predictions() if one.id in asked],
                scores=rows,
                comparison=self._compared(read, rows),
                **shared,
            )
        self.say(f"report: {page}")
        return page

    def _read_by_all(self, questions: list[Question]) -> list[Question]:
        """Return the questions that all readers answered, where that is not all of them."""
        if self._people is None or not self._people.partial(questions):
            return []
        common = self._people.common()
        return [one for one in questions if one.id in common]

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

    def _drops(self) -> dict[str, dict[str, int]]:
        """Rules in words, and how many candidate questions of which subtype each dropped."""
        found: dict[str, dict[str, int]] = {}
        for subtype, rules in self._summary("dropped_by_subtype").items():
            for rule, count in rules.items():
                found.setdefault(DROP_RULES[rule], {})[subtype] = count
        return found

    def _seconds(self) -> dict[str, dict[str, float]]:
        """Per model the seconds of each stage over all arms, as the runner measured them."""
        found = {}
        for entry in self.config.models:
            paths = [volumes_file(self._predictions_of(entry.name, name)) for name in self.config.all_arms()]
            lines = (
                json.loads(line)
                for path in paths
                if path.exists()
                for line in path.read_text(encoding="utf-8").splitlines()
            )
            found[entry.name] = seconds_per_stage(lines)
        return found

    def _unusable(self) -> dict[str, str]:
        """Cases that gave no question, with the reason."""
        return self._summary("unusable_cases")

    def _summary(self, name: str) -> dict[str, Any]:
        """A part of what the question stage counted; nothing where the questions came from a file."""
        path = self.folder / "questions" / SUMMARY_FILE
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))[name] if path.exists() else {}
        return found

    def _all_predictions(self) -> Iterator[Prediction]:
        for model, arm_name in self._finished():
            yield from iter_predictions(self._predictions_of(model, arm_name))
        if self._people is not None:
            yield from self._people.predictions

    def _predictions_of(self, model: str, arm_name: str) -> Path:
        return self.folder / "predictions" / f"{_stem(model, arm_name)}.jsonl"

    def _claim(self) -> None:
        """Note which study the folder belongs to; another one's folder is refused."""
        path = self.folder / "manifest.json"
        manifest = new_manifest("study", _configuration(self.config), {})
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


def _configuration(config: StudyConfig) -> dict[str, Any]:
    """Return what decides the models' results; fields unknown to earlier versions only where they are set."""
    found = config.model_dump(mode="json", exclude={"track", "reading"})
    if found["cases"]["source"] is None:
        del found["cases"]["source"], found["cases"]["options"]
    if found["questions"]["limit"] is None:
        del found["questions"]["limit"]
    if found["epochs"] == 1:
        del found["epochs"]
    if not found["compare"]["inputs"]:
        del found["compare"]["inputs"]
    if found["acuity"] is None:
        del found["acuity"]
    return found


def _file_name(text: str) -> str:
    """Return a name that is safe in a path: ``judge:openai:org/m`` becomes ``judge-openai-org-m``."""
    return re.sub(r"[^\w.+-]", "-", text)


def _stem(model: str, arm_name: str) -> str:
    return model if arm_name == "standard" else f"{model}@{arm_name}"


def run_study(
    config: StudyConfig,
    folder: str | Path,
    say: Say = lambda line: None,
    warn: Say | None = None,
    workers: Callable[[Job], Workers] | None = None,
) -> StudyRun:
    """Run a study's stages in its folder; see `Study`."""
    return Study(config, folder, say, warn, workers).run()
