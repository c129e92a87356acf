"""Med3DVLM as a model of this benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from medspatial.inputs import Query
from medspatial.models.med3dvlm.network import load_network
from medspatial.models.med3dvlm.preparation import DEFAULT_WINDOW, Preparation, Recipe
from medspatial.models.options import HuWindow, flag
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.device import choose_device, choose_dtype
from medspatial.models.runtime.folder import generation_settings
from medspatial.models.runtime.spliced import SplicedModel


class Med3DVLM(SplicedModel):
    """Med3DVLM from a checkpoint folder.

    Parameters
    ----------
    path
        Folder of ``MagicXin/Med3DVLM-Qwen-2.5-7B``.
    device, dtype, attention
        See `medspatial.models.runtime`; the tower stays float32 (its batch norms lose much in bfloat16).
    recipe, orientation, hu_window
        See `Preparation`; the original is ``orientation="stored", hu_window=None``.
    max_new_tokens, do_sample, temperature, top_p, top_k, seed
        Generation; greedy by default.
    repetition_penalty
        Over generated tokens; None takes that of the checkpoint's ``generation_config.json``.
    lost_first_token
        The tokenizer has no begin token, so the original's splice, which keeps position 0, leaves one
        ``<im_patch>`` there and overwrites the first token of every question. It was trained so, and this
        keeps it; False keeps the question whole.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        device: str = "auto",
        dtype: str = "auto",
        attention: str = "sdpa",
        recipe: Recipe = "dataprep128",
        orientation: Literal["canonical", "stored"] = "canonical",
        hu_window: HuWindow | None = DEFAULT_WINDOW,
        max_new_tokens: int = 256,
        do_sample: bool = False,
        temperature: float | None = None,
        top_p: float | None = None,
        top_k: int | None = None,
        repetition_penalty: float | None = None,
        seed: int = 0,
        lost_first_token: bool = True,
    ) -> None:
        folder = Path(path)
        config = read_config(folder)
        place = choose_device(device)
        number = choose_dtype(dtype, place)
        height, width, depth = config.get("input_size", (256, 256, 128))
        settings = generation_settings(
            folder,
            config,
            max_new_tokens=max_new_tokens,
            do_sample=do_sample,
            temperature=temperature,
            top_p=top_p,
            top_k=top_k,
            repetition_penalty=repetition_penalty,
            seed=seed,
        )
        preparation = Preparation(recipe, orientation, hu_window, (depth, height, width))
        self.lost_first_token = flag(lost_first_token, "lost_first_token", "med3dvlm")
        super().__init__(
            "med3dvlm",
            folder,
            load_network(folder, device=place, dtype=number, attention=attention),
            preparation,
            settings,
            device=place,
            dtype=number,
            attention=attention,
        )

    def tail(self, query: Query) -> list[int]:
        """The question's tokens, by default without the first."""
        return super().tail(query)[1 if self.lost_first_token else 0 :]

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers."""
        return {**super().describe(), "lost_first_token": self.lost_first_token}
