"""Shares written as fractions ("a third of the liver", "0.12 of it"), brought to percent (R10)."""

from __future__ import annotations

import re

_PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_PERCENT = re.compile(r"%|\bper ?cent")
_PLACE = r"(?<!upper )(?<!lower )(?<!middle )(?<!left )(?<!right )(?<!distal )(?<!proximal )(?<!and )"
_FRACTION = re.compile(
    rf"\b{_PLACE}(?P<count>an?|one|two|three|four)[ -]"
    r"(?P<part>third|quarter|fourth|fifth|sixth|eighth|tenth)s?\b"
    rf"|\b{_PLACE}(?:(?:one|a)[ -])?(?P<half>half)(?= of\b|\W*[.,;)]|\W*\Z)"
    r"|(?<![\w./])(?P<over>\d{1,2})/(?P<under>\d{1,3})(?= of\b)"
    r"|(?<![\w.])(?P<decimal>0?\.\d+)(?= of\b)",
    re.I,
)


def as_percent(text: str) -> str:
    """Write the fractions of a text as percent, where it names no percentage; "the lower third" is a place.

    >>> as_percent("about a third of the liver"), as_percent("0.12 of it"), as_percent("in the lower third")
    ('about 33.3 % of the liver', '12 % of it', 'in the lower third')
    """
    return text if _PERCENT.search(text.lower()) else _FRACTION.sub(_share, text)


def _share(match: re.Match[str]) -> str:
    if match["decimal"]:
        share = float(match["decimal"])
    elif match["under"]:
        share = int(match["over"]) / max(1, int(match["under"]))
    elif match["half"]:
        share = 1 / 2
    else:
        share = _COUNTS[match["count"].lower()] / _PARTS[match["part"].lower()]
    return f"{100 * share:.3g} %"
