"""M3D-LaMed as a model of this benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from torch import Tensor

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models.engine import Engine
from medspatial.models.generation import Generation
from medspatial.models.hardware import Runtime
from medspatial.models.m3d_lamed.network import Network, load_network
from medspatial.models.m3d_lamed.preparation import Preparation, Recipe
from medspatial.models.option_values import HuWindow, flag
from medspatial.models.options import ReadPath
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.spliced import SplicedModel
from medspatial.models.runtime.stretch import DEFAULT_WINDOW

_PROBE = Query("probe", "Which side?")


class M3DLaMed(SplicedModel):
    """M3D-LaMed from a checkpoint folder.

    Parameters
    ----------
    path
        Folder of ``GoodBaiBai88/M3D-LaMed-Llama-2-7B`` or ``...-Phi-3-4B``.
    recipe, orientation, hu_window
        See `Preparation`; the original is ``orientation="stored", hu_window=None``.
    force_bos
        Put the begin token in front although the tokenizer adds none. The original then loses the first
        token of each question, so such a tokenizer is refused unless this is set.
    runtime, serving, generation
        Where it runs, where its tokens are made, and how it answers.
    """

    network: Network

    def __init__(
        self,
        path: ReadPath,
        *,
        recipe: Recipe = "minmax",
        orientation: Literal["canonical", "stored"] = "canonical",
        hu_window: HuWindow | None = DEFAULT_WINDOW,
        force_bos: bool = False,
        runtime: Runtime = Runtime(),
        serving: Engine = Engine(),
        generation: Generation = Generation(),
    ) -> None:
        folder = Path(path)
        config = read_config(folder)
        preparation = Preparation(recipe, orientation, hu_window, config.get("image_size", (32, 256, 256)))
        flag(force_bos, "force_bos", "m3d_lamed")
        name = f"m3d_lamed_{str(config.get('model_type', '')).removeprefix('lamed_')}"
        super().__init__(
            name,
            folder,
            load_network,
            preparation,
            runtime=runtime,
            serving=serving,
            generation=generation,
        )
        self._bos = self._checked_bos(self.network.projector.tokens, force_bos)
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
