"""A causal language model in a local folder, run by transformers; text only."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, ClassVar

from medspatial.errors import InputError, require
from medspatial.llm.errors import CallFailed
from medspatial.llm.provider import Provider, checked_json_mode
from medspatial.llm.reply import Reply, Tokens
from medspatial.llm.request import Request
from medspatial.records import content_hash


class LocalModel(Provider):
    """A model of transformers with a chat template, from a folder; its code is never run.

    Parameters
    ----------
    model
        The folder.
    device
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda`` or ``cuda:N``.
    dtype
        Name of a torch number type; by default bfloat16 on a GPU, float32 on a CPU.

    Raises
    ------
    InputError
        No such folder, or no chat template in it.
    """

    kind: ClassVar[str] = "local"
    serial: ClassVar[bool] = True

    def __init__(self, model: str, *, device: str = "auto", dtype: str | None = None) -> None:
        folder = Path(model)
        if not (folder / "config.json").is_file():
            raise InputError(f"{model}: not a folder of a model (it has no config.json)")
        self._torch = require("torch", extra="models")
        transformers = require("transformers", extra="models")
        self.model = folder.name
        self.json_mode = checked_json_mode("prompt")
        self.version = _version(folder)
        self._device = ("cuda" if self._torch.cuda.is_available() else "cpu") if device == "auto" else device
        self._dtype = dtype or ("float32" if self._device == "cpu" else "bfloat16")
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(model, trust_remote_code=False)
        if not self._tokenizer.chat_template:
            raise InputError(f"{model}: its tokenizer has no chat template: not an instruction model")
        network = transformers.AutoModelForCausalLM.from_pretrained(
            model, dtype=getattr(self._torch, self._dtype), trust_remote_code=False
        )
        self._network = network.to(self._device).eval()
        self._lock = threading.Lock()

    def describe(self) -> dict[str, Any]:
        """Return the folder's content hash, device and number type."""
        return {"checkpoint": self.version, "device": self._device, "dtype": self._dtype}

    def send(self, request: Request) -> Reply:
        """Generate one answer: greedy at temperature 0 or None, sampled from the seed otherwise."""
        if request.images:
            raise InputError(f"local:{self.model} reads text only; run models that see through `models`")
        turns = [{"role": m.role, "content": m.text} for m in request.messages]
        system = self.system_text(request)
        if system:
            turns.insert(0, {"role": "system", "content": system})
        with self._lock, self._torch.inference_mode():
            inputs = self._tokenizer.apply_chat_template(
                turns, add_generation_prompt=True, return_tensors="pt", return_dict=True
            ).to(self._device)
            length = inputs["input_ids"].shape[1]
            made = self._network.generate(**inputs, **self._settings(request))[0, length:]
        finish = "length" if len(made) >= request.max_tokens else "stop"
        text = self._tokenizer.decode(made, skip_special_tokens=True)
        if not text.strip():  # asked again it would write nothing again
            raise CallFailed(f"local:{self.model}: the model wrote nothing (finish: {finish})")
        return Reply(text, f"{self.model}@{self.version}", Tokens(length, len(made)), finish)

    def _settings(self, request: Request) -> dict[str, Any]:
        settings: dict[str, Any] = {"max_new_tokens": request.max_tokens, "do_sample": False}
        if self._tokenizer.pad_token_id is None:
            settings["pad_token_id"] = self._tokenizer.eos_token_id
        if request.temperature:
            self._torch.manual_seed(request.seed if request.seed is not None else request.sample)
            settings |= {"do_sample": True, "temperature": request.temperature}
        return settings


def _version(folder: Path) -> str:
    """Hash the configuration's text and the names and sizes of the weights."""
    weights = sorted(
        (path.name, path.stat().st_size)
        for path in folder.iterdir()
        if path.suffix in {".safetensors", ".bin", ".json", ".jinja", ".model"}
    )
    return content_hash((folder / "config.json").read_text(encoding="utf-8"), weights)
