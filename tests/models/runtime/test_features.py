"""Feature files: written whole, read strictly, keyed by weights, settings and volume."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from medspatial.errors import InputError
from medspatial.models.runtime.features import FeatureCache, read_features, weights_hash, write_features

ARRAY = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)


def test_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "valid_1_a_1.npz"
    write_features(path, ARRAY)
    assert np.array_equal(read_features(path, ARRAY.shape), ARRAY)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    with np.load(path) as file:
        assert file.files == ["arr"]


def test_the_cache_tells_encoders_and_settings_apart(tmp_path: Path) -> None:
    cache = FeatureCache.of(tmp_path, "abc", {"orientation": "canonical"}, None)
    assert cache.get("f") is None
    cache.put("f", ARRAY)
    found = cache.get("f")
    assert found is not None
    assert np.array_equal(found, ARRAY)
    assert FeatureCache.of(tmp_path, "abd", {"orientation": "canonical"}, None).get("f") is None
    assert FeatureCache.of(tmp_path, "abc", {"orientation": "stored"}, None).get("f") is None


def test_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such feature file"):
        read_features(tmp_path / "a.npz")
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(InputError, match=r"a\.npz: damaged"):
        read_features(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", other=ARRAY)
    with pytest.raises(InputError, match="has no array 'arr'"):
        read_features(tmp_path / "b.npz")
    write_features(tmp_path / "c.npz", ARRAY)
    with pytest.raises(InputError, match=r"features of shape \(1, 2, 3, 4\), this encoder gives \(2,\)"):
        read_features(tmp_path / "c.npz", (2,))


def test_the_hash_sees_values_names_and_types() -> None:
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 2)
    first = weights_hash(layer)
    assert weights_hash(layer) == first
    assert weights_hash(torch.nn.Sequential(layer)) != first
    assert weights_hash(layer.bfloat16()) != first


def test_a_damaged_file_is_said_and_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache = FeatureCache.of(tmp_path, "abc", {}, ARRAY.shape)
    cache.put("f", ARRAY)
    (path,) = tmp_path.rglob("f.npz")
    path.write_bytes(path.read_bytes()[:-40])
    assert cache.get("f") is None
    assert not path.exists()
    assert f"{path}: a damaged entry of the cache is made again" in capsys.readouterr().err


def test_the_least_recently_used_features_go_first(tmp_path: Path) -> None:
    unbound = FeatureCache.of(tmp_path, "abc", {}, None)
    unbound.put("a", ARRAY)
    (path,) = tmp_path.rglob("a.npz")
    os.utime(path, ns=(1, 1))  # long ago
    most = 2.5 * path.stat().st_size / (1 << 30)
    cache = FeatureCache.of(tmp_path, "abc", {}, None, most)
    cache.put("b", ARRAY)
    cache.put("c", ARRAY)
    assert [cache.get(name) is None for name in "abc"] == [True, False, False]
