"""CT-CHAT as a model of this benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medspatial.cases.ct_rate import in_hu, read_raw_table
from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models.base import Point
from medspatial.models.ct_chat.adapter import Adapter, load_adapter
from medspatial.models.ct_chat.ctvit import CTViTSizes
from medspatial.models.ct_chat.language import DeviceMap, Merge, device_map_of, language_config, load_language
from medspatial.models.ct_chat.network import load_encoder, load_projector
from medspatial.models.ct_chat.original_features import original_path
from medspatial.models.ct_chat.preparation import Preparation
from medspatial.models.ct_chat.prompt import Prompt, add_tokens, split_at_image, token_ids
from medspatial.models.ct_chat.system_prompt import load_system_prompt
from medspatial.models.ct_chat.templates import template as template_named
from medspatial.models.ct_chat.variants import variant_of
from medspatial.models.engine import Engine
from medspatial.models.generation import Generation
from medspatial.models.hardware import Runtime
from medspatial.models.options import ReadPath, WrittenPath
from medspatial.models.runtime.caching import CachingModel
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.device import device_and_dtype
from medspatial.models.runtime.engine import behind_engine
from medspatial.models.runtime.features import FeatureCache, Features, read_features, weights_hash
from medspatial.models.runtime.folder import empty_language_model, generation_settings, load_tokenizer
from medspatial.models.runtime.language import GenerationSettings, LanguageModel
from medspatial.volume import Volume


class CTChat(CachingModel):
    """CT-CHAT from its LoRA folder, the base language model, and the CT-CLIP encoder.

    Parameters
    ----------
    path
        LoRA folder, such as ``models/CT-CHAT/llama_3.1_8b`` of the CT-RATE repository; any name.
    base
        Folder of the base language model with its tokenizer.
    encoder
        ``CT-CLIP_v2.pt`` or the encoder alone. It always runs in float32, as codebook ids need it.
    variant, template
        ``auto``: by the base's ``config.json``.
    system_prompt
        ``auto`` (fetched if it is there, else none), ``fetched``, ``none``, or a file.
    task, provided
        See `Prompt`.
    orientation
        ``canonical`` (LPS first) or ``stored`` (as the original).
    feature_cache, feature_cache_gb
        Folder to keep encoder features in, by fingerprint, and the most gibibytes in it (the least recently
        used go first; None: no bound).
    original_features
        Folder of ``.npz`` files made by the original's script, used by file name where one is there.
    ct_rate_table
        Metadata table of CT-RATE, for raw volumes that are given without unit.
    device_map
        ``auto`` spreads the language model over all GPUs (for 70B); or part to device. Default: all on
        ``device``.
    max_memory
        For ``auto``: device to bytes or a text such as ``"70GiB"``.
    merge
        ``formula`` (while reading) or ``peft``.
    runtime, serving, generation
        Where it runs, where its tokens are made, and how it answers.
    """

    def __init__(
        self,
        path: ReadPath,
        *,
        base: ReadPath,
        encoder: ReadPath,
        variant: str = "auto",
        template: str = "auto",
        system_prompt: ReadPath = "auto",
        task: str = "auto",
        provided: bool = True,
        orientation: Literal["canonical", "stored"] = "canonical",
        feature_cache: WrittenPath | None = None,
        feature_cache_gb: float | None = None,
        original_features: ReadPath | None = None,
        ct_rate_table: ReadPath | None = None,
        device_map: str | DeviceMap | None = None,
        max_memory: Mapping[int | str, int | str] | None = None,
        merge: Merge = "formula",
        runtime: Runtime = Runtime(),
        serving: Engine = Engine(),
        generation: Generation = Generation(max_new_tokens=512),
    ) -> None:
        folder, base = Path(path), Path(base)
        config = read_config(base)
        settings = generation_settings(base, config, generation)
        adapter = load_adapter(folder)
        found = variant_of(config, variant) if template == "auto" else None
        form = template_named(found.template if found else template)
        self.name = f"ct_chat_{found.name if found else form.name}"
        self.device, self.dtype = device_and_dtype(runtime)
        sizes = CTViTSizes.of(adapter.config)
        self.prompt = Prompt(form, load_system_prompt(form, system_prompt), task, provided)
        self.preparation = Preparation(orientation, sizes.shape)
        self.contract = self.preparation.contract()
        self.tokenizer: Any = _tokenizer(folder, base, adapter)
        self.encoder = load_encoder(Path(encoder), sizes=sizes, device=self.device)
        self.projector = load_projector(adapter.projector, folder, self.dtype).to(self.device)
        self._map = self._device_map(device_map, max_memory, base, adapter)
        model = load_language(
            base,
            adapter,
            vocabulary=_vocabulary(adapter, config),
            device_map=self._map,
            dtype=self.dtype,
            attention=runtime.attention,
            merge=merge,
        )
        self.language = behind_engine(LanguageModel(model, self._ended(settings)), serving)
        self._encoder_hash = weights_hash(self.encoder)
        shape = (1, *sizes.grid, sizes.dim)
        if feature_cache is not None:
            recipe = self.preparation.describe()
            self.cache = FeatureCache.of(
                Path(feature_cache), self._encoder_hash, recipe, shape, feature_cache_gb
            )
        self._original = None if original_features is None else Path(original_features)
        self._table = {} if ct_rate_table is None else read_raw_table(ct_rate_table)
        self._facts = {
            "checkpoint": folder.name,
            "base": base.name,
            "attention": runtime.attention,
            "merge": merge,
        }
        self._shape = shape

    def prepare(self, volume: Volume | None) -> Any:
        """Return pixels or kept features; raw values of CT-RATE become HU by the table before."""
        return super().prepare(None if volume is None else self._with_unit(volume))

    def pixels(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, depth, height, width)."""
        return self.preparation(volume)

    def visible(self, volume: Volume, points: Sequence[Point]) -> Sequence[float] | None:
        """Say which points the centre crop leaves; not known for raw values, which the table places."""
        if self._with_unit(volume) is not volume:
            return None
        return self.preparation.visible(volume, points)

    def features(self, pixels: Tensor) -> Tensor:
        """Return (1, t, h, w, dim), quantised."""
        found: Tensor = self.encoder(pixels.float())
        return found

    def projected(self, features: Tensor) -> Tensor:
        """Return (256, hidden)."""
        visual: Tensor = self.projector(features.to(self.dtype))
        return visual[0]

    def kept(self, volume: Volume) -> Features | None:
        """Return features made earlier, by the original's script or by us."""
        path = None if self._original is None else original_path(self._original, volume)
        if path is not None and path.exists():
            return read_features(path, self._shape)
        return super().kept(volume)

    def prefix(self, visual: Tensor | None) -> Tensor:
        """All before the image and the image; for text only the begin token, which all prompts share."""
        before, _ = split_at_image(self._ids(Query("", "")))
        if visual is None:
            return self.language.embed(before[:1])
        start = self.language.embed(before)
        return torch.cat([start, visual.to(device=start.device, dtype=start.dtype)])

    def tail(self, query: Query) -> list[int]:
        """Return what follows the image."""
        return split_at_image(self._ids(query))[1]

    def text_tail(self, query: Query) -> list[int]:
        """Return the prompt without image, behind its begin token."""
        return token_ids(self.tokenizer, self.prompt.text(query, image=False))[1:]

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers."""
        return {
            **super().describe(),
            **self._facts,
            "preparation": self.preparation.describe(),
            "prompt": self.prompt.describe(),
            "encoder": self._encoder_hash,
            "original_features": self._original is not None,
            "devices": sorted({str(device) for device in self._map.values()}),
        }

    def _ids(self, query: Query) -> list[int]:
        return token_ids(self.tokenizer, self.prompt.text(query))

    def _with_unit(self, volume: Volume) -> Volume:
        """Raw values of CT-RATE become HU by the table; what is in HU stays as it is."""
        name = Path(volume.source).name if volume.source else ""
        return (
            in_hu(volume, self._table[name]) if volume.unit == "unknown" and name in self._table else volume
        )

    def _ended(self, settings: GenerationSettings) -> GenerationSettings:
        """The base's settings; the template's end of turn ends an answer too (the rest is never used)."""
        end = self.tokenizer.convert_tokens_to_ids(self.prompt.template.end)
        ends = {*settings.eos_ids} | ({int(end)} if end not in (None, self.tokenizer.unk_token_id) else set())
        pad = self.tokenizer.pad_token_id
        return replace(settings, eos_ids=tuple(sorted(ends)), pad_id=pad or 0)

    def _device_map(
        self,
        wanted: str | DeviceMap | None,
        max_memory: Mapping[int | str, int | str] | None,
        base: Path,
        adapter: Adapter,
    ) -> DeviceMap:
        if wanted is None:
            return {"": str(self.device)}
        if not isinstance(wanted, str):
            return wanted
        if wanted != "auto":
            raise InputError(f"device_map: must be auto or a map of parts to devices, got {wanted!r}")
        from transformers import LlamaForCausalLM

        config = read_config(base)
        empty = empty_language_model(LlamaForCausalLM, language_config(config, _vocabulary(adapter, config)))
        return device_map_of(empty, max_memory, self.dtype)


def _vocabulary(adapter: Adapter, base: dict[str, Any]) -> int:
    return int(adapter.config.get("vocab_size", base["vocab_size"]))


def _tokenizer(folder: Path, base: Path, adapter: Adapter) -> Any:
    """The tuned folder's own tokenizer where it has one, else the base's; the new tokens added."""
    has_own = any((folder / name).exists() for name in ("tokenizer.json", "tokenizer.model"))
    home = folder if has_own else base
    tokenizer = load_tokenizer(home)
    add_tokens(tokenizer, _vocabulary(adapter, read_config(base)), str(home))
    if tokenizer.bos_token_id is None:
        raise InputError(f"{home}: the tokenizer has no begin-of-sequence token")
    return tokenizer
