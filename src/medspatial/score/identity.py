"""What a score rests on: the metric with its settings and code, and the row it judged.

While both stay the same, a score that stands in a file is kept instead of asked for again.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from medspatial.records import Prediction, content_hash
from medspatial.score.base import Metric
from medspatial.score.versions import versions


def metric_facts(metric: Metric) -> dict[str, Any] | None:
    """Return what decides a metric's figures, as plain data; None where its code cannot be read.

    Settings and versions are the metric's own `Metric.identity`. The code is that of the package of its
    module (of the module alone outside a package) and of those it names in `Metric.reads`.
    """
    code = code_hash(type(metric))
    if code is None:
        return None
    settings: dict[str, Any] = json.loads(json.dumps(metric.identity(), sort_keys=True, default=repr))
    return {"settings": settings, "code": code, **versions("medspatial")}


def row_hash(row: Prediction) -> str:
    """Return a hash of everything a metric can read of a row."""
    return content_hash(row.model_dump(mode="json", exclude_defaults=True))


@cache
def code_hash(kind: type[Metric]) -> str | None:
    """Return a hash of the source that gives a metric's figures, None where there is none to read."""
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    digest = hashlib.blake2b(digest_size=8)
    if file is None:
        try:
            digest.update(inspect.getsource(kind).encode())
        except (OSError, TypeError):
            return None
    else:
        _add(digest, Path(file).parent if getattr(module, "__package__", None) else Path(file))
    for name in kind.reads:
        found = find_spec(name)
        if found is None or found.origin is None:
            return None
        _add(digest, Path(found.origin).parent if found.submodule_search_locations else Path(found.origin))
    return digest.hexdigest()


def _add(digest: hashlib.blake2b, place: Path) -> None:
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    for file in files:
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(str(file.relative_to(place.parent)).encode())
            digest.update(file.read_bytes())
