"""The study: the files of the benchmark are read, compared, and shown with error bars."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from medspatial.errors import InputError
from medspatial.files import write_json
from medspatial.manifest import new_manifest, write_manifest
from medspatial.records import Record, content_hash
from medspatial.records.yaml_record import study_data, validated
from medspatial.report import write_report, write_tables
from medspatial.study import StudyRun
from medspatial_ct_spatialvqa.files import read_ct_spatialvqa
from medspatial_ct_spatialvqa.findings import Findings, findings
from medspatial_ct_spatialvqa.tables import published_tables

OWN = Path(__file__).parent / "study.yaml"
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class CtSpatialVqaStudy(Record):
    """The published results, read with error bars; no model is run.

    Attributes
    ----------
    published
        Name of the study.
    data
        Folder of the benchmark's files, relative to the study file; ``${NAME}`` stands for an environment
        variable.
    """

    title: str
    published: Literal["ct_spatialvqa"]
    data: str
    resamples: int = Field(default=10_000, ge=1)

    def run(self, folder: str | Path, say: Callable[[str], None] = lambda line: None) -> StudyRun:
        """Read, compare, and write tables, figures, page and ``findings.json`` into the folder.

        Raises
        ------
        InputError
            A file of the results is missing or does not fit.
        """
        folder = Path(folder)
        data = read_ct_spatialvqa(self.data)
        say(f"read: {len(data.questions)} questions, {len(data.matrix.columns)} models")
        found = findings(data, resamples=self.resamples)
        say(f"compared: {found.jury.n_patients} patients, {self.resamples} resamples")
        matrix = data.matrix.write(folder / "compare" / "correctness_matrix.csv")
        write_json(folder / "compare" / "comparison.json", found.jury.model_dump(mode="json"))
        write_json(folder / "findings.json", found.to_json())
        write_tables(folder / "tables", published_tables(found))
        draw_figures(found, data.matrix.values, data.matrix.columns, folder / "figures")
        say(f"tables and figures: {folder / 'tables'}, {folder / 'figures'}")
        inputs = {"matrix": content_hash(matrix.read_text(encoding="utf-8"))}
        settings = {"published": self.published, "resamples": self.resamples}
        manifest = new_manifest("published", settings, inputs)
        write_manifest(folder / "manifest.json", manifest)
        page = write_report(
            folder / "report",
            title=self.title,
            questions=data.questions,
            predictions=(),
            scores=data.scores(),
            comparison=found.jury,
            manifest=manifest.model_dump(mode="json"),
        )
        say(f"report: {page}")
        return StudyRun(folder, found.jury, page, len(data.questions), 0)


def study(path: Path | None = None, data: Mapping[str, Any] | None = None) -> CtSpatialVqaStudy:
    """Return the study of a file, by default of the one that comes with the package.

    Raises
    ------
    InputError
        A wrong field, an environment variable that is not set, or no such folder.
    """
    path = OWN if path is None else path
    read = validated(path, CtSpatialVqaStudy, dict(study_data(path) if data is None else data))
    try:
        folder = data_folder(read.data, path.parent)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return read.model_copy(update={"data": str(folder)})


def data_folder(text: str, base: Path) -> Path:
    """Return the folder that a study file names.

    Raises
    ------
    InputError
        An environment variable that is not set, or no such folder.
    """

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if not found:
            raise InputError(
                f"field 'data': environment variable {match[1]} is not set; set it to the folder of the files"
            )
        return found

    folder = (base / _VARIABLE.sub(value, text)).expanduser()
    if not folder.is_dir():
        raise InputError(f"field 'data': no such folder: {folder}")
    return folder


def draw_figures(found: Findings, values: Any, models: tuple[str, ...], folder: Path) -> list[Path]:
    """Draw the study's figures as SVG and PNG: accuracy, categories, absence, gaps, judges, matrix."""
    from medspatial.report.figures import (
        TWO_COLUMNS,
        category_dots,
        category_radar,
        correctness_map,
        forest,
        judge_agreement,
        save_figure,
    )
    from medspatial_ct_spatialvqa.panels import absence_panels, gap_panels, kappa_table, overall, tag_panels

    drawn = {
        "accuracy": forest(overall(found.jury), limits=(20, 50)),
        "categories": category_dots(tag_panels(found)),
        "categories_radar": category_radar(tag_panels(found), width=5.0, top=60),
        "absent_or_normal": category_dots(absence_panels(found)),
        "columns_out_of_step": category_dots(gap_panels(found)),
        "matrix": correctness_map(values, models, TWO_COLUMNS),
    }
    for model in (check.model for check in found.columns):
        judges, kappa = kappa_table(found, model)
        drawn[f"judges_{model}"] = judge_agreement(kappa, judges)
    return [path for name, figure in drawn.items() for path in save_figure(figure, folder / name)]
