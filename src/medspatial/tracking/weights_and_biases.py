"""Weights & Biases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medspatial.errors import require
from medspatial.tracking.base import Tracker


class WandbTracker(Tracker):
    """A W&B run; an offline one lies in ``<folder>/wandb`` and can be sent later with ``wandb sync``."""

    def __init__(
        self, *, project: str, folder: Path, name: str | None, offline: bool, options: Mapping[str, Any]
    ) -> None:
        self._wandb: Any = require("wandb", extra="track")
        folder.mkdir(parents=True, exist_ok=True)
        # No watching of the machine, the console or the code: only what is logged below leaves it.
        settings = self._wandb.Settings(
            console="off",
            disable_git=True,
            save_code=False,
            x_disable_stats=True,
            x_disable_meta=True,
            silent=True,
        )
        self._run: Any = self._wandb.init(
            project=project,
            name=name,
            dir=str(folder),
            mode="offline" if offline else "online",
            settings=settings,
            **options,
        )

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Log figures, and put them into the run's summary."""
        self._run.log(dict(metrics))

    def log_table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Log a ``wandb.Table``."""
        table = self._wandb.Table(
            columns=list(columns), data=[list(row) for row in rows], allow_mixed_types=True
        )
        self._run.log({f"tables/{name}": table})

    def log_figure(self, name: str, path: Path, caption: str = "") -> None:
        """Log a ``wandb.Image``."""
        self._run.log({f"figures/{name}": self._wandb.Image(str(path), caption=caption or None)})

    def log_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Put the manifest into the run's configuration."""
        self._run.config.update({"manifest": dict(manifest)}, allow_val_change=True)

    def close(self, *, failed: bool = False) -> None:
        """End the run and wait until everything is written."""
        self._run.finish(exit_code=int(failed))
