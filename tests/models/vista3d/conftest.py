"""A small VISTA3D with random weights, saved as the published bundle saves it."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("monai")


@pytest.fixture(scope="session")
def tiny_vista3d(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bundle folder with ``models/model.pt``, the keys wrapped once more as in some packagings."""
    from medspatial.models.vista3d.verify import recipe_network

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("vista3d") / "bundle"
    (folder / "models").mkdir(parents=True)
    state = recipe_network(8, 7).state_dict()
    torch.save({f"network.{key}": value for key, value in state.items()}, folder / "models/model.pt")
    return folder
