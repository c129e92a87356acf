"""The report as a folder that opens from disk: one page, its data, its pictures, tables and figures."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from medspatial.errors import InputError
from medspatial.files import write_text
from medspatial.readers.summary import course_lines
from medspatial.records import Prediction, Question, Score, assumptions_of, counted_assumption
from medspatial.report.arm_pairs import arm_pairs
from medspatial.report.browser import write_browser
from medspatial.report.illustrate import Illustrations, illustrate
from medspatial.report.model_card import write_model_cards
from medspatial.report.model_notes import ModelNote, write_model_notes
from medspatial.report.provenance import provenance_rows
from medspatial.report.summary import summarise
from medspatial.report.tables import Table, comparison_tables, people_table, write_tables
from medspatial.report.verdicts import Verdicts
from medspatial.version import __version__

if TYPE_CHECKING:
    from medspatial.cases import CaseData
    from medspatial.compare.result import Comparison
    from medspatial.readers.results import ReaderResults
    from medspatial.report.charts import Chart

_ASSETS = "assets"
PEOPLE_PAGE = "readers"  # a second report below the first: the questions that all readers read
_OWN_FOLDERS = ("data", "inputs", "pictures", "tables", "figures", PEOPLE_PAGE, _ASSETS)


def write_report(
    folder: str | Path,
    *,
    title: str,
    questions: Sequence[Question],
    predictions: Sequence[Prediction],
    scores: Sequence[Score],
    comparison: Comparison,
    load: Callable[[str], CaseData] | None = None,
    manifest: Mapping[str, Any] | None = None,
    drops: Mapping[str, Mapping[str, int] | int] | None = None,
    unusable: Mapping[str, str] | None = None,
    subtypes: Mapping[str, str] | None = None,
    source: str = "",
    notes: Sequence[ModelNote] = (),
    seconds: Mapping[str, Mapping[str, float]] | None = None,
    stopped: Mapping[str, str] | None = None,
    extra_tables: Sequence[Table] = (),
    extra_charts: Sequence[Chart] = (),
    people: ReaderResults | None = None,
    people_page: bool = False,
    max_pictures: int | None = 300,
    figure_formats: Sequence[str] = ("svg", "png"),
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Write a report and return the path of its ``index.html``.

    The page needs no network and no server. An earlier report in the folder is replaced.

    Parameters
    ----------
    questions, predictions, scores, comparison
        What was asked, what was answered, how it was judged, and what follows. Joined by question
        id, model and arm.
    load
        Returns a case's images and masks by its id (see `illustrate`); None leaves pictures out.
    manifest
        Provenance to show: nested plain data (versions, hashes, settings).
    drops
        Rule in words to number of candidate questions it dropped, in all or per subtype.
    unusable
        Cases that gave no question, with the reason.
    subtypes
        Titles of the questions' subtypes.
    source
        Hashes of what the figures were made from, for the foot of every table.
    notes
        What is known of the models: what they are, a sample of their input, how they are asked.
    seconds
        Model to seconds per stage of its run.
    stopped
        Models and metrics that could not go on, with the cause.
    extra_tables, extra_charts
        What was measured beside the questions, such as the sight test (`medspatial.acuity`).
    people
        What follows from the answers of readers.
    people_page
        Whether a report on the questions that all readers read will be written to `PEOPLE_PAGE` below it.
    max_pictures
        Questions that get pictures, spread evenly over the subtypes; None for all.
    figure_formats
        Formats of the figures for papers: ``svg``, ``png``, ``pdf``; with none, no figure is drawn.
    progress
        Called with the id of each case before its pictures are drawn.

    Raises
    ------
    InputError
        The folder cannot be written or holds what no report made, or two questions share an id.
    """
    folder = Path(folder)
    verdicts = Verdicts(comparison, questions, predictions, scores)
    _fresh(folder)
    pictures = illustrate(questions, folder, load, most=max_pictures, progress=progress)
    write_browser(
        folder,
        questions,
        verdicts,
        pictures.by_question,
        subtypes=subtypes,
        notes=notes,
        arms=arm_pairs(comparison, questions, scores),
    )
    kinds = {note.model: note.kind for note in notes if note.kind}
    tables = comparison_tables(
        comparison,
        questions,
        drops,
        unusable,
        stopped,
        scores=scores,
        predictions=predictions,
        seconds=seconds,
        subtypes=subtypes,
        kinds=kinds,
    )
    tables += extra_tables
    if people is not None and people.accuracy:
        tables.append(people_table(people))
    tables = [replace(table, source=source) for table in tables]
    write_tables(folder / "tables", tables)
    write_model_cards(folder / "tables" / "model_cards", comparison, dataset=title)
    html = _template().render(
        title=title,
        summary=summarise(comparison, questions, kinds),
        comparison=comparison,
        tables={table.name: table for table in tables},
        models=write_model_notes(folder, notes),
        figures=_figures(
            folder, comparison, questions, figure_formats, extra_charts, subtypes=subtypes, people=people
        ),
        people_lines=list(course_lines(people)) if people is not None else [],
        people_page=f"{PEOPLE_PAGE}/index.html" if people_page else "",
        pictures=_picture_facts(pictures, len(questions)),
        provenance=provenance_rows(manifest or {}),
        version=__version__,
        foreign=verdicts.foreign,
        assumed=[counted_assumption(text, cases) for text, cases in assumptions_of(questions).items()],
    )
    return write_text(folder / "index.html", html)


