"""Rooms that can be called: ``ms.score(...)`` beside ``ms.score.metric``."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_HOME = "medspatial.notebook"


class CallableRoom(ModuleType):
    """A package whose call is the function of its name in ``medspatial.notebook``.

    Room and function share one name, ``medspatial.score``; the interpreter binds it to
    the room as soon as anything of it is imported, so that the room itself must answer the call.
    """

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call the function of the room's name."""
        return getattr(import_module(_HOME), self.__name__.rpartition(".")[2])(*args, **options)


def make_callable(room: str) -> None:
    """Let an imported room be called."""
    sys.modules[room].__class__ = CallableRoom
