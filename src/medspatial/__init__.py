"""medspatial: do 3D medical vision-language models understand space in CT?

The names most used in a notebook are here; each room has more (``medspatial.predict.predict``,
``medspatial.compare.compare``, ...). They are imported when first used, so that ``import medspatial``
costs nothing.

>>> import medspatial as ms
>>> phantom = ms.make_phantom(seed=1, spacing=6)
>>> phantom.ct.axcodes
'RAS'
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Case",
    "Model",
    "Prediction",
    "Question",
    "Score",
    "Volume",
    "build_questions",
    "builtin_study",
    "create_model",
    "folder_study",
    "load_case",
    "make_phantom",
    "metric",
    "metric_names",
    "model_names",
    "read_cases",
    "read_predictions",
    "read_records",
    "read_study",
    "read_volume",
    "run_study",
    "write_phantoms",
    "write_questions",
    "write_records",
    "write_report",
    "write_volume",
]

_ROOMS = {
    "records": ("Case", "Prediction", "Question", "Score", "read_records", "write_records"),
    "volume": ("Volume", "read_volume", "write_volume"),
    "cases": ("load_case", "make_phantom", "read_cases", "write_phantoms"),
    "questions": ("build_questions", "write_questions"),
    "models": ("Answer", "Model", "create_model", "model_names"),
    "predict": ("read_predictions",),
    "score": ("metric", "metric_names"),
    "report": ("write_report",),
    "study": ("builtin_study", "folder_study", "read_study", "run_study"),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'medspatial' has no attribute {name!r}")
    room = import_module(f"medspatial.{_HOME[name]}")
    return getattr(room, name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
