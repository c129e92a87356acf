"""Reference checks of VILA-M3: towers, splice, greedy ids, slices, overlays, legends, dialogues."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from medspatial.errors import InputError
from medspatial.inputs import through_jpeg
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.folder import load_tokenizer
from medspatial.models.runtime.language import GenerationSettings, LanguageModel
from medspatial.models.runtime.source_text import sha256
from medspatial.models.tools.verify import Check, exact_check, tensor_check
from medspatial.models.vila_m3.calls import Call, call_of, is_final
from medspatial.models.vila_m3.experts_list import EXPERTS
from medspatial.models.vila_m3.legend import legend, overlay
from medspatial.models.vila_m3.names import legend_names
from medspatial.models.vila_m3.network import (
    Network,
    language_layout,
    loaded,
    projector_layout,
    spliced,
    vision_layout,
)
from medspatial.models.vila_m3.pixels import pixel_values
from medspatial.models.vila_m3.preparation import Preparation, as_rgb, grey_slice, slice_of
from medspatial.models.vila_m3.projector import downsampled
from medspatial.models.vila_m3.prompt import IMAGE_ID, TEMPLATES, Turn, consulted, dialogue_turn, image_ids
from medspatial.volume import Affine, Volume, read_volume

_TOLERANCE, _JPEG = 1e-4, 3.0

Expected = Mapping[str, Tensor]


@torch.inference_mode()
def checks(folder: Path, ct: Path | None) -> Iterator[Check]:
    """Yield all checks; slices only where a CT is given."""
    config = read_config(folder)
    inputs, expected = load_file(folder / "inputs.safetensors"), load_file(folder / "expected.safetensors")
    where: dict[str, Any] = {"device": torch.device("cpu"), "dtype": torch.float32}
    projector = folder / "mm_projector"
    network = Network(
        loaded(vision_layout(config["siglip_vision"]), folder / "vision_tower", **where),
        loaded(projector_layout(projector), projector, **where),
        loaded(language_layout(config["llama"], "eager"), folder / "llm", **where),
    )
    yield from _vision(network, config, inputs, expected)
    tokenizer = load_tokenizer(folder / "llm", bos_token="<|begin_of_text|>")
    yield from _splice(network, tokenizer, config, inputs, expected)
    yield from _tokens(tokenizer, json.loads((folder / "tokenize_expected.json").read_text())["cases"])
    pictures = load_file(folder / "preprocess_expected.safetensors")
    labels = Volume(pictures["label_map_vista_ids_RAS"].numpy(), Affine(np.eye(4)), unit="label")
    dialogue_file = json.loads((folder / "dialog_expected.json").read_text())
    yield exact_check("list of experts", sha256(dialogue_file["model_cards"]), EXPERTS.sha256)
    tokenizers = {"llama_3": tokenizer, "vicuna_v1": _vicunas(tokenizer)}
    yield from dialogues(tokenizers, labels, dialogue_file)
    yield from _overlays(pictures, labels, json.loads((folder / "feedback_expected.json").read_text()))
    if ct is not None:
        yield from _slices(read_volume(ct, unit="HU"), pictures)


def _vision(
    network: Network, config: dict[str, Any], inputs: Expected, expected: Expected
) -> Iterator[Check]:
    for kind in ("odd", "even"):
        features = inputs[f"projector.{kind}_in"]
        name = f"projector.{kind}_downsampled"
        yield tensor_check(name, downsampled(features), expected[name], _TOLERANCE)
        name = f"projector.{kind}_out"
        yield tensor_check(name, network.projector(features), expected[name], _TOLERANCE)
    pictures = [inputs[f"image.{name}"].numpy() for name in config["image_order"]]
    pixels = pixel_values(pictures, int(config["siglip_vision"]["image_size"]))
    yield tensor_check("pixel_values", pixels, expected["pixel_values"], _TOLERANCE)
    name = "vision.selected_features"
    yield tensor_check(name, network.features(pixels), expected[name], _TOLERANCE)
    name = "vision.projected"
    yield tensor_check(name, network.visual_tokens(pixels), expected[name], _TOLERANCE)


def _splice(
    network: Network, tokenizer: Any, config: dict[str, Any], inputs: Expected, expected: Expected
) -> Iterator[Check]:
    visual = expected["vision.projected"]
    ids = image_ids(tokenizer, config["splice_prompt"])
    yield exact_check("splice.input_ids", ids, expected["splice.input_ids"][0].tolist())
    embeds = spliced(network.language, ids, list(visual))
    yield tensor_check("splice.inputs_embeds", embeds, expected["splice.inputs_embeds"][0], _TOLERANCE)
    logits = network.language(inputs_embeds=embeds[None]).logits[:, -8:]
    yield tensor_check("splice.logits_last8", logits, expected["splice.logits_last8"], _TOLERANCE)
    wanted = expected["generate.ids"][0].tolist()
    count = int(config["generation"]["max_new_tokens"])
    model = LanguageModel(network.language, GenerationSettings(max_new_tokens=count, eos_ids=(1,), pad_id=1))
    made = model.generate(model.prefix(embeds[:-1]), [embeds[-1:]])[0]
    yield exact_check("generate.ids", made, wanted)
    for row, picture in enumerate(visual):
        length = int(inputs["batch.attention_mask"][row].sum())
        ours = spliced(network.language, inputs["batch.input_ids"][row, :length].tolist(), [picture])
        mask = expected["batch.attention_mask"][row].bool()
        name = f"batch.inputs_embeds {row}"
        yield tensor_check(name, ours, expected["batch.inputs_embeds"][row][mask], _TOLERANCE)


def _tokens(tokenizer: Any, cases: dict[str, dict[str, list[int]]]) -> Iterator[Check]:
    for text, wanted in cases["auto_bos"].items():
        yield exact_check(f"tokens, begin token added: {text}", image_ids(tokenizer, text), wanted)
    bare = copy.deepcopy(tokenizer)
    from tokenizers import processors

    bare.backend_tokenizer.post_processor = processors.Sequence([])
    for text, wanted in cases["no_auto_bos"].items():
        yield exact_check(f"tokens, none added: {text}", image_ids(bare, text), wanted)


def dialogues(tokenizers: Mapping[str, Any], labels: Volume, data: dict[str, Any]) -> Iterator[Check]:
    """Hold the recorded dialogues again, the language model's part read out; then check calls."""
    for number, dialogue in enumerate(data["dialogs"]):
        yield from _dialogue(f"dialogue {number}", dialogue, tokenizers, labels, data["model_cards"])
    for reply, wanted in data["trigger_parsing"].items():
        yield exact_check(f"call of {reply!r}", [_called(reply)], [_expected_call(wanted)])


