"""Native models whose tokens an engine makes: token for token what transformers makes here."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from embeds_server import EmbedsServer

from medspatial.errors import InputError, RunStopped
from medspatial.inputs import Query
from medspatial.models import create_model
from medspatial.models.engine import Engine
from medspatial.models.runtime.engine import EngineLanguage, behind_engine, export_language, tensor_text
from medspatial.volume import Volume

QUERIES = [
    Query("a", "which side?"),
    Query("b", "is the left kidney larger?", ("yes", "no")),
    Query("c", "how far is the left kidney?"),
]


@pytest.fixture(params=["m3d_lamed", "med3dvlm"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def checkpoint(kind: str, tiny_m3d: Path, tiny_med3dvlm: Path) -> Path:
    return {"m3d_lamed": tiny_m3d, "med3dvlm": tiny_med3dvlm}[kind]


def made(kind: str, checkpoint: Path, **options: Any) -> Any:
    return create_model(kind, path=checkpoint, device="cpu", max_new_tokens=7, **options)


def tokens(model: Any, volume: Volume | None) -> list[list[int]]:
    """The tokens themselves, as the language model gave them."""
    encoded = model.encode(model.prepare(volume))
    of = model.text_tail if encoded.visual is None else model.tail
    tails = [model.language.embed(of(query)) for query in QUERIES]
    found: list[list[int]] = model.language.generate(encoded.prefix, tails, [one.draw for one in QUERIES])
    return found


@pytest.mark.parametrize("protocol", ["completions", "chat"])
def test_token_for_token(
    kind: str, checkpoint: Path, protocol: str, noise_volume: Any, tmp_path: Path
) -> None:
    here = made(kind, checkpoint)
    folder = export_language(here.language, tmp_path / "language")
    volume = noise_volume
    with EmbedsServer(folder) as server:
        there = made(kind, checkpoint, engine=server.url, engine_model="language", engine_protocol=protocol)
        assert isinstance(there.language, EngineLanguage)
        for shown in (volume, None):
            assert tokens(there, shown) == tokens(here, shown)
        assert len(server.requests) == 2 * len(QUERIES)
        body = server.requests[0]
        assert (body["temperature"], body["max_tokens"], body["return_token_ids"]) == (0.0, 7, True)
        assert (body["repetition_penalty"], body["top_p"], body["top_k"]) == (1.0, 1.0, -1)
        facts = there.describe()["engine"]
        assert facts == {"url": server.url, "model": "language", "protocol": f"{protocol}, prompt_embeds"}
    assert "engine" not in here.describe()


def test_a_chat_template_that_adds_words_ends_the_run(tiny_m3d: Path, tmp_path: Path) -> None:
    here = made("m3d_lamed", tiny_m3d)
    folder = export_language(here.language, tmp_path / "language")
    (folder / "chat_template.jinja").write_text("USER: {{ messages[0]['content'] }} ASSISTANT:")
    with EmbedsServer(folder) as server:
        address = {"engine": server.url, "engine_model": "language"}
        there = made("m3d_lamed", tiny_m3d, **address, engine_protocol="chat")
        with pytest.raises(RunStopped, match=r"a prompt of \d+ tokens was sent, \d+ were read; serve"):
            tokens(there, None)
        assert tokens(made("m3d_lamed", tiny_m3d, **address), None) == tokens(here, None)


def test_a_chat_reply_that_hides_the_prompts_length_ends_the_run(tiny_m3d: Path, tmp_path: Path) -> None:
    here = made("m3d_lamed", tiny_m3d)
    with EmbedsServer(export_language(here.language, tmp_path / "language")) as server:
        server.reply = lambda body, answer: {**answer, "usage": ["prompt_tokens"]}
        there = made(
            "m3d_lamed", tiny_m3d, engine=server.url, engine_model="language", engine_protocol="chat"
        )
        with pytest.raises(RunStopped, match="None were read"):
            tokens(there, None)


def test_the_exported_folder_is_plain(tiny_m3d: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    here = made("m3d_lamed", tiny_m3d)
    folder = export_language(here.language, tmp_path / "language", here.tokenizer)
    loaded = AutoModelForCausalLM.from_pretrained(folder)
    assert "auto_map" not in (folder / "config.json").read_text()
    own, other = here.language.model.state_dict(), loaded.state_dict()
    assert own.keys() == other.keys()
    assert all(torch.equal(own[name], other[name]) for name in own)
    with pytest.raises(InputError, match="is not empty"):
        export_language(here.language, folder)


def test_the_command_writes_the_folder(tiny_m3d: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from medspatial.cli.app import app

    command = ["models", "export-language", "m3d_lamed", "--model-path", str(tiny_m3d)]
    done = CliRunner().invoke(app, [*command, "-o", str(tmp_path / "language")])
    assert done.exit_code == 0, done.output
    assert {"config.json", "model.safetensors"} <= {path.name for path in (tmp_path / "language").iterdir()}


def test_what_the_engine_says_wrong_ends_the_run(tiny_m3d: Path, noise_volume: Any, tmp_path: Path) -> None:
    here = made("m3d_lamed", tiny_m3d)
    with EmbedsServer(export_language(here.language, tmp_path / "language")) as server:
        other = made("m3d_lamed", tiny_m3d, engine=server.url, engine_model="another")
        with pytest.raises(RunStopped, match=r"HTTP 404: .*The model `another` does not exist"):
            tokens(other, None)
        there = made("m3d_lamed", tiny_m3d, engine=server.url, engine_model="language")
        for odd in ({"choices": [{"text": "left"}]}, {"choices": ["left"]}, {"choices": []}, ["left"]):
            server.reply = lambda body, answer, odd=odd: odd
            with pytest.raises(RunStopped, match="the reply has no token_ids"):
                tokens(there, None)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
    gone = made("m3d_lamed", tiny_m3d, engine=nobody, engine_model="language")
    with pytest.raises(RunStopped, match="no answer from the engine"):
        tokens(gone, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "http://x/v1"}, "both or none must be given"),
        ({"engine_model": "m"}, "both or none must be given"),
        ({"engine": "x:8000", "engine_model": "m"}, "must begin with http"),
        ({"engine": "", "engine_model": ""}, "both or none must be given"),
        ({"engine": 8000, "engine_model": "m"}, "both or none must be given"),
        ({"engine_protocol": "grpc"}, "engine_protocol: must be one of completions, chat"),
        (
            {"engine": "http://x/v1", "engine_model": "m", "repetition_penalty": 1.2},
            "repetition_penalty must be 1",
        ),
    ],
)
def test_what_an_engine_cannot_keep_is_refused(tiny_m3d: Path, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        made("m3d_lamed", tiny_m3d, **options)


def test_sampling_sends_a_seed_of_the_question(tiny_m3d: Path) -> None:
    model = made(
        "m3d_lamed",
        tiny_m3d,
        engine="http://x/v1",
        engine_model="m",
        do_sample=True,
        temperature=0.7,
        top_p=0.9,
    )
    language = model.language
    first, again, other = (language._body(torch.zeros(2, 4), key) for key in ("q", "q", "q#1"))
    assert first["seed"] == again["seed"] != other["seed"]
    assert (first["temperature"], first["top_p"]) == (0.7, 0.9)
    assert behind_engine(language, Engine()) is language


def test_embeddings_travel_unchanged() -> None:
    import base64
    import io

    for kind in (torch.float32, torch.bfloat16):
        one = torch.randn(3, 4).to(kind)
        back = torch.load(io.BytesIO(base64.b64decode(tensor_text(one))), weights_only=True)
        assert back.dtype == kind
        assert torch.equal(back, one)
