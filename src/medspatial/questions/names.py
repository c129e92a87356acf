"""A guesser that knows nothing but names and ordinary anatomy: no image, no other questions.

It knows which names say left or right, which organ a kind of lesion lies in, and where structures usually
lie and how large they are (:mod:`medspatial.anatomy.typical`). Each subtype has the strategy that a reader of
the question without the scan would take; options between which it cannot tell share the guess.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medspatial.anatomy import canonical_name, describe, vertebra_order
from medspatial.anatomy.typical import Typical, typical
from medspatial.questions.lesions import HOST_GROUPS, is_lesion, kind_of
from medspatial.questions.once import original_subtype
from medspatial.records import Question

MIDLINE_MM = 8.0
TOUCH_MM = 6.0
SCAN_MM = (-250.0, 280.0)
"""Where a scan of the trunk usually ends, mm from L1."""
LEVEL_MM = 30.0
SURE = 0.5
"""From over this share of the guess on, a right answer counts as known."""
SIDED_HOSTS = {"kidney", "lung", "lung lobe"}
LONE_HOSTS = {"liver": "liver", "pancreas": "pancreas"}


@dataclass(frozen=True)
class Asked:
    """What the words tell: the subtype, the structures named in their order, the options, the form."""

    subtype: str
    names: tuple[str, ...]
    options: tuple[str, ...]
    form: str = ""
    figure: bool = False

    def at(self, place: int) -> Typical | None:
        """Usual place and size of a named structure; of a lesion, those of the organ its name tells."""
        return _usual(self.names[place]) if 0 <= place < len(self.names) else None


def names_score(question: Question) -> float:
    """Return the chance that the guesser answers a closed question right."""
    return share_of_guess(asked_by(question), question.answer)


def asked_by(question: Question) -> Asked:
    """Return what a question's words tell."""
    named = question.evidence.structures if question.evidence else ()
    return Asked(
        subtype=original_subtype(question),
        names=tuple(named),
        options=tuple(question.options),
        form=question.form or "",
        figure=question.value is not None,
    )


def share_of_guess(asked: Asked, answer: str) -> float:
    """Return the share of the guess that falls on an answer; even where nothing is known."""
    strategy = STRATEGIES.get(asked.subtype)
    liked = [option for option in (strategy(asked) if strategy else ()) if option in asked.options]
    among = liked or list(asked.options)
    return among.count(answer) / len(among) if among else 0.0


def known_by_names(asked: Asked, answer: str) -> bool:
    """Whether the guesser gets the answer right, not only as one of several it cannot choose between."""
    return share_of_guess(asked, answer) > SURE


def _usual(name: str) -> Typical | None:
    if not is_lesion(name):
        return typical(name)
    word = kind_of(name).split("_")[0]
    return typical(LONE_HOSTS[word]) if word in LONE_HOSTS else None


def _of_option(option: str) -> Typical | None:
    return typical(canonical_name(option))


def _side(asked: Asked) -> Sequence[str]:
    name = asked.names[0]
    found = asked.at(0)
    if found is None:
        word = kind_of(name).split("_")[0]
        paired = set(HOST_GROUPS.get(word, ())) & SIDED_HOSTS
        return ("left", "right") if is_lesion(name) and paired else ()
    return ("midline",) if abs(found.x) < MIDLINE_MM else ("right",) if found.x > 0 else ("left",)


def _yes(asked: Asked) -> Sequence[str]:
    return ("yes",)


def _left_of(asked: Asked) -> Sequence[str]:
    first, second = asked.at(0), asked.at(1)
    if first and second:
        return ("yes",) if first.x < second.x else ("no",)
    sides = [describe(kind_of(name)).side for name in asked.names[:2]]
    if "left" in sides or "right" in sides:
        further = sides[0] == "left" or sides[1] == "right"
        return ("yes",) if further else ("no",)
    return ()


def _touching(asked: Asked) -> Sequence[str]:
    first, second = asked.at(0), asked.at(1)
    if first is None or second is None:
        return ()
    return ("yes",) if first.gap(second) < TOUCH_MM else ("no",)


def _nearest_option(asked: Asked) -> Sequence[str]:
    centre = asked.at(0)
    return _best(asked.options, lambda option: -centre.gap(option) if centre else None)


def _between(asked: Asked) -> Sequence[str]:
    a, b = asked.at(0), asked.at(1)
    if a is None or b is None:
        return ()
    middle = Typical((a.x + b.x) / 2, (a.y + b.y) / 2, (a.z + b.z) / 2, 1.0, 0.001)
    return _best(asked.options, lambda option: -middle.gap(option))


def _extreme(asked: Asked) -> Sequence[str]:
    sign = -1 if asked.form == "smallest" else 1
    return _best(asked.options, lambda option: sign * option.ml)


def _best(options: Sequence[str], value: Callable[[Typical], float | None]) -> list[str]:
    """Return the options of the highest value; those the table does not know take no part."""
    values = {}
    for option in options:
        found = _of_option(option)
        figure = value(found) if found else None
        if figure is not None:
            values[option] = figure
    return [option for option in values if values[option] == max(values.values())]


