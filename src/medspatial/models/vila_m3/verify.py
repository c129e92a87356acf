"""Reference checks of VILA-M3: towers, splice, greedy ids, slices, overlays, legends, dialogues."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.folder import load_tokenizer
from medspatial.models.runtime.language import GenerationSettings, LanguageModel
from medspatial.models.verify import Check, exact_check, tensor_check
from medspatial.models.vila_m3.expert import call_of, legend, overlay
from medspatial.models.vila_m3.names import legend_names
from medspatial.models.vila_m3.network import Network, load_language, load_projector, load_vision
from medspatial.models.vila_m3.pixels import pixel_values
from medspatial.models.vila_m3.projector import downsampled
from medspatial.models.vila_m3.prompt import IMAGE_ID, TEMPLATES, Turn, image_ids
from medspatial.models.vila_m3.slices import as_rgb, compressed, grey_slice, middle, slice_of
from medspatial.volume import Affine, Volume, read_volume

_TOLERANCE, _JPEG = 1e-4, 3.0

Expected = Mapping[str, Tensor]


@torch.inference_mode()
def checks(folder: Path, ct: Path | None) -> Iterator[Check]:
    """Yield all checks; slices only where a CT is given."""
    config = read_config(folder)
    inputs, expected = load_file(folder / "inputs.safetensors"), load_file(folder / "expected.safetensors")
    where: dict[str, Any] = {"device": torch.device("cpu"), "dtype": torch.float32}
    network = Network(
        load_vision(folder / "vision_tower", config["siglip_vision"], **where),
        load_projector(folder / "mm_projector", **where),
        load_language(folder / "llm", config["llama"], attention="eager", **where),
    )
    yield from _vision(network, config, inputs, expected)
    tokenizer = load_tokenizer(folder / "llm", bos_token="<|begin_of_text|>")
    yield from _splice(network, tokenizer, config, inputs, expected)
    yield from _tokens(tokenizer, json.loads((folder / "tokenize_expected.json").read_text())["cases"])
    yield from dialogues(tokenizer, json.loads((folder / "dialog_expected.json").read_text()))
    pictures = load_file(folder / "preprocess_expected.safetensors")
    yield from _overlays(pictures, json.loads((folder / "feedback_expected.json").read_text()))
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
    embeds = spliced(network.language, ids, visual)
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
        ours = spliced(network.language, inputs["batch.input_ids"][row, :length].tolist(), picture[None])
        mask = expected["batch.attention_mask"][row].bool()
        name = f"batch.inputs_embeds {row}"
        yield tensor_check(name, ours, expected["batch.inputs_embeds"][row][mask], _TOLERANCE)


def spliced(language: Any, ids: Sequence[int], visual: Tensor) -> Tensor:
    """Return embeddings (length, hidden) with the images' tokens in their places, in order of appearance."""
    table, images, parts = language.get_input_embeddings(), iter(visual), list[Tensor]()
    run: list[int] = []
    for token in [*ids, None]:
        if token is not None and token != IMAGE_ID:
            run.append(token)
            continue
        parts.append(table(torch.tensor(run, dtype=torch.long, device=visual.device)))
        run = []
        if token == IMAGE_ID:
            parts.append(next(images))
    return torch.cat(parts)


def _tokens(tokenizer: Any, cases: dict[str, dict[str, list[int]]]) -> Iterator[Check]:
    for text, wanted in cases["auto_bos"].items():
        yield exact_check(f"tokens, begin token added: {text}", image_ids(tokenizer, text), wanted)
    bare = copy.deepcopy(tokenizer)
    from tokenizers import processors

    bare.backend_tokenizer.post_processor = processors.Sequence([])
    for text, wanted in cases["no_auto_bos"].items():
        yield exact_check(f"tokens, none added: {text}", image_ids(bare, text), wanted)


def dialogues(tokenizer: Any, data: dict[str, Any]) -> Iterator[Check]:
    """Yield prompts, images, calls of the expert."""
    for number, dialogue in enumerate(data["dialogs"]):
        template = TEMPLATES[dialogue["conv_mode"]]
        turns = [Turn(row["role"], "".join(row["text"])) for row in dialogue["history"]]
        asked = [place for place, turn in enumerate(turns) if turn.role == "assistant"]
        for call, place in zip(dialogue["llm_calls"], asked, strict=False):
            prompt = template.render(turns[:place])
            yield exact_check(f"dialogue {number} prompt at {place}", prompt, call["prompt"])
            if dialogue["conv_mode"] == "llama_3":
                ids = image_ids(tokenizer, prompt)
                wanted = call["input_ids_with_tiny_tokenizer"]
                yield exact_check(f"dialogue {number} ids at {place}", ids, wanted)
    for reply, wanted in data["trigger_parsing"].items():
        yield exact_check(f"call of {reply!r}", [_called(reply)], [_expected_call(wanted)])


def _called(reply: str) -> Any:
    try:
        call = call_of(reply)
    except KeyError:
        return "unknown"
    return "none" if call is None else call.labels and list(call.labels)


def _expected_call(wanted: dict[str, Any]) -> Any:
    if not wanted["mentioned"]:
        return "none"
    return wanted["label_prompt"] if wanted["error"] is None else "unknown"


def _overlays(pictures: Expected, feedback: dict[str, Any]) -> Iterator[Check]:
    labels = Volume(pictures["label_map_vista_ids_RAS"].numpy(), Affine(torch.eye(4).numpy()), unit="label")
    names = legend_names()
    for key, text in feedback["feedback_text"].items():
        place = middle(labels) if key == "mid" else int(key[1:])
        shown = slice_of(labels, place)
        yield exact_check(f"legend {key}", legend(shown, names), text)
        made = overlay(pictures[f"overlay_{key}.image_gray_uint8"].numpy(), shown)
        yield tensor_check(f"overlay {key}", made, pictures[f"overlay_{key}.rgb_uint8"], 1.0)
        decoded = pictures[f"overlay_{key}.jpeg_decoded_rgb"]
        stored = compressed(pictures[f"overlay_{key}.rgb_uint8"].numpy())  # a step of 1 grows in a JPEG
        yield tensor_check(f"overlay {key} after JPEG", stored, decoded, _JPEG)


def _slices(volume: Volume, pictures: Expected) -> Iterator[Check]:
    for key in sorted(name.partition(".")[0] for name in pictures if name.endswith(".gray_uint8")):
        place = middle(volume) if key.endswith("mid") else int(key.rpartition("k")[2])
        grey = grey_slice(volume, place)
        yield tensor_check(f"{key} grey", grey, pictures[f"{key}.gray_uint8"], 0.0)
        decoded = pictures[f"{key}.jpeg_decoded_rgb"]
        yield tensor_check(f"{key} after JPEG", compressed(as_rgb(grey)), decoded, _JPEG)
