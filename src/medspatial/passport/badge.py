"""The passport as a badge: one line of SVG that needs no font, script or network."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from medspatial.files import write_text
from medspatial.passport.result import Passport

_WIDTHS = {**dict.fromkeys("iljtf.,:;|!' ()", 3.8), **dict.fromkeys("mwMW%", 10.0)}
_GOOD, _BAD = "#2c6446", "#a3341f"


def summary(passport: Passport) -> str:
    """Return one line: size, patients, what a text-only reader gets, what can be found, alarms."""
    parts = [f"{passport.questions} questions", f"{passport.patients} patients"]
    best = passport.guessers.best
    if best is not None and passport.guessers.chance is not None:
        parts.append(f"text only {best[1]:.0f} % (chance {passport.guessers.chance:.0f} %)")
    middle = passport.power[len(passport.power) // 2] if passport.power else None
    if middle is not None and middle.smallest_difference is not None:
        parts.append(f"finds {100 * middle.smallest_difference:.0f} points")
    return " · ".join([*parts, passport.verdict])


def badge(passport: Passport) -> str:
    """Return the badge as SVG, its text also as its title."""
    left, right = "passport", summary(passport)
    first, second = _width(left), _width(right)
    colour = _BAD if passport.alarms else _GOOD
    title = escape(f"{passport.name}: {right}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{first + second:.0f}" height="20" role="img" '
        f'aria-label="{title.replace(chr(34), "&quot;")}"><title>{title}</title>'
        f'<rect width="{first:.0f}" height="20" fill="#444"/>'
        f'<rect x="{first:.0f}" width="{second:.0f}" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="6" y="14" textLength="{first - 12:.0f}" lengthAdjust="spacingAndGlyphs">{left}</text>'
        f'<text x="{first + 6:.0f}" y="14" textLength="{second - 12:.0f}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(right)}</text></g></svg>\n'
    )


def write_badge(path: str | Path, passport: Passport) -> Path:
    """Write the badge, whole or not at all."""
    return write_text(path, badge(passport))


def _width(text: str) -> float:
    return 12 + sum(_WIDTHS.get(letter, 6.8) for letter in text)
