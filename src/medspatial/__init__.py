"""medspatial: do 3D medical vision-language models understand space in CT?

The names most used in a notebook are here; each room has more. They are imported when first used, so that
``import medspatial`` costs nothing. ``ms.questions``, ``ms.predict``,
``ms.score`` and ``ms.compare`` are rooms and functions.

Examples
--------
>>> import medspatial as ms
>>> phantom = ms.make_phantom(seed=1, spacing=6)
>>> phantom.ct.axcodes
'RAS'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from medspatial.version import __version__ as __version__

if TYPE_CHECKING:
    from medspatial.cases import load_case as load_case
    from medspatial.cases import make_phantom as make_phantom
    from medspatial.cases import read_cases as read_cases
    from medspatial.cases import write_phantoms as write_phantoms
    from medspatial.compare import Comparison as Comparison
    from medspatial.compare import read_comparison as read_comparison
    from medspatial.models import Answer as Answer
    from medspatial.models import Model as Model
    from medspatial.models import create_model as create_model
    from medspatial.models import model_names as model_names
    from medspatial.notebook import compare as compare
    from medspatial.notebook import predict as predict
    from medspatial.notebook import questions as questions
    from medspatial.notebook import score as score
    from medspatial.predict import read_predictions as read_predictions
    from medspatial.questions import build_questions as build_questions
    from medspatial.questions import write_questions as write_questions
    from medspatial.records import Case as Case
    from medspatial.records import Prediction as Prediction
    from medspatial.records import Question as Question
    from medspatial.records import Score as Score
    from medspatial.records import read_records as read_records
    from medspatial.records import write_records as write_records
    from medspatial.report import write_report as write_report
    from medspatial.score import metric as metric
    from medspatial.score import metric_names as metric_names
    from medspatial.study import builtin_study as builtin_study
    from medspatial.study import folder_study as folder_study
    from medspatial.study import read_study as read_study
    from medspatial.study import run_study as run_study
    from medspatial.volume import Volume as Volume
    from medspatial.volume import read_volume as read_volume
    from medspatial.volume import write_volume as write_volume

__all__ = [
    "Answer",
    "Case",
    "Comparison",
    "Model",
    "Prediction",
    "Question",
    "Score",
    "Volume",
    "build_questions",
    "builtin_study",
    "compare",
    "create_model",
    "folder_study",
    "load_case",
    "make_phantom",
    "metric",
    "metric_names",
    "model_names",
    "predict",
    "questions",
    "read_cases",
    "read_comparison",
    "read_predictions",
    "read_records",
    "read_study",
    "read_volume",
    "run_study",
    "score",
    "write_phantoms",
    "write_questions",
    "write_records",
    "write_report",
    "write_volume",
]

_ROOMS = {
    "records": (
        "Case",
        "Prediction",
        "Question",
        "Score",
        "read_records",
        "write_records",
    ),
    "volume": (
        "Volume",
        "read_volume",
        "write_volume",
    ),
    "cases": (
        "load_case",
        "make_phantom",
        "read_cases",
        "write_phantoms",
    ),
    "questions": (
        "build_questions",
        "write_questions",
    ),
    "models": (
        "Answer",
        "Model",
        "create_model",
        "model_names",
        "predict",
    ),
    "predict": ("read_predictions",),
    "score": (
        "metric",
        "metric_names",
    ),
    "compare": (
        "Comparison",
        "read_comparison",
    ),
    "report": ("write_report",),
    "study": (
        "builtin_study",
        "folder_study",
        "read_study",
        "run_study",
    ),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}
_CALLABLE = ("compare", "predict", "questions", "score")

if not TYPE_CHECKING:  # a function of any name would make every misspelt one pass a type checker

    def __getattr__(name: str) -> object:
        if name in _CALLABLE:
            return import_module(f"medspatial.{name}")
        if name not in _HOME:
            raise AttributeError(f"module 'medspatial' has no attribute {name!r}")
        return getattr(import_module(f"medspatial.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
