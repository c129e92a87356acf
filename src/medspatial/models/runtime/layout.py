"""What the checkpoint of a model must hold, and how its parts are checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """One thing that a checkpoint must hold: weights, a tokenizer, settings.

    Attributes
    ----------
    name
        For messages, such as ``llm weights``.
    check
        Says in words what is there; raises a `MedspatialError` where that is missing or wrong. Parts do not
        depend on each other, so that one missing file does not hide the others.
    """

    name: str
    check: Callable[[], str]
