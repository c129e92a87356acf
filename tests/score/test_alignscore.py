from __future__ import annotations

import json

import pytest

from medspatial.errors import InputError, MissingPackageError
from medspatial.score import metric
from medspatial.score.alignscore import MODES, AlignScorer, Splitter, chunks, sentence_splitter

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
safetensors = pytest.importorskip("safetensors.torch")


# --- a tiny checkpoint of our own ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    """A byte-level tokenizer without merges and a two-layer encoder's configuration."""
    folder = tmp_path_factory.mktemp("backbone")
    from tokenizers.pre_tokenizers import ByteLevel

    tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(ByteLevel.alphabet())]
    (folder / "vocab.json").write_text(json.dumps({token: n for n, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    transformers.RobertaConfig(
        vocab_size=len(tokens),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=66,
        type_vocab_size=1,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    ).save_pretrained(folder)
    settings = {"tokenizer_class": "RobertaTokenizer", "model_max_length": 64}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="module")
def tensors(backbone):
    config = transformers.AutoConfig.from_pretrained(backbone)
    generator = torch.Generator().manual_seed(7)
    model = transformers.RobertaModel(config, add_pooling_layer=True)
    found = {
        f"base_model.{name}": torch.randn(value.shape, generator=generator) * 0.3
        for name, value in model.state_dict().items()
    }
    for head, size in (("bin_layer", 2), ("tri_layer", 3), ("reg_layer", 1)):
        found[f"{head}.weight"] = torch.randn((size, 16), generator=generator)
        found[f"{head}.bias"] = torch.randn((size,), generator=generator)
    found["base_model.embeddings.position_ids"] = torch.arange(66).unsqueeze(0)
    found["mlm_head.bias"] = torch.zeros(3)
    return found


@pytest.fixture(scope="module")
def checkpoint(tensors, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    safetensors.save_file(tensors, str(path))
    return path


@pytest.fixture(scope="module")
def scorer(checkpoint, backbone):
    return AlignScorer(checkpoint, backbone, splitter="regex", batch_size=3)


PAIRS = [
    ("Right kidney.", "Left kidney."),
    ("One. Two. Three.", "A. B."),
    ("", "Left."),
    ("x" * 200, "short"),
]


def test_probabilities_lie_between_zero_and_one(scorer):
    contexts, claims = zip(*PAIRS, strict=True)
    for mode in ("nli_sp", "nli", "bin_sp", "bin"):
        assert all(0 <= figure <= 1 for figure in scorer.score(contexts, claims, mode))


def test_one_chunk_and_one_sentence_equal_the_plain_mode(scorer):
    for mode in ("nli", "bin", "reg"):
        assert scorer.score(["Left."], ["Right."], mode) == pytest.approx(
            scorer.score(["Left."], ["Right."], f"{mode}_sp"), abs=1e-6
        )


def test_maximum_over_chunks_then_mean_over_sentences(scorer):
    parts = [(["c one", "c two"], ["a.", "b.", "d."])]
    table = {(c, s): scorer.score([c], [s], "reg")[0] for c in parts[0][0] for s in parts[0][1]}
    want = sum(max(table[c, s] for c in parts[0][0]) for s in parts[0][1]) / 3
    assert scorer.score_split(parts, "reg_sp")[0] == pytest.approx(want, abs=1e-5)


def test_batch_size_and_order_do_not_matter(scorer, checkpoint, backbone):
    contexts, claims = zip(*PAIRS, strict=True)
    single = AlignScorer(checkpoint, backbone, splitter="regex", batch_size=1)
    for mode in MODES:
        assert scorer.score(contexts, claims, mode) == pytest.approx(
            single.score(contexts, claims, mode), abs=1e-5
        )


def test_a_blank_claim_has_no_score_in_split_modes(scorer):
    assert scorer.score(["Left."], [" \n"], "nli_sp") == [None]
    assert scorer.score(["Left."], [""], "nli")[0] is not None


def test_the_context_is_cut_before_the_claim(scorer):
    same = scorer.score(["y" * 40 + "a" * 100, "y" * 40 + "b" * 100], ["z" * 20] * 2, "reg")
    assert same[0] == pytest.approx(same[1], abs=1e-6)  # 40 characters fit beside the claim, the rest is gone
    long_claims = scorer.score(["a", "a"], ["z" * 100, "z" * 100 + "q"], "reg")
    assert long_claims[0] == pytest.approx(long_claims[1], abs=1e-6)


def test_a_lightning_container_loads_like_safetensors(tensors, backbone, scorer, tmp_path):
    path = tmp_path / "lightning.ckpt"
    torch.save({"state_dict": tensors, "epoch": 3, "hyper_parameters": {"model": "roberta-base"}}, path)
    other = AlignScorer(path, backbone, splitter="regex")
    assert other.score(["Left."], ["Right."]) == scorer.score(["Left."], ["Right."])


class Evil:
    def __reduce__(self):
        return (print, ("executed",))


def test_a_checkpoint_with_code_is_refused_and_not_run(backbone, tmp_path, capsys):
    path = tmp_path / "evil.ckpt"
    torch.save({"state_dict": Evil()}, path)
    with pytest.raises(InputError, match="holds more than tensors and was not loaded"):
        AlignScorer(path, backbone, splitter="regex")
    assert "executed" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("tri_layer.bias"), "lacks tri_layer.bias"),
        (lambda t: t.pop("base_model.pooler.dense.weight"), "lacks pooler.dense.weight"),
        (lambda t: t.update({"extra.weight": torch.zeros(1)}), "unexpected tensor 'extra.weight'"),
        (lambda t: t.update({"base_model.extra": torch.zeros(1)}), "has unknown extra"),
        (lambda t: t.update({"bin_layer.weight": torch.zeros(2, 8)}), "is the backbone of the right size"),
    ],
)
def test_every_tensor_must_fit(tensors, backbone, tmp_path, change, message):
    changed = dict(tensors)
    change(changed)
    path = tmp_path / "changed.safetensors"
    safetensors.save_file(changed, str(path))
    with pytest.raises(InputError, match=message):
        AlignScorer(path, backbone, splitter="regex")


