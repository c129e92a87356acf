"""VILA-M3 as a model of this benchmark: one slice, and where wanted VISTA3D as an expert that it may call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from medspatial.errors import InputError
from medspatial.inputs import Query, Wording
from medspatial.models.base import Answer, Model, Point
from medspatial.models.generation import Generation
from medspatial.models.hardware import Runtime
from medspatial.models.options import ReadPath, WrittenPath
from medspatial.models.runtime.device import device_and_dtype
from medspatial.models.runtime.folder import generation_settings, load_tokenizer
from medspatial.models.runtime.language import GenerationSettings, LanguageModel, Prefix
from medspatial.models.vila_m3.calls import call_of, is_final
from medspatial.models.vila_m3.expert import Expert
from medspatial.models.vila_m3.experts_list import load_experts_list
from medspatial.models.vila_m3.legend import legend, overlay
from medspatial.models.vila_m3.names import legend_names
from medspatial.models.vila_m3.network import Folder, spliced
from medspatial.models.vila_m3.pixels import pixel_values
from medspatial.models.vila_m3.preparation import Colours, Grey, Preparation, as_rgb, grey_slice
from medspatial.models.vila_m3.prompt import (
    IMAGE,
    IMAGE_ID,
    TEMPLATES,
    Turn,
    consulted,
    dialogue_turn,
    image_ids,
    plain_turn,
    template_of,
)
from medspatial.models.vista3d.inference import Windows
from medspatial.models.vista3d.network import window_edge
from medspatial.models.vista3d.segmenter import Vista3D
from medspatial.volume import Volume

_LONGEST = 4096  # tokens; the original cuts a longer prompt at its end, where the question stands


@dataclass(frozen=True)
class Prepared:
    """A volume on its way to the encoder: the slice as it is and as the model is shown it."""

    volume: Volume
    number: int
    grey: Grey
    picture: Colours


@dataclass
class Encoded:
    """What all questions of a volume share: the cache of the prompt's head, and what the expert found.

    Attributes
    ----------
    consultations
        Legend and visual tokens of the overlay for each group that was called for.
    """

    prefix: Prefix
    seen: Prepared | None
    consultations: dict[str, tuple[str, Tensor]] = field(default_factory=dict)


@dataclass
class _Dialogue:
    """One question on its way through one turn or two."""

    query: Query
    question: str
    turns: list[Turn]
    images: list[Tensor] = field(default_factory=list)  # behind the slice, which is in the prefix
    reply: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


class VilaM3(Model):
    """VILA-M3 from its published folder, with or without its expert.

    Parameters
    ----------
    path
        Folder of ``MONAI/Llama3-VILA-M3-3B``, ``-8B`` or ``-13B``.
    expert
        Bundle folder or weight file of VISTA3D. With it the dialogue opens with the list of experts; a reply
        that calls VISTA3D is answered with masks on the slice and their legend, and the question is asked
        again. Without it the question is asked alone, as the original's evaluation of picture questions does.
    experts
        The list that opens the dialogue: ``auto`` (fetched), ``none``, or a file.
    expert_cache
        Folder to keep label maps in, by volume.
    expert_device
        Default: that of the language model.
    expert_window
        Voxels of a window's edge of VISTA3D, a multiple of 16 from 32.
    template
        ``llama_3``, ``vicuna_v1``, or ``auto``: by the tokenizer.
    place, jpeg
        Which slice, and how it is shown; see `Preparation`.
    prompt
        Text of a question; see `medspatial.inputs.Wording`.
    runtime, generation
        Where it runs and how each reply is written. The end token cannot be among the first two, as in the
        original.

    Raises
    ------
    InputError
        An option that has a wrong value, missing files, weights that do not fit, no list of experts.
    """

    def __init__(
        self,
        path: ReadPath,
        *,
        expert: ReadPath | None = None,
        experts: ReadPath = "auto",
        expert_cache: WrittenPath | None = None,
        expert_device: str | None = None,
        expert_window: int = 128,
        template: str = "auto",
        place: str | float = "middle",
        jpeg: bool = True,
        prompt: str = "{prompt}",
        runtime: Runtime = Runtime(),
        generation: Generation = Generation(max_new_tokens=1024),
    ) -> None:
        folder = Folder.read(Path(path))
        self.name = "vila_m3" if expert is None else "vila_m3_vista3d"
        self.preparation, self.wording = Preparation(place, jpeg), Wording(prompt)
        self.contract = self.preparation.contract()
        self.tokenizer: Any = load_tokenizer(folder.path / "llm")
        form = template_of(self.tokenizer) if template == "auto" else template
        if form not in TEMPLATES:
            raise InputError(f"vila_m3: template must be auto, {', '.join(TEMPLATES)}, got {template!r}")
        self.template = TEMPLATES[form]
        self.list = None if expert is None else load_experts_list(experts)
        self.device, self.dtype = device_and_dtype(runtime)
        settings = self._settings(folder, generation)
        self.expert = self._expert(expert, expert_cache, expert_device, expert_window)
        self.network = folder.load(device=self.device, dtype=self.dtype, attention=runtime.attention)
        self.language = LanguageModel(self.network.language, settings)
        self.side = int(folder.vision["image_size"])
        self.longest = int(folder.language.get("tokenizer_model_max_length") or _LONGEST)
        self.names = legend_names()
        self._facts = {"checkpoint": folder.path.name, "template": form, "attention": runtime.attention}

    def prepare(self, volume: Volume | None) -> Prepared | None:
        """Cut the slice out and make it a picture; None (text only) stays None."""
        if volume is None:
            return None
        number = self.preparation.number(volume)
        grey = grey_slice(volume, number)
        return Prepared(volume, number, grey, self.preparation.picture(as_rgb(grey)))

    @torch.inference_mode()
    def encode(self, prepared: Prepared | None) -> Encoded:
        """Encode the slice, and run it and what stands before it through the language model, once."""
        ids = self._ids([self._first("", prepared)])
        if prepared is None:
            return Encoded(self.language.prefix(self.language.embed(ids[:1])), None)
        head = ids[: ids.index(IMAGE_ID) + 1]
        embeds = spliced(self.network.language, head, [self._tokens(prepared.picture)])
        return Encoded(self.language.prefix(embeds), prepared)

    @torch.inference_mode()
    def answer(self, encoded: Encoded, queries: Sequence[Query]) -> list[Answer]:
        """Answer a batch; those replies that call the expert go into a second batch."""
        dialogues = [self._dialogue(encoded, query) for query in queries]
        self._reply(encoded, dialogues)
        again = [dialogue for dialogue in dialogues if self._consult(encoded, dialogue)]
        if again:
            self._reply(encoded, again)
        return [Answer(dialogue.reply, dialogue.facts) for dialogue in dialogues]

    def visible(self, volume: Volume, points: Sequence[Point]) -> list[bool]:
        """Say which points the slice stands for; the expert shows nothing but the same slice."""
        return self.preparation.visible(volume, points)

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers."""
        expert = None
        if self.expert is not None and self.list is not None:
            expert = {**self.expert.describe(), "list": self.list.describe()}
        return {
            "contract": self.preparation.contract().model_dump(mode="json"),
            "generation": self.language.settings.describe(),
            "preparation": self.preparation.describe(),
            "prompt": self.wording.pattern,
            "expert": expert,
            "dtype": str(self.dtype).removeprefix("torch."),
            "device": self.device.type,
            **self._facts,
        }

    def _dialogue(self, encoded: Encoded, query: Query) -> _Dialogue:
        question = self.wording.text(query)
        if IMAGE in question:
            raise InputError(f"{self.name}: the question holds the reserved text {IMAGE!r}: {question!r}")
        return _Dialogue(query, question, [self._first(question, encoded.seen)])

    def _first(self, question: str, seen: Prepared | None) -> Turn:
        if seen is None:
            return Turn("user", question)
        return plain_turn(question) if self.list is None else dialogue_turn(question, self.list.text)

    def _reply(self, encoded: Encoded, dialogues: Sequence[_Dialogue]) -> None:
        """Generate the next reply of each dialogue, in one batch on the shared head."""
        tails = [self._tail(encoded, dialogue) for dialogue in dialogues]
        made = self.language.generate(encoded.prefix, tails, [d.query.draw for d in dialogues])
        for dialogue, ids in zip(dialogues, made, strict=True):
            text = self.tokenizer.decode(ids, skip_special_tokens=True).strip()
            dialogue.reply = text.removesuffix(self.template.stop).strip()
            dialogue.facts["new_tokens"] = dialogue.facts.get("new_tokens", 0) + len(ids)
            if not ids or ids[-1] not in self.language.settings.eos_ids:
                dialogue.facts["cut_off"] = True

    def _tail(self, encoded: Encoded, dialogue: _Dialogue) -> Tensor:
        """Return embeddings of what follows the head.

        Raises
        ------
        InputError
            The prompt is longer than the model was trained for.
        """
        ids = self._ids(dialogue.turns)
        behind = ids[1:] if encoded.seen is None else ids[ids.index(IMAGE_ID) + 1 :]
        tail = spliced(self.network.language, behind, dialogue.images)
        length = encoded.prefix.length + tail.shape[0]
        if length > self.longest:
            raise InputError(f"{self.name}: the prompt has {length} tokens, the model takes {self.longest}")
        return tail

    def _consult(self, encoded: Encoded, dialogue: _Dialogue) -> bool:
        """Do what a reply asks for; return whether the question is to be asked again."""
        if self.expert is None or encoded.seen is None:
            return False
        try:
            call = call_of(dialogue.reply)
        except InputError as error:
            dialogue.facts["expert"] = {"error": str(error)}
            return False
        if call is None:
            return False
        if call.group not in encoded.consultations:
            labels = self.expert.labels(encoded.seen.volume, call, encoded.seen.number)
            picture = self.preparation.picture(overlay(encoded.seen.grey, labels))
            encoded.consultations[call.group] = (legend(labels, self.names), self._tokens(picture))
        result, tokens = encoded.consultations[call.group]
        dialogue.facts["expert"] = {"group": call.group, "call": dialogue.reply, "result": result}
        if is_final(dialogue.reply):
            return False
        dialogue.turns += consulted(dialogue.reply, result, dialogue.question)
        dialogue.images.append(tokens)
        return True

    def _ids(self, turns: Sequence[Turn]) -> list[int]:
        return image_ids(self.tokenizer, self.template.render(turns))

    def _tokens(self, picture: Colours) -> Tensor:
        pixels = pixel_values([picture], self.side).to(device=self.device, dtype=self.dtype)
        return self.network.visual_tokens(pixels)[0]

    def _settings(self, folder: Folder, generation: Generation) -> GenerationSettings:
        """The end token, held back for two tokens, and the template's own end of a turn."""
        config = {**folder.language, "pad_token_id": None}
        found = generation_settings(folder.path / "llm", config, generation)
        stop = self.tokenizer.convert_tokens_to_ids(self.template.stop)
        if stop is None or stop == self.tokenizer.unk_token_id:
            raise InputError(f"{folder.path}/llm: the tokenizer does not know {self.template.stop}")
        ends = tuple(sorted({*found.eos_ids, int(stop)}))
        return replace(found, eos_ids=ends, pad_id=ends[0], min_new_tokens=2, late_ids=found.eos_ids)

    def _expert(
        self, path: str | Path | None, cache: str | Path | None, device: str | None, window: int
    ) -> Expert | None:
        edge = window_edge(window, "expert_window", "vila_m3")
        if path is None:
            return None
        segmenter = Vista3D(path, device=device or str(self.device), windows=Windows((edge, edge, edge)))
        return Expert(segmenter, None if cache is None else Path(cache))
