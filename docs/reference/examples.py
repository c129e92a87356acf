"""Examples in docstrings are shown as examples, with or without a heading of their own."""

from __future__ import annotations

import re
from typing import Any

import griffe

_HEADING = re.compile(r"^Examples\n-+$", re.MULTILINE)
_FIRST = re.compile(r"(?:\A|\n\n)(?=>>> )")


class ExampleHeadings(griffe.Extension):
    """Put the heading where a docstring begins its examples without one."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Change the docstring of one object."""
        if obj.docstring is not None and not _HEADING.search(obj.docstring.value):
            obj.docstring.value = _FIRST.sub("\n\nExamples\n--------\n", obj.docstring.value, count=1)
