"""The sight test of a study: thresholds of its models, and of what inputs could know, for its page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medspatial.acuity import (
    Acuity,
    Trials,
    chosen_quantities,
    input_acuity,
    input_of,
    model_acuity,
)
from medspatial.acuity.table import acuity_figure, acuity_table
from medspatial.files import write_json
from medspatial.models import Model
from medspatial.progress import progress
from medspatial.records import read_records, write_records
from medspatial.report.tables import Table
from medspatial.study.config import AcuityConfig
from medspatial.version import __version__

if TYPE_CHECKING:
    from medspatial.report.charts import Chart

FOLDER = "acuity"


class StudyAcuity:
    """The sight test in a study's folder.

    Parameters
    ----------
    settings
        What the study asks for; None for none.
    folder
        The study's.
    say
        Gets one line per model and input.

    Attributes
    ----------
    found
        What was measured up to now.
    """

    def __init__(self, settings: AcuityConfig | None, folder: Path, say: Callable[[str], None]) -> None:
        self._settings, self._folder, self._say = settings, folder / FOLDER, say
        self.found: list[Acuity] = []

    def of_model(self, model: Model) -> None:
        """Ask a model that looks, where the study wants that; answers that are there already stay."""
        settings = self._settings
        if settings is None or not settings.models or not model.needs_volume:
            return
        quantities = chosen_quantities(settings.quantities)
        trials = Trials(quantities, patients=settings.bodies, repeats=settings.repeats)
        count = len(trials.questions)
        self._say(f"{model.name}: sight test, {count} volumes with one question each")
        self._folder.mkdir(parents=True, exist_ok=True)
        with progress(f"acuity {model.name}", count) as bar:
            self._add(model_acuity(model, trials, self._folder, progress=bar))

    def of_inputs(self) -> None:
        """Measure what the inputs that the study names could know."""
        for name in self._settings.inputs if self._settings else ():
            self._add(self._of_input(name))

    def _of_input(self, name: str) -> list[Acuity]:
        assert self._settings is not None
        made_from: dict[str, Any] = {
            "quantities": list(self._settings.quantities),
            "bodies": self._settings.bodies,
            "version": __version__,
        }
        path, note = self._folder / f"input_{name}.jsonl", self._folder / f"input_{name}.json"
        if path.is_file() and note.is_file() and json.loads(note.read_text(encoding="utf-8")) == made_from:
            return read_records(path, Acuity).rows
        quantities = chosen_quantities(self._settings.quantities)
        self._folder.mkdir(parents=True, exist_ok=True)
        found = []
        with progress(f"acuity of input {name}", len(quantities)) as bar:
            for one in input_acuity(name, input_of(name), quantities, patients=self._settings.bodies):
                found.append(one)
                bar.advance(1, one.quantity)
        write_records(path, found)
        write_json(note, made_from)
        return found

    def _add(self, found: Sequence[Acuity]) -> None:
        self.found += found
        for one in found:
            who = f"input {one.of}" if one.kind == "input" else one.of
            self._say(f"acuity: {who} {one.title}: {one.words()}")

    def tables(self) -> list[Table]:
        """Return the table of thresholds, where any was measured."""
        return [acuity_table(self.found)] if self.found else []

    def charts(self) -> list[Chart]:
        """Return one figure per quantity."""
        from medspatial.report.charts import Chart  # matplotlib: only when figures are drawn

        return [
            Chart(
                f"acuity_{name}",
                "acuity",
                f"Right answers on graded phantoms: who {title}. Dashed: the ideal observer of an input.",
                partial(acuity_figure, self.found, name),
            )
            for name, title in {one.quantity: one.title for one in self.found}.items()
        ]
