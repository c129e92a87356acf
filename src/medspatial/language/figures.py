"""Figures as models write them, brought to plain decimals: powers of ten, thousands marks, LaTeX units."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

# one of these stands in every notation below that is written in ASCII; most figures have none
_ODD = re.compile(
    r"[\\^$*]|\d\s*\(|\d['_]\d{3}|\.\d{3},|,\d\d,|\d[eE][-+\d]|\d\s*(?:k|thou|mi|mln|ze|ce|li)|times|"
    r"\d\s?(?:l|cm)\s(?:and\s)?\d|\d/\d",
    re.I,
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_DIGIT = re.compile("[0-9]")
_RAISED = re.compile(r"(?<=10)[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_POWER = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(?:[×xX·*⋅]|\\times|\\cdot|\btimes\b)\s*10\s*(?:\^|\*\*)\s*"
    r"(?:\{\s*([-+−]?\d{1,2})\s*\}|\(\s*([-+−]?\d{1,2})\s*\)|([-+−]?\d{1,2}))"
)
_EXPONENT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([-+]?\d{1,2})(?![\w.]*\d)(?![\d])")
_THOUSANDS = re.compile(r"(?<=\d)['’_\u2009\u202f\u00a0](?=\d{3}(?!\d))")
_BOTH_MARKS = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+),(\d+)(?![\d.,]*\d)")  # 1.200,5
_GROUPS_OF_TWO = re.compile(r"(?<![\d.,])\d{1,2}(?:,\d{2})+,\d{3}(?![\d,])")  # 12,00,000
_VULGAR = re.compile(r"(?:(?<![\d.,])(\d{1,4})\s?)?([½⅓⅔¼¾⅕⅛⅜⅝⅞])")
_MIXED = re.compile(
    r"(?<![\w.,/])(?:(\d{1,3})[ -])?(\d{1,2})/(\d{1,2})(?=[ -]?(?:inch|in\b|cm\b|mm\b|l\b|lit(?:er|re)))",
    re.I,
)
_COMPOUND = re.compile(
    r"(?<![\w.,])(\d+)\s?(l|lit(?:er|re)s?|cm)\s(?:and\s)?(\d+)\s?(ml|mm)\b(?!\s?[x×*])", re.I
)
_LARGE = {
    "k": 3,
    "thousand": 3,
    "million": 6,
    "mio": 6,
    "mln": 6,
    "millionen": 6,
    "millones": 6,
    "millions": 6,
}
_LARGE_WORD = re.compile(
    r"(?<![\w.])(\d+(?:[.,]\d{1,2})?)\s?(k(?=\s*(?:ml|cc|cm|mm))|thousand|millions?|mio\.?|mln|millionen|"
    r"millones)(?![a-z])",
    re.I,
)
_QUANTITY = re.compile(r"\\(?:SI|qty)\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_MACROS = {"milli": "m", "centi": "c", "metre": "m", "meter": "m", "litre": "l", "liter": "l", "cubic": "",
           "cubed": "3", "per": "/", "percent": "%", "degree": "°"}  # fmt: skip
_LATEX_SPACE = re.compile(r"\\[ ,;:!~]|(?<=\d)~(?=\w|\\)")
_LATEX_UNIT = re.compile(r"\\(?:text|mathrm|mathbf|textrm|rm|operatorname|unit|si)\s*\{\s*([^{}]*?)\s*\}")
# "is **38 mm**" is a figure in bold, no power
_UNIT_POWER = re.compile(r"(?<=[a-zA-Zµ])(?:\s*\^\s*|\*\*)\{?\s*([23])\s*\}?(?![\d.,]*\d)")
_IN_BRACKETS = re.compile(r"(?<=\d)\s*\(\s*(mm|cm|m|ml|l|hu|%|cc|mm[²³23]|cm[²³23])\s*\)", re.I)
# Units in other scripts, and units whose word in another language is no English one.
_SCRIPT_UNITS = {
    "毫米": "mm", "厘米": "cm", "公分": "cm", "釐米": "cm", "公釐": "mm", "毫升": "ml", "升": "l",
    "立方厘米": "cm3", "立方毫米": "mm3", "平方厘米": "cm2", "平方毫米": "mm2",
    "ミリメートル": "mm", "センチメートル": "cm",
    "ミリリットル": "ml", "リットル": "l", "ミリ": "mm", "センチ": "cm",
    "立方センチメートル": "cm3", "立方ミリメートル": "mm3", "밀리미터": "mm",
    "센티미터": "cm", "센치": "cm", "밀리리터": "ml",
    "리터": "l", "мм": "mm", "см": "cm", "мл": "ml", "миллиметр": "mm", "сантиметр": "cm", "миллилитр": "ml",
    "литр": "l", "кубических сантиметров": "cm3", "кубических миллиметров": "mm3", "м": "m", "л": "l",
    "मिलीमीटर": "mm", "मिमी": "mm", "सेंटीमीटर": "cm", "सेमी": "cm", "मिलीलीटर": "ml",
    "مليمتر": "mm", "ملم": "mm", "مم": "mm", "سنتيمتر": "cm", "سم": "cm", "ملليلتر": "ml", "مل": "ml",
}  # fmt: skip
_WORD_UNITS = (
    (r"kubik[- ]?millimetern?|mil[ií]metros? c[uú]bicos?|millim[eè]tres? cubes?|millimetri cubi", "mm3"),
    (r"kubik[- ]?zentimetern?|cent[ií]metros? c[uú]bicos?|centim[eè]tres? cubes?|centimetri cubi|kubieke "
     r"centimeters?", "cm3"),
    (r"millimetern?|millim[eè]tres?|mil[ií]metros?|millimetr[io]", "mm"),
    (r"zentimetern?|centim[eè]tres?|cent[ií]metros?|centimetr[io]", "cm"),
    (r"milliliter[ns]?|millilitres?|mililitros?|millilitr[io]", "ml"),
    (r"litern?|litros?|litr[io]", "l"),
)  # fmt: skip
_UNIT_WORDS = re.compile(
    r"(?<=\d)(\s*)(" + "|".join(sorted(map(re.escape, _SCRIPT_UNITS), key=len, reverse=True)) + r")"
    r"(?:(?<=[а-яё])[аоеы]?[вм]?(?![а-яё])|(?<![а-яё]))([³²]?)"
)
_FOREIGN_WORDS = [(re.compile(rf"(?<=\d)\s*(?:{words})\b", re.I), f" {unit}") for words, unit in _WORD_UNITS]


def plain_figures(text: str) -> str:
    """Return the text with its figures as plain decimals and its units in Latin letters.

    >>> plain_figures("4.5 × 10^1 mm"), plain_figures("1.2 × 10⁶ mm³"), plain_figures("1'200 ml")
    ('45 mm', '1200000 mm³', '1200 ml')
    """
    if not _DIGIT.search(text) and (text.isascii() or not any(char.isdigit() for char in text)):
        return text
    if text.isascii() and not _ODD.search(text):
        return text
    if not text.isascii():
        text = "".join(
            str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() and c.isdecimal() else c
            for c in text
        )
        text = _VULGAR.sub(_with_fraction, text)
        text = _RAISED.sub(lambda match: "^" + match.group().translate(_SUPERSCRIPTS), text)
    text = _EXPONENT.sub(_power, _POWER.sub(_power, text))
    text = _BOTH_MARKS.sub(lambda m: m[1].replace(".", "") + "." + m[2], _THOUSANDS.sub("", text))
    text = _MIXED.sub(lambda m: f"{int(m[1] or 0) + int(m[2]) / max(int(m[3]), 1):.4g}", text)
    text = _GROUPS_OF_TWO.sub(lambda m: m[0].replace(",", ""), text)
    text = _COMPOUND.sub(_in_one, _LARGE_WORD.sub(_large, text))
    text = _UNIT_WORDS.sub(lambda m: m[1] + _SCRIPT_UNITS[m[2]] + {"³": "3", "²": "2"}.get(m[3], ""), text)
    for pattern, unit in _FOREIGN_WORDS:
        text = pattern.sub(unit, text)
    text = _IN_BRACKETS.sub(r" \1", text)
    if any(mark in text for mark in "\\^$*"):
        text = _without_latex(text)
    return text


def _with_fraction(match: re.Match[str]) -> str:
    return f"{float(match[1] or 0) + unicodedata.numeric(match[2]):.4g}"


def _in_one(match: re.Match[str]) -> str:
    """Write "1 l 200 ml" and "4 cm 5 mm" in the smaller unit."""
    factor = {"ml": 1000, "mm": 10}[match[4].lower()]
    if (match[4].lower() == "ml") != match[2].lower().startswith("l"):
        return match.group()
    return f"{factor * int(match[1]) + int(match[3])} {match[4]}"


def _without_latex(text: str) -> str:
    text = _QUANTITY.sub(lambda match: f"{match[1]} {_unit(match[2])}", text)
    text = _LATEX_UNIT.sub(r" \1", _LATEX_SPACE.sub(" ", text))
    text = _UNIT_POWER.sub(r"\1", text)
    return re.sub(r"\$(?=[^$]*\d)([^$]*)\$", r"\1", text)


def _unit(source: str) -> str:
    """Write a unit of macros (milli, metre) in letters."""
    parts = re.findall(r"\\([a-z]+)", source)
    if not parts:
        return source
    cubic = "3" if {"cubic", "cubed"} & set(parts) else ""
    return "".join(_MACROS.get(part, part) for part in parts if part not in {"cubic", "cubed"}) + cubic


def _power(match: re.Match[str]) -> str:
    exponent = next(group for group in match.groups()[1:] if group)
    return _scaled(match, int(exponent.replace("−", "-")))


def _large(match: re.Match[str]) -> str:
    return _scaled(match, _LARGE.get(match[2].lower().strip("."), 6))


def _scaled(match: re.Match[str], exponent: int) -> str:
    return format(Decimal(match[1].replace(",", ".")).scaleb(exponent).normalize(), "f")
