"""HTML tags and entities: markup is no part of the words, and "<" before a figure is a comparison."""

from __future__ import annotations

import html
import re

_ESCAPED = re.compile(r"&lt;(/?\s*[A-Za-z!][^&<>]{0,200}?)&gt;")
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style|head|template)\b[^<>]*>.*?</\1\s*>", re.I | re.S)
# "<s>" is no strike here: it begins a sequence of tokens.
_STRUCK = re.compile(r"<(del|strike)\b[^<>]*>.*?</\1\s*>|~~(?=\S)[^~\n]{1,200}~~", re.I | re.S)
_NAMED = re.compile(r"&(?!(?:lt|gt|amp|quot)\b)[a-zA-Z]+\d{0,2};")
_RAISED = re.compile(r"<sup>\s*([-+−]?\d{1,2})\s*</sup>", re.I)
_INLINE = re.compile(r"</?(?:b|i|u|em|strong|span|sub|sup|mark|small|code|font|a)\b[^<>]*>", re.I)
_BREAK = re.compile(r"<br\b[^<>]*>|</(?:p|div|li|tr|h[1-6]|ul|ol|table|option)\s*>", re.I)
_TAG = re.compile(r"</?[A-Za-z][\w:-]*(?:\s[^<>]*)?/?>")
_NAME = re.compile(r"\A\W*<\s*([A-Za-z][A-Za-z -]{0,40}?)\s*/?>\W*\Z")  # "<left>": no markup, the answer
_ENTITY = re.compile(r"&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);")


def with_tags(text: str) -> str:
    """Return the text with escaped tags as tags, raised figures as powers, and without what is struck out.

    "&lt;5 mm" stays.

    >>> with_tags("&lt;b&gt;left&lt;/b&gt;, &lt;5 mm")
    '<b>left</b>, &lt;5 mm'
    """
    text = _ESCAPED.sub(r"<\1>", text) if "&lt;" in text else text
    text = _NAMED.sub(lambda match: html.unescape(match.group()), text) if "&" in text else text
    text = _unstruck(text)
    return _RAISED.sub(r"^\1", text) if "<" in text and "sup" in text.lower() else text


def _unstruck(text: str) -> str:
    """Leave out what is struck through, where something else is said."""
    if "~~" not in text and "</" not in text:
        return text
    kept = _STRUCK.sub(" ", text)
    return kept if any(char.isalnum() for char in _TAG.sub("", kept)) else text


def without_markup(text: str) -> str:
    """Return the text without HTML tags, entities read; ends of blocks become line breaks.

    >>> without_markup("<p>The answer is <b>B</b>.</p>").strip(), without_markup("&lt;5 mm, <5 mm")
    ('The answer is B.', '<5 mm, <5 mm')
    """
    text = with_tags(text)
    if "<" in text:
        name = _NAME.match(text)
        if name:
            return name.group(1)
        text = _UNSEEN.sub(" ", text)
        text = _TAG.sub(" ", _BREAK.sub("\n", _INLINE.sub("", text)))
    return html.unescape(text) if _ENTITY.search(text) else text
