"""Med3DVLM as a model of this benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from medspatial.inputs import Query
from medspatial.models.engine import Engine
from medspatial.models.generation import Generation
from medspatial.models.hardware import Runtime
from medspatial.models.med3dvlm.network import load_network
from medspatial.models.med3dvlm.preparation import Preparation, Recipe
from medspatial.models.option_values import HuWindow, flag
from medspatial.models.options import ReadPath
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.spliced import SplicedModel
from medspatial.models.runtime.stretch import DEFAULT_WINDOW


class Med3DVLM(SplicedModel):
    """Med3DVLM from a checkpoint folder.

    Parameters
    ----------
    path
        Folder of ``MagicXin/Med3DVLM-Qwen-2.5-7B``.
    recipe, orientation, hu_window
        See `Preparation`; the original is ``orientation="stored", hu_window=None``.
    lost_first_token
        The tokenizer has no begin token, so the original's splice, which keeps position 0, leaves one
        ``<im_patch>`` there and overwrites the first token of every question. It was trained so, and this
        keeps it; False keeps the question whole.
    runtime, serving, generation
        Where it runs, where its tokens are made, and how it answers. The tower stays float32: its batch norms
        lose much in bfloat16.
    """

    def __init__(
        self,
        path: ReadPath,
        *,
        recipe: Recipe = "dataprep128",
        orientation: Literal["canonical", "stored"] = "canonical",
        hu_window: HuWindow | None = DEFAULT_WINDOW,
        lost_first_token: bool = True,
        runtime: Runtime = Runtime(),
        serving: Engine = Engine(),
        generation: Generation = Generation(),
    ) -> None:
        folder = Path(path)
        height, width, depth = read_config(folder).get("input_size", (256, 256, 128))
        preparation = Preparation(recipe, orientation, hu_window, (depth, height, width))
        self.lost_first_token = flag(lost_first_token, "lost_first_token", "med3dvlm")
        super().__init__(
            "med3dvlm",
            folder,
            load_network,
            preparation,
            runtime=runtime,
            serving=serving,
            generation=generation,
        )

    def tail(self, query: Query) -> list[int]:
        """The question's tokens, by default without the first."""
        return super().tail(query)[1 if self.lost_first_token else 0 :]

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers."""
        return {**super().describe(), "lost_first_token": self.lost_first_token}
