"""The manifest of a run: what was run, on what, with which versions and settings, and when."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import Field

from medspatial.errors import InputError
from medspatial.files import write_json
from medspatial.records import Record, content_hash

_CODE = {".py", ".yaml", ".yml", ".json", ".csv", ".txt", ".j2"}
_ALWAYS = ("medspatial", "numpy", "scipy", "nibabel", "pydantic", "SimpleITK")


class Manifest(Record):
    """What made a file of results.

    Attributes
    ----------
    stage
        ``predict``, ``questions``, ``score``, ...
    configuration
        Every setting that can change the results.
    configuration_hash
        Hash of stage, configuration and inputs: a run resumes only under the same.
    inputs
        Fingerprints of the data that went in.
    versions
        Python, system and packages.
    sessions
        When the run was started or resumed, and how each session ended.
    """

    stage: str
    configuration: dict[str, Any] = Field(default_factory=dict)
    configuration_hash: str = ""
    inputs: dict[str, str] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    sessions: tuple[dict[str, Any], ...] = ()


def new_manifest(
    stage: str, configuration: dict[str, Any], inputs: dict[str, str], packages: Iterable[str] = ()
) -> Manifest:
    """Make a manifest with the versions of this installation."""
    return Manifest(
        stage=stage,
        configuration=configuration,
        configuration_hash=content_hash(stage, configuration, inputs),
        inputs=inputs,
        versions=versions(packages),
    )


def versions(packages: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions of Python, the system, the base packages and those named."""
    found = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    for package in (*_ALWAYS, *packages):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


@cache
def code_hash() -> str:
    """Return a hash of this package's code and data files: 16 hexadecimal digits."""
    package = Path(__file__).parent
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(package.rglob("*")):
        if path.suffix in _CODE and path.is_file():
            name = path.relative_to(package).as_posix()
            digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def read_manifest(path: Path) -> Manifest | None:
    """Return the manifest at a path, or None where there is none."""
    if not path.exists():
        return None
    try:
        return Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not a manifest of this program ({str(error).splitlines()[0]})") from None


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest as indented JSON, whole or not at all."""
    write_json(path, manifest.model_dump(mode="json"))


def session(**facts: Any) -> dict[str, Any]:
    """Return a session entry that starts now."""
    return {"started": now(), **facts}


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
