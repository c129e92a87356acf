"""Encoder features of volumes kept on disk and used again by later runs.

One ``.npz`` per volume, key ``arr``, float32 (the file format of CT-CHAT's encoder script). Files are
named by the volume's fingerprint and lie in a folder named by the encoder's weights and the preparation,
so that neither a mirrored volume nor another encoder can meet the wrong features. A damaged file is removed,
said, and made again.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medspatial.disk_cache import GIB, DiskCache
from medspatial.errors import InputError
from medspatial.files import whole_file
from medspatial.records import content_hash

KEY = "arr"

Features = NDArray[np.float32]


@dataclass(frozen=True)
class FeatureCache:
    """Features by volume.

    Attributes
    ----------
    folder
        Of this encoder and preparation.
    shape
        Of one file's array; None where it differs from volume to volume.
    most_gb
        Gibibytes in the folder, the least recently used go first; None without a bound.
    """

    folder: Path
    shape: tuple[int, ...] | None
    most_gb: float | None = None

    @classmethod
    def of(
        cls,
        root: Path,
        encoder: str,
        preparation: dict[str, Any],
        shape: tuple[int, ...] | None,
        most_gb: float | None = None,
    ) -> FeatureCache:
        """Return the cache of one encoder (`weights_hash`) and one preparation below ``root``."""
        return cls(root / content_hash(encoder, preparation), shape, most_gb)

    def get(self, fingerprint: str) -> Features | None:
        """Return a volume's features, None where there are none yet."""
        return self._kept.get(fingerprint, lambda path: _array(path, self.shape))

    def put(self, fingerprint: str, features: Features) -> None:
        """Keep a volume's features."""
        self._kept.put(fingerprint, lambda path: _save(path, features))

    @property
    def _kept(self) -> DiskCache:
        most = sys.maxsize if self.most_gb is None else int(self.most_gb * GIB)
        return DiskCache(self.folder, most, ".npz")


def read_features(path: Path, shape: tuple[int, ...] | None = None) -> Features:
    """Read a feature file.

    Raises
    ------
    InputError
        Missing, damaged, without the key, or of another shape.
    """
    try:
        return _array(path, shape)
    except FileNotFoundError:
        raise InputError(f"{path}: no such feature file") from None


def _array(path: Path, shape: tuple[int, ...] | None) -> Features:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            array = np.asarray(file[KEY], dtype=np.float32)
    except FileNotFoundError:
        raise
    except KeyError:
        raise InputError(f"{path}: has no array {KEY!r}; is it a feature file?") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: damaged or not an .npz file ({error})") from None
    if shape is not None and array.shape != shape:
        raise InputError(f"{path}: features of shape {array.shape}, this encoder gives {shape}")
    return array


def write_features(path: Path, features: Features) -> None:
    """Write a feature file; readers never see half of it."""
    with whole_file(path, suffix=".npz") as unfinished:
        _save(unfinished, features)


def _save(path: Path, features: Features) -> None:
    np.savez(path, arr=np.asarray(features, dtype=np.float32))


def weights_hash(module: nn.Module) -> str:
    """Return a hash of all parameters and buffers with their names."""
    digest = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name}|{tuple(tensor.shape)}|{tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
