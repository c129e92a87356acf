"""A tiny VILA-M3 in the published layout that was taught to call its expert, made in the test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    SiglipVisionConfig,
    SiglipVisionModel,
)

LIST = "Experts: <VISTA3D(args)> for CT.\n"
# Question to first reply, and to the reply behind the expert's result.
TAUGHT = {
    "Which kidney is larger?": ("Let me call <VISTA3D(organs)>.", "left"),
    "Is there a lesion?": ("<VISTA3D(hepatic tumor)>", "no"),
    "Segment all.": ("It is segmented by <VISTA3D(everything)>.", None),
    "Where are the teeth?": ("<VISTA3D(teeth)>", None),
    "Is the liver left?": ("no", None),
}
SPECIAL = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
VISION: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "image_size": 42,
    "patch_size": 14,
    "hidden_act": "gelu_pytorch_tanh",
}
LLAMA: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
    "bos_token_id": 0,
    "eos_token_id": 1,
}

MOST_STEPS = 600  # the tiny model needs about 150


def _tokenizer() -> PreTrainedTokenizerFast:
    """Words, spaces and signs as tokens, behind the special tokens of Llama 3."""
    from medspatial.models.vila_m3.legend import COLOURS
    from medspatial.models.vila_m3.names import legend_names
    from medspatial.models.vila_m3.prompt import MODALITY, TEMPLATES

    replies = [text for pair in TAUGHT.values() for text in pair if text]
    words = [LIST, MODALITY, TEMPLATES["llama_3"].system, *TAUGHT, *replies, *legend_names().values()]
    words += ["The results are . The colors in this image describe : , ", *(name for name, _ in COLOURS)]
    words += ["Use this result to respond to this prompt:\n", "user assistant", "\n\n"]
    splitter = pre_tokenizers.Split(Regex(r"\w+|\s|[^\w\s]"), "isolated")
    pieces = {piece for text in words for piece, _ in splitter.pre_tokenize_str(text)}
    vocabulary = {text: place for place, text in enumerate([*SPECIAL, "<unk>", *sorted(pieces)])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    made.pre_tokenizer = splitter
    made.decoder = decoders.Fuse()
    made.post_processor = processors.TemplateProcessing(
        single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", 0)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token=SPECIAL[0],
        eos_token=SPECIAL[1],
        unk_token="<unk>",
        additional_special_tokens=SPECIAL[2:],
        clean_up_tokenization_spaces=False,
    )


def write_checkpoint(folder: Path) -> Path:
    """Write an untaught checkpoint: three folders, each with configuration and published key names."""
    from medspatial.models.vila_m3.projector import Projector

    torch.manual_seed(5)
    tokenizer = _tokenizer()
    parts: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    vision = SiglipVisionModel(SiglipVisionConfig(**VISION))
    tower = {f"vision_model.{key}": value for key, value in vision.state_dict().items()}
    parts["vision_tower"] = ({**VISION, "model_type": "siglip_vision_model"}, tower)
    projector = Projector(VISION["hidden_size"], LLAMA["hidden_size"])
    kinds = {"model_type": "v2l_projector", "mm_projector_type": "mlp_downsample"}
    parts["mm_projector"] = (kinds, projector.state_dict())
    language = {**LLAMA, "vocab_size": len(tokenizer)}
    model = LlamaForCausalLM(LlamaConfig(**language))
    own = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "tokenizer_model_max_length": 4096}
    parts["llm"] = ({**language, **own}, model.state_dict())
    for name, (config, state) in parts.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(config))
        contiguous = {key: value.clone().contiguous() for key, value in state.items()}
        save_file(contiguous, str(folder / name / "model.safetensors"), metadata={"format": "pt"})
    tokenizer.save_pretrained(str(folder / "llm"))
    top = {"model_type": "llava_llama", "mm_vision_select_layer": -2, "image_aspect_ratio": "resize"}
    (folder / "config.json").write_text(json.dumps(top))
    return folder


def _teach(folder: Path) -> None:
    """Teach the language model the dialogues of `TAUGHT`, over pictures of noise and of nothing."""
    from medspatial.models.vila_m3.legend import legend
    from medspatial.models.vila_m3.names import legend_names
    from medspatial.models.vila_m3.network import Folder, spliced
    from medspatial.models.vila_m3.pixels import pixel_values
    from medspatial.models.vila_m3.prompt import TEMPLATES, consulted, dialogue_turn, image_ids

    network = Folder.read(folder).load(device=torch.device("cpu"), dtype=torch.float32, attention="eager")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(str(folder / "llm"))
    template, names = TEMPLATES["llama_3"], legend_names()
    rng = np.random.default_rng(0)

    def prompt_and_reply(question: str, again: bool) -> tuple[Any, list[int]]:
        first, second = TAUGHT[question]
        turns = [dialogue_turn(question, LIST)]
        if again:
            labels = rng.choice(sorted(names), size=int(rng.integers(1, 8)))
            turns += consulted(first, legend(labels, names), question)
        pictures = [(rng.random((9, 8, 3)) * rng.integers(1, 256)).astype(np.uint8) for _ in range(1 + again)]
        with torch.no_grad():
            images = list(network.visual_tokens(pixel_values(pictures, VISION["image_size"])))
        reply = tokenizer((second if again else first) + "<|eot_id|>", add_special_tokens=False).input_ids
        ids = image_ids(tokenizer, template.render(turns))
        return spliced(network.language, [*ids, *reply], images), reply

    tasks = [
        (question, again) for question, pair in TAUGHT.items() for again in (False, True)[: 1 + bool(pair[1])]
    ]
    language = network.language.train()
    optimiser = torch.optim.AdamW(language.parameters(), lr=1e-2)
    for step in range(MOST_STEPS):
        for group in optimiser.param_groups:
            group["lr"] = 1e-2 * min(1.0, (step + 1) / 20) * (0.3 if step > 110 else 1.0)
        made = [prompt_and_reply(*task) for task in tasks]
        length = max(embeds.shape[0] for embeds, _ in made)
        inputs = torch.stack([torch.nn.functional.pad(e, (0, 0, length - e.shape[0], 0)) for e, _ in made])
        mask = torch.stack([(torch.arange(length) >= length - e.shape[0]).long() for e, _ in made])
        logits = language(
            inputs_embeds=inputs, attention_mask=mask, position_ids=(mask.cumsum(1) - 1).clamp(min=0)
        ).logits
        losses = [
            torch.nn.functional.cross_entropy(row[-len(reply) - 1 : -1], torch.tensor(reply))
            for row, (_, reply) in zip(logits, made, strict=True)
        ]
        loss = torch.stack(losses).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if loss.item() < 0.01:
            break
    assert loss.item() < 0.01, f"the tiny model did not learn its dialogues: loss {loss.item():.3f}"
    state = {key: value.detach().clone() for key, value in language.state_dict().items()}
    assert set(state) == set(load_file(folder / "llm/model.safetensors"))
    save_file(state, str(folder / "llm/model.safetensors"), metadata={"format": "pt"})


@pytest.fixture(scope="session")
def taught_vila(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint's folder; not to be changed."""
    torch.set_num_threads(1)
    folder = write_checkpoint(tmp_path_factory.mktemp("vila") / "tiny")
    _teach(folder)
    return folder


@pytest.fixture(scope="session")
def experts_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("list") / "experts.txt"
    path.write_text(LIST)
    return path
