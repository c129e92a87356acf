"""The network and the six evaluation modes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medspatial.errors import InputError, require
from medspatial.score.alignscore.checkpoint import HEADS, read_tensors, split_tensors
from medspatial.score.alignscore.split import Splitter, chunks, sentence_splitter

if TYPE_CHECKING:
    import torch

MODES = ("nli_sp", "nli", "bin_sp", "bin", "reg_sp", "reg")
_HEAD = {"nli": "tri_layer", "bin": "bin_layer", "reg": "reg_layer"}
_CLASS = {"nli": 0, "bin": 1}  # tri: 0 = aligned; bin: 1 = aligned
_SPECIAL_TOKENS = 4  # <s> A </s></s> B </s>

Pair = tuple[str, str]


class AlignScorer:
    """Scores how far a context supports a claim.

    Parameters
    ----------
    checkpoint
        ``.ckpt`` or ``.safetensors`` with the published key names.
    backbone
        Folder or hub name with the encoder's configuration and tokenizer (``roberta-base``,
        ``roberta-large``); they are not in the checkpoint.
    splitter
        ``punkt`` (as published), ``regex``, or a :class:`Splitter`.
    batch_size
        Pairs per pass; has no effect on scores beyond rounding (1e-7).
    device
        ``cpu``, ``cuda``, ...

    Raises
    ------
    InputError
        Missing or unexpected tensors, or a backbone of another size.
    """

    def __init__(
        self,
        checkpoint: str | Path,
        backbone: str | Path,
        *,
        splitter: str | Splitter = "punkt",
        batch_size: int = 32,
        device: str = "cpu",
    ) -> None:
        self._torch = require("torch", "models")
        transformers = require("transformers", "models")
        self.splitter = splitter if isinstance(splitter, Splitter) else sentence_splitter(splitter)
        self._batch_size = batch_size
        self._device = device
        try:
            config = transformers.AutoConfig.from_pretrained(backbone)
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(backbone)
        except OSError as error:
            raise InputError(f"alignscore: cannot read backbone '{backbone}': {error}") from error
        self._limit = min(int(self._tokenizer.model_max_length), int(config.max_position_embeddings) - 2)
        encoder, heads = split_tensors(read_tensors(checkpoint), str(checkpoint))
        self._encoder = transformers.RobertaModel(config, add_pooling_layer=True)
        _load(self._encoder, encoder, str(checkpoint))
        self._encoder.to(device).eval()
        self._heads = {name: self._head(name, heads, config.hidden_size) for name in HEADS}

    def _head(self, name: str, tensors: dict[str, torch.Tensor], hidden: int) -> Any:
        layer = self._torch.nn.Linear(hidden, HEADS[name])
        _load(layer, {part: tensors[f"{name}.{part}"] for part in ("weight", "bias")}, name)
        return layer.to(self._device).eval()

    def score(
        self, contexts: Sequence[str], claims: Sequence[str], mode: str = "nli_sp"
    ) -> list[float | None]:
        """Score pairs of texts.

        Parameters
        ----------
        mode
            ``nli``, ``bin``, ``reg``: whole context against whole claim by the three-way, two-way or
            regression head. With ``_sp``: chunks of the context against sentences of the claim, maximum over
            chunks, mean over sentences. ``nli_sp`` is the published default.

        Returns
        -------
        list
            One score per pair (0 to 1; ``reg`` is unbounded), None for a blank claim in an ``_sp`` mode.
        """
        head = _checked(mode)
        if not mode.endswith("_sp"):
            return list(self._pairs(list(zip(contexts, claims, strict=True)), head))
        split = self.splitter.split
        parts = [
            (chunks(context, split), split(claim) if claim.strip() else [])
            for context, claim in zip(contexts, claims, strict=True)
        ]
        return self.score_split(parts, mode)

    def score_split(
        self, parts: Sequence[tuple[Sequence[str], Sequence[str]]], mode: str = "nli_sp"
    ) -> list[float | None]:
        """Score texts that are cut already: (chunks of the context, sentences of the claim) per row."""
        head = _checked(mode)
        pairs = [(chunk, claim) for pieces, claims in parts for chunk in pieces for claim in claims]
        figures = iter(self._pairs(pairs, head))
        scores: list[float | None] = []
        for pieces, claims in parts:
            table = [[next(figures) for _ in claims] for _ in pieces]
            best = [max(row[column] for row in table) for column in range(len(claims))]
            scores.append(sum(best) / len(best) if best else None)
        return scores

    def _pairs(self, pairs: Sequence[Pair], head: str) -> list[float]:
        """Score (context piece, claim piece) pairs, shortest first so that padding is little."""
        encoded = [self._encode(pair) for pair in pairs]
        order = sorted(range(len(pairs)), key=lambda index: len(encoded[index]))
        scores = [0.0] * len(pairs)
        for start in range(0, len(order), self._batch_size):
            batch = order[start : start + self._batch_size]
            for index, figure in zip(batch, self._pass([encoded[i] for i in batch], head), strict=True):
                scores[index] = figure
        return scores

    def _encode(self, pair: Pair) -> list[int]:
        """Return ``<s> A </s></s> B </s>``; A is cut first, both only where B alone is too long."""
        ids: list[int] = self._tokenizer(*pair, verbose=False)["input_ids"]
        if len(ids) <= self._limit:
            return ids
        claim = len(self._tokenizer(pair[1], add_special_tokens=False, verbose=False)["input_ids"])
        fits = claim + _SPECIAL_TOKENS < self._limit
        cut: list[int] = self._tokenizer(
            *pair, truncation="only_first" if fits else "longest_first", max_length=self._limit
        )["input_ids"]
        return cut

    def _pass(self, rows: Sequence[list[int]], head: str) -> list[float]:
        torch = self._torch
        width = max(map(len, rows))
        pad = self._tokenizer.pad_token_id
        ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows], device=self._device)
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=self._device)
        with torch.inference_mode():
            pooled = self._encoder(input_ids=ids, attention_mask=mask).pooler_output
            logits = self._heads[_HEAD[head]](pooled)
            figures = logits[:, 0] if head == "reg" else logits.softmax(dim=-1)[:, _CLASS[head]]
        return [float(figure) for figure in figures]


def _checked(mode: str) -> str:
    if mode not in MODES:
        raise InputError(f"alignscore mode must be one of {', '.join(MODES)}, got {mode!r}")
    return mode.removesuffix("_sp")


def _load(module: Any, tensors: dict[str, Any], source: str) -> None:
    """Load with every key accounted for: a half-loaded scorer gives plausible nonsense."""
    try:
        result = module.load_state_dict(tensors, strict=False)
    except RuntimeError as error:
        raise InputError(
            f"{source}: {str(error).strip().splitlines()[-1].strip()}; is the backbone of the right size?"
        ) from None
    if result.missing_keys or result.unexpected_keys:
        what = [f"lacks {key}" for key in result.missing_keys] + [
            f"has unknown {key}" for key in result.unexpected_keys
        ]
        raise InputError(f"{source}: {len(what)} tensors do not fit: {'; '.join(what[:4])}")
