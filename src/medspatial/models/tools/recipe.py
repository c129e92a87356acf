"""A model as words: what other processes are sent to make it for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from medspatial.models.base import Model
from medspatial.models.registry import create_model, model_options
from medspatial.models.tools.prepared import PreparedModel


@dataclass(frozen=True)
class ModelRecipe:
    """Name and options of a model; called with a device it makes the model for it.

    Attributes
    ----------
    kind, options
        As for `create_model`.
    prepared
        Whether the model is given inputs that were prepared before (`PreparedModel`), if it looks at any.
    """

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    prepared: bool = False

    def __call__(self, device: str | None = None) -> Model:
        """Make the model.

        Parameters
        ----------
        device
            Given to models that have the option; None for what the options say.
        """
        options = dict(self.options)
        if device is not None and "device" in model_options(self.kind).kinds:
            options["device"] = device
        model = create_model(self.kind, **options)
        return PreparedModel(model) if self.prepared and model.needs_volume else model
