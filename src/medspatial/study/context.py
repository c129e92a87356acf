"""What every stage of one run of a study needs: settings, files, listeners, and what could not go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from medspatial.cases.kept_volumes import KeptVolumes
from medspatial.manifest import Manifest
from medspatial.predict import Job, Workers
from medspatial.progress import capped
from medspatial.records import Case
from medspatial.report.model_notes import ModelNote
from medspatial.study.acuity import StudyAcuity
from medspatial.study.config import MetricConfig, ModelConfig, StudyConfig
from medspatial.study.files import StudyFiles
from medspatial.study.loading import CaseLoader
from medspatial.study.people import StudyPeople
from medspatial.study.stopped import cause_of, part_name

Say = Callable[[str], None]


@dataclass
class StudyContext:
    """One run of a study in its folder.

    Attributes
    ----------
    say, warn
        Get one line each: per stage; for what gives no question or cannot go on.
    workers, kept
        See `medspatial.study.run_study`.
    root
        Where relative paths of the cases start; known after the stage of the cases.
    manifest
        Of this run, once the folder is claimed.
    notes
        What is known of the models that have answered.
    people
        The study's readers, where it has some.
    stopped
        Models and metrics that could not go on, with the cause.
    unfinished
        Model and arm of predictions that are not complete.
    """

    config: StudyConfig
    files: StudyFiles
    say: Say
    warn: Say
    workers: Callable[[Job], Workers] | None
    kept: KeptVolumes | None
    acuity: StudyAcuity
    root: Path
    manifest: Manifest
    notes: list[ModelNote] = field(default_factory=list)
    people: StudyPeople | None = None
    stopped: dict[str, str] = field(default_factory=dict)
    unfinished: set[tuple[str, str]] = field(default_factory=set)

    def stop(self, entry: ModelConfig | MetricConfig, error: Exception) -> None:
        """Note and say that a model or metric cannot go on."""
        part = part_name(entry)
        self.stopped[part] = cause_of(entry, error)
        self.warn(f"{part} stopped: {self.stopped[part]}")

    def warn_all(self, lines: Iterable[str]) -> None:
        """Warn of a screen of lines at most."""
        for line in capped(lines):
            self.warn(line)

    def loader(self, cases: list[Case], kept: KeptVolumes | None = None) -> CaseLoader:
        """Return what reads the cases by their ids."""
        return CaseLoader(cases, self.root, self.config.cases.assume_axes, kept)

    def finished(self) -> list[tuple[str, str]]:
        """Return model and arm of all predictions that are complete."""
        asked = [(model.name, name) for model in self.config.models for name in self.config.all_arms()]
        return [one for one in asked if one not in self.unfinished]
