"""Tiny random checkpoints of three image-text families in the published layout, with tokenizers made here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HIDDEN = 32
_GEMMA_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<start_of_turn>"
    "{{ 'model' if m.role == 'assistant' else 'user' }}\n"
    "{% if m.content is string %}{{ m.content | trim }}{% else %}{% for c in m.content %}"
    "{% if c.type == 'image' %}<start_of_image>{% else %}{{ c.text | trim }}{% endif %}{% endfor %}"
    "{% endif %}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
_QWEN_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}{% else %}"
    "{% for c in m.content %}{% if c.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ c.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_LLAVA_TEMPLATE = (
    "{% for m in messages %}{{ m.role | upper }}: {% if m.content is string %}{{ m.content }}{% else %}"
    "{% for c in m.content %}{% if c.type == 'image' %}<image>\n{% else %}{{ c.text }} {% endif %}"
    "{% endfor %}{% endif %}\n{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)


def _tokenizer(specials: dict[str, str], extra: list[str], plain: list[str] | None = None) -> Any:
    """A byte-level tokenizer: every byte is a token, some pairs are merged, specials come first."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = list(dict.fromkeys([*specials.values(), *extra]))
    merges = [("t", "h"), ("th", "e"), ("Ċ", "Ċ"), ("Ġ", "l"), ("S", "L"), ("i", "n"), ("o", "n")]
    vocabulary = [*names, *(plain or []), *alphabet, *("".join(pair) for pair in merges)]
    inner = Tokenizer(models.BPE({token: i for i, token in enumerate(vocabulary)}, merges))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens(names)
    inner.add_tokens([AddedToken(token, special=False, normalized=False) for token in plain or []])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, extra_special_tokens=extra, **specials)
    tokenizer.padding_side = "left"
    return tokenizer


def _text(**more: Any) -> dict[str, Any]:
    return {
        "hidden_size": HIDDEN,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 320,
        "max_position_embeddings": 4096,
        **more,
    }


