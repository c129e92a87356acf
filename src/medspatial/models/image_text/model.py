"""An image-text model of transformers as a model of this benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.errors import InputError
from medspatial.inputs import RADIOLOGICAL, Query, on_pictures
from medspatial.models.base import Answer, Point
from medspatial.models.generation import Generation
from medspatial.models.hardware import Runtime
from medspatial.models.image_text.conversation import Conversation, Head, Pixels
from medspatial.models.image_text.loading import (
    greedy_configuration,
    load_model,
    load_processor,
)
from medspatial.models.image_text.prefix import Prefix, PrefixGenerator
from medspatial.models.image_text.prefix_check import PrefixSharing, check_prefix
from medspatial.models.options import ReadPath
from medspatial.models.picture_model import Captions, PictureModel
from medspatial.models.runtime.device import device_and_dtype
from medspatial.records import content_hash
from medspatial.volume import MaskSet, Volume


@dataclass(frozen=True)
class Encoded:
    """What all questions of a volume share: the prompt's head and, where it can be shared, its cache."""

    head: Head
    prefix: Prefix | None


class ImageText(PictureModel):
    """A checkpoint that transformers runs as image-text-to-text.

    Parameters
    ----------
    path
        Checkpoint folder, or a repository on the Hugging Face hub.
    revision
        Commit of the repository.
    representation, planes, count, around, step_mm, superior_first, window, size, square, letters,
    scale_bar, position, columns
        What the model sees; see `medspatial.inputs.PictureSettings`. Passed on as they are.
    prompt
        Text of a question; ``{prompt}`` stands for the default one, ``{question}`` and ``{options}`` for its
        parts.
    instruction
        Text before the images.
    system
        Text of a system turn.
    captions
        Each image's number, plane and place in words: before it, after it, or none.
    chat_template
        Jinja text or file, in place of the checkpoint's own.
    runtime
        Where it runs.
    generation
        How it answers; greedy by default, whatever the checkpoint's own settings say. Its repetition penalty
        stays the checkpoint's.

    Raises
    ------
    InputError
        An option that does not exist or has a wrong value, or a checkpoint that cannot be used.
    """

    def __init__(
        self,
        path: ReadPath,
        *,
        revision: str | None = None,
        prompt: str = "{prompt}",
        instruction: str | None = RADIOLOGICAL,
        system: str | None = None,
        captions: Captions = "before",
        chat_template: ReadPath | None = None,
        runtime: Runtime = Runtime(),
        generation: Generation = Generation(),
        **pictures: Any,
    ) -> None:
        super().__init__(
            Path(path).name or "image_text",
            pictures,
            prompt=prompt,
            instruction=instruction,
            system=system,
            captions=captions,
        )
        if generation.repetition_penalty is not None:
            raise InputError(f"{self.name}: repetition_penalty: is the checkpoint's own here")
        self.seed = generation.seed
        device, dtype = device_and_dtype(runtime)
        processor, without_video = load_processor(
            str(path),
            revision=revision,
            chat_template=None if chat_template is None else str(chat_template),
        )
        model = load_model(
            str(path),
            revision=revision,
            device=device,
            dtype=dtype,
            attention=runtime.attention,
        )
        self.generator = PrefixGenerator(model, greedy_configuration(model, generation))
        self.conversation = self.make_conversation(
            processor, system=system, instruction=instruction, captions=captions
        )
        self.sharing: PrefixSharing = check_prefix(self.conversation, self.generator)
        self._facts = {
            "revision": revision,
            "attention": runtime.attention,
            "without_video_part": without_video,
        }

    def make_conversation(self, processor: Any, **options: Any) -> Conversation:
        """Return how prompts are laid out."""
        return Conversation(processor, name=self.name, **options)

    def pictures(
        self, volume: Volume, masks: MaskSet | None = None
    ) -> tuple[Sequence[Pixels], Sequence[str]]:
        """Return the images of a volume and their captions; an overlay without masks is the bare slices."""
        made = self.drawn(volume, masks)
        return made.images, made.captions

    def decoded(self, ids: Sequence[int]) -> str:
        """Return text without special tokens."""
        text: str = self.conversation.processor.tokenizer.decode(list(ids), skip_special_tokens=True)
        return text.strip()

    def read(self, ids: Sequence[int]) -> tuple[str, dict[str, Any]]:
        """Turn new tokens into the answer, and facts about it."""
        return self.decoded(ids), {}

    def prepare_with_masks(self, volume: Volume | None, masks: MaskSet | None) -> Head:
        """Draw the pictures, structures over them if masks are given, and run the processor."""
        images, captions = self.pictures(volume, masks) if volume is not None else ((), ())
        if self.sharing.mode == "none":
            return Head({}, 0, tuple(images), tuple(captions), ())
        return self.conversation.head(images, captions)

    def visible(self, volume: Volume, points: Sequence[Point]) -> Sequence[float] | None:
        """Say which points the slices shown stand for; not known where the processor cuts pictures off."""
        seen = self.settings
        square = seen.square and seen.representation != "grid"
        square = square and not (seen.representation == "overlay" and seen.legend)
        if not square and getattr(self.conversation.processor.image_processor, "do_center_crop", False):
            return None
        return on_pictures(volume, seen, points)

    def encode(self, prepared: Head) -> Encoded:
        """Run images and shared text through the model, once."""
        shared = self.sharing.mode != "none" and prepared.length > 0
        return Encoded(prepared, self.generator.prefix(prepared.inputs) if shared else None)

    def answer(self, encoded: Encoded, queries: Sequence[Query]) -> list[Answer]:
        """Answer a batch of questions on the shared prefix."""
        return [self._answer(ids) for ids in self._generated(encoded, queries)]

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers."""
        model = self.generator.model
        return {
            "architecture": type(model).__name__,
            "configuration": content_hash(model.config.to_json_string(use_diff=False)),
            "commit": getattr(model.config, "_commit_hash", None),
            "pictures": self.settings.model_dump(mode="json"),
            "image_processor": _processor_facts(self.conversation.processor),
            "prompt": self.wording.pattern,
            "instruction": self.conversation.instruction,
            "system": self.conversation.system,
            "captions": self.conversation.captions,
            "chat_template": content_hash(self.conversation.processor.chat_template),
            "generation": _generation_facts(self.generator.settings),
            "seed": self.seed,
            "sharing": self.sharing.describe(),
            "dtype": str(model.dtype).removeprefix("torch."),
            "device": model.device.type,
            **self._facts,
        }

    def _generated(self, encoded: Encoded, queries: Sequence[Query]) -> list[list[int]]:
        seeds = [self._seed(query) for query in queries]
        texts = [self.wording.text(query) for query in queries]
        if encoded.prefix is None and encoded.head.images:
            return [self._asked_whole(encoded.head, *pair) for pair in zip(texts, seeds, strict=True)]
        tails = [self._tail(encoded, text) for text in texts]
        if self.sharing.mode == "batched":
            return self.generator.answers(encoded.prefix, tails, seeds)
        pairs = zip(tails, seeds, strict=True)
        return [self.generator.answers(encoded.prefix, [tail], [seed])[0] for tail, seed in pairs]

    def _tail(self, encoded: Encoded, text: str) -> list[int]:
        """The tokens to continue with: those behind the prefix, or the whole text where there is none."""
        if encoded.prefix is not None:
            return self.conversation.tail(encoded.head, text)
        ids: list[int] = self.conversation.inputs((), (), text)["input_ids"][0].tolist()
        return ids

    def _asked_whole(self, head: Head, text: str, seed: int) -> list[int]:
        inputs = self.conversation.inputs(head.images, head.captions, text)
        return self.generator.asked_whole(inputs, seed)

    def _seed(self, query: Query) -> int:
        return int(content_hash(self.seed, query.draw)[:12], 16)

    def _answer(self, ids: list[int]) -> Answer:
        text, facts = self.read(ids)
        ended = bool(ids) and ids[-1] in self.generator.ends
        return Answer(text, {"new_tokens": len(ids), **({} if ended else {"cut_off": True}), **facts})


def _processor_facts(processor: Any) -> dict[str, Any]:
    """Class and settings of the image processor; back ends differ slightly, so the class counts."""
    image = processor.image_processor
    settings = {key: value for key, value in image.to_dict().items() if not callable(value)}
    return {"class": type(image).__name__, "settings": content_hash(_plain(settings))}


def _generation_facts(settings: Any) -> dict[str, Any]:
    facts: dict[str, Any] = _plain(settings.to_diff_dict())
    facts.pop("transformers_version", None)
    return facts


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
