"""Names of models as tables show them, given once for a whole folder of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from medspatial.compare.score_rows import ScoreRows
from medspatial.errors import InputError
from medspatial.records import Score


def read_model_names(given: Sequence[str]) -> dict[str, str]:
    """Read names of models.

    Parameters
    ----------
    given
        ``OLD=NEW``, or the path of a YAML or JSON file that maps old names to new ones.

    Raises
    ------
    InputError
        A file that is no mapping of texts, a blank name, or two new names for one model.
    """
    names: dict[str, str] = {}
    for one in given:
        old, equals, new = one.partition("=")
        pairs = {old: new} if equals and not Path(one).is_file() else _of_file(Path(one))
        for name, shown in pairs.items():
            if not name.strip() or not shown.strip():
                raise InputError(f"--names: a name must not be blank, got {name!r}: {shown!r}")
            if names.get(name, shown) != shown:
                raise InputError(f"--names: model {name!r} has two names, {names[name]!r} and {shown!r}")
            names[name] = shown
    return names


def with_names(scores: Iterable[Score], names: Mapping[str, str]) -> ScoreRows:
    """Give scores the names of their models; a model without one keeps its own.

    Raises
    ------
    InputError
        A name for a model of which there is no row.
    """
    rows = ScoreRows.of(scores)
    check_names(names, rows.models.there())
    return rows.renamed(names) if names else rows


def check_names(names: Iterable[str], models: Iterable[str]) -> None:
    """Hold names to the models that there are.

    Raises
    ------
    InputError
        A name for a model of which there is no row.
    """
    there = dict.fromkeys(models)
    unknown = next((name for name in names if name not in there), None)
    if unknown is not None:
        raise InputError(f"--names: there is no model {unknown!r}; there are: {', '.join(there) or 'none'}")


def _of_file(path: Path) -> dict[str, str]:
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"--names: needs OLD=NEW or a YAML or JSON file, got {str(path)!r}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: names of models cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: must map old names of models to new ones, got {type(found).__name__}")
    for name, shown in found.items():
        if not isinstance(name, str) or not isinstance(shown, str):
            raise InputError(f"{path}: field {name!r}: a name must be a text; got {shown!r}")
    return found
