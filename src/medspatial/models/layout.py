"""What the checkpoint of a model must hold: an empty network and the published names of its parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Layout:
    """The expected state of one configuration.

    Attributes
    ----------
    network
        The network on the meta device.
    rename
        The network's name of a published key; None for a key that is not needed.
    image_token
        A token that the tokenizer must know as one; None where there is none.
    """

    network: nn.Module
    rename: Callable[[str], str | None]
    image_token: str | None = None


@dataclass(frozen=True)
class Part:
    """One part of a checkpoint that is split over folders.

    Attributes
    ----------
    name
        For messages; empty where the checkpoint is one.
    language
        Whether tokenizer and generation settings lie in its folder.
    """

    name: str
    folder: Path
    config: dict[str, Any]
    layout: Layout
    language: bool = True
