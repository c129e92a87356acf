"""Options that may stand with or without a value, as flags of the field's scripts do."""

from __future__ import annotations

from typing import Any, ClassVar

from typer.core import TyperCommand


class BareOptions(TyperCommand):
    """A command whose options named here take a default value where they stand alone."""

    bare: ClassVar[dict[str, str]] = {}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the value in that a bare option leaves out."""
        given: list[Any] = []
        for place, arg in enumerate(args):
            given.append(arg)
            if arg in self.bare and (place + 1 == len(args) or args[place + 1].startswith("-")):
                given.append(self.bare[arg])
        return super().parse_args(ctx, given)
