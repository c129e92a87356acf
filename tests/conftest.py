"""Fixtures that several rooms use."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from medspatial.volume import Affine

if "CI" not in os.environ:  # where it is set, hypothesis has a profile of its own, without deadline too
    settings.register_profile("untimed", deadline=None)  # a busy machine is no fault
    settings.load_profile("untimed")

_ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_finish() -> None:
    """Leave what was collected out of garbage collection, which would walk through it each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with real CT and reference vectors; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("MEDSPATIAL_SHARED", _ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("needs the folder of real data beside the checkout (or MEDSPATIAL_SHARED)")
    return folder


@pytest.fixture
def plugin_model(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Install a distribution ``toy-model`` with one entry point for a model; returns its name."""

    def install(code: str, attribute: str, name: str = "toy") -> str:
        folder = tmp_path_factory.mktemp("site")
        module = f"toy_{folder.name}"
        (folder / f"{module}.py").write_text(code)
        info = folder / "toy_model-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-model\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[medspatial.models]\n{name} = {module}:{attribute}\n")
        monkeypatch.syspath_prepend(folder)
        monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.delitem(sys.modules, module)  # so that what the test imports goes with it
        return name

    return install


TORSO_SHAPE = (40, 30, 20)
TORSO_AFFINE = Affine([[4, 0, 0, -78], [0, 4, 0, -60], [0, 0, 5, 100], [0, 0, 0, 1]])  # RAS


def box(low, high):
    mask = np.zeros(TORSO_SHAPE, np.bool_)
    mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return mask


@pytest.fixture(scope="session")
def affine():
    return TORSO_AFFINE


@pytest.fixture(scope="session")
def torso():
    """Return masks of a plausible torso: x index 0 is the patient's left."""
    return {
        "liver": box((22, 8, 10), (36, 20, 17)),
        "spleen": box((4, 5, 11), (10, 12, 16)),
        "stomach": box((10, 12, 10), (17, 20, 15)),
        "kidney_left": box((7, 5, 4), (12, 10, 10)),
        "kidney_right": box((28, 5, 3), (33, 10, 9)),
    }
