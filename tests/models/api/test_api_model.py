"""API models through the runner, against fake servers of both protocols."""

from __future__ import annotations

import base64
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medspatial.errors import InputError, RunStopped
from medspatial.inputs import PictureSettings, render
from medspatial.llm import Pause, Retries, ServedModelChanged
from medspatial.llm.fake_server import FakeReply, FakeServer, ReceivedRequest
from medspatial.models import Model, create_model, model_card, model_names
from medspatial.predict import Cases, PredictOptions, predict, read_predictions
from medspatial.records import Evidence, EvidencePoint, Question
from medspatial.volume import Affine, MaskSet, Volume

PICTURES = {"count": 3, "size": 32}


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(params=["openai", "gemini"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


Serve = Callable[[Callable[[ReceivedRequest], Any]], FakeServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[FakeServer] = []

    def start(respond: Callable[[ReceivedRequest], Any]) -> FakeServer:
        started.append(FakeServer(respond).__enter__())
        return started[-1]

    yield start
    for server in started:
        server.__exit__(None, None, None)


def make(server: FakeServer, kind: str, **options: Any) -> Model:
    options = {
        "retries": Retries(count=1, first_s=0.01),
        "pause": Pause(lambda seconds: None),
        **PICTURES,
        **options,
    }
    return create_model(kind, model="m-1", base_url=server.url(kind), **options)


def volume(case_id: str) -> Volume:
    rng = np.random.default_rng(len(case_id))
    voxels = rng.integers(-1000, 400, (12, 10, 8)).astype(np.int16)
    return Volume(voxels, Affine(np.diag([2.0, 2.0, 3.0, 1.0])), unit="HU")


def questions(cases: int = 2, each: int = 4) -> list[Question]:
    return [
        Question(id=f"{c}-{q}", case_id=f"case{c}", question=f"Which side, {c}-{q}?", answer="left")
        for q in range(each)
        for c in range(cases)
    ]


def answers(path: Path) -> dict[str, str | None]:
    return {row.id: row.prediction for row in read_predictions(path)}


def echo(heard: ReceivedRequest) -> str:
    return f"{heard.images} pictures: {heard.text.splitlines()[-1]}"


def test_both_kinds_are_in_the_inventory(kind: str) -> None:
    assert kind in model_names()
    assert model_card(kind).extra == "judge"


def test_every_question_is_answered_once_volume_by_volume(serve: Serve, kind: str, tmp_path: Path) -> None:
    server = serve(echo)
    loads: Counter[str] = Counter()

    def load(case_id: str) -> Volume:
        loads[case_id] += 1
        return volume(case_id)

    run = predict(make(server, kind), questions(), tmp_path / "p.jsonl", cases=load)
    assert (run.answered, run.failed, server.calls) == (8, 0, 8)
    assert loads == {"case0": 1, "case1": 1}
    assert answers(tmp_path / "p.jsonl") == {
        f"{c}-{q}": f"3 pictures: Which side, {c}-{q}?" for c in range(2) for q in range(4)
    }
    cases = [heard.text.rpartition("side, ")[2][0] for heard in server.requests]
    assert cases == sorted(cases)  # all of one volume before the next, for the server's prefix cache
    row = read_predictions(tmp_path / "p.jsonl")[0]
    assert row.metadata == {"served_model": "m-1", "tokens": {"input": 10, "output": 5, "cached": 0}}


def test_a_repeat_is_asked_again_not_taken_from_the_cache(serve: Serve, kind: str, tmp_path: Path) -> None:
    server = serve(lambda heard: f"call {server.calls}")
    options = {"temperature": 0.7, "cache": tmp_path / "replies.sqlite"}
    arms = ("standard", "standard-epoch-2", "standard-epoch-2")  # the last one from the cache
    for number, arm in enumerate(arms):
        model = make(server, kind, **options)
        run = predict(model, questions(1, 2), tmp_path / f"{number}.jsonl", cases=volume, arm=arm)
        model.close()
        assert run.answered == 2
    assert answers(tmp_path / "0.jsonl") != answers(tmp_path / "1.jsonl") == answers(tmp_path / "2.jsonl")
    assert server.calls == 4


def test_all_questions_of_a_volume_begin_alike_and_the_question_is_last(
    serve: Serve, kind: str, tmp_path: Path
) -> None:
    server = serve(echo)
    predict(make(server, kind, system="S"), questions(1, 4), tmp_path / "p.jsonl", cases=volume)
    heads, tails = set(), set()
    for heard in server.requests:
        turn = (
            heard.body["messages"][-1]["content"] if kind == "openai" else heard.body["contents"][-1]["parts"]
        )
        *head, tail = turn
        heads.add(json.dumps([heard.system, head]))
        tails.add(tail["text"])
    assert len(heads) == 1
    assert len(tails) == 4
    assert all("side, 0-" in tail for tail in tails)


def test_the_pictures_are_those_of_the_local_models(serve: Serve, kind: str, tmp_path: Path) -> None:
    from PIL import Image

    server = serve(echo)
    predict(make(server, kind, window="lung"), questions(1, 1), tmp_path / "p.jsonl", cases=volume)
    body = server.requests[0].body
    if kind == "openai":
        parts = body["messages"][-1]["content"]
        data = [part["image_url"]["url"].partition(",")[2] for part in parts if part["type"] == "image_url"]
    else:
        data = [part["inlineData"]["data"] for part in body["contents"][-1]["parts"] if "inlineData" in part]
    decode = base64.b64decode if kind == "openai" else base64.urlsafe_b64decode
    sent = [np.asarray(Image.open(io.BytesIO(decode(text)))) for text in data]
    expected = render(volume("case0"), PictureSettings(**PICTURES, window="lung")).images
    assert len(sent) == 3
    assert all(np.array_equal(a, b) for a, b in zip(sent, expected, strict=True))


@pytest.mark.parametrize("captions", ["before", "after", "none"])
def test_captions_stand_where_they_are_asked_for(serve: Serve, tmp_path: Path, captions: str) -> None:
    server = serve(echo)
    model = make(server, "openai", captions=captions, instruction=None)
    predict(model, questions(1, 1), tmp_path / "p.jsonl", cases=volume)
    kinds = "".join(part["type"][0] for part in server.requests[0].body["messages"][-1]["content"])
    assert kinds == {"before": "tititit", "after": "itititt", "none": "iiit"}[captions]


def test_without_a_volume_only_text_is_sent(serve: Serve, kind: str, tmp_path: Path) -> None:
    server = serve(echo)
    predict(make(server, kind), questions(1, 2), tmp_path / "p.jsonl", cases=lambda case_id: None)
    assert [heard.images for heard in server.requests] == [0, 0]
    assert all("display" not in heard.text for heard in server.requests)


def test_the_prompt_is_a_variable(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda heard: heard.text.splitlines()[-1])
    model = make(server, "openai", prompt="Q: {question} {{braces}}")
    predict(model, questions(1, 1), tmp_path / "p.jsonl", cases=volume)
    assert answers(tmp_path / "p.jsonl") == {"0-0": "Q: Which side, 0-0? {braces}"}


def test_a_resumed_run_costs_no_calls(serve: Serve, kind: str, tmp_path: Path) -> None:
    server = serve(echo)
    path = tmp_path / "p.jsonl"
    predict(make(server, kind), questions(), path, cases=volume)
    before = path.read_bytes()
    run = predict(make(server, kind), questions(), path, cases=volume)
    assert (run.resumed, run.answered, server.calls) == (8, 0, 8)
    assert path.read_bytes() == before


def test_a_lost_file_is_rebuilt_from_the_cache(serve: Serve, kind: str, tmp_path: Path) -> None:
    server = serve(echo)
    path, cache = tmp_path / "p.jsonl", tmp_path / "cache.sqlite"
    predict(make(server, kind, cache=cache), questions(), path, cases=volume)
    before = path.read_bytes()
    run = predict(
        make(server, kind, cache=cache),
        questions(),
        path,
        cases=volume,
        options=PredictOptions(overwrite=True),
    )
    assert (run.answered, server.calls) == (8, 8)
    assert path.read_bytes() == before


def test_a_failed_question_costs_only_itself_and_is_tried_again(
    serve: Serve, kind: str, tmp_path: Path
) -> None:
    broken = {"0-2"}
    server = serve(
        lambda heard: FakeReply(status=500) if heard.text.rpartition(", ")[2][:3] in broken else echo(heard)
    )
    path = tmp_path / "p.jsonl"
    run = predict(make(server, kind), questions(), path, cases=volume)
    assert (run.answered, run.failed) == (7, 1)
    assert server.calls == 7 + 2  # one retry; going through the batch one by one asks nothing again
    failed = read_predictions(path)[-1]
    assert (failed.id, failed.status) == ("0-2", "failed")
    assert "HTTP 500" in (failed.error or "")
    broken.clear()
    run = predict(make(server, kind), questions(), path, cases=volume)
    assert (run.answered, run.failed, server.calls) == (1, 0, 10)


def test_a_refusal_is_an_answer_with_its_cause(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda heard: FakeReply("", refusal="I cannot look at patients"))
    predict(make(server, "openai"), questions(1, 1), tmp_path / "p.jsonl", cases=volume)
    row = read_predictions(tmp_path / "p.jsonl")[0]
    assert (row.status, row.prediction) == ("ok", "I cannot look at patients")
    assert row.metadata["refusal"] == "I cannot look at patients"
    assert row.metadata["finish"] == "refusal"


def test_the_budget_ends_the_run_cleanly_and_a_resume_goes_on(
    serve: Serve, kind: str, tmp_path: Path
) -> None:
    server = serve(echo)
    path = tmp_path / "p.jsonl"
    loads: list[str] = []

    def load(case_id: str) -> Volume:
        loads.append(case_id)
        return volume(case_id)

    asked = questions(cases=5, each=4)
    with pytest.raises(RunStopped, match="budget of 6 calls is used up"):
        predict(make(server, kind, budget={"calls": 6}), asked, path, cases=load)
    assert len(answers(path)) == server.calls == 6
    assert len(set(loads)) <= 3  # volumes that can no longer be asked about are not read
    run = predict(make(server, kind), asked, path, cases=volume)
    assert (run.resumed, run.answered, run.failed) == (6, 14, 0)
    assert server.calls == 20
    assert len(answers(path)) == 20


def test_a_changed_version_ends_the_run_and_keeps_what_is_done(
    serve: Serve, kind: str, tmp_path: Path
) -> None:
    server = serve(lambda heard: FakeReply("left", served="m-1-001" if heard.number <= 5 else "m-1-002"))
    path = tmp_path / "p.jsonl"
    with pytest.raises(ServedModelChanged):
        predict(make(server, kind, concurrency=1), questions(), path, cases=volume)
    rows = read_predictions(path)
    assert len(rows) == 5
    assert {row.metadata["served_model"] for row in rows} == {"m-1-001"}


def test_a_resumed_file_is_never_mixed_from_two_versions(serve: Serve, kind: str, tmp_path: Path) -> None:
    version = ["m-1-001"]
    server = serve(lambda heard: FakeReply("left", served=version[0]))
    path = tmp_path / "p.jsonl"
    with pytest.raises(RunStopped):
        predict(make(server, kind, budget={"calls": 3}), questions(), path, cases=volume)
    version[0] = "m-1-002"
    with pytest.raises(ServedModelChanged, match="answered by 'm-1-001', now the server runs 'm-1-002'"):
        predict(make(server, kind), questions(), path, cases=volume)
    assert {row.metadata["served_model"] for row in read_predictions(path)} == {"m-1-001"}


def test_what_changes_answers_is_described_and_no_key(
    serve: Serve, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", "a-secret-key")
    server = serve(echo)
    model = make(server, kind, api_key_env="MINE", representation="grid", budget={"calls": 5})
    facts = json.dumps(model.describe())
    for word in ('"grid"', '"m-1"', "prompt", "instruction", "temperature", server.url(kind)):
        assert word in facts
    assert "a-secret-key" not in facts
    assert "budget" not in facts  # what a run may cost does not change its answers


def test_with_a_seed_each_question_has_its_own(serve: Serve, tmp_path: Path) -> None:
    server = serve(echo)
    predict(
        make(server, "openai", seed=1, temperature=1.0), questions(1, 4), tmp_path / "p.jsonl", cases=volume
    )
    assert len({heard.body["seed"] for heard in server.requests}) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "m-1: count: .*greater than or equal to 1; got 0"),
        ({"representation": "overlay", "count": 0}, "m-1: count"),
        ({"representation": "volume"}, "representation"),
        ({"captions": "left"}, "captions must be before, after or none, got 'left'"),
        ({"prompt": "{answer}"}, "prompt: may hold"),
        ({"prompt": "what?"}, "prompt: needs"),
        ({"tempreature": 1}, "unknown option 'tempreature'"),
    ],
)
def test_wrong_options(serve: Serve, kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(serve(echo), kind, **options)


def test_a_model_must_be_named(kind: str) -> None:
    with pytest.raises(InputError, match="option 'model' is required"):
        create_model(kind)


def sent(server: FakeServer, kind: str) -> list[Any]:
    """The pictures of the first request, decoded."""
    from PIL import Image

    body = server.requests[0].body
    if kind == "openai":
        parts = body["messages"][-1]["content"]
        codes = [p["image_url"]["url"].partition(",")[2] for p in parts if p["type"] == "image_url"]
    else:
        codes = [p["inlineData"]["data"] for p in body["contents"][-1]["parts"] if "inlineData" in p]
    decode = base64.b64decode if kind == "openai" else base64.urlsafe_b64decode
    return [np.asarray(Image.open(io.BytesIO(decode(code)))) for code in codes]


def test_overlays_are_sent_with_structures(serve: Serve, kind: str, tmp_path: Path) -> None:
    server = serve(echo)
    inside = np.zeros(volume("case0").shape, dtype=bool)
    inside[3:9, 2:7] = True
    masks = MaskSet.from_masks({"liver": inside}, volume("case0").affine)
    model = make(server, kind, representation="overlay")
    load_masks = lambda case_id: masks  # noqa: E731
    predict(model, questions(1, 1), tmp_path / "p.jsonl", cases=Cases(volume, load_masks))
    settings = PictureSettings(representation="overlay", count=3, size=32)
    drawn = render(volume("case0"), settings, masks)
    plain = render(volume("case0"), settings.bare)
    pictures = sent(server, kind)
    assert all(map(np.array_equal, pictures, drawn.images))
    assert len(pictures) == len(plain.images) == 3
    assert "liver in sky blue" in server.requests[0].text
    assert not any(map(np.array_equal, pictures, plain.images))
    with pytest.raises(InputError, match="'overlay' needs masks"):
        model.prepare(volume("case0"))
    bare = model.prepare_with_masks(volume("case0"), None)  # as in the blank arm
    assert "marked" not in str([part for part in bare.parts if isinstance(part, str)])


def test_visible_share_is_noted_beside_the_costs(serve: Serve, kind: str, tmp_path: Path) -> None:
    points = [EvidencePoint(name=str(k), xyz=(8.0, 8.0, 3.0 * k)) for k in range(8)]
    asked = [
        one.model_copy(update={"evidence": Evidence(points=(point,))})
        for one, point in zip(questions(1, 8), points, strict=True)
    ]
    model = make(serve(echo), kind, count=1, around=(8.0, 8.0, 9.0))
    predict(model, asked, tmp_path / "p.jsonl", cases=volume)
    rows = read_predictions(tmp_path / "p.jsonl")
    seen = [row.visible_share for row in rows]
    assert seen == [0, 0, 1, 1, 1, 0, 0, 0]  # its slice and the two beside it
    assert {row.metadata["served_model"] for row in rows} == {"m-1"}
