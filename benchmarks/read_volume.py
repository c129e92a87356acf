"""Time the readers of a compressed NIfTI volume side by side: python benchmarks/read_volume.py [--json].

A CT-like volume of 512 x 512 x 400 int16 is made in a temporary folder, compressed at gzip levels 1 and 6
(readers rank differently by level). Each reader ends with an array of voxels; the best of some rounds is
shown as a ratio to nibabel's float64 ``get_fdata``. "checked" says whether the reader refuses a truncated
file and a wrong checksum: one that does not may return wrong voxels without a word.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import zlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import nibabel as nib
import numpy as np
import SimpleITK as sitk

from medspatial.volume import Affine, Volume, read_volume, write_volume

Reader = Callable[[Path], np.ndarray]


def ct_like(shape: tuple[int, int, int]) -> Volume:
    """Air, an elliptic body, lungs, and noise of 12 HU: compresses about as real CT does."""
    rng = np.random.default_rng(0)
    x, y = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    plane = np.where(np.hypot(x / 0.85, y / 0.6) < 1, 40.0, -1000.0)
    plane[np.hypot((np.abs(x) - 0.4) / 0.25, y / 0.4) < 1] = -860.0
    voxels = np.empty(shape, np.int16, order="F")
    for k in range(shape[2]):
        voxels[:, :, k] = np.clip(plane + rng.normal(0, 12, plane.shape), -1024, 3071)
    return Volume(voxels, Affine.from_axcodes("LPS", (0.7, 0.7, 1.0), origin=(180, 180, -200)), "HU")


def nibabel_float64(path: Path) -> np.ndarray:
    return nib.load(path).get_fdata(caching="unchanged")


def simpleitk_alone(path: Path) -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path))).T


def through(reader: str) -> Reader:
    return lambda path: read_volume(path, reader=reader).voxels


def decompressors() -> dict[str, Reader]:
    """Whole-file decompression alone, for those packages that are installed."""
    found: dict[str, Reader] = {}
    if find_spec("deflate"):
        import deflate

        def by_libdeflate(path: Path) -> np.ndarray:
            data = path.read_bytes()
            size = int.from_bytes(data[-4:], "little")
            return np.frombuffer(deflate.gzip_decompress(data, size), np.int16)

        found["decompress only: libdeflate"] = by_libdeflate
    if find_spec("zlib_ng"):
        from zlib_ng import zlib_ng

        found["decompress only: zlib-ng"] = lambda path: np.frombuffer(
            zlib_ng.decompress(path.read_bytes(), 31), np.int16
        )
    from isal import igzip

    found["decompress only: isal"] = lambda path: np.frombuffer(igzip.decompress(path.read_bytes()), np.int16)
    return found


def readers() -> dict[str, Reader]:
    return {
        "nibabel, float64": nibabel_float64,
        "medspatial (default: isal)": through("nifti"),
        "medspatial, reader=nibabel": through("nibabel"),
        "medspatial, reader=simpleitk": through("simpleitk"),
        "SimpleITK alone": simpleitk_alone,
        **decompressors(),
    }


def refuses(reader: Reader, path: Path) -> bool:
    try:
        reader(path)
    except Exception:
        return True
    return False


def is_checked(reader: Reader, folder: Path) -> bool:
    """Whether a truncated file and a wrong checksum are both refused."""
    whole = write_volume(ct_like((64, 64, 40)), folder / "small.nii.gz").read_bytes()
    (folder / "cut.nii.gz").write_bytes(whole[: len(whole) // 2])
    (folder / "crc.nii.gz").write_bytes(whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:])
    return refuses(reader, folder / "cut.nii.gz") and refuses(reader, folder / "crc.nii.gz")


def best_times(chosen: dict[str, Reader], path: Path, rounds: int) -> dict[str, float]:
    """Best wall time of each reader; each round goes through all readers, so that load hits all alike."""
    best = dict.fromkeys(chosen, float("inf"))
    for _ in range(rounds):
        for name, reader in chosen.items():
            start = time.perf_counter()
            reader(path)
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--shape", type=int, nargs=3, default=(512, 512, 400))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        plain = write_volume(ct_like(tuple(options.shape)), folder / "a.nii").read_bytes()
        chosen = readers()
        checked = {name: is_checked(reader, folder) for name, reader in chosen.items()}
        for level in (1, 6):
            path = folder / f"level{level}.nii.gz"
            path.write_bytes(zlib.compress(plain, level, wbits=31))
            times = best_times(chosen, path, options.rounds)
            base = times["nibabel, float64"]
            for name, seconds in times.items():
                rows.append(
                    {
                        "level": level,
                        "megabytes": round(path.stat().st_size / 1e6, 1),
                        "reader": name,
                        "seconds": round(seconds, 3),
                        "ratio": round(seconds / base, 2),
                        "checked": checked[name],
                    }
                )
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    print(f"{'gzip':>4} {'MB':>6}  {'reader':<32} {'seconds':>8} {'ratio':>6}  checked")
    for row in rows:
        print(
            f"{row['level']:>4} {row['megabytes']:>6}  {row['reader']:<32} {row['seconds']:>8.3f} "
            f"{row['ratio']:>6.2f}  {'yes' if row['checked'] else 'NO'}"
        )


if __name__ == "__main__":
    main()
