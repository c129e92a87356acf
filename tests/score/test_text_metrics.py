from __future__ import annotations

import pytest

from medspatial.errors import MissingPackageError
from medspatial.score import metric
from medspatial.score import wordnet as wordnet_module
from medspatial.score.token_f1 import token_f1
from medspatial.score.wordnet import SYSTEM_FOLDERS, load_wordnet

pytest.importorskip("sacrebleu")
pytest.importorskip("rouge_score")
pytest.importorskip("nltk")


@pytest.fixture(scope="session")
def wordnet_folder():
    try:
        return load_wordnet().source
    except MissingPackageError as error:
        pytest.skip(str(error))


def score(name, given, **options):
    return metric(name, **options).score([given])[0]


# --- BLEU ------------------------------------------------------------------------------------------------


def test_bleu_counts_words_and_case_does_not_matter(row):
    got = score("bleu", row("Left kidney", answer="right kidney"))
    assert got.metadata["bleu1"] == pytest.approx(50.0)
    assert score("bleu", row("RIGHT kidney", answer="right kidney")).metadata["bleu1"] == pytest.approx(100.0)


def test_corpus_bleu_pools_counts_as_sacrebleu_does(row):
    from sacrebleu.metrics import BLEU

    pairs = [
        ("the left kidney", "left kidney"),
        ("a nodule in the right lung", "the right lung"),
        ("", "liver"),
    ]
    rows = [row(p, answer=a, id=str(n)) for n, (p, a) in enumerate(pairs)]
    judged = metric("bleu")
    details = judged.aggregate(judged.score(rows)).details
    for order in range(1, 5):
        whole = BLEU(lowercase=True, max_ngram_order=order).corpus_score(
            [p for p, _ in pairs], [[a for _, a in pairs]]
        )
        assert details["corpus"][f"bleu{order}"] == pytest.approx(whole.score, abs=1e-9)
        answered = BLEU(lowercase=True, max_ngram_order=order).corpus_score(
            [p for p, _ in pairs[:2]], [[a for _, a in pairs[:2]]]
        )
        assert details["corpus_answered"][f"bleu{order}"] == pytest.approx(answered.score, abs=1e-9)


def test_the_cased_variant_keeps_case(row):
    assert score("bleu:cased1", row("Left", answer="left")).score == 0.0
    assert score("bleu:cased1", row("left", answer="left")).score == pytest.approx(100.0)


def test_a_blank_reply_is_unanswered_with_zero(row):
    for name in ("bleu", "rouge", "token_f1", "length"):
        got = score(name, row("  ", answer="left"))
        assert got.status == "unanswered"
        assert got.score == 0.0


# --- ROUGE -----------------------------------------------------------------------------------------------


def test_rouge_l_is_the_longest_common_subsequence(row):
    got = score("rouge", row("the left upper lobe", answer="left lobe"))
    assert got.metadata["rougeL_precision"] == pytest.approx(0.5)
    assert got.metadata["rougeL_recall"] == 1.0
    assert got.score == pytest.approx(2 / 3)
    assert got.metadata["rouge2_f1"] == 0.0


def test_the_stemmer_joins_word_forms(row):
    pair = row("kidneys", answer="kidney")
    assert score("rouge", pair).score == 0.0
    assert score("rouge:stem", pair).score == 1.0


def test_text_without_ascii_words_scores_zero(row):
    assert score("rouge", row("脾臓", answer="脾臓")).score == 0.0


# --- METEOR ----------------------------------------------------------------------------------------------


def test_meteor_penalty_halves_a_single_identical_word(row, wordnet_folder):
    assert score("meteor", row("left", answer="left")).score == pytest.approx(0.5)
    assert score("meteor", row("left kidney", answer="left kidney")).score == pytest.approx(0.9375)


def test_meteor_knows_synonyms_from_wordnet(row, wordnet_folder):
    assert score("meteor", row("mass", answer="bulk")).score == pytest.approx(0.5)
    assert score("meteor", row("left", answer="right")).score == 0.0


def test_meteor_variant_splits_on_white_space(row, wordnet_folder):
    pair = row("left kidney.", answer="left kidney")
    assert score("meteor:white", pair).score < score("meteor", pair).score


def test_meteor_describes_where_wordnet_came_from(wordnet_folder):
    assert metric("meteor").describe()["wordnet"] == wordnet_folder


def test_an_own_wordnet_folder_must_be_complete(tmp_path):
    with pytest.raises(MissingPackageError, match=r"no WordNet there \(needs index.noun"):
        metric("meteor", wordnet=str(tmp_path))


def test_without_wordnet_the_message_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.delenv("MEDSPATIAL_WORDNET", raising=False)
    monkeypatch.setattr(wordnet_module, "SYSTEM_FOLDERS", (str(tmp_path),))
    monkeypatch.setattr(wordnet_module, "_nltk_folder", lambda: None)
    with pytest.raises(MissingPackageError, match=r"nltk.downloader wordnet .* apt-get install wordnet-base"):
        load_wordnet()


def test_the_environment_names_a_folder(monkeypatch, wordnet_folder):
    monkeypatch.setenv("MEDSPATIAL_WORDNET", wordnet_folder)
    assert load_wordnet().source == wordnet_folder


def test_synonyms_are_those_of_nltk_itself(wordnet_folder):
    """The cache in front of the reader must not change what METEOR sees."""
    if wordnet_folder not in SYSTEM_FOLDERS:
        pytest.skip("needs a distribution's files")
    names = {lemma.name() for synset in load_wordnet().reader.synsets("kidneys") for lemma in synset.lemmas()}
    assert names == {"kidney"}


# --- token F1, length ------------------------------------------------------------------------------------


def test_token_f1_is_a_bag_of_words():
    assert token_f1("left left left", "left") == pytest.approx(0.5)
    assert token_f1("lobe upper left", "left upper lobe") == 1.0
    assert token_f1("", "left") == 0.0
    assert token_f1("left", "right") == 0.0


def test_length_counts_words_beside_the_references(row):
    got = score("length", row("in the left kidney", answer="left kidney"))
    assert got.score == 4.0
    assert got.metadata["reference_words"] == 2


def test_means_over_all_rows_and_over_the_answered_ones(row):
    judged = metric("token_f1")
    scores = judged.score([row("left", answer="left", id="1"), row("", answer="left", id="2")])
    details = judged.aggregate(scores).details
    assert details["mean"]["score"] == 0.5
    assert details["mean_answered"]["score"] == 1.0
    assert details["mean_answered"]["rows"] == 1
    assert details["mean"]["reference_words"] == 1.0


@pytest.mark.parametrize(
    "name", ["bleu", "rouge", "meteor", "token_f1", "sbert", "alignscore", "structured", "exact"]
)
def test_misleading_metrics_warn(name):
    from medspatial.score import metric_class

    warning = metric_class(name).warning
    assert (warning is None) == (name == "structured")
