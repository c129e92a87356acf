"""The files of a study's folder: where each stage's lie, and what the stages counted there.

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
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.files import path_part
from medspatial.predict.output import volumes_file
from medspatial.questions import DROP_RULES, QUESTIONS_FILE, SUMMARY_FILE
from medspatial.study.model_notes import seconds_per_stage


@dataclass(frozen=True)
class StudyFiles:
    """The folder of a study."""

    folder: Path

    @property
    def cases(self) -> Path:
        """Folder of the cases."""
        return self.folder / "cases"

    @property
    def questions(self) -> Path:
        """Folder of questions and ledger."""
        return self.folder / "questions"

    @property
    def questions_file(self) -> Path:
        """The questions."""
        return self.questions / QUESTIONS_FILE

    @property
    def scores(self) -> Path:
        """Folder of the scores, one folder a metric."""
        return self.folder / "scores"

    @property
    def compare(self) -> Path:
        """Folder of the comparison."""
        return self.folder / "compare"

    @property
    def report(self) -> Path:
        """Folder of the page."""
        return self.folder / "report"

    @property
    def manifest(self) -> Path:
        """The manifest of the study."""
        return self.folder / "manifest.json"

    def predictions(self, model: str, arm: str) -> Path:
        """Predictions of a model in an arm."""
        return self.folder / "predictions" / f"{_stem(model, arm)}.jsonl"

    def scores_of(self, metric: str, model: str, arm: str = "standard") -> Path:
        """Scores of a model's predictions in an arm by a metric."""
        return self.scores / path_part(metric) / f"{_stem(model, arm)}.jsonl"

    def drops(self) -> dict[str, dict[str, int]]:
        """Return rules in words, and how many candidate questions of which subtype each dropped."""
        found: dict[str, dict[str, int]] = {}
        for subtype, rules in self._summary("dropped_by_subtype").items():
            for rule, count in rules.items():
                found.setdefault(DROP_RULES[rule], {})[subtype] = count
        return found

    def unusable(self) -> dict[str, str]:
        """Return the cases that gave no question, with the reason."""
        return self._summary("unusable_cases")

    def seconds(self, models: Iterable[str], arms: Iterable[str]) -> dict[str, dict[str, float]]:
        """Return per model the seconds of each stage over all arms, as the runner measured them."""
        names = list(arms)
        found = {}
        for model in models:
            paths = [volumes_file(self.predictions(model, name)) for name in names]
            lines = (
                json.loads(line)
                for path in paths
                if path.exists()
                for line in path.read_text(encoding="utf-8").splitlines()
            )
            found[model] = seconds_per_stage(lines)
        return found

    def _summary(self, name: str) -> dict[str, Any]:
        """A part of what the question stage counted; nothing where the questions came from a file."""
        path = self.questions / SUMMARY_FILE
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))[name] if path.exists() else {}
        return found


def _stem(model: str, arm: str) -> str:
    return model if arm == "standard" else f"{model}@{arm}"
