"""The ledger of what was considered and not asked, and by which rule."""

from __future__ import annotations

from typing import Self

from medspatial.geometry.measured import CUT_RADIUS_MM
from medspatial.geometry.traits import LARGEST_SHARE
from medspatial.questions.margins import OVERLAP_SHARE, percent
from medspatial.records import Record

DROP_RULES: dict[str, str] = {
    "refused": "the whole case is refused (reason in the note)",
    "failed": "the case could not be read or measured (reason in the note)",
    "not_whole": "the structure is not wholly inside the volume, too small or in pieces",
    "mask_field": "a mask file ends inside the CT, so that what the whole scan shows is not known",
    "near_cut": f"a cut face of the volume lies within {CUT_RADIUS_MM:g} mm of the closest point",
    "in_pieces": f"the largest component is under {percent(LARGEST_SHARE)} of the structure: "
    "no distances, no contacts",
    "overlap": f"the two masks overlap by more than {percent(OVERLAP_SHARE)} of the smaller",
    "label_map": "the label map of a mask file is in doubt: most values have no name, or others are stated",
    "unnamed": "label values of a mask file that its label map has no name for, or no use",
    "unknown_structure": "the anatomy has no entry for this name: measured, and not asked about",
    "impossible": "the structure has a CT value or a size that it cannot have; it is set aside",
    "anatomy": "a small contradiction to the order of the body, too small to refuse the case",
    "same_mask": "two names, one mask: the second name is ignored",
    "volume_ratio": "the volumes are too close to each other",
    "distance_gap": "the distances are too close to each other",
    "offset": "the centroids are too close along the axis",
    "short_distance": "the distance is within label noise",
    "unsure_contact": "the contact is too small, or the gap too small, to be sure",
    "class_edge": "the figure lies too close to the border of its class",
    "share": "no structure holds a clear share",
    "minor_side": "a share on the other side too small to be sure of",
    "no_spine": "the spine does not reach this level",
    "level_border": "the level lies too close to a border between two vertebrae",
    "level_not_covered": "the level where the structure would lie is not inside the scan",
    "dominant_axis": "no axis dominates clearly",
    "overlapping_extents": "the two extents overlap too much on the deciding axis",
    "cut_form": "cut at both ends or at a side",
    "small_part": "too little of the structure is visible",
    "symmetry_band": "between 'about equal' and 'clearly larger'",
    "small_lesion": "the lesion is too small to be measured so",
    "lesion_pieces": "a component too small to count surely, or two too close to tell apart",
    "not_describable": "several lesions of a kind, none clearly the larger: no words single one out",
    "several_between": "not exactly one organ lies between",
    "too_few_options": "too few other structures for the options",
    "small_share": "the share is too small to be asked",
    "known_without_looking": "the words alone would give the answer away",
    "wanted_answer": "asked only with an answer of the class that balance wants here; none was found",
    "same_fact": "another question of the case asks for the same fact",
    "same_answer": "left out because its subtype nearly always had this answer in the set",
    "cohort_balance": "left out so that the answer cannot be guessed from the text (cohort balance)",
}
"""Each rule by its name, in words."""


class Drop(Record):
    """One thing considered and not asked.

    Attributes
    ----------
    structures
        What the question would have been about.
    rule
        One of ``DROP_RULES``.
    figure, limit, unit
        The figure that broke the rule, and the limit it had to keep.
    note
        A reason in words, where the rule alone does not say it.
    """

    case_id: str = ""
    subtype: str = ""
    structures: tuple[str, ...] = ()
    rule: str
    figure: float | None = None
    limit: float | None = None
    unit: str | None = None
    note: str | None = None

    def of(self, case_id: str, subtype: str) -> Self:
        """Return the same entry with its case and subtype filled in."""
        return self.model_copy(update={"case_id": case_id, "subtype": subtype})


def drop(
    rule: str,
    *structures: str,
    figure: float | None = None,
    limit: float | None = None,
    unit: str | None = None,
    note: str | None = None,
) -> Drop:
    """Make an entry; figures are rounded to four digits after the point."""
    if rule not in DROP_RULES:
        raise KeyError(f"unknown drop rule {rule!r}")
    return Drop(
        structures=structures,
        rule=rule,
        figure=None if figure is None else round(float(figure), 4),
        limit=None if limit is None else round(float(limit), 4),
        unit=unit,
        note=note,
    )