def _fresh(folder: Path) -> None:
    """Make the folder, empty what an earlier report left there, and put the page's own assets in.

    The assets tell a report's folder, whole or broken off, from one whose contents are not ours to delete:
    they appear under their name all at once, before anything else, and go all at once, after anything else.
    """
    there = [name for name in _OWN_FOLDERS if (folder / name).exists()]
    assets, coming, going = folder / _ASSETS, folder / f".{_ASSETS}.new", folder / f".{_ASSETS}.old"
    own = {asset.name: asset.read_bytes() for asset in files("medspatial.report").joinpath(_ASSETS).iterdir()}
    if there and not (assets / "report.css").is_file() and not (there == [_ASSETS] and _only(assets, own)):
        found = ", ".join(there)
        raise InputError(f"{folder}: holds {found}, made by no report; choose an empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in (coming, going):  # by a killed run
            if left.exists():
                shutil.rmtree(left)
        for name in there:
            if name != _ASSETS:
                shutil.rmtree(folder / name)
        coming.mkdir()
        for name, content in own.items():
            (coming / name).write_bytes(content)
        if _ASSETS in there:
            assets.rename(going)
        coming.rename(assets)
        if going.exists():
            shutil.rmtree(going)
    except OSError as error:
        raise InputError(f"{folder}: the report cannot be written here ({error.strerror})") from error


def _only(folder: Path, names: Container[str]) -> bool:
    """Say whether a folder holds nothing but these: earlier versions could be killed while writing them."""
    return folder.is_dir() and all(path.name in names for path in folder.iterdir())


def _figures(
    folder: Path,
    comparison: Comparison,
    questions: Sequence[Question],
    formats: Sequence[str],
    extra: Sequence[Chart] = (),
    **more: Any,
) -> list[dict[str, Any]]:
    """Draw every figure for wide and narrow screens, and save it for papers in these formats, if any.

    ``more`` goes to `charts`.
    """
    if not formats:
        return []
    from medspatial.report.charts import charts  # matplotlib: only when figures are drawn
    from medspatial.report.figures import ONE_COLUMN, TWO_COLUMNS, inline_svg, save_figure

    found = []
    for number, chart in enumerate([*charts(comparison, questions, **more), *extra], start=1):
        wide, narrow = chart.draw(TWO_COLUMNS), chart.draw(ONE_COLUMN)
        stem = folder / "figures" / chart.name
        both = {
            "two columns": (wide, stem),
            "one column": (narrow, stem.with_name(f"{chart.name}_one_column")),
        }
        files = [
            (f"{path.suffix[1:].upper()}, {size}", path.relative_to(folder).as_posix())
            for size, (drawn, target) in both.items()
            for path in save_figure(drawn, target, formats)
        ]
        found.append(
            {
                "name": chart.name,
                "section": chart.section,
                "number": number,
                "caption": chart.caption,
                "wide": Markup(inline_svg(wide, f"{chart.name}-w", chart.caption)),
                "narrow": Markup(inline_svg(narrow, f"{chart.name}-n", chart.caption)),
                "files": files,
            }
        )
    return found


def _picture_facts(pictures: Illustrations, questions: int) -> dict[str, Any]:
    return {"drawn": pictures.drawn, "of": questions, "failures": sorted(pictures.failures.items())}


def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("medspatial.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("index.html.j2")
