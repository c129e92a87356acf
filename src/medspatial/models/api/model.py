"""A model behind an API as a model of this benchmark."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from medspatial.errors import RunStopped
from medspatial.inputs import (
    RADIOLOGICAL,
    PictureSettings,
    Query,
)
from medspatial.llm import CallFailed, Image, Message, Reply, Request, open_llm
from medspatial.models.base import Answer
from medspatial.models.picture_model import Captions, PictureModel
from medspatial.records import Prediction, content_hash
from medspatial.volume import MaskSet, Volume

_BATCHES = 4  # questions handed over at once, per call that may run at once


@dataclass
class ImagePrompt:
    """What all questions of a volume share, and how far its run has come.

    Attributes
    ----------
    parts
        Instruction, captions and pictures, in front of every question.
    warm
        Whether the server has seen them.
    failures
        Questions that had no answer in this run, by id: they are not asked again when the runner goes
        through a failed batch one by one.
    """

    parts: tuple[str | Image, ...]
    warm: bool = False
    failures: dict[str, CallFailed] = field(default_factory=dict)


class ApiModel(PictureModel):
    """A remote model that sees pictures of the volume.

    Parameters
    ----------
    model
        Its name at the provider.
    prompt
        Text of a question; ``{prompt}`` stands for the default one, ``{question}`` and ``{options}`` for its
        parts.
    instruction, system
        Text before the images, and of a system turn.
    captions
        Each image's number, plane and place in words: before it, after it, or none.
    max_tokens, temperature, seed
        Of the answer; temperature None leaves it to the server. With a seed each question has its own.
    options
        Those of `medspatial.inputs.PictureSettings` (``representation``, ``count``, ``window``, ...) and
        those of `medspatial.llm.open_llm` (``cache``, ``budget``, ``prices``, ``concurrency``, ``base_url``,
        ``served_model``, ...).

    Raises
    ------
    InputError
        An option that does not exist or has a wrong value, or no key in the environment.
    """

    provider: ClassVar[str]

    def __init__(
        self,
        model: str,
        *,
        prompt: str = "{prompt}",
        instruction: str | None = RADIOLOGICAL,
        system: str | None = None,
        captions: Captions = "before",
        max_tokens: int = 1024,
        temperature: float | None = 0.0,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        pictures = {key: options.pop(key) for key in list(options) if key in PictureSettings.model_fields}
        super().__init__(
            model.replace("/", "_").replace(":", "_"),
            pictures,
            prompt=prompt,
            instruction=instruction,
            system=system,
            captions=captions,
        )
        self._max_tokens, self._temperature, self._seed = max_tokens, temperature, seed
        self.llm = open_llm(f"{self.provider}:{model}", **options)
        self.batch_size = _BATCHES * self.llm.concurrency

    def resume(self, answered: Sequence[Prediction]) -> None:
        """Bind this session to the version that gave the answers already there."""
        for row in answered:
            served = row.metadata.get("served_model")
            if row.status == "ok" and isinstance(served, str):
                self.llm.bind(served)

    def prepare_with_masks(self, volume: Volume | None, masks: MaskSet | None) -> ImagePrompt:
        """Draw and compress the pictures, once per volume; none without a volume."""
        if volume is None:
            return ImagePrompt(())
        made = self.drawn(volume, masks)
        parts: list[str | Image] = [self.instruction] if self.instruction else []
        for pixels, caption in zip(made.images, made.captions, strict=True):
            picture = Image(_png(pixels))
            before, after = self.captions == "before", self.captions == "after"
            parts += [*[caption] * before, picture, *[caption] * after]
        return ImagePrompt(tuple(parts))

    def answer(self, encoded: ImagePrompt, queries: Sequence[Query]) -> list[Answer]:
        """Ask a batch; the first question of a volume alone, so that the server keeps what all share.

        Raises
        ------
        CallFailed
            A question has no answer. The runner then asks one by one; what is known costs nothing.
        RunStopped
            No further question can be asked, and none of these is answered.
        """
        known = [encoded.failures[query.id] for query in queries if query.id in encoded.failures]
        if known:
            raise known[0]
        requests = [self._request(encoded, query) for query in queries]
        outcomes = self.llm.ask_all(requests, first_alone=bool(encoded.parts) and not encoded.warm)
        encoded.warm = True
        answers = [_answer(outcome) for outcome in outcomes if isinstance(outcome, Reply)]
        for query, outcome in zip(queries, outcomes, strict=True):
            if isinstance(outcome, CallFailed):
                encoded.failures[query.id] = outcome
        stops = [outcome for outcome in outcomes if isinstance(outcome, RunStopped)]
        if stops and len(stops) == len(outcomes):
            raise stops[0]
        if len(answers) < len(outcomes):
            raise CallFailed(f"{len(outcomes) - len(answers)} of {len(outcomes)} questions had no answer")
        return answers

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers; never a key."""
        return {
            **self.llm.describe(),
            "pictures": self.settings.model_dump(mode="json"),
            "prompt": self.wording.pattern,
            "instruction": self.instruction,
            "system": self.system,
            "captions": self.captions,
            "max_tokens": self._max_tokens,
            "temperature": self._temperature,
            "seed": self._seed,
        }

    def close(self) -> None:
        """Close connections and cache."""
        self.llm.close()

    def _request(self, images: ImagePrompt, query: Query) -> Request:
        return Request(
            (Message("user", (*images.parts, self.wording.text(query))),),
            system=self.system or "",
            temperature=self._temperature,
            max_tokens=self._max_tokens,
            seed=None if self._seed is None else int(content_hash(self._seed, query.draw)[:7], 16),
            sample=query.sample,
        )


def _answer(reply: Reply) -> Answer:
    """An answer with its costs; those of a reply from the cache are what it once cost."""
    tokens = {"input": reply.tokens.input, "output": reply.tokens.output, "cached": reply.tokens.cached}
    facts: dict[str, Any] = {"served_model": reply.served_model, "tokens": tokens}
    if reply.cost is not None:
        facts["cost"] = reply.cost
    if reply.finish != "stop":
        facts["finish"] = reply.finish
    if reply.refusal is not None:
        facts["refusal"] = reply.refusal
    return Answer(reply.text.strip(), facts)


def _png(pixels: Any) -> bytes:
    from PIL import Image as Pillow

    stream = io.BytesIO()
    Pillow.fromarray(pixels).save(stream, format="PNG")
    return stream.getvalue()
