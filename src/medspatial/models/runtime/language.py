"""A causal language model that answers many questions on one shared prefix.

The prefix (system text and visual tokens) is run once and its key/value cache kept. Questions of any
length are answered in batches on a copy of it: they are padded on the left, *between* prefix and
question, the mask hides the padding and positions count real tokens only, so that each answer equals
the one that the question would get alone.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import torch
from torch import FloatTensor, LongTensor, Tensor
from transformers import (
    DynamicCache,
    LogitsProcessorList,
    MinNewTokensLengthLogitsProcessor,
    PreTrainedModel,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from medspatial.models.generation import RULES
from medspatial.models.option_values import whole
from medspatial.models.runtime.batching import Batches, cut_behind_end


@dataclass(frozen=True)
class GenerationSettings:
    """How answers are generated; greedy by default.

    Attributes
    ----------
    eos_ids
        Any of them ends an answer.
    top_k
        None or 0: no limit.
    repetition_penalty
        Over generated tokens only, as when generation starts from embeddings.
    min_new_tokens, late_ids
        Tokens that cannot be among the first ones; other end tokens can.
    seed
        For sampling; each question has a generator of its own, so batches do not matter.

    Raises
    ------
    InputError
        A value of a wrong type or out of its range; the message names option, rule and value.
    """

    max_new_tokens: int = 256
    eos_ids: tuple[int, ...] = ()
    pad_id: int = 0
    do_sample: bool = False
    temperature: float = 1.0
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float = 1.0
    min_new_tokens: int = 0
    late_ids: tuple[int, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        whole(self.min_new_tokens, "min_new_tokens", least=0)
        for name, rule in RULES.items():  # transformers takes no whole numbers for temperature and penalty
            value = getattr(self, name)
            if value is not None or name not in {"top_p", "top_k"}:
                object.__setattr__(self, name, rule(value, name))

    def describe(self) -> dict[str, Any]:
        """Return all settings for the manifest."""
        return asdict(self)

    def processors(self, device: torch.device) -> LogitsProcessorList:
        """Return the changes made to the logits before a token is chosen, in transformers' order."""
        chosen = LogitsProcessorList()
        if self.repetition_penalty != 1.0:
            chosen.append(RepetitionPenaltyLogitsProcessor(self.repetition_penalty))
        if self.min_new_tokens and self.late_ids:
            late = list(self.late_ids)
            chosen.append(MinNewTokensLengthLogitsProcessor(0, self.min_new_tokens, late, device=str(device)))
        if self.do_sample:
            if self.temperature != 1.0:
                chosen.append(TemperatureLogitsWarper(self.temperature))
            if self.top_k:
                chosen.append(TopKLogitsWarper(self.top_k))
            if self.top_p is not None and self.top_p < 1.0:
                chosen.append(TopPLogitsWarper(self.top_p))
        return chosen


@dataclass(frozen=True)
class Prefix:
    """The key/value cache of a prefix, batch size 1; never changed, only copied."""

    cache: DynamicCache
    length: int