def test_missing_file_and_backbone_and_mode(checkpoint, backbone, scorer, tmp_path):
    with pytest.raises(InputError, match="no checkpoint file"):
        AlignScorer(tmp_path / "none.ckpt", backbone, splitter="regex")
    with pytest.raises(InputError, match="cannot read backbone"):
        AlignScorer(checkpoint, tmp_path / "none", splitter="regex")
    with pytest.raises(InputError, match="mode must be one of nli_sp"):
        scorer.score(["a"], ["b"], "nli-sp")


# --- splitting -------------------------------------------------------------------------------------------


def sentences(count, words):
    return [" ".join([f"s{n}"] * words) for n in range(count)]


@pytest.mark.parametrize(
    ("count", "words", "lengths"),
    [
        (42, 17, [14, 14, 14]),
        (44, 16.25, [14, 14, 14, 2]),
        (10, 10, [10]),
        (1, 900, [1]),
        (3, 350, [1, 1, 1]),
    ],
)
def test_chunks_are_runs_of_whole_sentences(count, words, lengths):
    texts = sentences(count, 1)
    total = round(count * words)
    context = " ".join(["w"] * total)
    got = chunks(context, lambda _: texts)
    assert [len(chunk.split()) for chunk in got] == lengths


def test_a_blank_context_is_one_empty_chunk():
    assert chunks(" \n", lambda text: [text]) == [""]


def test_the_plain_splitter_and_its_name():
    splitter = sentence_splitter("regex")
    assert splitter.name == "regex"
    assert splitter.split("One thing. Another one!\nThird 2.5 cm") == [
        "One thing.",
        "Another one!",
        "Third 2.5 cm",
    ]


def test_unknown_splitter():
    with pytest.raises(InputError, match="must be 'punkt' or 'regex'"):
        sentence_splitter("spacy")


def test_punkt_without_data_says_how_to_get_it(monkeypatch):
    tokenize = pytest.importorskip("nltk.tokenize")

    def no_data(text):
        raise LookupError

    monkeypatch.setattr(tokenize, "sent_tokenize", no_data)
    with pytest.raises(MissingPackageError, match=r"nltk.downloader punkt_tab"):
        sentence_splitter("punkt")
    monkeypatch.setattr(tokenize, "sent_tokenize", lambda text: text.split("|"))
    assert sentence_splitter("punkt").split("One.|Two.") == ["One.", "Two."]


