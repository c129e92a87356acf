"""Offline runs of the real trackers, read back from disk. Skipped where a tracker is not installed."""

from __future__ import annotations

import importlib.util
import json
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

TABLE = (["model", "accuracy", "note"], [["m", 0.5, None], ["k", 0.25, "ä"]])
LOG = """
import sys
from pathlib import Path
from medspatial.tracking import start_tracker
to, folder, png = sys.argv[1:]
with start_tracker(to, project="spatial", folder=folder, name="first") as tracker:
    tracker.log_manifest({"stage": "study", "versions": {"python": "3"}})
    tracker.log_metrics({"m/accuracy": 0.5, "m/grounding": -0.125})
    tracker.log_table("accuracy", ["model", "accuracy", "note"], [["m", 0.5, None], ["k", 0.25, "ä"]])
    tracker.log_figure("forest", Path(png), "a caption")
"""


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("figure") / "forest.png"
    figure = Figure(figsize=(1, 1))
    figure.add_subplot().plot([0, 1])
    figure.savefig(path)
    return path


def logged(to: str, folder: Path, picture: Path) -> None:
    """Log in a process of its own: trackers leave threads and servers behind."""
    if importlib.util.find_spec(to) is None:
        pytest.skip(f"{to} is not installed")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "TRACKIO_"))}
    done = subprocess.run(
        [sys.executable, "-c", LOG, to, str(folder), str(picture)],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "", "standard output is for results"


def wandb_records(path: Path) -> Iterator[bytes]:
    """Records of a run file: blocks of 32 KiB with chunks of checksum (4), length (2), kind (1), data."""
    data = path.read_bytes()
    assert data[:4] == b":W&B"
    place, whole = 7, b""
    while place + 7 <= len(data):
        if 32768 - place % 32768 < 7:
            place += 32768 - place % 32768
            continue
        checksum, length, kind = struct.unpack("<IHB", data[place : place + 7])
        chunk = data[place + 7 : place + 7 + length]
        assert checksum == zlib.crc32(chunk, zlib.crc32(bytes([kind])))
        whole = chunk if kind in (1, 2) else whole + chunk
        if kind in (1, 4):
            yield whole
        place += 7 + length


@pytest.fixture(scope="module")
def wandb_run(tmp_path_factory: pytest.TempPathFactory, picture: Path) -> Path:
    folder = tmp_path_factory.mktemp("wandb")
    logged("wandb", folder, picture)
    (run,) = (folder / "wandb").glob("offline-run-*")
    return run


def test_a_wandb_run_is_written_offline_and_read_back(wandb_run: Path) -> None:
    from wandb.proto import wandb_internal_pb2

    config: dict[str, Any] = {}
    history: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    (path,) = wandb_run.glob("*.wandb")
    for record in wandb_records(path):
        found = wandb_internal_pb2.Record()
        found.ParseFromString(record)
        kind = found.WhichOneof("record_type")
        if kind == "run":
            facts = {"project": found.run.project, "name": found.run.display_name}
        updates = {"run": found.run.config.update, "config": found.config.update}.get(kind or "", ())
        config |= {item.key or item.nested_key[0]: json.loads(item.value_json) for item in updates}
        if kind == "history":
            history |= {
                item.key or "/".join(item.nested_key): json.loads(item.value_json)
                for item in found.history.item
            }
    assert facts == {"project": "spatial", "name": "first"}
    assert config["manifest"] == {"stage": "study", "versions": {"python": "3"}}
    assert (history["m/accuracy"], history["m/grounding"]) == (0.5, -0.125)
    assert history["tables/accuracy/_type"] == "table-file"
    assert history["figures/forest/caption"] == "a caption"


def test_its_table_and_figure_are_whole(wandb_run: Path, picture: Path) -> None:
    (table,) = (wandb_run / "files" / "media" / "table").rglob("*.table.json")
    found = json.loads(table.read_text(encoding="utf-8"))
    assert (found["columns"], found["data"]) == TABLE
    (figure,) = (wandb_run / "files" / "media" / "images").rglob("*.png")
    from PIL import Image

    assert np.array_equal(np.asarray(Image.open(figure)), np.asarray(Image.open(picture)))


def test_nothing_about_the_machine_is_logged(wandb_run: Path) -> None:
    assert not list(wandb_run.rglob("wandb-metadata.json"))
    assert not list(wandb_run.rglob("diff.patch"))


READ = """
import json, sys
from trackio import Api, SQLiteStorage
(run,) = Api().runs("spatial")
print(json.dumps({"config": run.config, "logs": SQLiteStorage.get_logs("spatial", "first")}, default=str))
"""


def test_a_trackio_run_is_written_offline_and_read_back(tmp_path: Path, picture: Path) -> None:
    logged("trackio", tmp_path, picture)
    environment = {**os.environ, "TRACKIO_DIR": str(tmp_path / "trackio")}
    done = subprocess.run(
        [sys.executable, "-c", READ], capture_output=True, text=True, timeout=60, env=environment, check=True
    )
    found = json.loads(done.stdout)
    assert found["config"]["manifest"]["versions"] == {"python": "3"}
    logs = {name: value for row in found["logs"] for name, value in row.items()}
    assert (logs["m/accuracy"], logs["m/grounding"], logs["failed"]) == (0.5, -0.125, 0)
    assert [list(row.values()) for row in logs["tables/accuracy"]["_value"]] == TABLE[1]
    assert list((tmp_path / "trackio" / "media").rglob("*.png"))
