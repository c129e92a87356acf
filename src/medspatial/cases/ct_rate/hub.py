"""The hub that holds CT-RATE: ask for a file, fetch it, and say in one line what to do when it refuses."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.cases.ct_rate.names import REPOSITORY
from medspatial.errors import MedspatialError, require

_AGAIN = "what is complete is kept; run the same command again and it goes on"
_GATED = (
    "{repository} is gated: 1. log in at {hub} and accept the terms at {hub}/datasets/{repository}; "
    "2. make an access token that may read gated repositories (Settings, Access Tokens); "
    "3. run `hf auth login` or set HF_TOKEN to it; then run the same command again"
)
_NOT_FOUND = (
    "{repository}: not found at {hub}; without a valid token gated repositories look like that: "
    "run `hf auth login` or set HF_TOKEN"
)


class HubError(MedspatialError):
    """The hub could not be reached or refused; what was fetched is kept."""


class MissingFileError(HubError):
    """The repository has no such file."""


@dataclass(frozen=True)
class RemoteFile:
    """A file of the repository.

    Attributes
    ----------
    size
        Bytes; None where the hub does not say.
    here
        Whether it lies in the folder already, complete and unchanged.
    """

    path: str
    size: int | None
    commit: str
    here: bool


class Hub:
    """Files of one dataset repository, fetched into one folder.

    Parameters
    ----------
    folder
        Gets the repository's own tree (``dataset/...``).
    revision
        Branch or commit.
    endpoint
        Another server than ``HF_ENDPOINT`` or the default.
    """

    def __init__(self, folder: Path, *, revision: str = "main", endpoint: str | None = None) -> None:
        self.folder = folder
        self.revision = revision
        self.endpoint = endpoint
        self._hub: Any = require("huggingface_hub", extra="data")

    def ask(self, path: str) -> RemoteFile:
        """Ask for size and commit of a file; costs one request, and none for a file of a pinned commit.

        Raises
        ------
        MissingFileError, HubError
        """
        with explained(path, self.endpoint):
            found = self._call(path, dry_run=True)
        return RemoteFile(path, found.file_size, found.commit_hash, here=not found.will_download)

    def fetch(self, path: str) -> Path:
        """Bring a file into the folder, going on where an earlier attempt broke off.

        Raises
        ------
        MissingFileError, HubError
        """
        with explained(path, self.endpoint):
            return Path(self._call(path, dry_run=False))

    def _call(self, path: str, *, dry_run: bool) -> Any:
        return self._hub.hf_hub_download(
            REPOSITORY,
            path,
            repo_type="dataset",
            revision=self.revision,
            local_dir=self.folder,
            endpoint=self.endpoint,
            dry_run=dry_run,
        )


@contextmanager
def explained(path: str, endpoint: str | None) -> Iterator[None]:
    """Turn the hub's and the disk's errors into one line that says what to do."""
    try:
        yield
    except MedspatialError:
        raise
    except Exception as error:
        raise _explanation(path, endpoint, error) from error


def _explanation(path: str, endpoint: str | None, error: Exception) -> HubError:
    from huggingface_hub import constants, errors

    hub, first = endpoint or constants.ENDPOINT, _first_line(error)
    if isinstance(error, errors.EntryNotFoundError) and not isinstance(error, errors.LocalEntryNotFoundError):
        return MissingFileError(f"{path}: {REPOSITORY} has no such file")
    # The order matters: a gated repository is also a "not found" one, and all are operating system errors.
    reasons: tuple[tuple[type[Exception], str], ...] = (
        (errors.GatedRepoError, _GATED.format(hub=hub, repository=REPOSITORY)),
        (errors.LocalEntryNotFoundError, f"{path}: the hub at {hub} cannot be reached ({first}); {_AGAIN}"),
        (errors.RevisionNotFoundError, f"{path}: {REPOSITORY} has no such revision ({first})"),
        (errors.RepositoryNotFoundError, _NOT_FOUND.format(hub=hub, repository=REPOSITORY)),
    )
    for kind, text in reasons:
        if isinstance(error, kind):
            return HubError(text)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return HubError(f"{path}: the disk is full; {_AGAIN} once there is room")
    return HubError(f"{path}: the hub at {hub} failed ({first}); {_AGAIN}")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
