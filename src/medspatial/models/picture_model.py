"""What models that are given pictures of a CT share: which pictures, and what is said with them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from medspatial.errors import InputError
from medspatial.inputs import Pictures, Wording, on_pictures, picture_settings, render
from medspatial.models.base import Model, Point
from medspatial.volume import MaskSet, Volume

Captions = Literal["before", "after", "none"]


class PictureModel(Model):
    """A model that sees pictures of the volume.

    Parameters
    ----------
    name
        Of the model, for messages too.
    pictures
        Fields of `medspatial.inputs.PictureSettings`.
    prompt
        Text of a question; see `medspatial.inputs.Wording`.
    instruction, system
        Text before the pictures, and of a system turn.
    captions
        Each picture's number, plane and place in words: before it, after it, or none.

    Raises
    ------
    InputError
        A wrong value, or an option of pictures that does not exist.
    """

    def __init__(
        self,
        name: str,
        pictures: Mapping[str, Any],
        *,
        prompt: str,
        instruction: str | None,
        system: str | None,
        captions: Captions,
    ) -> None:
        self.name = name
        self.wording = Wording(prompt)
        self.settings = picture_settings(pictures, name)
        self.contract = self.settings.contract()
        self.needs_masks = self.settings.representation == "overlay"
        if captions not in get_args(Captions):
            raise InputError(f"{name}: captions must be before, after or none, got {captions!r}")
        self.instruction, self.system, self.captions = instruction, system, captions

    def prepare(self, volume: Volume | None) -> Any:
        """Prepare a volume without masks.

        Raises
        ------
        InputError
            The pictures are overlays: they need `prepare_with_masks`.
        """
        if volume is not None and self.needs_masks:
            raise InputError(f"{self.name}: representation 'overlay' needs masks, and none were given")
        return self.prepare_with_masks(volume, None)

    @abstractmethod
    def prepare_with_masks(self, volume: Volume | None, masks: MaskSet | None) -> Any:
        """Draw the pictures, structures over them if masks are given."""

    def drawn(self, volume: Volume, masks: MaskSet | None) -> Pictures:
        """Return the pictures of a volume; an overlay without masks is the bare slices."""
        return render(volume, self.settings if masks is not None else self.settings.bare, masks)

    def visible(self, volume: Volume, points: Sequence[Point]) -> Sequence[float] | None:
        """Say which points the slices shown stand for."""
        return on_pictures(volume, self.settings, points)
