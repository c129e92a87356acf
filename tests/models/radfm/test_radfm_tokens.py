"""The tokenizer: begin token, word borders behind images, numbers of image tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.models.radfm.tokens import RadFMTokenizer
from medspatial.models.radfm.verify import tokenizer_path
from medspatial.models.tools.verify import verify


@pytest.fixture(scope="module")
def tokens(tiny_radfm: Path) -> RadFMTokenizer:
    return RadFMTokenizer(tiny_radfm / "tokenizer.model", per_image=3)


def test_the_begin_token_is_not_lost(tokens: RadFMTokenizer) -> None:
    assert tokens.encode("Which kidney")[0] == 1
    assert tokens.encode("Which kidney")[1:] == tokens.encode("Which kidney", add_special_tokens=False)


def test_text_behind_an_image_begins_a_word(tokens: RadFMTokenizer) -> None:
    plain = tokens.encode("Can you see", add_special_tokens=False)
    behind = tokens.encode(tokens.image_block(0) + "Can you see")
    assert behind[-len(plain) :] == plain
    assert tokens._pieces.id_to_piece(plain[0]).startswith("▁")


def test_a_last_character_behind_an_image_is_a_word_too(tokens: RadFMTokenizer) -> None:
    ids = tokens.encode("the image" + tokens.image_block(0) + "?")
    assert tokens.decode(ids[-2:], skip_special_tokens=True).strip() == "?"
    assert tokens.decode(ids[:3], skip_special_tokens=True).startswith("the")


def test_numbers_of_image_tokens(tokens: RadFMTokenizer) -> None:
    words = tokens.words
    assert tokens.image_block(0) == "<image><image0><image1><image2></image>"
    assert tokens.image_block(1) == "<image><image3><image4><image5></image>"
    ids = tokens.encode(tokens.image_block(0) + tokens.image_block(1), add_special_tokens=False)
    first = [words, words + 2, words + 3, words + 4, words + 1]
    assert ids == [*first, words, words + 5, words + 6, words + 7, words + 1]


def test_line_breaks_survive(tokens: RadFMTokenizer) -> None:
    text = "Which kidney is larger?\nA. left\nB. right"
    assert tokens.decode(tokens.encode(text), skip_special_tokens=True) == text


def test_decoding_leaves_out_images_and_ends(tokens: RadFMTokenizer) -> None:
    ids = [*tokens.encode(tokens.image_block(0) + "left"), 2]
    assert tokens.decode(ids, skip_special_tokens=True) == "left"


def test_refused(tokens: RadFMTokenizer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a prompt of \d+ tokens, the model takes 2048"):
        tokens.encode("left " * 2100)
    with pytest.raises(InputError, match="Quick_demo/Language_files"):
        RadFMTokenizer(tmp_path / "tokenizer.model")
    (tmp_path / "tokenizer.model").write_bytes(b"\x00not a model")
    with pytest.raises(InputError, match="not a SentencePiece model"):
        RadFMTokenizer(tmp_path / "tokenizer.model")


def test_golden_ids_of_the_real_tokenizer(shared: Path) -> None:
    folder = shared / "parity" / "radfm"
    if tokenizer_path(folder) is None:
        pytest.skip("needs RadFM's tokenizer.model (MEDSPATIAL_RADFM_TOKENIZER)")
    checks = [check for check in verify("radfm", folder) if check.name.startswith(("token ids", "decoded"))]
    assert len(checks) == 10
    assert all(check.passed for check in checks)
