"""Can an architecture share a prefix exactly? Tried once, at the start, on a small prompt."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch

from medspatial.errors import InputError
from medspatial.models.image_text.conversation import PROBES, Conversation
from medspatial.models.image_text.prefix import PrefixGenerator

_STEPS = 2  # tokens compared: the first comes from prefix and question, the second from their cache
# Largest difference of logits, as a share of their largest value; a wrong position or mask is far over it.
_TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 5e-2, torch.float16: 2e-2}
_NOISE = 96  # pixels of the images


@dataclass(frozen=True)
class PrefixSharing:
    """How questions of a volume are asked.

    Attributes
    ----------
    mode
        ``batched``: on copies of one prefix, many at a time. ``single``: on copies of one prefix, one at a
        time. ``none``: each with a whole prompt, images included.
    reason
        Why not batched.
    """

    mode: Literal["batched", "single", "none"]
    reason: str = ""

    def describe(self) -> dict[str, Any]:
        """Return both fields."""
        return asdict(self)


def check_prefix(conversation: Conversation, generator: PrefixGenerator) -> PrefixSharing:
    """Compare logits of a whole prompt with those on a shared prefix."""
    noise = np.random.default_rng(0).integers(0, 256, (2, _NOISE, _NOISE, 3), dtype=np.uint8)
    images, captions = list(noise), ["first", "second"]
    wanted = _whole_prompt_logits(conversation, generator, images, captions)
    try:
        head = conversation.head(images, captions)
        if head.length == 0:
            return PrefixSharing("none", "no special token stands between images and question")
        tail = conversation.tail(head, PROBES[0])
        prefix = generator.prefix(head.inputs)
        alone = _logit_difference(generator, prefix, [tail], wanted)
    except (InputError, RuntimeError, ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        return PrefixSharing("none", f"failed on a shared prefix: {_first_line(error)}")
    limit = _TOLERANCE.get(generator.model.dtype, 5e-2)
    if not alone <= limit:
        return PrefixSharing("none", "logits on a shared prefix are not those of a whole prompt")
    try:
        together = _logit_difference(generator, prefix, [tail, tail], wanted)
    except (RuntimeError, ValueError, TypeError, AttributeError, NotImplementedError) as error:
        return PrefixSharing("single", f"the cache cannot be repeated: {_first_line(error)}")
    if not together <= limit:
        return PrefixSharing("single", "logits in a batch are not those of one question alone")
    return PrefixSharing("batched")


def _whole_prompt_logits(
    conversation: Conversation, generator: PrefixGenerator, images: list[Any], captions: list[str]
) -> list[torch.Tensor]:
    inputs = conversation.inputs(images, captions, PROBES[0])
    made = generator.whole(inputs, **_comparison_settings())
    return [step.float() for step in made.logits]


def _logit_difference(
    generator: PrefixGenerator, prefix: Any, tails: list[list[int]], wanted: list[torch.Tensor]
) -> float:
    """Largest difference of logits, relative to their largest value, up to the first token that differs."""
    made, _ = generator.continued(prefix, tails, **_comparison_settings())
    worst = 0.0
    for ours, theirs in zip(made.logits, wanted, strict=False):
        worst = max(worst, float((ours.float() - theirs).abs().max() / theirs.abs().max().clamp(min=1e-9)))
        if not bool((ours.argmax(-1) == theirs.argmax(-1)).all()):
            break
    return worst


def _comparison_settings() -> dict[str, Any]:
    return {
        "max_new_tokens": _STEPS,
        "do_sample": False,
        "output_logits": True,
        "return_dict_in_generate": True,
    }


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
