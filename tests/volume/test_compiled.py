from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from medspatial.volume.compiled import compiled


def _sum_to(limit: int) -> int:
    total = 0
    for value in range(limit):
        total += value
    return total


def test_compiled_code_gives_the_same_result() -> None:
    assert compiled(_sum_to)(10) == _sum_to(10)


def test_where_no_cache_can_be_written_the_function_is_compiled_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    original = numba.njit

    def njit(*, cache: bool = False, nogil: bool) -> object:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function '_sum_to': no locator available for file 'x.py'")
        return original(nogil=nogil)

    monkeypatch.setattr(numba, "njit", njit)
    assert compiled(_sum_to)(5) == 10
    assert asked == [True, False]


def test_other_errors_are_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def njit(**_: bool) -> object:
        raise RuntimeError("something else")

    monkeypatch.setattr(numba, "njit", njit)
    with pytest.raises(RuntimeError, match="something else"):
        compiled(_sum_to)


def test_importing_the_package_does_not_load_numba() -> None:
    code = "import sys, medspatial.geometry; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0 and sys.platform == "win32", reason="needs POSIX permissions")
def test_an_unusable_cache_folder_does_not_stop_a_measurement(tmp_path: Path) -> None:
    """The cache folder is a file: nothing can be written there."""
    blocked = tmp_path / "cache"
    blocked.write_text("not a folder")
    code = (
        "import numpy as np\n"
        "from medspatial.geometry.components import pieces_of\n"
        "from medspatial.geometry import Runs\n"
        "mask = np.eye(3, dtype=bool)[:, :, None]\n"
        "assert pieces_of([Runs.of_mask(mask)])[0].sizes.tolist() == [3]\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(blocked), "HOME": str(blocked)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
