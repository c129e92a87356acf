"""Merlin's contrastive model as an answerer of closed questions: the option nearest to the image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models.base import Answer, Model
from medspatial.models.hardware import Runtime
from medspatial.models.merlin.folder import CONTRASTIVE, TEXT, part, weights_of
from medspatial.models.merlin.network import load_contrastive
from medspatial.models.merlin.preparation import Preparation
from medspatial.models.merlin.text import sanitized
from medspatial.models.runtime.device import choose_device
from medspatial.models.runtime.folder import load_tokenizer
from medspatial.volume import Volume

_LONGEST = 1024
STATEMENT = "{question} {option}"


class MerlinChoices(Model):
    """Score each option by its cosine with the image; the highest is the answer.

    One embedding stands for the whole volume, so that little is to be hoped for sides and distances. An open
    question gets no answer.
    """

    takes_arrays = True

    def __init__(
        self,
        folder: Path,
        *,
        text_path: str | Path | None,
        preparation: Preparation,
        statement: str,
        runtime: Runtime,
    ) -> None:
        if "{option}" not in statement:
            raise InputError(f"merlin: statement must hold {{option}}, got {statement!r}")
        self.name = "merlin_choices"
        self.device = choose_device(runtime.device)
        self.preparation = preparation
        self.contract = preparation.contract()
        self.statement = statement
        place, config = part(folder, text_path, TEXT)
        self.tokenizer: Any = load_tokenizer(place)
        self.longest = min(_LONGEST, int(config.get("max_position_embeddings", _LONGEST + 2)) - 2)
        self.weights = weights_of(folder, CONTRASTIVE, "contrastive")
        self.network = load_contrastive(self.weights, config, device=self.device)

    def prepare(self, volume: Volume | None) -> NDArray[np.float32] | None:
        """Return (1, x, y, z); None (text only) stays None."""
        if volume is None:
            return None
        array = self.preparation(volume)
        self.contract.check(array, self.name)  # type: ignore[union-attr]
        return array

    def visible(self, volume: Volume, points: Sequence[ArrayLike]) -> list[float]:
        """Say which points (RAS mm) the field of view holds."""
        return self.preparation.visible(volume, points)

    @torch.inference_mode()
    def encode(self, prepared: NDArray[np.float32] | None) -> Tensor | None:
        """Return the image's unit vector, shape (1, dimensions)."""
        if prepared is None:
            return None
        pixels = torch.from_numpy(np.ascontiguousarray(prepared))[None].to(self.device)
        return self.network.image_features(self.network.embedding(pixels))

    def answer(self, encoded: Tensor | None, queries: Sequence[Query]) -> list[Answer]:
        """Return the nearest option of each closed question; ties go to the first."""
        return [self._chosen(encoded, query) for query in queries]

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers."""
        return {
            "mode": "choices",
            "contract": self.contract.model_dump(mode="json") if self.contract else None,
            "preparation": self.preparation.describe(),
            "statement": self.statement,
            "weights": self.weights.name,
            "longest_text": self.longest,
            "device": self.device.type,
            "dtype": "float32",
        }

    @torch.inference_mode()
    def text_features(self, texts: Sequence[str]) -> Tensor:
        """Return the unit vectors (texts, dimensions) of texts as they are; they are put in order here."""
        batch = self.tokenizer(
            [sanitized(text) for text in texts],
            padding=True,
            truncation=True,
            max_length=self.longest,
            return_tensors="pt",
        ).to(self.device)
        return self.network.text_features(batch["input_ids"], batch["attention_mask"])

    def _chosen(self, image: Tensor | None, query: Query) -> Answer:
        options = query.options or (("yes", "no") if query.answer_type == "yes_no" else ())
        if not options or image is None:
            return Answer("", {"no_answer": "open question" if image is not None else "no image"})
        texts = [self.statement.format(question=query.text, option=option) for option in options]
        cosines = (self.text_features(texts) @ image[0]).tolist()
        best = max(range(len(options)), key=lambda place: (cosines[place], -place))
        return Answer(options[best], {"cosines": [round(value, 6) for value in cosines]})
