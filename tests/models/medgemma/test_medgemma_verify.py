"""The published notebook's arithmetic on a real CT, exactly."""

from __future__ import annotations

from pathlib import Path

import pytest

from medspatial.models.tools.verify import verify

pytest.importorskip("transformers")


def test_reference_vectors(shared: Path) -> None:
    found = verify("medgemma", shared / "parity" / "medgemma")
    assert [check for check in found if not check.passed] == []
    names = [check.name for check in found]
    assert len(names) == 24
    assert {"window points", "selected indices", "slice40.jpeg"} <= set(names)
    assert "slice40.pixel_values_pil_rgb_uint8_stride8" in names


def test_without_a_ct_only_tables_are_checked(shared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "alone"
    folder.mkdir()
    source = shared / "parity" / "medgemma" / "config.json"
    (folder / "config.json").write_text(source.read_text())
    found = verify("medgemma", folder)
    assert len(found) == 9
    assert all(check.passed for check in found)
