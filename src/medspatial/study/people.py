"""People as answerers of a study: the file that ``medspatial read`` serves, and what they answered.

``readers.yaml``               the design with its files, for ``medspatial read``
``readers/``                   ``questions.jsonl`` they are asked, ``answers.sqlite``, ``predictions.jsonl``
``predictions/readers.jsonl``  what they had answered when the study was last run
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from medspatial.files import write_text
from medspatial.readers.answers import Answers
from medspatial.readers.design import ReaderDesign, ReaderStudy, ReadingConfig, drawn
from medspatial.readers.results import ReaderResults, reader_results
from medspatial.readers.session import reader_predictions
from medspatial.records import Prediction, Question, Score, write_records

FILE = "readers.yaml"
ANSWERED = "readers"  # the file of their predictions, and of their scores


class StudyPeople:
    """The readers of one study, in its folder.

    Attributes
    ----------
    predictions
        Their answers to questions that are asked now, as of any model.
    """

    def __init__(
        self, config: ReadingConfig, folder: Path, title: str, questions: Sequence[Question]
    ) -> None:
        self._config = config
        self._folder = folder
        self._asked = drawn({one.id: one for one in questions}, config.count, config.seed)
        self._design = ReaderDesign(
            **config.model_dump(exclude={"assistant", "count"}),
            assistant=f"predictions/{config.assistant}.jsonl" if config.assistant else None,
            title=title,
            cases=".",
            questions=f"{ANSWERED}/questions.jsonl",
        )
        self._unasked = 0
        self.predictions: list[Prediction] = []

    def offer(self) -> Path:
        """Write the file that ``medspatial read`` serves."""
        write_records(self._folder / self._design.questions, self._asked.values())
        given = self._design.model_dump(mode="json", exclude_defaults=True)
        return write_text(self._folder / FILE, yaml.safe_dump(given, sort_keys=False, allow_unicode=True))

    def collect(self) -> None:
        """Take up the answers given so far, and write them among the models' predictions."""
        path = self._folder / ANSWERED / "answers.sqlite"
        if path.is_file():
            study = ReaderStudy(self._design, self._folder, self._asked, {})
            with Answers(path) as answers:
                self.predictions = reader_predictions(study, answers)
                self._unasked = len(answers.all(self._config.readers)) - len(self.predictions)
        write_records(self._folder / "predictions" / f"{ANSWERED}.jsonl", self.predictions)

    def line(self) -> str:
        """Say how far the readers are, and how to go on."""
        overlap = self._config.overlap or len(self._config.readers)
        total = len(self._asked) * overlap * len(self._config.conditions)
        aside = f", {self._unasked} to questions that are not asked now" if self._unasked else ""
        found = f"readers: {len(self.predictions)} of {total} answers{aside}"
        if len(self.predictions) >= total:
            return found
        return f"{found}; `medspatial read {self._folder / FILE}` asks, a further run takes up what was given"

    def complete(self, questions: Sequence[Question]) -> frozenset[str]:
        """Return the readers, by condition, who answered every question of the study."""
        asked = {one.id for one in questions}
        by_name: dict[str, set[str]] = {}
        for one in self.predictions:
            by_name.setdefault(one.model, set()).add(one.id)
        return frozenset(name for name, given in by_name.items() if given >= asked)

    def partial(self, questions: Sequence[Question]) -> frozenset[str]:
        """Return those who answered a part."""
        return frozenset(one.model for one in self.predictions) - self.complete(questions)

    def common(self) -> frozenset[str]:
        """Return the questions that everybody who answered anything answered, in every condition."""
        by_name: dict[str, set[str]] = {}
        for one in self.predictions:
            by_name.setdefault(one.model, set()).add(one.id)
        return frozenset(set.intersection(*by_name.values())) if by_name else frozenset()

    def results(self, scores: Iterable[Score]) -> ReaderResults:
        """Analyse their answers beside the models' in the standard arm."""
        return reader_results(self.predictions, [one for one in scores if one.arm == "standard"])
