"""Diameters of the great vessels, and thicknesses of effusion per side: read, and compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from medspatial.cases.ct_rate import Report
from medspatial.questions.options import draw
from medspatial.report_questions.facts import Fact, Unasked, plural_words
from medspatial.report_questions.findings import Finding
from medspatial.report_questions.language import Measure, measures
from medspatial.report_questions.sentences import Sentence, sentences
from medspatial.report_questions.size_compared import SURE_MM, SURE_RATIO
from medspatial.report_questions.statements import Statement

_WIDER_BY = (("3 to 5 mm", 3.0, 5.0), ("7 to 9 mm", 7.0, 9.0), ("over 10 mm", 11.0, float("inf")))
"""By how much one vessel is wider: one set of answers for all, none the neighbour of another, as calipers do
not repeat to a millimetre. Figures around the true one would tell it: most differences are alike."""

_VESSEL = re.compile(
    r"\b(?P<up>ascending aort(?:a|ic))"
    r"|(?P<down>descending (?:thoracic )?aort(?:a|ic))|(?P<arch>aortic arch|arcus aorta)"
    r"|(?P<trunk>pulmonary (?:trunk|conus)|main pulmonary artery)|(?P<right>right (?:main )?pulmonary artery)"
    r"|(?P<left>left (?:main )?pulmonary artery)\b",
    re.IGNORECASE,
)
_NAMES = {
    "up": "ascending aorta", "down": "descending aorta", "arch": "aortic arch", "trunk": "pulmonary trunk",
    "right": "right pulmonary artery", "left": "left pulmonary artery",
}  # fmt: skip
_NOT_READ = re.compile(
    r"\b(previous\w*|prior|no|not|without|may|suspicious|compared|former|normal value|stent|plaque\w*|"
    r"nodule|node|lesion|mass|aneurysm\w* sac|thrombus|wall|level of|adjacent)\b",
    re.IGNORECASE,
)
_SIDE = re.compile(
    r"\b(?:on|in) the (right|left)\b|\b(right|left) (?:hemithorax|pleural|lung|side)", re.IGNORECASE
)


class Calibre(NamedTuple):
    """One structure with its stated size in a sentence."""

    name: str
    size: Measure
    sentence: Sentence


def vessel_calibres(sentence: Sentence) -> Iterator[Calibre]:
    """Yield vessels with their diameters where each vessel is followed by its own figure.

    ``... respectively`` shares out a list of figures in the order of the vessels.
    """
    text = sentence.text
    vessels = list(_VESSEL.finditer(text))
    sizes = [one for one in measures(text) if len(one.numbers) == 1 and not one.bounded]
    if (
        not vessels
        or len(vessels) != len(sizes)
        or len(measures(text)) != len(sizes)
        or _NOT_READ.search(text)
    ):
        return
    order = "".join(
        kind for _, kind in sorted([(v.start(), "V") for v in vessels] + [(s.start, "M") for s in sizes])
    )
    alternate = order == "VM" * len(vessels)
    listed = (
        len(vessels) > 1
        and order == "V" * len(vessels) + "M" * len(vessels)
        and "respectively" in text.lower()
    )
    if alternate or listed:
        for vessel, size in zip(vessels, sizes, strict=True):
            group = next(name for name, found in vessel.groupdict().items() if found)
            yield Calibre(_NAMES[group], size, sentence)


def effusion_calibres(sentence: Sentence) -> Iterator[Calibre]:
    """Yield the thickness of pleural effusion on the left, on the right, or on each, as a sentence gives it.

    A sentence with several figures or sides that are not one figure for each side gives none.
    """
    text = sentence.text
    if not _speaks_of_effusion(text):
        return
    sizes = [
        one for one in measures(text) if (len(one.numbers) == 1 and not one.bounded) or _up_to(text, one)
    ]
    sides = list(_SIDE.finditer(text))
    if len(sizes) != len(sides) or len(measures(text)) != len(sizes) or _NOT_READ.search(text):
        return
    order = "".join(
        kind for _, kind in sorted([(s.start(), "S") for s in sides] + [(m.start, "M") for m in sizes])
    )
    names = [(side[1] or side[2]).lower() for side in sides]
    if order in ("SM", "MS") or (order in ("SMSM", "MSMS") and set(names) == {"left", "right"}):
        for name, size in zip(names, sizes, strict=True):
            yield Calibre(name, size, sentence)


def _speaks_of_effusion(text: str) -> bool:
    return "effusion" in text.lower() and "pericard" not in text.lower()


def _up_to(text: str, size: Measure) -> bool:
    return (
        len(size.numbers) == 1
        and re.search(r"(?:reach\w*|up to)\s*(?:approximately )?$", text[: size.start]) is not None
    )


def compared_calibres(report: Report) -> Iterator[Fact | Unasked]:
    """Ask by how much one vessel is wider than another, and on which side effusion is thicker.

    A pair of vessels whose difference follows from other pairs that are asked is not asked as well.
    Which of two vessels is the wider one is not asked: of healthy people and patients alike it is nearly
    always the same one.
    """
    vessels: dict[str, list[Calibre]] = {}
    for sentence in sentences(report):
        for one in vessel_calibres(sentence):
            vessels.setdefault(one.name, []).append(one)
    yield from _effusions(report)
    clear = {
        name: found[0] for name, found in vessels.items() if len({one.size.millimetres for one in found}) == 1
    }
    pairs = sorted(
        combinations(sorted(clear), 2), key=lambda pair: draw("vessels", report.fingerprint, *pair)
    )
    group = {name: name for name in clear}
    for first, second in pairs:
        found = _wider(clear[first], clear[second])
        if isinstance(found, Fact):
            if group[first] == group[second]:
                yield Unasked("same_fact", found.key, "two other questions tell it")
                continue
            group = {name: group[first] if of == group[second] else of for name, of in group.items()}
        yield found


def _wider(first: Calibre, second: Calibre) -> Fact | Unasked:
    a, b = first.size.millimetres[0], second.size.millimetres[0]
    answers = [words for words, least, most in _WIDER_BY if least <= round(abs(a - b), 6) <= most]
    if not answers:
        return Unasked("sizes_too_close", f"{first.name}/{second.name}")
    wide, narrow = (first, second) if a > b else (second, first)
    return Fact(
        f"vessels {first.name}/{second.name}", "report-wider-by", "volume",
        {"first": f"the {wide.name}", "second": f"the {narrow.name}", **plural_words(False)}, answers[0],
        tuple(words for words, _, _ in _WIDER_BY if words != answers[0]),
        tuple(_said(one.sentence, one.size) for one in (wide, narrow)), most=len(_WIDER_BY),
        inferred="the two stated diameters are compared",
        structures=tuple(one.name.replace(" ", "_") for one in (first, second)),
    )  # fmt: skip


def _effusions(report: Report) -> Iterator[Fact | Unasked]:
    """Compare the sides within a sentence, or in two where no other one measures an effusion."""
    measured = [one for one in sentences(report) if _speaks_of_effusion(one.text) and measures(one.text)]
    read = [list(effusion_calibres(one)) for one in measured]
    together = [both for both in read if len(both) == 2]
    for both in together:
        yield from _thicker(both)
    alone = [one for found in read for one in found]
    if not together and len(alone) == len(measured) == 2 and {one.name for one in alone} == {"left", "right"}:
        yield from _thicker(alone)


def _thicker(thick: Sequence[Calibre]) -> Iterator[Fact | Unasked]:
    a, b = (one.size.millimetres[0] for one in thick)
    if abs(a - b) < SURE_MM or max(a, b) < SURE_RATIO * min(a, b):
        yield Unasked("sizes_too_close", "pleural effusion")
        return
    wide, narrow = (thick[0], thick[1]) if a > b else (thick[1], thick[0])
    yield Fact(
        "thicker effusion", "report-thicker", "volume", {"noun": "pleural effusion", **plural_words(False)},
        f"on the {wide.name}", (f"on the {narrow.name}",),
        tuple(_said(one.sentence, one.size) for one in (wide, narrow)), most=2,
        inferred="the two stated sizes are compared", structures=("pleural_effusion",),
    )  # fmt: skip


def _said(sentence: Sentence, size: Measure) -> Statement:
    nothing = Finding("calibre", "diameter", "diameters", ())
    return Statement(sentence, nothing, False, "read", (0, len(sentence.text)), sizes=(size,))
