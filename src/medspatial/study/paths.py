"""Options of models and metrics that are paths: relative ones start from the study file's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

# What is written there may not exist yet.
_WRITTEN = frozenset({"cache", "expert_cache", "feature_cache"})
# What is read; a name that is no file beside the study may be one of a hub, or a word such as "auto".
_READ = frozenset(
    {
        "path",
        "base",
        "encoder",
        "tokenizer",
        "expert",
        "experts",
        "system_prompt",
        "chat_template",
        "ct_rate_table",
        "original_features",
        "checkpoint",
        "backbone",
    }
)


def beside(options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return options with relative paths taken from a folder; options of options too."""
    return {name: _resolved(name, value, folder) for name, value in options.items()}


def _resolved(name: str, value: Any, folder: Path) -> Any:
    if isinstance(value, Mapping):
        return beside(value, folder)
    if not isinstance(value, str) or not value:
        return value
    read = name in _READ or name.endswith("_path")
    if name in _WRITTEN or (read and (folder / value).exists()):
        return str((folder / value).resolve())
    return value
