"""Diameters of the great vessels, and thicknesses of effusion per side, as a sentence gives them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from medspatial.report_questions.language import Measure, measures
from medspatial.report_questions.sentences import Sentence

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
    """Yield the thickness of pleural effusion on the left and on the right, where a sentence gives both."""
    text = sentence.text
    if not re.search(r"\beffusion", text, re.IGNORECASE) or re.search(r"pericard", text, re.IGNORECASE):
        return
    sizes = [
        one for one in measures(text) if (len(one.numbers) == 1 and not one.bounded) or _up_to(text, one)
    ]
    sides = list(_SIDE.finditer(text))
    if len(sizes) != 2 or len(measures(text)) != 2 or len(sides) != 2 or _NOT_READ.search(text):
        return
    order = "".join(
        kind for _, kind in sorted([(s.start(), "S") for s in sides] + [(m.start, "M") for m in sizes])
    )
    if order not in ("SMSM", "MSMS"):
        return
    names = [(side[1] or side[2]).lower() for side in sides]
    if set(names) == {"left", "right"}:
        for name, size in zip(names, sizes, strict=True):
            yield Calibre(name, size, sentence)


def _up_to(text: str, size: Measure) -> bool:
    return (
        len(size.numbers) == 1
        and re.search(r"(?:reach\w*|up to)\s*(?:approximately )?$", text[: size.start]) is not None
    )