def _finish(folder: Path, model: Any, processor: Any, end: int) -> Path:
    """Save with weights large enough that answers depend on what is seen, and sampling as the default."""
    import torch

    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim > 1 and not bool(weight.any()):
                torch.nn.init.normal_(weight, std=0.5)  # Gemma 3 starts blind: its projector is zero
            elif weight.ndim > 1:
                weight.mul_(8 if "embed" in name or "lm_head" in name else 12)
    model.generation_config.eos_token_id = end
    model.generation_config.pad_token_id = 0
    model.generation_config.do_sample = True
    model.generation_config.top_k = 5
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def gemma3(folder: Path, window: int = 24) -> Path:
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration, Gemma3Processor
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    tokenizer = _tokenizer(
        {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>"},
        ["<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>", "<image_soft_token>"],
        ["<unused94>", "<unused95>"],
    )
    for kind, token in (
        ("boi", "<start_of_image>"),
        ("eoi", "<end_of_image>"),
        ("image", "<image_soft_token>"),
    ):
        setattr(tokenizer, f"{kind}_token", token)
        setattr(tokenizer, f"{kind}_token_id", tokenizer.convert_tokens_to_ids(token))
    tokenizer.init_kwargs["model_specific_special_tokens"] = {
        f"{kind}_token": getattr(tokenizer, f"{kind}_token") for kind in ("boi", "eoi", "image")
    }
    import torch

    torch.manual_seed(1)
    config = Gemma3Config(
        text_config=_text(
            head_dim=8,
            sliding_window=window,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"],
            query_pre_attn_scalar=8,
            tie_word_embeddings=False,
        ),
        vision_config={
            "hidden_size": 16,
            "intermediate_size": 24,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 56,
            "patch_size": 14,
        },
        mm_tokens_per_image=4,
        tie_word_embeddings=False,
        image_token_index=tokenizer.convert_tokens_to_ids("<image_soft_token>"),
        boi_token_index=tokenizer.convert_tokens_to_ids("<start_of_image>"),
        eoi_token_index=tokenizer.convert_tokens_to_ids("<end_of_image>"),
    )
    image = Gemma3ImageProcessorPil(size={"height": 56, "width": 56})
    processor = Gemma3Processor(image, tokenizer, chat_template=_GEMMA_TEMPLATE, image_seq_length=4)
    model = Gemma3ForConditionalGeneration(config)
    return _finish(folder, model, processor, tokenizer.convert_tokens_to_ids("<end_of_turn>"))


def qwen2_5_vl(folder: Path) -> Path:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    specials = [
        "<|im_start|>",
        "<|im_end|>",
        "<|vision_start|>",
        "<|vision_end|>",
        "<|image_pad|>",
        "<|video_pad|>",
    ]
    tokenizer = _tokenizer({"pad_token": "<|endoftext|>"}, specials)
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in specials}
    import torch

    torch.manual_seed(2)
    config = Qwen2_5_VLConfig(
        text_config=_text(
            bos_token_id=0,
            eos_token_id=2,
            rope_scaling={"type": "mrope", "rope_type": "default", "mrope_section": [1, 1, 2]},
            tie_word_embeddings=False,
        ),
        vision_config={
            "hidden_size": 16,
            "intermediate_size": 24,
            "depth": 2,
            "num_heads": 2,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "window_size": 56,
            "fullatt_block_indexes": [1],
            "out_hidden_size": HIDDEN,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=False,
    )
    image = Qwen2VLImageProcessorPil(min_pixels=56 * 56, max_pixels=84 * 84)
    model = Qwen2_5_VLForConditionalGeneration(config)
    processor = _WithoutVideo(image, tokenizer, _QWEN_TEMPLATE)
    return _finish(folder, model, processor, ids["<|im_end|>"])


def qwen3_vl(folder: Path) -> Path:
    """Interleaved M-RoPE, and visual features that enter several layers (deepstack)."""
    return _qwen3(folder, "Qwen3VL", {}, {"deepstack_visual_indexes": [0, 1]})


def qwen3_5(folder: Path) -> Path:
    """Layers of linear attention, whose state cannot be padded, between those of full attention."""
    layers = {
        "layer_types": ["linear_attention", "linear_attention", "full_attention"],
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
        "linear_key_head_dim": 8,
        "linear_value_head_dim": 8,
    }
    return _qwen3(folder, "Qwen3_5", layers, {})


def _qwen3(folder: Path, family: str, text: dict[str, Any], vision: dict[str, Any]) -> Path:
    import torch
    import transformers
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    specials = [
        "<|im_start|>",
        "<|im_end|>",
        "<|vision_start|>",
        "<|vision_end|>",
        "<|image_pad|>",
        "<|video_pad|>",
    ]
    tokenizer = _tokenizer({"pad_token": "<|endoftext|>"}, specials)
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in specials}
    torch.manual_seed(5)
    rope = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 1, 1], "mrope_interleaved": True}
    rope |= {"partial_rotary_factor": 0.5} if text else {}
    config = getattr(transformers, f"{family}Config")(
        text_config=_text(
            head_dim=16 if text else 8, bos_token_id=0, eos_token_id=2, rope_parameters=rope, **text
        ),
        vision_config={
            "hidden_size": 16,
            "intermediate_size": 24,
            "depth": 3,
            "num_heads": 2,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "out_hidden_size": HIDDEN,
            "num_position_embeddings": 64,
            **vision,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=False,
    )
    model = getattr(transformers, f"{family}ForConditionalGeneration")(config)
    image = Qwen2VLImageProcessorPil(min_pixels=56 * 56, max_pixels=84 * 84)
    processor = _WithoutVideo(image, tokenizer, _QWEN_TEMPLATE, "Qwen3VLProcessor")
    return _finish(folder, model, processor, ids["<|im_end|>"])


class _WithoutVideo:
    """Saves what a published Qwen folder holds; its video processor cannot be made without torchvision."""

    def __init__(self, image: Any, tokenizer: Any, template: str, kind: str = "Qwen2_5_VLProcessor") -> None:
        self.image, self.tokenizer, self.template, self.kind = image, tokenizer, template, kind

    def save_pretrained(self, folder: Path) -> None:
        self.image.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        path = folder / "preprocessor_config.json"
        settings = json.loads(path.read_text())
        path.write_text(json.dumps({**settings, "processor_class": self.kind}))
        (folder / "chat_template.jinja").write_text(self.template)


def llava(folder: Path) -> Path:
    from transformers import (
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    tokenizer = _tokenizer({"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}, ["<image>"])
    import torch

    torch.manual_seed(3)
    config = LlavaConfig(
        text_config=LlamaConfig(**_text()).to_dict(),
        vision_config=CLIPVisionConfig(
            hidden_size=16,
            intermediate_size=24,
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=28,
            patch_size=14,
        ).to_dict(),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=4,
        vision_feature_layer=-2,
    )
    image = CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    processor = LlavaProcessor(
        image,
        tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        chat_template=_LLAVA_TEMPLATE,
        num_additional_image_tokens=1,
    )
    return _finish(folder, LlavaForConditionalGeneration(config), processor, tokenizer.eos_token_id)


FAMILIES: dict[str, Callable[[Path], Path]] = {
    "gemma3": gemma3,
    "qwen2_5_vl": qwen2_5_vl,
    "qwen3_vl": qwen3_vl,
    "qwen3_5": qwen3_5,
    "llava": llava,
}


@pytest.fixture(scope="session")
def image_text_folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the checkpoint folder of a family; made when first asked for."""
    pytest.importorskip("transformers")
    root = tmp_path_factory.mktemp("image_text")
    made: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in made:
            made[family] = FAMILIES[family](root / family)
        return made[family]

    return folder
