"""Published checkpoints: folders of safetensors or ``.bin`` files, read strictly and without code.

Nothing in a checkpoint is ever executed: pickles are read with ``weights_only=True`` and
``auto_map`` / ``trust_remote_code`` entries are ignored.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from medspatial.errors import InputError
from medspatial.files import cause, json_file, ordinary_file, path_inside, shortened

_LENGTH_BYTES, _LONGEST_HEADER = 8, 100_000_000  # of safetensors
_MOST_LAYERS, _MOST = 1_000, 100_000_000  # whole numbers of a configuration: layers and heads, all else
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
    if not path.exists():
        raise InputError(f"{folder}: has no {name}; is this the checkpoint's folder?")
    data = json_file(path)
    if not isinstance(data, dict):
        raise InputError(f"{path}: must hold a JSON object")
    _check_sizes(data, path)
    return data


_UNLIMITED = "model_max_length"  # tokenizers without a limit write 10 ** 30; nothing is made of that size


def _check_sizes(data: dict[str, Any], path: Path) -> None:
    """Refuse whole numbers that no model has, before layers and buffers are made for them."""
    waiting: list[tuple[str, Any]] = list(data.items())
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(name, one) for one in value]
        elif isinstance(value, int) and "theta" not in name and name != _UNLIMITED:
            most = _MOST_LAYERS if name.endswith(("layers", "depth", "depths", "heads")) else _MOST
            if abs(value) > most:
                raise InputError(f"{path}: field '{shortened(name)}' must be at most {most}, got {value:.3g}")


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
            shards = sorted(set(_weight_map(folder, name).values()))
            inside = [_inside(folder, shard, folder / name) for shard in shards]
            missing = [shard for shard, path in zip(shards, inside, strict=True) if not path.exists()]
            if missing or not shards:
                listed = ", ".join(shortened(shard) for shard in missing[:_LISTED])
                raise InputError(f"{folder / name}: missing shards: {listed or 'all'}")
            return [ordinary_file(path) for path in inside]
    for name in _SINGLE:
        if (folder / name).exists():
            return [ordinary_file(_inside(folder, name, folder))]
    found = ", ".join(sorted(path.name for path in folder.iterdir())[:_LISTED]) or "nothing"
    raise InputError(f"{folder}: no weights; looked for {', '.join(_INDEX + _SINGLE)}; found {found}")


def indexed_keys(folder: Path) -> set[str]:
    """Return the keys that a folder's index names; none where there is no index."""
    name = next((name for name in _INDEX if (folder / name).exists()), None)
    return set() if name is None else set(_weight_map(folder, name))


def _weight_map(folder: Path, name: str) -> dict[str, str]:
    """Return the file that holds each key, as an index names it."""
    found = read_config(folder, name).get("weight_map", {})
    if not isinstance(found, dict) or not all(isinstance(shard, str) for shard in found.values()):
        raise InputError(f"{folder / name}: field 'weight_map' must map keys to names of files")
    return found


def _inside(folder: Path, name: str, named_by: Path) -> Path:
    """Return a file's path; refused where it leads out of the checkpoint's folder.

    The hub's cache holds the files of a snapshot as links into ``blobs`` of the same repository.
    """
    cached = folder.resolve().parent.name == "snapshots"
    return path_inside(folder, name, named_by, folder.resolve().parents[1] if cached else folder)


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
    ordinary_file(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=_is_zip(path))
    except pickle.UnpicklingError as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(f"{path}: refused, it holds more than tensors ({first})") from None
    except Exception as error:  # torch meets damaged bytes with KeyError, AttributeError, IndexError, ...
        raise InputError(f"{path}: damaged or not a torch file ({cause(error)})") from None
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
    _check_safetensors(ordinary_file(path))
    try:
        return safe_open(path, framework="pt")
    except Exception as error:
        raise InputError(f"{path}: damaged or not a safetensors file ({error})") from None


def _check_safetensors(path: Path) -> None:
    """Hold the length that a header states against the file, before anything is taken for it."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stated = int.from_bytes(stream.read(8), "little")
    if size < _LENGTH_BYTES or stated > min(size - _LENGTH_BYTES, _LONGEST_HEADER):
        raise InputError(
            f"{path}: damaged or not a safetensors file (its header of {stated} bytes is longer than the file"
            f" of {size} bytes, or than {_LONGEST_HEADER})"
        )


def _is_zip(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(2) == b"PK"
    except OSError:
        return False