def _level(asked: Asked) -> Sequence[str]:
    found = asked.at(0)
    if found is None:
        return ()
    z = found.z + {"upper": 0.5, "lower": -0.5}.get(asked.form, 0.0) * found.height
    heights = {name.removeprefix("vertebrae_"): typical(name) for name in vertebra_order()}
    gaps = {o: abs(heights[o].z - z) for o in asked.options if heights.get(o)}  # type: ignore[union-attr]
    return [option for option in gaps if gaps[option] == min(gaps.values())]


def _quarter(asked: Asked) -> Sequence[str]:
    from medspatial.questions.position import QUARTERS

    found = asked.at(0)
    if found is None:
        return ()
    share = (found.z - SCAN_MM[0]) / (SCAN_MM[1] - SCAN_MM[0])
    return (QUARTERS[min(3, max(0, int(4 * share)))],)


def _direction(asked: Asked) -> Sequence[str]:
    first, second = asked.at(0), asked.at(1)
    if first is None or second is None:
        return ()
    steps = (first.x - second.x, first.y - second.y, first.z - second.z)
    words = (("right", "left"), ("anterior", "posterior"), ("superior", "inferior"))
    values = {up: step for step, (up, _) in zip(steps, words, strict=True)}
    values |= {down: -step for step, (_, down) in zip(steps, words, strict=True)}
    offered = {option: values.get(option, -math.inf) for option in asked.options}
    return [option for option in offered if offered[option] == max(offered.values())]


def _complete(asked: Asked) -> Sequence[str]:
    from medspatial.questions.position import COMPLETENESS

    found = asked.at(0)
    if found is None:
        return ()
    if found.z + found.height / 2 > SCAN_MM[1]:
        return (COMPLETENESS["top"],)
    return (COMPLETENESS["bottom" if found.z - found.height / 2 < SCAN_MM[0] else "whole"],)


def _asymmetry(asked: Asked) -> Sequence[str]:
    left, right = asked.at(0), asked.at(1)
    return ("they are about equal",) if left and right else ()


def _order(asked: Asked) -> Sequence[str]:
    anchor = asked.at(len(asked.names) - 1)

    def figure(found: Typical) -> float:
        if asked.form == "height":
            return -found.z
        return -found.ml if asked.form == "volume" else anchor.gap(found) if anchor else 0.0

    rows = {}
    for option in asked.options:
        found = [_of_option(title) for title in option.split(" – ")]
        values = [figure(one) for one in found if one]
        if len(values) == len(found):
            pairs = [(i, j) for i in range(len(values)) for j in range(i + 1, len(values))]
            rows[option] = sum(max(0.0, values[i] - values[j]) for i, j in pairs)
    return [option for option in rows if rows[option] == min(rows.values())]


def _pair_sum(asked: Asked) -> Sequence[str]:
    left, right, other = (asked.at(place) for place in range(3))
    if not (left and right and other):
        return ()
    return ("yes",) if left.ml + right.ml > other.ml else ("no",)


def _figure(value: Callable[[Asked], float | None]) -> Callable[[Asked], Sequence[str]]:
    """Return the strategy that takes the option nearest to a usual figure, by ratio."""

    def strategy(asked: Asked) -> Sequence[str]:
        usual = value(asked)
        if usual is None or not asked.figure:
            return ()
        floor = 0.5 if asked.subtype == "D7" else 1e-6
        figures = {option: float(option.split()[0]) for option in asked.options}
        far = {o: abs(math.log(max(f, floor) / max(usual, floor))) for o, f in figures.items()}
        return [option for option in far if far[option] == min(far.values())]

    return strategy


def _two(of: Callable[[Typical, Typical], float]) -> Callable[[Asked], float | None]:
    def value(asked: Asked) -> float | None:
        first, second = asked.at(0), asked.at(1)
        if first is None or second is None or any(is_lesion(name) for name in asked.names[:2]):
            return None
        return of(first, second)

    return value


def _ml(asked: Asked) -> float | None:
    found = asked.at(0)
    return found.ml if found and not is_lesion(asked.names[0]) else None


STRATEGIES: dict[str, Callable[[Asked], Sequence[str]]] = {
    "L1": _side, "L4": _yes, "L5": _left_of,
    "D1": _nearest_option, "D4": _touching,
    "D2": _figure(_two(Typical.gap)), "D3": _figure(_two(Typical.apart)),
    "D7": _figure(_two(lambda a, b: abs(a.z - b.z) / LEVEL_MM)),
    "V1": _extreme, "V2": _extreme, "V3": _figure(_ml),
    "V4": _figure(_two(lambda a, b: 100 * a.ml / b.ml)),
    "A2": _level, "A4": _quarter, "A5": _direction, "A6": _complete,
    "M1": _asymmetry, "M2": _order, "M3": _between, "M6": _pair_sum,
}  # fmt: skip
"""How each subtype is guessed; what is not here (L2, L3, D5, D6, A1, A3, lesions) the names do not tell."""
