"""The tiny Gemma 3 of the image-text tests, for MedGemma's own protocol."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny_medgemma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("transformers")
    path = Path(__file__).parents[1] / "image_text" / "conftest.py"
    spec = spec_from_file_location("image_text_checkpoints", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    folder: Path = module.gemma3(tmp_path_factory.mktemp("medgemma"), window=32)
    return folder
