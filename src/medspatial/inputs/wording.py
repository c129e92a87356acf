"""How the text of a question is made from a pattern, for models that have no published form of their own."""

from __future__ import annotations

from dataclasses import dataclass

from medspatial.errors import InputError
from medspatial.inputs.query import Query

# What slices need said before them, since a picture does not tell its side.
RADIOLOGICAL = (
    "These are images of one CT examination in radiological display: in axial and coronal images the "
    "patient's right is on the left side of the image, in sagittal images anterior is on the left side."
)
_FIELDS = ("question", "options", "prompt")


@dataclass(frozen=True)
class Wording:
    """A pattern with places for the parts of a question.

    Attributes
    ----------
    pattern
        ``{prompt}`` stands for the default prompt, ``{question}`` and ``{options}`` for its parts.

    Raises
    ------
    InputError
        Another place than these, or neither ``{prompt}`` nor ``{question}``.
    """

    pattern: str = "{prompt}"

    def __post_init__(self) -> None:
        try:
            self.pattern.format(**dict.fromkeys(_FIELDS, ""))
        except (KeyError, IndexError, ValueError, AttributeError):
            raise InputError(
                f"prompt: may hold {{question}}, {{options}} and {{prompt}}, got {self.pattern!r}"
            ) from None
        if not any(f"{{{name}}}" in self.pattern for name in ("question", "prompt")):
            raise InputError(f"prompt: needs {{question}} or {{prompt}}, got {self.pattern!r}")

    def text(self, query: Query) -> str:
        """Return the text of a question; options stand one per line behind their letters."""
        options = "\n".join(f"{letter}. {option}" for letter, option in query.lettered())
        return self.pattern.format(question=query.text, options=options, prompt=query.prompt())
