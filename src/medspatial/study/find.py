"""Which study a user means: a name, a study file, or cases."""

from __future__ import annotations

from pathlib import Path

from medspatial.errors import InputError
from medspatial.records.yaml_record import study_data, validated
from medspatial.study.config import StudyConfig
from medspatial.study.file import (
    builtin_names,
    builtin_study,
    folder_study,
    read_study,
)
from medspatial.study.outside import OutsideStudy, outside_studies, outside_study
from medspatial.study.report_set import ReportSetConfig, resolved_report_set

AnyStudy = StudyConfig | OutsideStudy | ReportSetConfig
"""What a study file may hold."""


def read_any_study(path: str | Path) -> AnyStudy:
    """Read a study file of any kind.

    One with ``published`` belongs to the package of that study, one with ``from_reports`` makes a set of
    questions.

    Raises
    ------
    InputError
        As `medspatial.study.read_study`; a study that no installed package has.
    """
    path = Path(path)
    data = study_data(path)
    if "from_reports" in data:
        config = validated(path, ReportSetConfig, data)
        try:
            return resolved_report_set(config, path.parent)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
    if "published" not in data:
        return read_study(path)
    name, known = data["published"], outside_studies()
    if name not in known:
        there = ", ".join(known) or "none"
        raise InputError(
            f"{path}: field 'published': must be a study of an installed package ({there}); got {name!r}"
        )
    return outside_study(name, path=path, data=data)


def find_study(name: str | None) -> AnyStudy:
    """Return the study that a user means: a name, a study file, or a folder or file of cases.

    A name (of a built-in study, or of one of an installed package) comes before a folder of that name, so
    that ``demo`` means the same after the demo has written its folder; ``./demo`` is the folder. Without a
    name it is the built-in study.

    Raises
    ------
    InputError
        A path that is not there, a name of no study, or a broken study of a package.
    """
    if name is None or name in builtin_names():
        return builtin_study(name or "demo")
    if name in outside_studies():
        return outside_study(name)
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
    known = ", ".join((*builtin_names(), *outside_studies()))
    raise InputError(f"unknown study {name!r}; known: {known}")
