"""Which model really answers: recorded per call, and one and the same within a run."""

from __future__ import annotations

import re
import threading

from medspatial.llm.errors import ServedModelChanged

# What a server may append to the name asked for and still mean that model: a date, a version, a preview.
_SUFFIX = r"([-@:_](v?\d[\w.\-]*|preview[\w.\-]*|exp[\w.\-]*|latest))?"


class ServedModel:
    """The version that a run is bound to.

    Parameters
    ----------
    asked
        Name that requests carry.
    expected
        Version that must answer; None takes the first that answers, if its name fits the one asked for.
    """

    def __init__(self, asked: str, expected: str | None = None) -> None:
        self.asked = asked.removeprefix("models/")
        self.version = expected
        self._lock = threading.Lock()

    def check(self, served: str) -> None:
        """Bind the run to the first version, refuse any other.

        Raises
        ------
        ServedModelChanged
            Another version than before, or a model of another name than asked for.
        """
        with self._lock:
            if self.version is None:
                self._check_name(served)
                self.version = served
        if served != self.version:
            raise ServedModelChanged(
                f"model {self.asked!r}: this run is answered by {self.version!r}, "
                f"now the server runs {served!r}; to go on with that one, set served_model={served!r} "
                "and begin a new output"
            )

    def _check_name(self, served: str) -> None:
        name = served.removeprefix("models/")
        if name and not re.fullmatch(re.escape(self.asked) + _SUFFIX, name):
            raise ServedModelChanged(
                f"model {self.asked!r}: the server answers with {served!r}; "
                f"if that is meant, set served_model={served!r}"
            )
