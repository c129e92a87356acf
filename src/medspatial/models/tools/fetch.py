"""Fetch a published checkpoint: what, how large and under which licence is known before a byte moves.

Files come from a Hugging Face hub (``HF_ENDPOINT`` or ``endpoint`` names another one) at one commit,
which is written into ``fetched.json``; a broken download goes on where it was. Code of a repository
(``*.py``) is never fetched.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from medspatial.errors import InputError, MedspatialError, require
from medspatial.models.card import Checkpoint, ModelCard
from medspatial.progress import Progress, Silent

RECEIPT = "fetched.json"


class FetchError(MedspatialError):
    """The hub could not be reached or refused."""


@dataclass(frozen=True)
class FetchPlan:
    """What would be fetched.

    Attributes
    ----------
    commit
        The commit that the revision stands for.
    files
        Path in the repository and bytes (None where the hub does not say).
    """

    checkpoint: Checkpoint
    commit: str
    files: tuple[tuple[str, int | None], ...]
    folder: Path
    endpoint: str | None = None

    @property
    def size(self) -> int:
        """Bytes in all, as far as known."""
        return sum(size or 0 for _, size in self.files)


def checkpoint_of(card: ModelCard, checkpoint: str | None = None) -> Checkpoint:
    """Return a card's checkpoint by id or file (or a part of either); without one the first.

    Raises
    ------
    InputError
        The card has none, or none or several match.
    """
    if not card.checkpoints:
        raise InputError(f"model '{card.name}' has no published checkpoint to fetch")
    if checkpoint is None:
        return card.checkpoints[0]
    found = [
        c for c in card.checkpoints if any(checkpoint.lower() in name.lower() for name in (c.id, *c.files))
    ]
    exact = [c for c in found if c.id == checkpoint]
    if len(exact or found) != 1:
        known = ", ".join(c.id for c in card.checkpoints)
        raise InputError(f"model '{card.name}': checkpoint {checkpoint!r} fits {len(found)} of: {known}")
    return (exact or found)[0]


def plan_fetch(
    checkpoint: Checkpoint,
    folder: str | Path,
    *,
    revision: str | None = None,
    endpoint: str | None = None,
    token: str | None = None,
) -> FetchPlan:
    """Ask the hub for commit, files and sizes.

    A folder that was begun keeps to its commit, unless another ``revision`` is asked for.

    Raises
    ------
    FetchError
        Unreachable, unknown, or gated.
    InputError
        The folder holds another repository, or no file of the repository is wanted.
    """
    hub = require("huggingface_hub", extra="models")
    target = Path(folder)
    wanted = revision or _started_revision(target, checkpoint) or checkpoint.revision
    api = hub.HfApi(endpoint=endpoint, token=token)
    with _hub_errors(checkpoint, endpoint):
        if checkpoint.files and not any(set(name) & set("*?[") for name in checkpoint.files):
            commit, files = _named_files(hub, checkpoint, wanted, endpoint, token)
        else:
            info = api.repo_info(
                checkpoint.id, repo_type=checkpoint.repo_type, revision=wanted, files_metadata=True
            )
            commit = str(info.sha)
            files = [(s.rfilename, s.size) for s in info.siblings if _is_wanted(s.rfilename, checkpoint)]
    if not files:
        raise InputError(f"{checkpoint.id}: no file fits {', '.join(checkpoint.files) or 'at all'}")
    return FetchPlan(checkpoint, commit, tuple(files), target, endpoint)


def fetch(plan: FetchPlan, *, token: str | None = None, progress: Progress | None = None) -> Path:
    """Download what is not there yet and return the folder.

    Raises
    ------
    FetchError
        The hub refused or the connection broke; the same call again goes on.
    InputError
        Not enough room on the disk.
    """
    hub = require("huggingface_hub", extra="models")
    report = progress or Silent()
    plan.folder.mkdir(parents=True, exist_ok=True)
    _check_room(plan)
    receipt = plan.folder / RECEIPT
    facts: dict[str, Any] = {
        "id": plan.checkpoint.id,
        "repo_type": plan.checkpoint.repo_type,
        "commit": plan.commit,
        "license": plan.checkpoint.license,
        "files": dict(plan.files),
        "complete": False,
    }
    receipt.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    with _hub_errors(plan.checkpoint, plan.endpoint):
        for name, _ in plan.files:
            hub.hf_hub_download(
                plan.checkpoint.id,
                name,
                repo_type=plan.checkpoint.repo_type,
                revision=plan.commit,
                local_dir=plan.folder,
                endpoint=plan.endpoint,
                token=token,
            )
            report.advance(1, name)
    _check_sizes(plan)
    receipt.write_text(json.dumps({**facts, "complete": True}, indent=1) + "\n", encoding="utf-8")
    return plan.folder


def _is_wanted(name: str, checkpoint: Checkpoint) -> bool:
    if name.endswith(".py"):
        return False
    return not checkpoint.files or any(fnmatch(name, pattern) for pattern in checkpoint.files)


def _named_files(
    hub: Any, checkpoint: Checkpoint, revision: str, endpoint: str | None, token: str | None
) -> tuple[str, list[tuple[str, int | None]]]:
    """Ask for each known file alone: listing a repository of many thousand files takes minutes."""
    commit, files = revision, []
    for name in checkpoint.files:
        url = hub.hf_hub_url(
            checkpoint.id, name, repo_type=checkpoint.repo_type, revision=revision, endpoint=endpoint
        )
        head = hub.get_hf_file_metadata(url, token=token)
        commit = head.commit_hash or commit
        files.append((name, head.size))
    return commit, files


def _started_revision(folder: Path, checkpoint: Checkpoint) -> str | None:
    receipt = folder / RECEIPT
    if not receipt.exists():
        return None
    facts = json.loads(receipt.read_text(encoding="utf-8"))
    if facts.get("id") != checkpoint.id:
        raise InputError(f"{folder}: holds {facts.get('id')}; fetch {checkpoint.id} into another folder")
    return str(facts["commit"])


def _check_room(plan: FetchPlan) -> None:
    there = sum((plan.folder / name).stat().st_size for name in _present(plan))
    free = shutil.disk_usage(plan.folder).free
    if plan.size - there > free:
        need, left = (plan.size - there) / 1e9, free / 1e9
        raise InputError(f"{plan.folder}: needs {need:.1f} GB more, the disk has {left:.1f} GB left")


def _present(plan: FetchPlan) -> Sequence[str]:
    return [name for name, _ in plan.files if (plan.folder / name).exists()]


def _check_sizes(plan: FetchPlan) -> None:
    for name, size in plan.files:
        found = (plan.folder / name).stat().st_size
        if size is not None and found != size:
            raise FetchError(
                f"{plan.folder / name}: has {found} bytes, the hub says {size}; delete it, fetch again"
            )


class _hub_errors:
    """Turn the hub's errors into one line that says what to do."""

    def __init__(self, checkpoint: Checkpoint, endpoint: str | None) -> None:
        self.checkpoint = checkpoint
        self.endpoint = endpoint

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if error is None or isinstance(error, MedspatialError) or not isinstance(error, Exception):
            return
        from huggingface_hub import constants, errors

        name, hub = self.checkpoint.id, self.endpoint or constants.ENDPOINT
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        if isinstance(error, errors.GatedRepoError):
            raise FetchError(
                f"{name} is gated: accept its terms at {hub}/{name}, then log in "
                "(`hf auth login`, or the variable HF_TOKEN)"
            ) from None
        if isinstance(error, errors.RevisionNotFoundError):
            raise FetchError(f"{name}: no such revision ({first})") from None
        missing = isinstance(error, errors.EntryNotFoundError)
        if missing and not isinstance(error, errors.LocalEntryNotFoundError):
            raise FetchError(f"{name}: no such file ({first})") from None
        if isinstance(error, errors.RepositoryNotFoundError):
            raise FetchError(f"{name}: not found at {hub}, or private and not logged in") from None
        raise FetchError(
            f"{name}: the hub at {hub} failed ({first}); the same command goes on later"
        ) from error
