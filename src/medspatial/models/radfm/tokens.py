"""The tokenizer of RadFM: LLaMA's SentencePiece model, and numbered tokens for images.

Made on sentencepiece itself: the tokenizer classes of transformers differ by version in whether they
add the begin token and whether a text behind a special token starts a new word, and training did both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medspatial.errors import InputError, require
from medspatial.models.radfm.network import BEGIN, END

IMAGE_BEGIN, IMAGE_END = "<image>", "</image>"
LONGEST = 2048
_BLOCK = re.compile(r"(</?image>|<image\d+>)")


class RadFMTokenizer:
    """Text to ids as in training, and back.

    Parameters
    ----------
    path
        ``tokenizer.model`` of the original's repository.
    per_image
        Visual tokens of one image.

    Raises
    ------
    InputError
        Not a SentencePiece model, or one with other begin and end ids.
    """

    def __init__(self, path: Path, per_image: int = 32) -> None:
        sentencepiece: Any = require("sentencepiece", extra="models")
        if not path.is_file():
            raise InputError(
                f"{path}: no such file; it is in Quick_demo/Language_files of RadFM's repository"
            )
        try:
            self._pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
        except (RuntimeError, OSError) as error:
            raise InputError(f"{path}: not a SentencePiece model ({error})") from None
        if (self._pieces.bos_id(), self._pieces.eos_id()) != (BEGIN, END):
            found = (self._pieces.bos_id(), self._pieces.eos_id())
            raise InputError(f"{path}: begin and end ids are {found}, expected {(BEGIN, END)}")
        self.per_image = per_image
        self.words = int(self._pieces.get_piece_size())
        self.bos_token_id, self.eos_token_id = BEGIN, END

    def image_block(self, image: int) -> str:
        """Return the text of image number ``image``, counted from 0."""
        numbers = range(image * self.per_image, (image + 1) * self.per_image)
        return IMAGE_BEGIN + "".join(f"<image{number}>" for number in numbers) + IMAGE_END

    def encode(self, text: str, add_special_tokens: bool = True) -> list[int]:
        """Return ids; each stretch of text between image tokens begins a new word.

        Raises
        ------
        InputError
            More than 2,048 ids, where the original would silently cut the question.
        """
        ids = [BEGIN] if add_special_tokens else []
        for part in _BLOCK.split(text):
            if _BLOCK.fullmatch(part):
                ids.append(self._image_id(part))
            elif part:
                ids += self._pieces.encode(part)
        if len(ids) > LONGEST:
            raise InputError(f"radfm: a prompt of {len(ids)} tokens, the model takes {LONGEST}")
        return ids

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        """Return text; image tokens, and with ``skip_special_tokens`` begin and end, are left out."""
        special = {0, BEGIN, END} if skip_special_tokens else set()
        text: str = self._pieces.decode([i for i in ids if 0 <= i < self.words and i not in special])
        return text

    def _image_id(self, token: str) -> int:
        if token in (IMAGE_BEGIN, IMAGE_END):
            return self.words + (token == IMAGE_END)
        return self.words + 2 + int(token[len("<image") : -1])
