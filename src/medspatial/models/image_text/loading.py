"""Checkpoint and processor of an image-text model, by stock transformers and without remote code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedModel,
)
from transformers.models.auto.processing_auto import PROCESSOR_MAPPING

from medspatial.errors import InputError
from medspatial.models.generation import LEFT_OPEN, Generation

_NOT_DONE_HERE = ("num_beams", "num_beam_groups", "penalty_alpha", "num_return_sequences")


def load_model(
    path: str, *, revision: str | None, device: torch.device, dtype: torch.dtype, attention: str
) -> PreTrainedModel:
    """Load a checkpoint folder or hub repository.

    Raises
    ------
    InputError
        Not found, gated, of an architecture that transformers does not run as image-text-to-text, or
        one that needs code of its own.
    """
    try:
        model = AutoModelForImageTextToText.from_pretrained(
            path,
            revision=revision or "main",
            dtype=dtype,
            attn_implementation=attention,
            device_map={"": str(device)},
            trust_remote_code=False,
        )
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: cannot be loaded as an image-text model ({_first_line(error)})") from None
    model.eval()
    loaded: PreTrainedModel = model
    return loaded


def load_processor(path: str, *, revision: str | None, chat_template: str | None) -> tuple[Any, bool]:
    """Load image processor, tokenizer and chat template; returns also whether videos were left out.

    Processors that read videos too ask for torchvision, which images do not need: without it the
    same processor is built without its video part.

    Raises
    ------
    InputError
        No usable processor, or no chat template (and none was given).
    """
    try:
        processor, without_video = _processor(path, revision)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: has no usable processor ({_first_line(error)})") from None
    if chat_template is not None:
        file = Path(chat_template)
        is_file = len(chat_template) < 1024 and "{" not in chat_template and file.is_file()
        processor.chat_template = file.read_text(encoding="utf-8") if is_file else chat_template
    if getattr(processor, "chat_template", None) is None:
        raise InputError(f"{path}: has no chat template; give one with the option chat_template")
    return processor, without_video


def greedy_configuration(model: PreTrainedModel, chosen: Generation) -> GenerationConfig:
    """Return the checkpoint's generation settings with what the user chose; greedy unless sampling is.

    Raises
    ------
    InputError
        The checkpoint asks for beams or the like, which are not supported, or for a wrong value.
    """
    own = model.generation_config
    assert own is not None
    settings = GenerationConfig.from_dict(own.to_dict())
    for name in _NOT_DONE_HERE:
        if getattr(settings, name, None) not in {None, 1, 0}:
            raise InputError(f"generation_config.json: {name}={getattr(settings, name)} is not supported")
    settings.max_length = None
    if not chosen.do_sample:
        settings.temperature = settings.top_p = settings.top_k = None
    try:
        own_choice: dict[str, Any] = {name: getattr(settings, name, None) for name in LEFT_OPEN}
        Generation(**own_choice)
    except InputError as error:
        raise InputError(f"generation_config.json: {error}") from None
    for name, value in chosen.stated().items():
        if name != "seed":  # each question has its own
            setattr(settings, name, value)
    if settings.pad_token_id is None:
        ends = settings.eos_token_id
        settings.pad_token_id = ends[0] if isinstance(ends, list) else ends if ends is not None else 0
    return settings


def _processor(path: str, revision: str | None) -> tuple[Any, bool]:
    options = {"revision": revision or "main", "trust_remote_code": False}
    try:
        return AutoProcessor.from_pretrained(path, **options), False
    except ImportError as error:
        if "torchvision" not in str(error).lower():
            raise
    kind: Any = PROCESSOR_MAPPING[type(AutoConfig.from_pretrained(path, **options))]
    settings, _ = kind.get_processor_dict(path, **options)
    tokenizer = AutoTokenizer.from_pretrained(path, **options)
    template = settings.get("chat_template") or getattr(tokenizer, "chat_template", None)
    parts = (
        "image_processor",
        "video_processor",
        "tokenizer",
        "processor_class",
        "auto_map",
        "chat_template",
    )
    return _without_video(kind)(
        image_processor=AutoImageProcessor.from_pretrained(path, **options),
        tokenizer=tokenizer,
        video_processor=None,
        chat_template=template,
        **{name: value for name, value in settings.items() if name not in parts},
    ), True


def _without_video(kind: type[Any]) -> type[Any]:
    class ImagesOnly(kind):  # type: ignore[misc]
        """The processor, allowed to have no video part."""

        def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
            if argument is None:
                return None
            return super().check_argument_for_proper_class(argument_name, argument)

    ImagesOnly.__name__ = kind.__name__
    return ImagesOnly


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
