"""The card of each model: what it is, where it comes from, what was verified and how.

A model is a package ``medspatial/models/NAME/`` with a ``card.yaml``; the cards are the inventory
and the registry, so that listing models imports none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal

import yaml
from pydantic import Field

from medspatial.errors import InputError
from medspatial.inputs import PictureSettings
from medspatial.models.options import Options, stated_options
from medspatial.records import Record


class Checkpoint(Record):
    """A published checkpoint.

    Attributes
    ----------
    id
        Repository on the Hugging Face hub, with ``repo_type`` when it is not a model.
    revision
        Commit to fetch; ``main`` where the commit could not be looked up when this was written.
    files
        Patterns of the files that are needed; all where empty.
    size_gb
        Download size, as far as known.
    """

    id: str
    repo_type: str = "model"
    revision: str = "main"
    files: tuple[str, ...] = ()
    size_gb: float | None = None
    license: str
    gated: bool = False
    note: str | None = None


OptionKind = Literal["value", "read", "written", "reader", "runtime", "serving", "generation", "pictures"]


class ModelCard(Record):
    """One line of the inventory.

    Attributes
    ----------
    entry
        Import path of the `Model` class, ``package.module:attribute``.
    verify
        Import path of a function that yields checks against a folder of reference vectors.
    layout
        Import path of a function from ``config.json`` to a `Layout`, for ``models check``.
    parts
        In place of ``layout``, for a checkpoint of another form than one folder of transformers: import path
        of a function from its folder to a list of `Part`.
    preparation
        Import path of a class: options in, `Volume` to array, with ``contract()`` and ``describe()``; for
        ``prepare`` and ``models audit``, which need no weights.
    texts
        Import path of a function that fetches texts of the original's source code, which prompts need
        and no checkpoint holds; it returns the paths written.
    options
        Name of each option to its kind, see `medspatial.models.options.Options`; ``runtime``, ``serving``
        and ``generation`` stand for the fields of these records, ``pictures`` for those of `PictureSettings`.
    required
        The options that it needs.
    model_types
        Values of ``model_type`` in ``config.json`` by which a folder is recognised.
    marks
        Files or folders that must all be there besides, for a folder to be recognised.
    verified
        What was compared with the original's own computation, and to which error.
    """

    name: str
    title: str
    paper: str
    architecture: str
    input: str
    entry: str
    verify: str | None = None
    layout: str | None = None
    parts: str | None = None
    preparation: str | None = None
    texts: str | None = None
    options: dict[str, OptionKind] = Field(default_factory=dict)
    required: tuple[str, ...] = ()
    model_types: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    extra: str = "models"
    checkpoints: tuple[Checkpoint, ...] = ()
    verified: str = ""
    notes: tuple[str, ...] = Field(default=())

    def stated_options(self) -> Options:
        """Return what the model takes."""
        stated: dict[str, str] = {}
        for name, kind in self.options.items():
            stated.update(
                dict.fromkeys(PictureSettings.model_fields, "value") if kind == "pictures" else {name: kind}
            )
        return stated_options(stated, self.required)


@cache
def model_cards() -> dict[str, ModelCard]:
    """Return all cards by name, in alphabetical order."""
    cards = {}
    for folder in _packages(files("medspatial.models")):
        path = folder / "card.yaml"
        if path.is_file():
            card = ModelCard.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
            cards[card.name] = card
    return dict(sorted(cards.items()))


def _packages(folder: Traversable) -> Iterator[Traversable]:
    """Yield the packages in a package, and those one level further in (the API models share one)."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield entry
            yield from (inner for inner in entry.iterdir() if inner.is_dir())


def model_card(name: str) -> ModelCard:
    """Return the card of a model.

    Raises
    ------
    InputError
        No model of that name has a card.
    """
    cards = model_cards()
    if name not in cards:
        raise InputError(f"no card for model {name!r}; there are: {', '.join(cards)}")
    return cards[name]