# --- the metric ------------------------------------------------------------------------------------------


def test_metric_names_tell_mode_and_context_apart(checkpoint, backbone):
    options = {"checkpoint": checkpoint, "backbone": backbone, "splitter": "regex"}
    assert metric("alignscore", **options).name == "alignscore"
    assert metric("alignscore:bin", **options).name == "alignscore:bin"
    assert metric("alignscore:statement", mode="nli", **options).name == "alignscore:nli:statement"
    with pytest.raises(InputError, match="context must be one of"):
        metric("alignscore", context="image", **options)


def test_metric_scores_reply_against_answer_statement_or_report(checkpoint, backbone, scorer, row):
    options = {"checkpoint": checkpoint, "backbone": backbone, "splitter": "regex"}
    given = row("left", answer="right", question="Which side?", metadata={"report": "The left one."})
    plain = metric("alignscore", **options).score([given])[0]
    assert plain.score == pytest.approx(scorer.score(["right"], ["left"])[0], abs=1e-6)
    stated = metric("alignscore:statement", **options).score([given])[0]
    want = scorer.score(["Question: Which side? Answer: right"], ["Question: Which side? Answer: left"])[0]
    assert stated.score == pytest.approx(want, abs=1e-6)
    report = metric("alignscore:report", **options).score([given, row("left")])
    assert report[0].score == pytest.approx(scorer.score(["The left one."], ["left"])[0], abs=1e-6)
    assert (report[1].status, report[1].reason) == ("unscored", "the row's metadata has no 'report'")


def test_metric_leaves_blank_replies_unscored_and_describes_itself(checkpoint, backbone, row):
    judged = metric("alignscore", checkpoint=checkpoint, backbone=backbone, splitter="regex")
    score = judged.score([row(" ")])[0]
    assert (score.status, score.score) == ("unscored", None)
    described = judged.describe()
    assert described["splitter"] == "regex"
    assert described["mode"] == "nli_sp"
    assert "never sees the image" in described["warning"]


# --- golden ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def golden(shared):
    folder = shared / "parity" / "alignscore"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    lines = (folder / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
    return folder, expected, [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def golden_scorer(golden):
    return AlignScorer(golden[0] / "weights.safetensors", golden[0], splitter="regex")


def test_golden_lightning_file_loads_alike(golden, golden_scorer):
    folder, _, rows = golden
    other = AlignScorer(folder / "lightning.ckpt", folder, splitter="regex")
    pair = [rows[0]["context"]], [rows[0]["claim"]]
    assert other.score(*pair, "nli") == golden_scorer.score(*pair, "nli")


@pytest.mark.parametrize("mode", MODES)
def test_golden_scores(golden, golden_scorer, mode):
    _, expected, rows = golden
    scorer = golden_scorer
    if mode.endswith("_sp"):
        parts = [(d["context_chunks"], d["claim_sentences"]) for d in expected["details"]]
        got = scorer.score_split(parts, mode)
    else:
        got = scorer.score([r["context"] for r in rows], [r["claim"] for r in rows], mode)
    assert got == pytest.approx(expected["scores"][mode], abs=expected["tolerance"])


def test_golden_chunks_from_golden_sentence_counts(golden):
    """Chunk sizes follow from the number of sentences and words, without Punkt's data."""
    _, expected, rows = golden
    for row, detail in zip(rows, expected["details"], strict=True):
        count = detail["n_context_sentences"]
        got = chunks(row["context"], lambda _, count=count: [f"s{n}" for n in range(count)])
        assert len(got) == len(detail["context_chunks"])
        assert max(len(got[0].split()), 1) == min(detail["sentences_per_chunk"], count)


def test_golden_splitting_with_punkt(golden):
    _, expected, rows = golden
    try:
        splitter: Splitter = sentence_splitter("punkt")
    except MissingPackageError as error:
        pytest.skip(str(error))
    for row, detail in zip(rows, expected["details"], strict=True):
        assert chunks(row["context"], splitter.split) == detail["context_chunks"]
        assert splitter.split(row["claim"]) == detail["claim_sentences"]
