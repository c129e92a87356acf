"""The language part of a native model on an inference engine that takes prompt embeddings (vLLM).

Tower and projector stay here; prefix and question go over the wire as one tensor of embeddings, in
vLLM's completions protocol (``vllm serve FOLDER --enable-prompt-embeds``), where ``prompt_embeds`` is a torch
file in base64.
The chat protocol is of no use here: it puts the server's own chat template around embeddings, and these
prompts are whole.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from medspatial.errors import InputError, RunStopped
from medspatial.models.runtime.batching import cut_behind_end
from medspatial.models.runtime.language import LanguageModel, Prefix

_TIMEOUT_S = 600.0
_LONGEST_REPLY = 16 * 2**20
_LONGEST_ERROR = 2000


@dataclass(frozen=True)
class EmbeddedPrefix(Prefix):
    """The prefix as embeddings; its cache stays empty, the engine keeps its own."""

    embeds: Tensor = field(default_factory=lambda: torch.empty(0))


@dataclass
class EngineLanguage(LanguageModel):
    """A language model whose tokens are made by an engine; embeddings are still looked up here.

    Parameters
    ----------
    url
        Of the engine, up to and with ``/v1``.
    served
        Name of the model there.

    Raises
    ------
    InputError
        Settings that an engine does not keep as they are meant here: a repetition penalty (it would count
        the prompt too) and a least number of tokens for some ids alone.
    """

    url: str = ""
    served: str = ""

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise InputError(f"engine: must begin with http:// or https://, got {self.url!r}")
        if self.settings.repetition_penalty != 1.0:
            raise InputError("engine: repetition_penalty must be 1, the engine would count the prompt too")
        if self.settings.min_new_tokens:
            raise InputError("engine: min_new_tokens must be 0, the engine has no such rule for single ids")

    def describe_engine(self) -> dict[str, Any]:
        """Return what the manifest says of the engine."""
        return {"url": self.url, "model": self.served, "protocol": "completions, prompt_embeds"}

    def prefix(self, embeds: Tensor) -> Prefix:
        """Keep the embeddings; the engine runs them with every question and may cache them."""
        return EmbeddedPrefix(DynamicCache(config=self.model.config), embeds.shape[0], embeds)

    def generate(self, prefix: Prefix, tails: Sequence[Tensor], keys: Sequence[str] = ()) -> list[list[int]]:
        """Ask the engine once per question and return the new token ids, the end token included.

        Raises
        ------
        RunStopped
            The engine cannot be reached, refuses, or answers without token ids.
        """
        assert isinstance(prefix, EmbeddedPrefix)
        names = list(keys) or [str(number) for number in range(len(tails))]
        return [
            self._asked(torch.cat([prefix.embeds, tail]), key) for tail, key in zip(tails, names, strict=True)
        ]

    def _asked(self, embeds: Tensor, key: str) -> list[int]:
        reply = self._sent(self._body(embeds, key))
        choices = reply.get("choices") if isinstance(reply, dict) else None
        ids = choices[0].get("token_ids") if isinstance(choices, list) and choices else None
        if not isinstance(ids, list) or not all(isinstance(one, int) for one in ids):
            raise RunStopped(f"{self.url}: the reply has no token_ids; the engine must know return_token_ids")
        return cut_behind_end(ids, self.settings.eos_ids)

    def _body(self, embeds: Tensor, key: str) -> dict[str, Any]:
        settings = self.settings
        body: dict[str, Any] = {
            "model": self.served,
            "prompt": "",
            "prompt_embeds": tensor_text(embeds),
            "max_tokens": settings.max_new_tokens,
            "temperature": settings.temperature if settings.do_sample else 0.0,
            "stop_token_ids": list(settings.eos_ids),
            "return_token_ids": True,
            "skip_special_tokens": False,
        }
        if settings.do_sample:
            digest = hashlib.blake2b(f"{settings.seed} {key}".encode(), digest_size=4).digest()
            body["seed"] = int.from_bytes(digest, "big") >> 1
            body |= {"top_p": settings.top_p} if settings.top_p is not None else {}
            body |= {"top_k": settings.top_k} if settings.top_k else {}
        return body

    def _sent(self, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            f"{self.url.rstrip('/')}/completions",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                text = answer.read(_LONGEST_REPLY)
            return json.loads(text)
        except urllib.error.HTTPError as error:
            said = " ".join(error.read(_LONGEST_ERROR).decode(errors="replace").split())
            error.close()
            raise RunStopped(f"{self.url}: HTTP {error.code}: {said}") from None
        except (OSError, ValueError) as error:
            raise RunStopped(f"{self.url}: no answer from the engine: {error}") from None


def behind_engine(local: LanguageModel, engine: str | None, served: str | None) -> LanguageModel:
    """Return the language model itself, or one whose tokens an engine makes.

    Raises
    ------
    InputError
        One of both names without the other, or settings that an engine does not keep.
    """
    if engine is None and served is None:
        return local
    if not isinstance(engine, str) or not isinstance(served, str) or not served:
        raise InputError(
            f"engine and engine_model: both or none must be given, got {engine!r} and {served!r}"
        )
    return EngineLanguage(local.model, local.settings, url=engine, served=served)


def tensor_text(embeds: Tensor) -> str:
    """Return embeddings (length, hidden) as vLLM reads them: a torch file in base64."""
    stream = io.BytesIO()
    torch.save(embeds.detach().cpu().contiguous(), stream)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def export_language(language: LanguageModel, folder: str | Path, tokenizer: Any = None) -> Path:
    """Write the language part alone as a plain folder of transformers, which any engine loads.

    Raises
    ------
    InputError
        The folder is there already and not empty.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder}: is not empty")
    language.model.save_pretrained(folder)
    if tokenizer is not None and hasattr(tokenizer, "save_pretrained"):
        tokenizer.save_pretrained(folder)
    return folder
