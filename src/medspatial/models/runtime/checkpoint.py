"""Published checkpoints: folders of safetensors or ``.bin`` files, read strictly and without code.

Nothing in a checkpoint is ever executed: pickles are read with ``weights_only=True`` and
``auto_map`` / ``trust_remote_code`` entries are ignored.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from medspatial.errors import InputError

_LISTED = 12  # keys named in an error message
_SINGLE = ("model.safetensors", "weights.safetensors", "pytorch_model.bin", "merged_model.bin")
_INDEX = ("model.safetensors.index.json", "pytorch_model.bin.index.json")

Rename = Callable[[str], str | None]


def read_config(folder: Path, name: str = "config.json") -> dict[str, Any]:
    """Read a JSON file of a checkpoint as plain data.

    Raises
    ------
    InputError
        Missing folder or file, or not a JSON object.
    """
    path = folder / name
    if not folder.is_dir():
        raise InputError(f"{folder}: no such checkpoint folder")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{folder}: has no {name}; is this the checkpoint's folder?") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not valid JSON: {error.msg}") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: must hold a JSON object")
    return data


def required(config: Mapping[str, Any], name: str) -> Any:
    """Return a field of a configuration; InputError where it is missing."""
    if config.get(name) is None:
        raise InputError(f"config.json: field '{name}' is missing")
    return config[name]


def weight_files(folder: Path) -> list[Path]:
    """Return the files that hold a checkpoint's weights: those of an index, or the one known by name.

    Raises
    ------
    InputError
        None found, or a shard of the index is missing.
    """
    for name in _INDEX:
        if (folder / name).exists():
            shards = sorted(set(read_config(folder, name).get("weight_map", {}).values()))
            missing = [shard for shard in shards if not (folder / shard).exists()]
            if missing or not shards:
                raise InputError(f"{folder / name}: missing shards: {', '.join(missing) or 'all'}")
            return [folder / shard for shard in shards]
    for name in _SINGLE:
        if (folder / name).exists():
            return [folder / name]
    found = ", ".join(sorted(path.name for path in folder.iterdir())[:_LISTED]) or "nothing"
    raise InputError(f"{folder}: no weights; looked for {', '.join(_INDEX + _SINGLE)}; found {found}")


def indexed_keys(folder: Path) -> set[str]:
    """Return the keys that a folder's index names; none where there is no index."""
    name = next((name for name in _INDEX if (folder / name).exists()), None)
    return set() if name is None else set(read_config(folder, name).get("weight_map", {}))


def tensors(path: Path) -> Iterator[tuple[str, Tensor]]:
    """Yield (key, tensor) of one weight file; tensors are mapped from disk, not copied.

    Raises
    ------
    InputError
        Truncated or foreign file, or a pickle that holds anything but tensors.
    """
    if path.suffix == ".safetensors":
        yield from _safetensors(path)
        return
    yield from read_pickle(path).items()


def read_pickle(path: Path) -> dict[str, Tensor]:
    """Read a ``.bin`` / ``.pt`` / ``.pth`` / ``.ckpt`` state dict; code in it is refused, not run.

    Raises
    ------
    InputError
        Missing, truncated or foreign file, or one that holds more than plain data and tensors.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=_is_zip(path))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except pickle.UnpicklingError as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(f"{path}: refused, it holds more than tensors ({first})") from None
    except (RuntimeError, EOFError, ValueError, OSError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"{path}: damaged or not a torch file ({first})") from None
    for wrapper in ("state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(wrapper), dict):
            state = state[wrapper]
    if not isinstance(state, dict):
        raise InputError(f"{path}: must hold a state dict, holds {type(state).__name__}")
    return {str(key): value for key, value in state.items() if isinstance(value, Tensor)}


def shapes(files: Sequence[Path]) -> dict[str, tuple[int, ...]]:
    """Return key to shape of all tensors, without reading the values of safetensors."""
    found: dict[str, tuple[int, ...]] = {}
    for path in files:
        if path.suffix == ".safetensors":
            with _opened(path) as file:
                found.update({key: tuple(file.get_slice(key).get_shape()) for key in file.keys()})  # noqa: SIM118
        else:
            found.update({key: tuple(tensor.shape) for key, tensor in tensors(path)})
    return found


@dataclass(frozen=True)
class KeyProblems:
    """How a checkpoint's keys differ from a module's."""

    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    misshapen: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.misshapen)

    def __str__(self) -> str:
        parts = [
            f"{len(keys)} {word}: {', '.join(keys[:_LISTED])}{', ...' if len(keys) > _LISTED else ''}"
            for word, keys in vars(self).items()
            if keys
        ]
        return "; ".join(parts)


def compare_keys(
    expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]
) -> KeyProblems:
    """Compare names and shapes of a module with those of a checkpoint (after renaming)."""
    return KeyProblems(
        missing=tuple(sorted(set(expected) - set(found))),
        unexpected=tuple(sorted(set(found) - set(expected))),
        misshapen=tuple(
            f"{key} {tuple(found[key])} instead of {tuple(expected[key])}"
            for key in sorted(set(expected) & set(found))
            if tuple(expected[key]) != tuple(found[key])
        ),
    )


def state_shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """Return key to shape of a module's state, on any device (meta included)."""
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def renamed_shapes(
    published: Mapping[str, tuple[int, ...]], rename: Rename, where: Path
) -> dict[str, tuple[int, ...]]:
    """Return shapes by the module's names; InputError where two published keys claim one name."""
    claimed: dict[str, str] = {}
    for key in published:
        name = rename(key)
        if name is None:
            continue
        if name in claimed:
            raise InputError(f"{where}: keys {claimed[name]!r} and {key!r} are the same parameter")
        claimed[name] = key
    return {name: published[key] for name, key in claimed.items()}


def load_weights(
    module: nn.Module,
    files: Sequence[Path],
    *,
    rename: Rename = lambda key: key,
    dtype: torch.dtype | None = None,
    keep: Sequence[str] = (),
    device: torch.device | str = "cpu",
) -> None:
    """Load weight files into a module, strictly, one tensor at a time.

    The module may lie on the meta device; each of its tensors is replaced by the checkpoint's.

    Parameters
    ----------
    rename
        The module's name of a published key; None for a key that is not needed.
    dtype
        Floating-point tensors become this type.
    keep
        Names of the module (prefixes) that keep their own type.
    device
        Where each tensor goes at once, so that main memory never holds the whole model for a GPU.

    Raises
    ------
    InputError
        Missing, unexpected or misshapen keys, all listed.
    """
    expected = state_shapes(module)
    published = shapes(files)
    where = files[0].parent if len(files) > 1 else files[0]
    problems = compare_keys(expected, renamed_shapes(published, rename, where))
    if problems:
        raise InputError(f"{where}: the weights do not fit {type(module).__name__}: {problems}")
    for path in files:
        state = {}
        for key, tensor in tensors(path):
            name = rename(key)
            if name is None:
                continue
            own = dtype if tensor.is_floating_point() and not name.startswith(tuple(keep)) else None
            state[name] = tensor.to(device=device, dtype=own or tensor.dtype)
        module.load_state_dict(state, strict=False, assign=True)


def _safetensors(path: Path) -> Iterator[tuple[str, Tensor]]:
    with _opened(path) as file:
        for key in file.keys():  # noqa: SIM118 (not a dict)
            yield key, file.get_tensor(key)


def _opened(path: Path) -> Any:
    try:
        return safe_open(path, framework="pt")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: damaged or not a safetensors file ({error})") from None


def _is_zip(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(2) == b"PK"
    except OSError:
        return False
