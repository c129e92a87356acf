"""RadFM as a model of this benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medspatial.errors import InputError
from medspatial.inputs import Query, inside
from medspatial.models.base import Point
from medspatial.models.engine import Engine
from medspatial.models.generation import Generation
from medspatial.models.hardware import Runtime
from medspatial.models.option_values import HuWindow
from medspatial.models.options import ReadPath, WrittenPath
from medspatial.models.radfm.network import END, PAD, load_network
from medspatial.models.radfm.preparation import DEFAULT_WINDOW, Preparation
from medspatial.models.radfm.tokens import IMAGE_BEGIN, IMAGE_END, RadFMTokenizer
from medspatial.models.radfm.vision import ViTSizes
from medspatial.models.runtime.caching import CachingModel, Prepared
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.device import device_and_dtype
from medspatial.models.runtime.engine import behind_engine
from medspatial.models.runtime.features import FeatureCache, weights_hash
from medspatial.models.runtime.language import GenerationSettings, LanguageModel
from medspatial.records import content_hash
from medspatial.volume import Volume


class RadFM(CachingModel):
    """RadFM from its folder.

    Parameters
    ----------
    path
        Folder with ``pytorch_model.bin`` (the joined and unpacked parts); a ``config.json`` there may
        state sizes, those of the published model are the default.
    tokenizer
        ``tokenizer.model`` of the original's repository; default: in ``path``.
    orientation, hu_window, size
        See `Preparation`; the original is ``orientation="stored", hu_window=None``.
    feature_cache, feature_cache_gb
        Folder to keep visual tokens in, by fingerprint, and the most gibibytes in it (the least recently
        used go first; None: no bound).
    runtime, serving, generation
        Where it runs, where its tokens are made, and how it answers. The original runs in float32 (53 GB).
    """

    def __init__(
        self,
        path: ReadPath,
        *,
        tokenizer: ReadPath | None = None,
        orientation: Literal["canonical", "stored"] = "canonical",
        hu_window: HuWindow | None = DEFAULT_WINDOW,
        size: int = 512,
        feature_cache: WrittenPath | None = None,
        feature_cache_gb: float | None = None,
        runtime: Runtime = Runtime(),
        serving: Engine = Engine(),
        generation: Generation = Generation(max_new_tokens=200),
    ) -> None:
        folder = Path(path)
        self.name = "radfm"
        self.device, self.dtype = device_and_dtype(runtime)
        config = stated_sizes(folder)
        self.preparation = Preparation(orientation, hu_window, size)
        self.contract = self.preparation.contract()
        ViTSizes.of(config.get("vit", {})).check_side(self.preparation.size)
        settings = GenerationSettings(eos_ids=(END,), pad_id=PAD, **generation.stated())
        self.network = load_network(
            folder, config, device=self.device, dtype=self.dtype, attention=runtime.attention
        )
        home = Path(tokenizer) if tokenizer is not None else folder / "tokenizer.model"
        self.tokenizer: RadFMTokenizer = RadFMTokenizer(home, self.network.image_tokens)
        words = self.network.language.config.vocab_size
        if self.tokenizer.words != words:
            raise InputError(f"{home}: has {self.tokenizer.words} pieces, the model {words} words")
        self.language = behind_engine(LanguageModel(self.network.language, settings), serving)
        self._facts = {"checkpoint": folder.name, "attention": runtime.attention}
        if feature_cache is not None:
            recipe = {**self.preparation.describe(), "dtype": str(self.dtype)}
            encoder = self._encoder_hash()
            self.cache = FeatureCache.of(Path(feature_cache), encoder, recipe, None, feature_cache_gb)

    def pixels(self, volume: Volume) -> NDArray[np.float32]:
        """Return (3, rows, columns, slices)."""
        return self.preparation(volume)

    def visible(self, volume: Volume, points: Sequence[Point]) -> Sequence[float]:
        """Say which points lie in the volume: its whole field of view is stretched to the input."""
        return inside(volume, points)

    def prepare_series(self, volumes: Sequence[Volume]) -> Prepared:
        """Prepare several volumes of one patient, to be asked about together; `encode` takes the result."""
        stacked = np.repeat(self.preparation.stacked(list(volumes)), 3, axis=1)
        return Prepared(content_hash([volume.fingerprint for volume in volumes]), stacked, None)

    def features(self, pixels: Tensor) -> Tensor:
        """Return (S * 32, hidden) of input (1, 3, H, W, D) or (1, S, 3, H, W, D)."""
        images = pixels if pixels.ndim == 6 else pixels[:, None]
        return self.network.visual_tokens(images.to(self.dtype))[0]

    def projected(self, features: Tensor) -> Tensor:
        """Return the features: they are the visual tokens."""
        return features.to(self.dtype)

    def prefix(self, visual: Tensor | None) -> Tensor:
        """Begin token and the images, each between its two marks."""
        images = 0 if visual is None else visual.shape[0] // self.network.image_tokens
        text = "".join(self.tokenizer.image_block(image) for image in range(images))
        ids = torch.tensor(self.tokenizer.encode(text), device=self.device)
        return self.network.table(visual)[ids]

    def question_text(self, query: Query) -> str:
        """Return the bare question; options, for which the original has no form, follow line by line.

        Raises
        ------
        InputError
            The question contains a mark of an image.
        """
        lines = [query.text.strip(), *(f"{letter}. {option}" for letter, option in query.lettered())]
        text = "\n".join(lines)
        if IMAGE_BEGIN in text or IMAGE_END in text:
            raise InputError(f"radfm: question {query.id!r} contains a reserved mark of an image")
        return text

    def tail(self, query: Query) -> list[int]:
        """Return the question's ids; behind an image, as behind the begin token, a new word begins."""
        return self.tokenizer.encode(self.question_text(query), add_special_tokens=False)

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers."""
        return {**super().describe(), **self._facts, "preparation": self.preparation.describe()}

    def _encoder_hash(self) -> str:
        parts = (self.network.vision, self.network.perceiver, self.network.fc)
        return content_hash([weights_hash(part) for part in parts])


def stated_sizes(folder: Path) -> Mapping[str, Any]:
    """Return the folder's ``config.json``, or nothing: the published sizes are then meant."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such checkpoint folder")
    return read_config(folder) if (folder / "config.json").exists() else {}
