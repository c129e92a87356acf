"""Language models and tokenizers out of a checkpoint's folder, without its code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from accelerate import init_empty_weights
from transformers import AutoTokenizer, PretrainedConfig, PreTrainedModel
from transformers.utils import logging

from medspatial.errors import InputError
from medspatial.files import cause, ordinary_file
from medspatial.models.generation import Generation
from medspatial.models.hardware import ATTENTION
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.language import GenerationSettings

# What the originals' versions of transformers sample from where nobody says otherwise.
_SAMPLED_FROM = 50
_TOKENIZER_ENDS = (".json", ".model", ".txt", ".jinja")
# Fields of a generation configuration that this runtime does not act on, and their values without effect.
_NOT_DONE_HERE: dict[str, tuple[Any, ...]] = {
    "num_beams": (1,),
    "num_beam_groups": (1,),
    "penalty_alpha": (0, 0.0),
    "no_repeat_ngram_size": (0,),
    "encoder_no_repeat_ngram_size": (0,),
    "bad_words_ids": ([],),
    "suppress_tokens": ([],),
    "begin_suppress_tokens": ([],),
    "forced_bos_token_id": (),
    "forced_eos_token_id": (),
    "min_length": (0,),
    "min_new_tokens": (0,),
    "typical_p": (1, 1.0),
    "min_p": (0, 0.0),
}


def empty_language_model(
    kind: type[PreTrainedModel], config: PretrainedConfig, attention: str = "sdpa"
) -> PreTrainedModel:
    """Build a model of transformers without weights (parameters on the meta device, buffers real)."""
    if attention not in ATTENTION:
        raise InputError(f"attention: must be one of {', '.join(ATTENTION)}, got {attention!r}")
    config._attn_implementation = attention
    with init_empty_weights(include_buffers=False):
        model = kind(config)
    model.eval()
    return model


def load_tokenizer(folder: Path, **options: Any) -> Any:
    """Load the tokenizer of a checkpoint's folder, never its code.

    Raises
    ------
    InputError
        The folder holds no usable tokenizer.
    """
    for name in sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ():
        if name.endswith(_TOKENIZER_ENDS):
            ordinary_file(folder / name)  # a pipe would hold the program
    loud = logging.get_verbosity()
    logging.set_verbosity_error()  # it warns of model types that it does not know, which are meant here
    try:
        return AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False, **options)
    except Exception as error:  # tokenizers raises bare Exceptions, transformers any kind, for damaged files
        raise InputError(f"{folder}: no usable tokenizer ({cause(error)})") from None
    finally:
        logging.set_verbosity(loud)


def generation_settings(
    folder: Path, config: dict[str, Any], chosen: Generation | None = None
) -> GenerationSettings:
    """Merge the checkpoint's ``generation_config.json`` with what the user chooses.

    End and pad tokens come from there (else from ``config.json``), and so does the repetition
    penalty, which acts on greedy answers too; sampling settings count only when sampling is chosen.

    Raises
    ------
    InputError
        The file asks for something that changes answers and is not done
        here (beams, forbidden words), or holds a wrong value.
    """
    choice = {} if chosen is None else chosen.stated()
    saved: dict[str, Any] = dict(config)
    path = folder / "generation_config.json"
    if path.exists():
        own = read_config(folder, path.name)
        _refuse_unknown(path, own)
        saved.update(own)
    ends = saved.get("eos_token_id")
    settings: dict[str, Any] = {
        "eos_ids": tuple(ends) if isinstance(ends, list) else (() if ends is None else (ends,)),
        "pad_id": saved.get("pad_token_id") or 0,
        "repetition_penalty": saved.get("repetition_penalty") or 1.0,
    }
    if choice.get("do_sample"):
        settings["top_k"] = _SAMPLED_FROM
        settings.update({k: saved[k] for k in ("temperature", "top_p", "top_k") if saved.get(k) is not None})
    try:
        own_settings = GenerationSettings(**settings)
    except InputError as error:
        raise InputError(f"{folder}: the checkpoint's own generation settings: {error}") from None
    return replace(own_settings, **choice)


def _refuse_unknown(path: Path, saved: dict[str, Any]) -> None:
    for name, neutral in _NOT_DONE_HERE.items():
        if saved.get(name) not in (None, *neutral):
            raise InputError(f"{path}: field '{name}': {saved[name]!r} would change answers; not supported")
