"""The frame of M3D-LaMed and what was built on its code: visual tokens spliced in by position.

The original's prompt is ``<im_patch>`` times the number of visual tokens, one space, the question, and for a
closed one its choices. It keeps position 0 and puts the visual tokens over the positions behind it,
whatever stands there: right behind a begin token, one token too late without.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from medspatial.errors import InputError
from medspatial.inputs import InputContract, Query, inside
from medspatial.models.base import Point
from medspatial.models.engine import Engine
from medspatial.models.generation import Generation
from medspatial.models.hardware import Runtime
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.device import device_and_dtype
from medspatial.models.runtime.engine import behind_engine
from medspatial.models.runtime.folder import generation_settings, load_tokenizer
from medspatial.models.runtime.language import LanguageModel
from medspatial.models.runtime.vlm import VolumeLanguageModel
from medspatial.volume import Volume

IMAGE_TOKEN = "<im_patch>"


class SplicedNetwork(Protocol):
    """Tower, projector and language model."""

    language: PreTrainedModel

    def visual_tokens(self, image: Tensor) -> Tensor:
        """Return (B, tokens, hidden) of images (B, 1, D, H, W)."""


class LoadNetwork(Protocol):
    """Loads a checkpoint's folder."""

    def __call__(
        self, folder: Path, *, device: torch.device, dtype: torch.dtype, attention: str
    ) -> SplicedNetwork:
        """Return the network in eval mode, on its device."""


class VolumePreparation(Protocol):
    """From a volume to the input array."""

    def __call__(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, D, H, W) float32."""

    @property
    def crops(self) -> bool:
        """Whether the field of view depends on the values, which are cropped before they are stretched."""

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""

    def describe(self) -> dict[str, Any]:
        """Return all settings."""


class SplicedModel(VolumeLanguageModel):
    """What the models of this family share; a subclass names the parts and says what position 0 holds."""

    network: SplicedNetwork

    def __init__(
        self,
        name: str,
        folder: Path,
        load: LoadNetwork,
        preparation: VolumePreparation,
        *,
        runtime: Runtime,
        serving: Engine,
        generation: Generation,
    ) -> None:
        self.name = name
        self.device, self.dtype = device_and_dtype(runtime)
        self.preparation = preparation
        self.contract = preparation.contract()
        settings = generation_settings(folder, read_config(folder), generation)
        self.network = load(folder, device=self.device, dtype=self.dtype, attention=runtime.attention)
        self.language = behind_engine(LanguageModel(self.network.language, settings), serving)
        self.tokenizer: Any = load_tokenizer(folder)
        self._facts: dict[str, Any] = {"checkpoint": folder.name, "attention": runtime.attention}
        self._image_id = self._checked_image_id()

    def pixels(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, depth, height, width)."""
        return self.preparation(volume)

    def visible(self, volume: Volume, points: Sequence[Point]) -> Sequence[float] | None:
        """Say which points lie in the volume, all of which is stretched; not known where it is cropped."""
        return None if self.preparation.crops else inside(volume, points)

    def visual_tokens(self, pixels: Tensor) -> Tensor:
        """Return (tokens, hidden)."""
        return self.network.visual_tokens(pixels)[0]

    @property
    def first_id(self) -> int:
        """The token at position 0, in front of the visual tokens."""
        return self._image_id

    def prefix(self, visual: Tensor | None) -> Tensor:
        """Position 0, then the visual tokens."""
        start = self.language.embed([self.first_id])
        return start if visual is None else torch.cat([start, visual.to(start.dtype)])

    def question_text(self, query: Query) -> str:
        """One space, the question, and for a closed one `` Choices: A. .. B. ..``."""
        choices = "".join(f" {letter}. {option}" for letter, option in query.lettered())
        return f" {query.text}" + (f" Choices:{choices}" if choices else "")

    def tail(self, query: Query) -> list[int]:
        """The question's tokens, made behind an image token as the original does.

        Tokenizers treat the space after a special token in their own way.
        """
        ids = self.tokenizer.encode(IMAGE_TOKEN + self.question_text(query), add_special_tokens=False)
        return list(ids[1:])

    def prompt_ids(self, query: Query, visual: int) -> list[int]:
        """The original's whole prompt: all image tokens and the tokenizer's own begin token, if any."""
        return list(self.tokenizer.encode(IMAGE_TOKEN * visual + self.question_text(query)))

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers."""
        tokenizer = {
            "class": type(self.tokenizer).__name__,
            "legacy": getattr(self.tokenizer, "init_kwargs", {}).get("legacy"),
        }
        own = {"preparation": self.preparation.describe(), "tokenizer": tokenizer}
        return {**super().describe(), **self._facts, **own}

    def _checked_image_id(self) -> int:
        """The id of ``<im_patch>``, which must be one token, and one that the embeddings hold."""
        ids = self.tokenizer.encode(IMAGE_TOKEN, add_special_tokens=False)
        if len(ids) != 1 or self.tokenizer.convert_ids_to_tokens(ids) != [IMAGE_TOKEN]:
            raise InputError(
                f"{self.name}: the tokenizer does not know {IMAGE_TOKEN}; is it the checkpoint's own?"
            )
        rows = self.network.language.config.vocab_size
        if len(self.tokenizer) > rows:
            raise InputError(
                f"{self.name}: the tokenizer has {len(self.tokenizer)} tokens, the model only {rows}"
            )
        return int(ids[0])
