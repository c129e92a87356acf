"""R13 for properties with an opposite: normal or abnormal, enlarged or small, ..."""

from __future__ import annotations

from medspatial.language.properties import ANTONYMS, axes_named, axes_offered, property_signs
from medspatial.language.statements import statements_in
from medspatial.records import Item
from medspatial.score.structured.verdict import Verdict, decided, refused


def match_property(text: str, item: Item) -> Verdict | None:
    """Judge a reply by the properties that the reference states; None where there are none."""
    asked = axes_named(item.question) - axes_offered(item.question)
    want = {axis: sign for axis, sign in property_signs(item.answer).items() if axis not in asked}
    if not want:
        return None
    got = property_signs(text)
    shared = [axis for axis in want if axis in got]
    if shared:
        same = all(want[axis] == got[axis] for axis in shared)
        shown = ANTONYMS[shared[0]][0 if got[shared[0]] > 0 else 1].split()[0]
        return decided(same, "R13", f"says '{shown}'", shown)
    if statements_in(text).refuses():
        return refused()
    return Verdict("undecided", "free", "the reply has no property on the reference's axis")
