"""Names that models may be given: each becomes part of file names."""

from __future__ import annotations

NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+")
NAME_RULE = "must consist of letters, digits and - _ . + and not begin with . (it becomes a file name)"


def is_name(text: str) -> bool:
    """Say whether a text keeps `NAME_RULE`.

    >>> [is_name(text) for text in ("qwen-2.5_7b", "", "a/b", ".hidden")]
    [True, False, False, False]
    """
    return bool(text) and set(text) <= NAME_CHARACTERS and not text.startswith(".")
