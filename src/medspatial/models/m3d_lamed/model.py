"""M3D-LaMed as a model of this benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models.m3d_lamed.network import load_network
from medspatial.models.m3d_lamed.preparation import DEFAULT_WINDOW, Preparation, Recipe
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.device import choose_device, choose_dtype
from medspatial.models.runtime.folder import generation_settings, load_tokenizer
from medspatial.models.runtime.language import LanguageModel
from medspatial.models.runtime.vlm import VolumeLanguageModel
from medspatial.volume import Volume

IMAGE_TOKEN = "<im_patch>"


class M3DLaMed(VolumeLanguageModel):
    """M3D-LaMed from a checkpoint folder.

    Parameters
    ----------
    path
        Folder of ``GoodBaiBai88/M3D-LaMed-Llama-2-7B`` or ``...-Phi-3-4B``.
    device, dtype, attention
        See `medspatial.models.runtime`; ``auto`` is bfloat16 on a GPU, float32 on a CPU.
    recipe, orientation, hu_window
        See `Preparation`; the original is ``orientation="stored", hu_window=None``.
    max_new_tokens, do_sample, temperature, top_p, seed
        Generation; greedy by default.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        device: str = "auto",
        dtype: str = "auto",
        attention: str = "sdpa",
        recipe: Recipe = "minmax",
        orientation: Literal["canonical", "stored"] = "canonical",
        hu_window: tuple[float, float] | None = DEFAULT_WINDOW,
        max_new_tokens: int = 256,
        do_sample: bool = False,
        temperature: float | None = None,
        top_p: float | None = None,
        seed: int = 0,
    ) -> None:
        folder = Path(path)
        config = read_config(folder)
        self.name = f"m3d_lamed_{str(config.get('model_type', '')).removeprefix('lamed_')}"
        self.device = choose_device(device)
        self.dtype = choose_dtype(dtype, self.device)
        self.tokenizer = load_tokenizer(folder)
        self.network = load_network(folder, device=self.device, dtype=self.dtype, attention=attention)
        window = None if hu_window is None else (float(hu_window[0]), float(hu_window[1]))
        self.preparation = Preparation(recipe, orientation, window, tuple(config["image_size"]))
        self.contract = self.preparation.contract()
        settings = generation_settings(
            folder,
            config,
            max_new_tokens=max_new_tokens,
            do_sample=do_sample,
            temperature=temperature,
            top_p=top_p,
            seed=seed,
        )
        self.language = LanguageModel(self.network.language, settings)
        self._attention = attention
        self._checkpoint = folder.name
        self._bos = self._checked_bos()

    def pixels(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, depth, height, width)."""
        return self.preparation(volume)

    def visual_tokens(self, pixels: Tensor) -> Tensor:
        """Return (tokens, hidden)."""
        return self.network.visual_tokens(pixels.to(self.dtype))[0]

    def prefix(self, visual: Tensor | None) -> Tensor:
        """Begin-of-sequence, then the visual tokens."""
        start = self.language.embed([self._bos])
        return start if visual is None else torch.cat([start, visual.to(start.dtype)])

    def tail(self, query: Query) -> list[int]:
        """One space, the question, and for a closed one `` Choices: A. .. B. ..``.

        The text is tokenised behind the image tokens, as the original does, since tokenizers treat
        the space after a special token in their own way.
        """
        choices = "".join(f" {letter}. {option}" for letter, option in query.lettered())
        text = f" {query.text}" + (f" Choices:{choices}" if choices else "")
        ids = self.tokenizer.encode(IMAGE_TOKEN + text, add_special_tokens=False)
        if ids[0] != self._image_id:
            raise InputError(f"{self.name}: the tokenizer splits {IMAGE_TOKEN}; is it the checkpoint's own?")
        return list(ids[1:])

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers."""
        own = {
            "checkpoint": self._checkpoint,
            "preparation": self.preparation.describe(),
            "attention": self._attention,
        }
        return {**super().describe(), **own}

    @property
    def _image_id(self) -> int:
        return int(self.tokenizer.convert_tokens_to_ids(IMAGE_TOKEN))  # type: ignore[attr-defined]

    def _checked_bos(self) -> int:
        """The original splices by position and is right only behind one begin token."""
        bos = getattr(self.tokenizer, "bos_token_id", None)
        if bos is None:
            raise InputError(f"{self.name}: the tokenizer has no begin-of-sequence token")
        return int(bos)
