"""A server that takes prompt embeddings as vLLM does, and lets transformers make the tokens.

In the chat protocol it puts the folder's chat template around them, as vLLM does: what the template adds is
tokenised without special tokens and embedded.
"""

from __future__ import annotations

import base64
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch
from jinja2 import Template
from transformers import AutoModelForCausalLM


class EmbedsServer:
    """Serves one plain folder of transformers on a free port of 127.0.0.1.

    ``requests`` holds the bodies that came; ``reply`` may change what goes back.
    """

    def __init__(self, folder: Path, name: str = "language") -> None:
        self.name = name
        self.folder = folder
        self.requests: list[dict[str, Any]] = []
        self.reply = lambda body, answer: answer
        self.model = AutoModelForCausalLM.from_pretrained(folder).eval()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.requests.append(body)
        if path not in {"/v1/completions", "/v1/chat/completions"}:
            return 404, {"error": {"message": "Not Found", "code": 404}}
        if body["model"] != self.name:
            message = f"The model `{body['model']}` does not exist."
            return 404, {"error": {"message": message, "type": "NotFoundError", "code": 404}}
        if body.get("prompt") is not None:  # a second prompt beside the embeddings
            return 400, {"error": {"message": "The decoder prompt cannot be empty", "code": 400}}
        embeds = self._chat(body) if "messages" in body else _tensor(body["prompt_embeds"])
        with torch.inference_mode():
            made = self.model.generate(
                inputs_embeds=embeds[None].to(self.model.dtype),
                attention_mask=torch.ones(1, embeds.shape[0], dtype=torch.long),
                max_new_tokens=body["max_tokens"],
                do_sample=False,
                eos_token_id=body["stop_token_ids"] or None,
                pad_token_id=0,
            )
        choice = {"index": 0, "text": "", "finish_reason": "stop"}
        if body.get("return_token_ids"):
            choice |= {"token_ids": made[0].tolist(), "prompt_token_ids": None}
        usage = {"prompt_tokens": embeds.shape[0], "completion_tokens": made.shape[1]}
        return 200, {"id": "cmpl-1", "model": self.name, "choices": [choice], "usage": usage}

    def _chat(self, body: dict[str, Any]) -> torch.Tensor:
        """The embeddings of the one content part, inside what the folder's chat template puts around them."""
        [message] = body["messages"]
        [part] = message["content"]
        assert part["type"] == "prompt_embeds"
        template = Template((self.folder / "chat_template.jinja").read_text())
        mark = "\x00"
        text = template.render(messages=[{**message, "content": mark}], add_generation_prompt=False)
        around = [self._embedded(words) for words in text.split(mark)]
        return torch.cat([around[0], _tensor(part["data"]), around[1]])

    def _embedded(self, words: str) -> torch.Tensor:
        table = self.model.get_input_embeddings()
        ids = torch.tensor([3 + ord(sign) % 7 for sign in words], dtype=torch.long)  # any tokens at all
        with torch.inference_mode():
            embedded: torch.Tensor = table(ids)
        return embedded

    def __enter__(self) -> EmbedsServer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _tensor(text: str) -> torch.Tensor:
    embeds: torch.Tensor = torch.load(io.BytesIO(base64.b64decode(text)), weights_only=True)
    return embeds


def _handler(owner: EmbedsServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = owner.answer(self.path, body)
            data = json.dumps(owner.reply(body, answer)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
