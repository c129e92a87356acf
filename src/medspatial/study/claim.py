"""Which study a folder belongs to: noted when a run begins, so that another study's folder is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medspatial.errors import InputError
from medspatial.manifest import Manifest, new_manifest, read_manifest, session, write_manifest
from medspatial.study.config import StudyConfig


def claim(path: Path, config: StudyConfig) -> Manifest:
    """Note a new session of a study in its manifest, and return that.

    Raises
    ------
    InputError
        The folder holds another study; the message names the settings that differ.
    """
    manifest = new_manifest("study", configuration(config), {})
    old = read_manifest(path)
    if old is not None and old.configuration_hash != manifest.configuration_hash:
        changed = [k for k, v in manifest.configuration.items() if old.configuration.get(k) != v]
        raise InputError(
            f"{path.parent}: holds another study (changed: {', '.join(changed)}); "
            "give another --out, or remove the folder"
        )
    sessions = (*(old.sessions if old else ()), session(versions=manifest.versions))
    manifest = manifest.model_copy(update={"sessions": sessions})
    write_manifest(path, manifest)
    return manifest


def release(path: Path, manifest: Manifest) -> None:
    """Note that the session has ended."""
    last = {**manifest.sessions[-1], "ended": session()["started"]}
    sessions = (*manifest.sessions[:-1], last)
    write_manifest(path, manifest.model_copy(update={"sessions": sessions}))


def configuration(config: StudyConfig) -> dict[str, Any]:
    """Return what decides the models' results; fields unknown to earlier versions only where they are set."""
    found = config.model_dump(mode="json", exclude={"track", "reading"})
    if found["cases"]["source"] is None:
        del found["cases"]["source"], found["cases"]["options"]
    if found["questions"]["limit"] is None:
        del found["questions"]["limit"]
    if found["epochs"] == 1:
        del found["epochs"]
    if not found["compare"]["inputs"]:
        del found["compare"]["inputs"]
    if found["acuity"] is None:
        del found["acuity"]
    return found
