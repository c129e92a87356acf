"""Studies of results that others published: nothing is run, their files are read with error bars."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from medspatial.compare.ct_spatialvqa import read_ct_spatialvqa
from medspatial.compare.ct_spatialvqa_study import Findings, findings
from medspatial.errors import InputError
from medspatial.manifest import new_manifest, write_manifest
from medspatial.records import Record, content_hash
from medspatial.report import write_report, write_tables
from medspatial.study.config import (
    StudyConfig,
    builtin_study,
    folder_study,
    read_study,
    study_data,
    validated,
)
from medspatial.study.published_tables import published_tables
from medspatial.study.walk import StudyRun

_VARIABLE = re.compile(r"\$\{(\w+)\}")


class PublishedConfig(Record):
    """A study of published results.

    Attributes
    ----------
    published
        Which results: ``ct_spatialvqa``.
    data
        Folder of their files, relative to the study file; ``${NAME}`` stands for an environment variable.
    """

    title: str
    published: Literal["ct_spatialvqa"]
    data: str
    resamples: int = Field(default=10_000, ge=1)


def read_any_study(path: str | Path) -> StudyConfig | PublishedConfig:
    """Read a study file of either kind: one with a field ``published`` is about others' results.

    Raises
    ------
    InputError
        As `medspatial.study.read_study`; a folder that is not there.
    """
    path = Path(path)
    data = study_data(path)
    if "published" not in data:
        return read_study(path)
    study = validated(path, PublishedConfig, data)
    try:
        folder = data_folder(study.data, path.parent)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return study.model_copy(update={"data": str(folder)})


def find_study(name: str | None) -> StudyConfig | PublishedConfig:
    """Return the study that a user means: a study file, a folder or file of cases, or a built-in name.

    Without a name it is the built-in study.

    Raises
    ------
    InputError
        A path that is not there, or a name of no built-in study.
    """
    if name is None:
        return builtin_study()
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        return read_any_study(path)
    if path.is_dir() or (path.is_file() and path.suffix in {".jsonl", ".csv"}):
        return folder_study(path)
    if path.exists() or path.suffix or path.name != name:
        raise InputError(
            f"{name}: {'is' if path.exists() else 'there is'} no study file (.yaml), folder of CT, "
            "or list of cases (.jsonl, .csv)"
        )
    return builtin_study(name)


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


def run_published(
    config: PublishedConfig, folder: str | Path, say: Callable[[str], None] = lambda line: None
) -> StudyRun:
    """Read, compare, and write tables, figures, page and ``findings.json`` into the folder.

    Raises
    ------
    InputError
        A file of the results is missing or does not fit.
    """
    folder = Path(folder)
    data = read_ct_spatialvqa(config.data)
    say(f"read: {len(data.questions)} questions, {len(data.matrix.columns)} models")
    found = findings(data, resamples=config.resamples)
    say(f"compared: {found.jury.n_patients} patients, {config.resamples} resamples")
    matrix = data.matrix.write(folder / "compare" / "correctness_matrix.csv")
    _write_json(folder / "compare" / "comparison.json", found.jury.model_dump(mode="json"))
    _write_json(folder / "findings.json", found.to_json())
    write_tables(folder / "tables", published_tables(found))
    draw_figures(found, data.matrix.values, data.matrix.columns, folder / "figures")
    say(f"tables and figures: {folder / 'tables'}, {folder / 'figures'}")
    inputs = {"matrix": content_hash(matrix.read_text(encoding="utf-8"))}
    settings = {"published": config.published, "resamples": config.resamples}
    manifest = new_manifest("published", settings, inputs)
    write_manifest(folder / "manifest.json", manifest)
    page = write_report(
        folder / "report",
        title=config.title,
        questions=data.questions,
        predictions=(),
        scores=data.scores(),
        comparison=found.jury,
        manifest=manifest.model_dump(mode="json"),
    )
    say(f"report: {page}")
    return StudyRun(folder, found.jury, page, len(data.questions), 0)


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
    from medspatial.study.published_panels import absence_panels, gap_panels, kappa_table, overall, tag_panels

    drawn = {
        "accuracy": forest(overall(found.jury), limits=(20, 50)),
        "categories": category_dots(tag_panels(found)),
        "categories_radar": category_radar(tag_panels(found), width=5.0, top=60),
        "absent_or_normal": category_dots(absence_panels(found)),
        "columns_out_of_step": category_dots(gap_panels(found)),
        "matrix": correctness_map(values, models, TWO_COLUMNS),
    }
    for model in ("m3d", "radfm"):
        judges, kappa = kappa_table(found, model)
        drawn[f"judges_{model}"] = judge_agreement(kappa, judges)
    return [path for name, figure in drawn.items() for path in save_figure(figure, folder / name)]


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
