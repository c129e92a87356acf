"""A cache on disk: whole entries, within its budget, shared by processes, and never a wrong value."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from medspatial.disk_cache import DiskCache
from medspatial.errors import InputError


def cache(folder: Path, most: int = 1000, said: list[str] | None = None) -> DiskCache:
    return DiskCache(folder, most, ".bin", (said if said is not None else []).append)


def put(kept: DiskCache, name: str, size: int, used: int) -> None:
    kept.put(name, lambda path: path.write_bytes(name[:1].encode() * size))
    os.utime(kept.folder / f"{name}.bin", ns=(used, used))


def there(kept: DiskCache) -> list[str]:
    return sorted(path.stem for path in kept.folder.iterdir())


def test_what_was_put_is_got(tmp_path: Path) -> None:
    kept = cache(tmp_path / "new")
    assert kept.get("a", Path.read_bytes) is None
    put(kept, "a", 10, 1)
    assert kept.get("a", Path.read_bytes) == b"a" * 10


def test_the_least_recently_used_go_first_and_reading_is_using(tmp_path: Path) -> None:
    kept = cache(tmp_path)
    put(kept, "a", 400, 10)
    put(kept, "b", 400, 20)
    kept.get("a", Path.read_bytes)  # later than b now
    put(kept, "c", 400, 30)
    assert there(kept) == ["a", "c"]
    kept.put("d", lambda path: path.write_bytes(b"d" * 5000))
    assert there(kept) == ["d"]  # alone larger than the budget: kept, as the last one put


def test_a_damaged_entry_is_said_and_removed(tmp_path: Path) -> None:
    said: list[str] = []
    kept = cache(tmp_path, said=said)
    put(kept, "a", 10, 1)

    def refuse(path: Path) -> bytes:
        raise ValueError("bad\nsum")

    assert kept.get("a", refuse) is None
    assert said == [f"{tmp_path / 'a.bin'}: a damaged entry of the cache is made again (bad sum)"]
    assert there(kept) == []


def test_a_folder_that_cannot_be_written_costs_the_entry_alone(tmp_path: Path) -> None:
    said: list[str] = []
    kept = cache(tmp_path / "c", said=said)

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    kept.put("a", full)
    assert said == [f"{tmp_path / 'c' / 'a.bin'}: not kept in the cache (No space left on device)"]
    assert there(kept) == []


def test_an_unfinished_entry_is_none(tmp_path: Path) -> None:
    kept = cache(tmp_path)
    (tmp_path / ".b.bin.0a0a0a0a-1-1.bin").write_bytes(b"half" * 400)  # of another machine
    put(kept, "a", 400, 1)
    put(kept, "c", 400, 2)
    assert kept.get("a", Path.read_bytes) is not None
    assert kept.get("b", Path.read_bytes) is None


@pytest.mark.parametrize("most", [0, -1])
def test_a_budget_of_nothing_is_refused(tmp_path: Path, most: int) -> None:
    with pytest.raises(InputError, match="budget must be more than 0"):
        cache(tmp_path, most)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(InputError, match="is a file, a folder is needed"):
        cache(tmp_path / "a")


def _work(folder: Path, seed: int) -> None:
    said: list[str] = []
    kept = cache(folder, 3000, said)
    for turn in range(150):
        name = str((turn * seed) % 7)
        found = kept.get(name, Path.read_bytes)
        if found is None:
            kept.put(name, lambda path, name=name: path.write_bytes(name.encode() * 1000))  # type: ignore[misc]
        elif found != name.encode() * 1000:
            raise SystemExit(f"{name}: got {len(found)} bytes of another entry or of half a one")
    raise SystemExit(1 if said else 0)


def test_processes_share_a_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_work, args=(tmp_path, seed)) for seed in (2, 3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4000  # one may have come last in each
