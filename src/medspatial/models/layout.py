"""What the checkpoint of a model must hold: an empty network and the published names of its parts."""

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
