"""A server that takes prompt embeddings as vLLM does, and lets transformers make the tokens."""

from __future__ import annotations

import base64
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM


class EmbedsServer:
    """Serves one plain folder of transformers on a free port of 127.0.0.1.

    ``requests`` holds the bodies that came; ``reply`` may change what goes back.
    """

    def __init__(self, folder: Path, name: str = "language") -> None:
        self.name = name
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
        if path != "/v1/completions":
            return 404, {"error": {"message": "Not Found", "code": 404}}
        if body["model"] != self.name:
            message = f"The model `{body['model']}` does not exist."
            return 404, {"error": {"message": message, "type": "NotFoundError", "code": 404}}
        embeds = torch.load(io.BytesIO(base64.b64decode(body["prompt_embeds"])), weights_only=True)
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
        return 200, {"id": "cmpl-1", "object": "text_completion", "model": self.name, "choices": [choice]}

    def __enter__(self) -> EmbedsServer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


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
