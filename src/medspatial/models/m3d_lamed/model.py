"""M3D-LaMed as a model of this benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from torch import Tensor

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models.m3d_lamed.network import load_network
from medspatial.models.m3d_lamed.preparation import DEFAULT_WINDOW, Preparation, Recipe
from medspatial.models.options import HuWindow, flag
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.device import choose_device, choose_dtype
from medspatial.models.runtime.folder import generation_settings
from medspatial.models.runtime.spliced import SplicedModel

_PROBE = Query("probe", "Which side?")


class M3DLaMed(SplicedModel):
    """M3D-LaMed from a checkpoint folder.

    Parameters
    ----------
    path
        Folder of ``GoodBaiBai88/M3D-LaMed-Llama-2-7B`` or ``...-Phi-3-4B``.
    device, dtype, attention
        See `medspatial.models.runtime`; ``auto`` is bfloat16 on a GPU, float32 on a CPU.
    recipe, orientation, hu_window
        See `Preparation`; the original is ``orientation="stored", hu_window=None``.
    max_new_tokens, do_sample, temperature, top_p, top_k, seed
        Generation; greedy by default.
    force_bos
        Put the begin token in front although the tokenizer adds none. The original then loses the first
        token of each question, so such a tokenizer is refused unless this is set.
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
        hu_window: HuWindow | None = DEFAULT_WINDOW,
        max_new_tokens: int = 256,
        do_sample: bool = False,
        temperature: float | None = None,
        top_p: float | None = None,
        top_k: int | None = None,
        seed: int = 0,
        force_bos: bool = False,
    ) -> None:
        folder = Path(path)
        config = read_config(folder)
        place = choose_device(device)
        number = choose_dtype(dtype, place)
        preparation = Preparation(recipe, orientation, hu_window, config.get("image_size", (32, 256, 256)))
        settings = generation_settings(
            folder,
            config,
            max_new_tokens=max_new_tokens,
            do_sample=do_sample,
            temperature=temperature,
            top_p=top_p,
            top_k=top_k,
            seed=seed,
        )
        force_bos = flag(force_bos, "force_bos", "m3d_lamed")
        network = load_network(folder, device=place, dtype=number, attention=attention)
        super().__init__(
            f"m3d_lamed_{str(config.get('model_type', '')).removeprefix('lamed_')}",
            folder,
            network,
            preparation,
            settings,
            device=place,
            dtype=number,
            attention=attention,
        )
        self._bos = self._checked_bos(network.projector.tokens, force_bos)
        self._facts["force_bos"] = force_bos

    @property
    def first_id(self) -> int:
        """The begin-of-sequence token."""
        return self._bos

    def visual_tokens(self, pixels: Tensor) -> Tensor:
        """Return (tokens, hidden)."""
        return super().visual_tokens(pixels.to(self.dtype))

    def _checked_bos(self, visual: int, force: bool) -> int:
        """The begin token, once the tokenizer's own prompt is the one that is built here."""
        bos = getattr(self.tokenizer, "bos_token_id", None)
        if bos is None:
            raise InputError(f"{self.name}: the tokenizer has no begin-of-sequence token")
        ids = self.prompt_ids(_PROBE, visual)
        if ids[0] != bos:
            if not force:
                raise InputError(
                    f"{self.name}: the tokenizer puts no begin token in front; the original would overwrite "
                    "each question's first token then. Set force_bos=true to put one there"
                )
            ids = [bos, *ids]
        if ids != [bos, *[self._image_id] * visual, *self.tail(_PROBE)]:
            raise InputError(
                f"{self.name}: the tokenizer does not give begin token, {visual} image tokens, question"
            )
        return int(bos)
