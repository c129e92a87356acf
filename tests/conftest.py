"""Fixtures that several rooms use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with real CT and reference vectors; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("MEDSPATIAL_SHARED", _ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("needs the folder of real data beside the checkout (or MEDSPATIAL_SHARED)")
    return folder
