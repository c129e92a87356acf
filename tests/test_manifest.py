"""Manifests: what identifies a run, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.manifest import new_manifest, read_manifest, session, versions, write_manifest


def test_settings_and_inputs_make_the_hash_and_versions_do_not() -> None:
    one = new_manifest("predict", {"model": "m", "seed": 1}, {"questions": "a"})
    assert (
        one.configuration_hash
        == new_manifest("predict", {"seed": 1, "model": "m"}, {"questions": "a"}, ["pip"]).configuration_hash
    )
    others = [
        new_manifest("score", {"model": "m", "seed": 1}, {"questions": "a"}),
        new_manifest("predict", {"model": "m", "seed": 2}, {"questions": "a"}),
        new_manifest("predict", {"model": "m", "seed": 1}, {"questions": "b"}),
    ]
    assert len({one.configuration_hash, *(other.configuration_hash for other in others)}) == 4


def test_written_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "m.manifest.json"
    assert read_manifest(path) is None
    manifest = new_manifest("predict", {"window": [-1000, 1000]}, {"questions": "a"})
    manifest = manifest.model_copy(update={"sessions": (session(answered=3),)})
    write_manifest(path, manifest)
    assert read_manifest(path) == manifest
    assert [one.name for one in path.parent.iterdir()] == ["m.manifest.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stage": 3}', '{"stage": "predict", "colour": 1}'])
def test_what_is_no_manifest_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.manifest.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"m\.manifest\.json: not a manifest of this program"):
        read_manifest(path)


def test_versions_name_what_is_not_installed() -> None:
    found = versions(["no-such-package"])
    assert found["no-such-package"] == "not installed"
    assert {"python", "system", "medspatial", "numpy"} <= found.keys()