def _dialogue(
    name: str, data: dict[str, Any], tokenizers: Mapping[str, Any], labels: Volume, experts: str
) -> Iterator[Check]:
    template, tokenizer = TEMPLATES[data["conv_mode"]], tokenizers[data["conv_mode"]]
    later = ["".join(row["text"]) for row in data["history"] if row["role"] == "user"][1:]
    question, called = data["question"], list[Any]()
    turns = [dialogue_turn(question, experts)]
    for step, (wanted, answer) in enumerate(zip(data["llm_calls"], data["scripted_answers"], strict=False)):
        prompt = template.render(turns)
        yield exact_check(f"{name} prompt {step}", prompt, wanted["prompt"])
        ids = image_ids(tokenizer, prompt)
        yield exact_check(f"{name} ids {step}", ids, wanted["input_ids_with_tiny_tokenizer"])
        yield exact_check(f"{name} images {step}", [ids.count(IMAGE_ID)], [wanted["n_images"]])
        reply = answer.strip()
        call = call_of(reply)
        if call is None:
            turns.append(Turn("assistant", reply))
        else:
            called.append(_label_prompt(call))
            shown = legend(slice_of(labels, data["slice_index_RAS"]), legend_names())
            turns += consulted(reply, shown, None if is_final(reply) else question)
            if not is_final(reply):
                continue
        turns += [Turn("user", later.pop(0))] if later else []
    prompts = [entry.get("label_prompt") for entry in data["vista3d_label_prompts"]]
    yield exact_check(f"{name} label prompts", called, prompts)


def _label_prompt(call: Call) -> list[int] | None:
    """Labels as the original hands them over; none for everything."""
    return None if call.group == "everything" else list(call.labels)


def _called(reply: str) -> Any:
    try:
        call = call_of(reply)
    except InputError:
        return "unknown"
    return "none" if call is None else _label_prompt(call)


def _expected_call(wanted: dict[str, Any]) -> Any:
    if not wanted["mentioned"]:
        return "none"
    return wanted["label_prompt"] if wanted["error"] is None else "unknown"


def _vicunas(tokenizer: Any) -> Any:
    """The tiny tokenizer with Vicuna's special tokens (unknown 0, begin 1, end 2) before the same letters."""
    from tokenizers import Tokenizer, models, processors
    from transformers import PreTrainedTokenizerFast

    plain = json.loads(tokenizer.backend_tokenizer.to_str())
    special = {entry["content"] for entry in plain["added_tokens"]}
    letters = sorted((place, text) for text, place in plain["model"]["vocab"].items() if text not in special)
    own = ["<unk>", "<s>", "</s>"]
    vocabulary = {text: place for place, text in enumerate([*own, *(text for _, text in letters)])}
    made = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))
    made.pre_tokenizer = tokenizer.backend_tokenizer.pre_tokenizer
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )


def _overlays(pictures: Expected, labels: Volume, feedback: dict[str, Any]) -> Iterator[Check]:
    names = legend_names()
    for key, text in feedback["feedback_text"].items():
        place = Preparation().number(labels) if key == "mid" else int(key[1:])
        shown = slice_of(labels, place)
        yield exact_check(f"legend {key}", legend(shown, names), text)
        made = overlay(pictures[f"overlay_{key}.image_gray_uint8"].numpy(), shown)
        yield tensor_check(f"overlay {key}", made, pictures[f"overlay_{key}.rgb_uint8"], 1.0)
        decoded = pictures[f"overlay_{key}.jpeg_decoded_rgb"]
        stored = through_jpeg(pictures[f"overlay_{key}.rgb_uint8"].numpy())  # a step of 1 grows in a JPEG
        yield tensor_check(f"overlay {key} after JPEG", stored, decoded, _JPEG)


def _slices(volume: Volume, pictures: Expected) -> Iterator[Check]:
    for key in sorted(name.partition(".")[0] for name in pictures if name.endswith(".gray_uint8")):
        place = Preparation().number(volume) if key.endswith("mid") else int(key.rpartition("k")[2])
        grey = grey_slice(volume, place)
        yield tensor_check(f"{key} grey", grey, pictures[f"{key}.gray_uint8"], 0.0)
        decoded = pictures[f"{key}.jpeg_decoded_rgb"]
        yield tensor_check(f"{key} after JPEG", through_jpeg(as_rgb(grey)), decoded, _JPEG)
