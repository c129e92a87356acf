"""The language model under CT-CHAT: base weights, LoRA merged as they are read, placed on its devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from accelerate import dispatch_model, infer_auto_device_map
from accelerate.utils import set_module_tensor_to_device
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from medspatial.errors import InputError
from medspatial.models.ct_chat.adapter import Adapter, merge_with_peft
from medspatial.models.runtime.checkpoint import (
    compare_keys,
    read_config,
    renamed_shapes,
    shapes,
    state_shapes,
    tensors,
    weight_files,
)
from medspatial.models.runtime.folder import empty_language_model

DeviceMap = Mapping[str, Any]
Merge = Literal["formula", "peft"]
_WORD_ROWS = ("model.embed_tokens.weight", "lm_head.weight")
# Fields of a base configuration that name its class, not its sizes; Mistral's window is None in v0.2.
_CLASS_FIELDS = ("architectures", "model_type", "auto_map", "transformers_version", "sliding_window")


def language_config(base: dict[str, Any], vocabulary: int) -> LlamaConfig:
    """Return the configuration: always Llama's, for a Mistral base too, as the original does.

    Raises
    ------
    InputError
        A base that is neither Llama nor Mistral, or a Mistral with a sliding window.
    """
    kind = base.get("model_type", "llama")
    if kind not in {"llama", "mistral"}:
        raise InputError(f"config.json: field 'model_type': must be llama or mistral, got {kind!r}")
    if base.get("sliding_window"):
        raise InputError(f"config.json: field 'sliding_window': {base['sliding_window']!r}; v0.2 has none")
    known = {key: value for key, value in base.items() if key not in _CLASS_FIELDS}
    return LlamaConfig(**{**known, "vocab_size": vocabulary})


def device_map_of(
    model: nn.Module, max_memory: Mapping[int | str, int | str] | None, dtype: torch.dtype
) -> DeviceMap:
    """Spread a model of the meta device over what memory there is, whole decoder layers at a time.

    Parameters
    ----------
    max_memory
        Device (GPU number or ``cpu``) to bytes or a text such as ``"70GiB"``; None: what is free now.

    Raises
    ------
    InputError
        It does not fit: a part would have to stay on the disk.
    """
    limits: Any = dict(max_memory) if max_memory is not None else None
    found = infer_auto_device_map(
        model, max_memory=limits, no_split_module_classes=["LlamaDecoderLayer"], dtype=dtype
    )
    left = [name for name, device in found.items() if device == "disk"]
    if left:
        raise InputError(f"device_map: {len(left)} parts do not fit the memory given, first {left[0]!r}")
    return dict(found)


def load_language(
    base: Path,
    adapter: Adapter | None,
    *,
    vocabulary: int | None = None,
    device_map: DeviceMap | None = None,
    dtype: torch.dtype = torch.float32,
    attention: str = "sdpa",
    merge: Merge = "formula",
) -> PreTrainedModel:
    """Load the base model and merge the adapter.

    Parameters
    ----------
    vocabulary
        Rows of the word tables; rows that no file has are the mean of the base's rows. Default: as
        the base.
    device_map
        Part of the model to device; ``{"": device}`` by default on the CPU.

    Raises
    ------
    InputError
        Keys missing, unexpected or misshapen, an update of something the base lacks, a part without
        a device.
    """
    return build_language(
        read_config(base),
        weight_files(base),
        adapter,
        vocabulary=vocabulary,
        device_map=device_map,
        dtype=dtype,
        attention=attention,
        merge=merge,
    )


def build_language(
    config: dict[str, Any],
    files: list[Path],
    adapter: Adapter | None,
    *,
    vocabulary: int | None = None,
    device_map: DeviceMap | None = None,
    dtype: torch.dtype = torch.float32,
    attention: str = "sdpa",
    merge: Merge = "formula",
) -> PreTrainedModel:
    """Do the same from a configuration and weight files; see `load_language`."""
    rows = vocabulary or int(config["vocab_size"])
    model = empty_language_model(LlamaForCausalLM, language_config(config, rows), attention)
    change = _Change(adapter, merge, rows)
    load_placed(model, files, change, device_map or {"": "cpu"}, dtype)
    if adapter is not None and merge == "peft":
        model = merge_with_peft(model, adapter)
    return placed(model, device_map or {"": "cpu"})


def placed(model: PreTrainedModel, device_map: DeviceMap) -> PreTrainedModel:
    """Add the moves between devices that a spread model needs; a model on one device stays as it is."""
    if len({str(device) for device in device_map.values()}) == 1:
        model.to(next(iter(device_map.values())))
        model.eval()
        return model
    skip = getattr(model, "_skip_keys_device_placement", None)
    spread: PreTrainedModel = dispatch_model(model, device_map=dict(device_map), skip_keys=skip)
    spread.eval()
    return spread


def load_placed(
    model: nn.Module,
    files: list[Path],
    change: Callable[[str, Tensor], Tensor],
    device_map: DeviceMap,
    dtype: torch.dtype,
) -> None:
    """Fill a model of the meta device, one tensor at a time, each on its own device."""
    published = shapes(files)
    where = files[0].parent
    expected = state_shapes(model)
    fitting = {name: _grown_shape(name, shape, expected) for name, shape in published.items()}
    problems = compare_keys(expected, renamed_shapes(fitting, _own_name, where))
    if problems:
        raise InputError(f"{where}: the weights do not fit {type(model).__name__}: {problems}")
    if isinstance(change, _Change):
        change.check(expected, where)
    for path in files:
        for name, tensor in tensors(path):
            if _own_name(name) is not None:
                device = _device_of(name, device_map)
                set_module_tensor_to_device(model, name, device, value=change(name, tensor), dtype=dtype)


class _Change:
    """What happens to a base tensor on its way: more word rows, and the update."""

    def __init__(self, adapter: Adapter | None, merge: Merge, rows: int) -> None:
        if merge not in ("formula", "peft"):
            raise InputError(f"merge: must be formula or peft, got {merge!r}")
        self.adapter = adapter
        self.by_formula = merge == "formula"
        self.rows = rows

    def __call__(self, name: str, tensor: Tensor) -> Tensor:
        if name in _WORD_ROWS:
            own = self.adapter.words.get(name) if self.adapter is not None else None
            return own if own is not None else grown(tensor, self.rows)
        if self.adapter is None or not self.by_formula:
            return tensor
        return self.adapter.merged(name, tensor)

    def check(self, expected: Mapping[str, tuple[int, ...]], where: Path) -> None:
        """Refuse updates that fit no parameter of the base."""
        if self.adapter is None:
            return
        updates = {name: (b.shape[0], a.shape[1]) for name, (a, b) in self.adapter.pairs.items()}
        updates.update({name: (len(w), w.shape[1]) for name, w in self.adapter.words.items()})
        for name, shape in updates.items():
            if expected.get(name) != shape:
                raise InputError(
                    f"{self.adapter.folder}: the update of {name} has shape {shape}, "
                    f"the base {where} has {expected.get(name)}; is this its base model?"
                )


def grown(table: Tensor, rows: int) -> Tensor:
    """Return the table with further rows, each the mean of those there are.

    The original draws most of these rows at random at every start, since nothing trained was saved of them.
    """
    missing = rows - table.shape[0]
    if missing <= 0:
        return table
    mean = table.float().mean(dim=0, keepdim=True).to(table.dtype)
    return torch.cat([table, mean.expand(missing, -1)])


def _grown_shape(
    name: str, shape: tuple[int, ...], expected: Mapping[str, tuple[int, ...]]
) -> tuple[int, ...]:
    if name in _WORD_ROWS and name in expected and shape[0] < expected[name][0]:
        return (expected[name][0], *shape[1:])
    return shape


def _own_name(key: str) -> str | None:
    """Rotary frequencies are saved by some versions and made again by ours."""
    return None if key.endswith("rotary_emb.inv_freq") else key


def _device_of(name: str, device_map: DeviceMap) -> Any:
    part = name
    while True:
        if part in device_map:
            return device_map[part]
        if not part:
            raise InputError(f"device_map: says nothing of {name}")
        part = part.rpartition(".")[0]
