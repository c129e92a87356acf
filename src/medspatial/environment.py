"""What this installation is and can do: versions, extras, devices, memory, and settings that change a run."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from pydantic import Field

from medspatial.manifest import versions
from medspatial.plugins import GROUPS, plugins
from medspatial.records import Record

SETTINGS = (
    "CUDA_VISIBLE_DEVICES", "HF_HOME", "HF_HUB_OFFLINE", "HF_ENDPOINT", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS", "TRANSFORMERS_OFFLINE",
)  # fmt: skip
KEYS = ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "HF_TOKEN", "WANDB_API_KEY")
PROGRAMS = ("node", "npm", "chromium", "pdflatex", "git")
_BASE = ""


class Extra(Record):
    """One extra of this package, or its base (``name`` empty).

    Attributes
    ----------
    installed
        Versions by package.
    missing
        What is not installed, or too old, as pip would be asked for it.
    """

    name: str
    installed: dict[str, str] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def install(self) -> str:
        """The line that installs what is missing; empty where nothing is."""
        wanted = f"medspatial[{self.name}]" if self.name else "medspatial"
        return f"pip install '{wanted}'" if self.missing else ""


class Environment(Record):
    """What a report of a fault, or of a result, should say of the machine.

    Attributes
    ----------
    versions
        Of Python, the system and the base packages.
    extras
        The base first, then each extra.
    devices
        Accelerators by name as PyTorch sees them (memory in GiB); empty without one, or without PyTorch.
    cores, memory_gib, disk_free_gib
        Of this machine; the disk is that of the current folder. None where the system does not say.
    settings
        Environment variables that change a run, as set; of keys only that they are set.
    programs
        Where the programs lie that some commands start; None for those that are not found.
    plugins
        Names of what installed packages add, by kind.
    """

    versions: dict[str, str]
    extras: tuple[Extra, ...]
    devices: tuple[str, ...] = ()
    cores: int | None = None
    memory_gib: float | None = None
    disk_free_gib: float | None = None
    settings: dict[str, str] = Field(default_factory=dict)
    programs: dict[str, str | None] = Field(default_factory=dict)
    plugins: dict[str, tuple[str, ...]] = Field(default_factory=dict)


def environment() -> Environment:
    """Return what this installation is; nothing is changed, nothing is asked of the network."""
    set_keys = {name: "set" for name in KEYS if os.environ.get(name)}
    return Environment(
        versions={**versions(), "release": platform.release()},
        extras=extras(),
        devices=devices(),
        cores=os.cpu_count(),
        memory_gib=_memory(),
        disk_free_gib=round(shutil.disk_usage(Path.cwd()).free / 2**30, 1),
        settings={name: os.environ[name] for name in SETTINGS if os.environ.get(name)} | set_keys,
        programs={name: shutil.which(name) for name in PROGRAMS},
        plugins={kind: tuple(names) for kind in GROUPS if (names := plugins(kind, ""))},
    )


def extras(package: str = "medspatial") -> tuple[Extra, ...]:
    """Return the base and each extra of an installed package with what is there of it.

    Raises
    ------
    PackageNotFoundError
        The package is not installed.
    """
    wanted = [Requirement(line) for line in requires(package) or ()]
    names = sorted({found for one in wanted if (found := _extra_of(one)) != _BASE})
    return tuple(_extra(name, [one for one in wanted if _extra_of(one) == name]) for name in (_BASE, *names))


def devices() -> tuple[str, ...]:
    """Return the accelerators that PyTorch sees; none where it is not installed."""
    if find_spec("torch") is None:
        return ()
    import torch

    found = []
    for index in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(index)
        found.append(f"cuda:{index} {facts.name} ({facts.total_memory / 2**30:.0f} GiB)")
    if torch.backends.mps.is_available():
        found.append("mps Apple")
    return tuple(found)


def _extra_of(requirement: Requirement) -> str:
    """Return the extra that a requirement belongs to; empty for the base."""
    marker = str(requirement.marker or "")
    _, found, rest = marker.partition("extra ==")
    return rest.strip().strip("\"'").partition('"')[0] if found else _BASE


def _extra(name: str, wanted: list[Requirement]) -> Extra:
    installed: dict[str, str] = {}
    missing = []
    for one in wanted:
        if one.marker is not None and not one.marker.evaluate({"extra": name}):
            continue
        try:
            found = version(one.name)
        except PackageNotFoundError:
            missing.append(f"{one.name}{one.specifier}")
            continue
        installed[one.name] = found
        if not one.specifier.contains(found, prereleases=True):
            missing.append(f"{one.name}{one.specifier}")
    return Extra(name=name, installed=installed, missing=tuple(missing))


def _memory() -> float | None:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
    return round(total / 2**30, 1)


def as_text(found: Environment) -> dict[str, Any]:
    """Return the facts in the order in which a person reads them, one line each."""
    rows: dict[str, Any] = dict(found.versions)
    rows["cores"] = found.cores
    rows["memory"] = None if found.memory_gib is None else f"{found.memory_gib:g} GiB"
    rows["disk free here"] = None if found.disk_free_gib is None else f"{found.disk_free_gib:g} GiB"
    rows["accelerators"] = ", ".join(found.devices) or "none"
    for extra in found.extras:
        name = f"extra {extra.name}" if extra.name else "base"
        state = "complete" if not extra.missing else f"missing {', '.join(extra.missing)}: {extra.install}"
        rows[name] = state
    rows |= {name: place or "not found" for name, place in found.programs.items()}
    rows |= found.settings
    rows |= {f"plug-in {kind}": ", ".join(names) for kind, names in found.plugins.items()}
    return {name: value for name, value in rows.items() if value is not None}
