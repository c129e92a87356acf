"""The frame of a native 3D vision-language model: what is the same for all of them.

A model gives its contract, how a volume becomes the input tensor, its tower and projector, and its
prompt; reading, encoding once, sharing the prefix and batching are done here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medspatial.errors import InputError
from medspatial.inputs import InputContract, Query
from medspatial.models.base import Answer, Model
from medspatial.models.runtime.engine import EngineLanguage
from medspatial.models.runtime.language import LanguageModel, Prefix
from medspatial.volume import Volume


class Tokenizer(Protocol):
    """What is needed of a tokenizer."""

    def encode(self, text: str, add_special_tokens: bool = True) -> list[int]:
        """Return token ids."""

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        """Return text."""


@dataclass(frozen=True)
class Encoded:
    """A volume as the language model holds it: its visual tokens and the cache of the shared prefix."""

    prefix: Prefix
    visual: Tensor | None


class VolumeLanguageModel(Model):
    """A 3D vision-language model on the shared runtime.

    A subclass sets ``name``, ``contract``, ``language``, ``tokenizer``, ``device`` and gives
    `pixels`, `visual_tokens`, `prefix` and `tail`.
    """

    takes_arrays: ClassVar[bool] = True
    contract: InputContract
    language: LanguageModel
    tokenizer: Tokenizer
    device: torch.device
    dtype: torch.dtype

    @abstractmethod
    def pixels(self, volume: Volume) -> NDArray[np.float32]:
        """Turn a volume into the input array that the contract declares (without batch axis)."""

    @abstractmethod
    def visual_tokens(self, pixels: Tensor) -> Tensor:
        """Encode input of shape (1, channels, ...) to (tokens, hidden) in the language model's space."""

    @abstractmethod
    def prefix(self, visual: Tensor | None) -> Tensor:
        """Return the embeddings (length, hidden) that all questions of a volume begin with."""

    @abstractmethod
    def tail(self, query: Query) -> list[int]:
        """Return the token ids of one question, to follow the prefix."""

    def text_tail(self, query: Query) -> list[int]:
        """Return the token ids of one question that is asked without a volume."""
        return self.tail(query)

    def clean(self, text: str) -> str:
        """Turn decoded text into the answer."""
        return text.strip()

    def prepare(self, volume: Volume | None) -> NDArray[np.float32] | None:
        """Make the input array and hold it to the contract; None (text only) stays None."""
        if volume is None:
            return None
        array = self.pixels(volume)
        self.contract.check(array, self.name)
        return array

    @torch.inference_mode()
    def encode(self, prepared: NDArray[np.float32] | None) -> Encoded:
        """Run tower and projector, then the shared prefix through the language model, once."""
        visual = None
        if prepared is not None:
            pixels = torch.from_numpy(np.ascontiguousarray(prepared))[None]
            visual = self.visual_tokens(pixels.to(self.device))
        return Encoded(self.language.prefix(self.prefix(visual)), visual)

    @torch.inference_mode()
    def answer(self, encoded: Encoded, queries: Sequence[Query]) -> list[Answer]:
        """Answer a batch of questions on the shared prefix."""
        of = self.text_tail if encoded.visual is None else self.tail
        tails = [self.language.embed(self._checked(of(query), query)) for query in queries]
        generated = self.language.generate(encoded.prefix, tails, [query.draw for query in queries])
        return [self._answer(ids) for ids in generated]

    def describe(self) -> dict[str, Any]:
        """Return contract, generation settings, device, number type, and the engine if there is one."""
        engine = self.language.describe_engine() if isinstance(self.language, EngineLanguage) else None
        return {
            **({} if engine is None else {"engine": engine}),
            "contract": self.contract.model_dump(mode="json"),
            "generation": self.language.settings.describe(),
            "dtype": str(self.dtype).removeprefix("torch."),
            "device": self.device.type,
        }

    def request(self, query: Query) -> str:
        """Return the tokens of a question as text, special ones included."""
        return self.tokenizer.decode(self.tail(query))

    def _checked(self, ids: list[int], query: Query) -> list[int]:
        if not ids:
            raise InputError(f"{self.name}: the question {query.text!r} has no tokens")
        return ids

    def _answer(self, ids: list[int]) -> Answer:
        reply = self.tokenizer.decode(ids, skip_special_tokens=True)
        text = self.clean(reply)
        facts: dict[str, Any] = {"new_tokens": len(ids)}
        if not (bool(ids) and ids[-1] in self.language.settings.eos_ids):
            facts["cut_off"] = True
        if text != reply.strip():
            facts["raw"] = reply
        return Answer(text, facts)