@dataclass
class LanguageModel:
    """A causal language model of transformers, unmodified, with prefix sharing.

    Parameters
    ----------
    model
        In eval mode, on its device.
    settings
        How answers are generated.
    """

    model: PreTrainedModel
    settings: GenerationSettings
    batches: Batches = field(default_factory=Batches, init=False)

    def embed(self, ids: Sequence[int]) -> Tensor:
        """Return the embeddings of token ids, shape (len(ids), hidden)."""
        table = self.model.get_input_embeddings()
        embeds: Tensor = table(torch.tensor(list(ids), dtype=torch.long, device=self.model.device))
        return embeds

    @torch.inference_mode()
    def prefix(self, embeds: Tensor) -> Prefix:
        """Run a prefix, embeddings of shape (length, hidden), through the model once."""
        cache = DynamicCache(config=self.model.config)
        self.model(inputs_embeds=embeds[None], past_key_values=cache, use_cache=True, logits_to_keep=1)
        return Prefix(cache, embeds.shape[0])

    @torch.inference_mode()
    def generate(self, prefix: Prefix, tails: Sequence[Tensor], keys: Sequence[str] = ()) -> list[list[int]]:
        """Continue the prefix with each tail and return the new token ids, the end token included.

        Where memory runs out the batch is halved, again and again down to one.

        Parameters
        ----------
        tails
            Embeddings of shape (length, hidden), at least one token each.
        keys
            Identities of the questions, the seeds of sampling.
        """
        if any(tail.shape[0] == 0 for tail in tails):
            raise ValueError("a tail needs at least one token")
        keys = list(keys) or [str(index) for index in range(len(tails))]
        return self.batches.run(
            self._groups(prefix, tails),
            lambda batch: self._batch(prefix, [tails[i] for i in batch], [keys[i] for i in batch]),
        )

    def _groups(self, prefix: Prefix, tails: Sequence[Tensor]) -> list[list[int]]:
        """Say which tails may share a batch: all, but under a sliding window only those of one length.

        A window counts places in the cache, padding included, so padding would push the first tokens
        out of it too early.
        """
        lengths = [tail.shape[0] for tail in tails]
        window = getattr(self.model.config, "sliding_window", None)
        if window is None or prefix.length + max(lengths) + self.settings.max_new_tokens <= window:
            return [list(range(len(tails)))]
        groups: dict[int, list[int]] = {}
        for index, length in enumerate(lengths):
            groups.setdefault(length, []).append(index)
        return list(groups.values())

    def _batch(self, prefix: Prefix, tails: Sequence[Tensor], keys: Sequence[str]) -> list[list[int]]:
        count, settings = len(tails), self.settings
        cache = copy.deepcopy(prefix.cache)
        cache.batch_repeat_interleave(count)
        embeds, mask, positions = _padded(tails, prefix.length)
        generators = [_generator(settings.seed, key, embeds.device) for key in keys]
        processors = settings.processors(embeds.device)
        generated = torch.empty((count, 0), dtype=torch.long, device=embeds.device)
        running = torch.ones(count, dtype=torch.bool, device=embeds.device)
        ends = torch.tensor(settings.eos_ids, dtype=torch.long, device=embeds.device)
        step: dict[str, Tensor] = {"inputs_embeds": embeds}
        for _ in range(settings.max_new_tokens):
            logits = self.model(
                **step,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits[:, -1]
            scores = processors(cast(LongTensor, generated), cast(FloatTensor, logits.float()))
            chosen = _sampled(scores, generators) if settings.do_sample else scores.argmax(-1)
            chosen = torch.where(running, chosen, settings.pad_id)
            generated = torch.cat([generated, chosen[:, None]], dim=1)
            running &= ~torch.isin(chosen, ends)
            if not bool(running.any()):
                break
            step = {"input_ids": chosen[:, None]}
            mask = torch.cat([mask, mask.new_ones(count, 1)], dim=1)
            positions = positions[:, -1:] + 1
        return [cut_behind_end(row, settings.eos_ids) for row in generated.tolist()]


def _padded(tails: Sequence[Tensor], prefix_length: int) -> tuple[Tensor, Tensor, Tensor]:
    """Pad tails on the left; return embeddings, the mask over prefix and tail, and real positions."""
    lengths = [tail.shape[0] for tail in tails]
    longest = max(lengths)
    first = tails[0]
    embeds = first.new_zeros((len(tails), longest, first.shape[1]))
    mask = torch.ones((len(tails), prefix_length + longest), dtype=torch.long, device=first.device)
    for row, (tail, length) in enumerate(zip(tails, lengths, strict=True)):
        embeds[row, longest - length :] = tail
        mask[row, prefix_length : prefix_length + longest - length] = 0
    positions = (mask.cumsum(1) - 1)[:, prefix_length:]
    return embeds, mask, positions


def _generator(seed: int, key: str, device: torch.device) -> torch.Generator:
    digest = hashlib.blake2b(f"{seed} {key}".encode(), digest_size=7).digest()
    return torch.Generator(device=device).manual_seed(int.from_bytes(digest, "big"))


def _sampled(scores: Tensor, generators: Sequence[torch.Generator]) -> Tensor:
    shares = scores.softmax(-1)
    rows = [torch.multinomial(row, 1, generator=g) for row, g in zip(shares, generators, strict=True)]
    return torch.cat(rows)
