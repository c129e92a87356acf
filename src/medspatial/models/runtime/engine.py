"""The language part of a native model on an inference engine that takes prompt embeddings (vLLM).

Tower and projector stay here; prefix and question go over the wire as one tensor of embeddings, in
vLLM's protocols (``vllm serve FOLDER --enable-prompt-embeds``), where embeddings are a torch file in base64.
In the chat protocol a server puts its chat template around them, and these prompts are whole: the exported
folder has a template that adds nothing, and a reply to a prompt of another length ends the run.
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
from medspatial.models.engine import Engine
from medspatial.models.runtime.batching import cut_behind_end
from medspatial.models.runtime.language import LanguageModel, Prefix

_TIMEOUT_S = 600.0
_LONGEST_REPLY = 16 * 2**20
_LONGEST_ERROR = 2000
# what an engine would otherwise take from a generation_config.json beside the weights
_NEUTRAL = {
    "top_p": 1.0,
    "top_k": -1,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
# a chat template that adds nothing
_AS_IT_IS = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


@dataclass(frozen=True)
class EmbeddedPrefix(Prefix):
    """The prefix as embeddings; its cache stays empty, the engine keeps its own."""

    embeds: Tensor = field(default_factory=lambda: torch.empty(0))


@dataclass
class EngineLanguage(LanguageModel):
    """A language model whose tokens are made by an engine; embeddings are still looked up here.

    Parameters
    ----------
    at
        The engine.

    Raises
    ------
    InputError
        Settings that an engine does not keep as they are meant here: a repetition penalty (it would count
        the prompt too) and a least number of tokens for some ids alone.
    """

    at: Engine = field(default_factory=Engine)

    def __post_init__(self) -> None:
        if self.settings.repetition_penalty != 1.0:
            raise InputError("engine: repetition_penalty must be 1, the engine would count the prompt too")
        if self.settings.min_new_tokens:
            raise InputError("engine: min_new_tokens must be 0, the engine has no such rule for single ids")

    def describe_engine(self) -> dict[str, Any]:
        """Return what the manifest says of the engine."""
        protocol = f"{self.at.engine_protocol}, prompt_embeds"
        return {"url": self.at.engine, "model": self.at.engine_model, "protocol": protocol}

    def prefix(self, embeds: Tensor) -> Prefix:
        """Keep the embeddings; the engine runs them with every question and may cache them."""
        return EmbeddedPrefix(DynamicCache(config=self.model.config), embeds.shape[0], embeds)

    def generate(self, prefix: Prefix, tails: Sequence[Tensor], keys: Sequence[str] = ()) -> list[list[int]]:
        """Ask the engine once per question and return the new token ids, the end token included.

        Raises
        ------
        RunStopped
            The engine cannot be reached, refuses, answers without token ids, or to another prompt.
        """
        assert isinstance(prefix, EmbeddedPrefix)
        names = list(keys) or [str(number) for number in range(len(tails))]
        return [
            self._asked(torch.cat([prefix.embeds, tail]), key) for tail, key in zip(tails, names, strict=True)
        ]

    def _asked(self, embeds: Tensor, key: str) -> list[int]:
        url = self.at.engine
        reply = self._sent(self._body(embeds, key))
        reply = reply if isinstance(reply, dict) else {}
        if self.at.engine_protocol == "chat":
            self._hold_length(reply, embeds.shape[0])
        choices = reply.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        ids = first.get("token_ids") if isinstance(first, dict) else None
        if not isinstance(ids, list) or not all(isinstance(one, int) for one in ids):
            raise RunStopped(f"{url}: the reply has no token_ids; the engine must know return_token_ids")
        return cut_behind_end(ids, self.settings.eos_ids)

    def _hold_length(self, reply: dict[str, Any], sent: int) -> None:
        """Refuse a reply to a prompt that the server's chat template made longer."""
        usage = reply.get("usage")
        read = usage.get("prompt_tokens") if isinstance(usage, dict) else None
        if read != sent:
            raise RunStopped(
                f"{self.at.engine}: a prompt of {sent} tokens was sent, {read} were read; serve a folder of "
                "`medspatial models export-language`, whose chat template adds nothing"
            )

    def _body(self, embeds: Tensor, key: str) -> dict[str, Any]:
        settings = self.settings
        body: dict[str, Any] = {
            "model": self.at.engine_model,
            **self._prompt(tensor_text(embeds)),
            "max_tokens": settings.max_new_tokens,
            "temperature": settings.temperature if settings.do_sample else 0.0,
            **_NEUTRAL,
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

    def _prompt(self, embeds: str) -> dict[str, Any]:
        if self.at.engine_protocol == "completions":
            return {"prompt_embeds": embeds}  # a prompt beside them, empty or not, would be a second one
        part = {"type": "prompt_embeds", "data": embeds}
        return {"messages": [{"role": "user", "content": [part]}], "add_generation_prompt": False}

    def _sent(self, body: dict[str, Any]) -> Any:
        url = str(self.at.engine)
        place = "chat/completions" if "messages" in body else "completions"
        request = urllib.request.Request(
            f"{url.rstrip('/')}/{place}",
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
            raise RunStopped(f"{url}: HTTP {error.code}: {said}") from None
        except (OSError, ValueError) as error:
            raise RunStopped(f"{url}: no answer from the engine: {error}") from None


def behind_engine(local: LanguageModel, engine: Engine) -> LanguageModel:
    """Return the language model itself, or one whose tokens the engine makes.

    Raises
    ------
    InputError
        Settings that an engine does not keep.
    """
    if engine.engine is None:
        return local
    return EngineLanguage(local.model, local.settings, at=engine)


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
    (folder / "chat_template.jinja").write_text(_AS_IT_IS, encoding="utf-8")
    return folder
