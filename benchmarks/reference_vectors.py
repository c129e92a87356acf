"""Small vectors that hold every preparation and tower in place where the reference folders are not at hand.

    python benchmarks/reference_vectors.py PARITY     # writes tests/reference/vectors.json

PARITY is the folder with vectors of the original code, one folder per model. They are checked first, by
`medspatial models verify`, and nothing is written while one of them differs: so these vectors are those of an
implementation that equals the originals. Inputs are a phantom and noise, weights noise drawn by the name of
the parameter; nothing but numbers of this project goes in or out.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medspatial.cases import make_phantom
from medspatial.models.card import model_cards
from medspatial.models.tools.inventory import preparation
from medspatial.models.tools.verify import verify

FILE = Path(__file__).parents[1] / "tests" / "reference" / "vectors.json"
SAMPLES = 24
Vector = dict[str, Any]

_LLAMA = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2,
    "num_key_value_heads": 2, "vocab_size": 40, "tie_word_embeddings": False,
}  # fmt: skip
M3D = {
    **_LLAMA, "model_type": "lamed_llama", "image_channel": 1, "image_size": [8, 16, 24],
    "patch_size": [2, 4, 4], "proj_pooling_size": 2,
    "tiny_vision_override": {
        "vision_hidden_size": 24, "vision_mlp_dim": 40, "vision_num_heads": 2, "vision_num_layers": 2,
    },
}  # fmt: skip
MED3DVLM = {
    **_LLAMA, "model_type": "vlm_qwen", "input_size": [64, 96, 64], "patch_size": [16, 16, 16], "dim": 32,
    "high_input_size": [2, 32], "high_output_size": [6, 5], "low_input_size": [12, 24],
    "low_output_size": [10, 7], "mm_hidden_size": 32, "mm_mlp_depth": 2,
    "tiny_vision_override": {"channels": [8, 12, 16, 24, 32], "num_blocks": [1, 2, 1, 2, 1]},
}  # fmt: skip
RADFM = {
    "vit": {
        "image_size": 16, "frames": 16, "depth": 2, "heads": 3, "mlp_dim": 32, "dim_head": 8,
        "image_patch_size": 4, "frame_patch_size": 2, "dim": 24, "channels": 3,
    },
    "perceiver": {"depth": 2, "dim_head": 8, "heads": 2, "dim": 24, "num_latents": 4, "ff_mult": 2},
    "language_model": {**_LLAMA},
}  # fmt: skip


def vectors() -> dict[str, Vector]:
    """Compute all vectors, by name."""
    return {**preparations(), **towers()}


def preparations() -> dict[str, Vector]:
    """The input of every model with a preparation that needs no weights, of one phantom."""
    ct = make_phantom(3, spacing=5.0, axcodes="LPI").ct
    found = {}
    for name, card in model_cards().items():
        if card.preparation is not None:
            found[f"preparation of {name}"] = vector(np.asarray(preparation(name)(ct)))
    return found


def towers() -> dict[str, Vector]:
    """What towers and projectors make of noise."""
    from medspatial.models.ct_chat.ctvit import CTViT, CTViTSizes
    from medspatial.models.m3d_lamed import network as m3d
    from medspatial.models.med3dvlm import network as med3dvlm
    from medspatial.models.radfm import network as radfm

    sizes = CTViTSizes(
        dim=16, codebook_size=32, image_size=12, patch_size=4, temporal_patch_size=2, spatial_depth=2,
        temporal_depth=2, dim_head=4, heads=2, frames=6,
    )  # fmt: skip
    made: Mapping[str, tuple[nn.Module, tuple[int, ...], Callable[[Any, Tensor], Tensor]]] = {
        "m3d_lamed": (m3d.empty_network(M3D), (1, 1, 8, 16, 24), _visual),
        "med3dvlm": (
            med3dvlm.empty_network(MED3DVLM),
            (1, 1, 64, 96, 64),
            _visual,
        ),
        "radfm": (radfm.empty_network(RADFM), (1, 1, 3, 16, 16, 16), _visual),
        "ct_chat": (CTViT(sizes).eval(), (1, 1, 6, 12, 12), CTViT.tokens),
    }
    found = {}
    for name, (network, shape, run) in made.items():
        filled(network)
        with torch.inference_mode():
            found[f"tower of {name}"] = vector(run(network, noise(name, shape)).numpy())
    return found


def _visual(network: Any, image: Tensor) -> Tensor:
    tokens: Tensor = network.visual_tokens(image)
    return tokens


def filled(network: nn.Module) -> None:
    """Give every parameter and stored buffer noise drawn by its name; norms and variances lie around 1."""
    if any(one.is_meta for one in network.parameters()):
        network.to_empty(device="cpu")
    state = network.state_dict()
    for name, one in state.items():
        if one.is_floating_point():
            around = (
                1.0 if one.ndim < 2 and name.endswith(("weight", "running_var", "scale", "gamma")) else 0.0
            )
            one.copy_(around + 0.1 * noise(name, tuple(one.shape)))
        else:
            one.zero_()


def noise(name: str, shape: tuple[int, ...]) -> Tensor:
    """Return noise of a shape, the same for the same name on every machine."""
    drawn = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
    return torch.from_numpy(np.asarray(drawn, dtype=np.float32))


def vector(array: NDArray[Any]) -> Vector:
    """Return shape, mean, spread and some values, drawn by shape."""
    flat = array.astype(np.float64).ravel()
    at = np.random.default_rng(flat.size).integers(flat.size, size=SAMPLES)
    return {
        "shape": list(array.shape),
        "mean": float(flat.mean()),
        "spread": float(flat.std()),
        "values": [float(f"{flat[place]:.7g}") for place in at],
    }


def checked(parity: Path) -> list[str]:
    """Return the models whose checks against the original code pass.

    Raises
    ------
    SystemExit
        One of them fails, or none could be made.
    """
    passed = []
    for name, card in model_cards().items():
        if card.verify is None or not (parity / name).is_dir():
            continue
        wrong = [one for one in verify(name, parity / name) if not one.passed]
        if wrong:
            raise SystemExit(f"{name}: {wrong[0].name} differs from the original by {wrong[0].error:g}")
        passed.append(name)
    if not passed:
        raise SystemExit(f"{parity}: no folder of reference vectors")
    return passed


def main() -> None:
    passed = checked(Path(sys.argv[1]))
    content = {"equal_to_the_originals": passed, "vectors": vectors()}
    FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{FILE}: {len(content['vectors'])} vectors; equal to the originals: {', '.join(passed)}")


if __name__ == "__main__":
    main()
