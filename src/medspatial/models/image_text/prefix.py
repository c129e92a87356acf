"""Answers of stock ``generate``, many questions on one key/value cache of what they share.

Positions, masks, cache classes and multimodal state are those that transformers itself makes when
generation goes on from a cache. Rows of a batch are padded between prefix and question, where the
mask hides it; only caches that keep every token allow that, so under a sliding window, or with recurrent
layers, only questions of one length share a batch.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from transformers import GenerationConfig, PreTrainedModel
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from medspatial.models.runtime.batching import Batches, cut_behind_end

Inputs = dict[str, Tensor]


@dataclass(frozen=True)
class Prefix:
    """The cache of a prefix, batch size 1, never changed, only copied.

    Attributes
    ----------
    ids
        Token ids of the prefix, shape (1, length).
    rotary
        What modules remember of positions between calls (``rope_deltas``), by module name.
    """

    cache: Any
    ids: Tensor
    rotary: dict[str, Any]


class PrefixGenerator:
    """Generation of one model.

    Parameters
    ----------
    model
        In eval mode, on its device; its generation settings are replaced by ``settings``.
    """

    def __init__(self, model: PreTrainedModel, settings: GenerationConfig) -> None:
        self.model = model
        self.settings = settings
        self.batches = Batches()
        model.generation_config = settings

    @property
    def ends(self) -> tuple[int, ...]:
        """Token ids that end an answer."""
        ends = self.settings.eos_token_id
        return tuple(ends) if isinstance(ends, list) else () if ends is None else (int(ends),)

    @torch.inference_mode()
    def prefix(self, inputs: Inputs) -> Prefix:
        """Run images and shared text through the model once.

        Raises
        ------
        RuntimeError
            The model kept no cache of exactly the prefix.
        """
        moved = self._moved(inputs)
        options = {"max_new_tokens": 1, "do_sample": False, "return_dict_in_generate": True}
        made = self._generate(dict(moved), options)
        cache = made.past_key_values
        if cache is None or cache.get_seq_length() != moved["input_ids"].shape[1]:
            raise RuntimeError("the cache does not hold the prefix")
        return Prefix(cache, moved["input_ids"], self._rotary())

    @torch.inference_mode()
    def whole(self, inputs: Inputs, **options: Any) -> Any:
        """Stock generation from a whole prompt, images included."""
        return self._generate(dict(self._moved(inputs)), options)

    def asked_whole(self, inputs: Inputs, seed: int = 0) -> list[int]:
        """Answer one question from a whole prompt; returns the new token ids, the end token included."""
        with _seeded(seed, self.model.device) if self.settings.do_sample else nullcontext():
            made = self.whole(inputs)
        return cut_behind_end(made[0, inputs["input_ids"].shape[1] :].tolist(), self.ends)

    def answers(
        self, prefix: Prefix | None, tails: Sequence[Sequence[int]], seeds: Sequence[int]
    ) -> list[list[int]]:
        """Continue the prefix with each tail; returns the new token ids, the end token included."""
        return self.batches.run(
            self._groups(prefix, tails),
            lambda batch: self.batch(prefix, [tails[i] for i in batch], seed=seeds[batch[0]]),
        )

    @torch.inference_mode()
    def batch(self, prefix: Prefix | None, tails: Sequence[Sequence[int]], seed: int = 0) -> list[list[int]]:
        """Answer questions as one batch."""
        made, width = self.continued(prefix, tails, seed=seed)
        return [cut_behind_end(row, self.ends) for row in made.sequences[:, width:].tolist()]

    @torch.inference_mode()
    def continued(
        self, prefix: Prefix | None, tails: Sequence[Sequence[int]], seed: int = 0, **options: Any
    ) -> tuple[Any, int]:
        """Run stock generation on copies of the prefix; returns its result and the tokens of the prompt."""
        ids, mask = _padded(prefix, tails, self.model.device)
        more: dict[str, Any] = {}
        if prefix is not None:
            cache = copy.deepcopy(prefix.cache)
            if len(tails) > 1:
                cache.batch_repeat_interleave(len(tails))
            more["past_key_values"] = cache
            self._remember(prefix.rotary)
        else:
            self._remember(dict.fromkeys(self._rotary()))
        inputs = {"input_ids": ids, "attention_mask": mask, **more}
        options = {**options, "return_dict_in_generate": True}
        with _seeded(seed, self.model.device) if self.settings.do_sample else nullcontext():
            return self._generate(inputs, options), ids.shape[1]

    def _groups(self, prefix: Prefix | None, tails: Sequence[Sequence[int]]) -> Iterator[list[int]]:
        """Say which questions may share a batch."""
        places = range(len(tails))
        if self.settings.do_sample:
            yield from ([place] for place in places)
        elif self.may_pad(prefix, max(map(len, tails))):
            yield list(places)
        else:
            lengths = dict.fromkeys(map(len, tails))
            yield from ([place for place in places if len(tails[place]) == length] for length in lengths)

    def may_pad(self, prefix: Prefix | None, longest: int) -> bool:
        """Whether every layer keeps every token, so that hidden padding does no harm."""
        if prefix is None or self.settings.no_repeat_ngram_size:
            return False
        total = prefix.ids.shape[1] + longest + (self.settings.max_new_tokens or 0)
        return all(_keeps(layer, total) for layer in prefix.cache.layers)

    def _generate(self, inputs: dict[str, Any], options: dict[str, Any]) -> Any:
        settings = copy.deepcopy(self.settings)
        settings.update(**options)
        return cast(Any, self.model).generate(**inputs, generation_config=settings)

    def _moved(self, inputs: Inputs) -> Inputs:
        return {
            key: value.to(self.model.device, self.model.dtype if value.is_floating_point() else value.dtype)
            for key, value in inputs.items()
        }

    def _rotary(self) -> dict[str, Any]:
        return {
            name: module.rope_deltas
            for name, module in self.model.named_modules()
            if hasattr(module, "rope_deltas")
        }

    def _remember(self, rotary: dict[str, Any]) -> None:
        for name, value in rotary.items():
            cast(Any, self.model.get_submodule(name)).rope_deltas = value


def _keeps(layer: Any, total: int) -> bool:
    if type(layer) is DynamicSlidingWindowLayer:
        return bool(total <= layer.sliding_window)
    return type(layer) is DynamicLayer


def _padded(
    prefix: Prefix | None, tails: Sequence[Sequence[int]], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return ids and mask of prefix, padding and tail.

    The padding repeats the tail's first token, so that penalties on tokens of the prompt stay the same.
    """
    longest = max(map(len, tails))
    start = prefix.ids[0].tolist() if prefix is not None else []
    rows = [[*start, *[tail[0]] * (longest - len(tail)), *tail] for tail in tails]
    mask = torch.ones((len(rows), len(start) + longest), dtype=torch.long, device=device)
    for row, tail in enumerate(tails):
        mask[row, len(start) : len(start) + longest - len(tail)] = 0
    return torch.tensor(rows, dtype=torch.long, device=device), mask


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Give a block random numbers from a seed of its own; those outside go on undisturbed."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
