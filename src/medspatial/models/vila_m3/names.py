"""How VILA-M3's legend names VISTA3D's labels, made from our own label map."""

from __future__ import annotations

from medspatial.anatomy import OTHER_SIDE, load_label_map
from medspatial.models.vila_m3.calls import GROUPS

# Where the legend's words are not those of the structure's name.
_OTHER = {
    15: "bladder",
    21: "bone",
    24: "pancreatic tumor",
    25: "hepatic vessel",
    26: "hepatic tumor",
    27: "colon cancer primaries",
    128: "bone lesion",
    132: "airway",
}


def legend_names() -> dict[int, str]:
    """Return label to name for all labels that a group lists; others are drawn and not named."""
    names = {label: _spoken(name) for label, name in load_label_map("vista3d").labels.items()} | _OTHER
    listed = {label for name, group in GROUPS.items() if name != "everything" for label in group}
    return {label: name for label, name in sorted(names.items()) if label in listed}


def _spoken(name: str) -> str:
    """Put the side in front.

    >>> _spoken("lung_upper_lobe_left")
    'left lung upper lobe'
    """
    if name.startswith("rib_"):
        noun, side, number = name.split("_")
        return f"{side} {noun} {number}"
    noun, _, side = name.rpartition("_")
    return (f"{side} {noun}" if side in OTHER_SIDE else name).replace("_", " ")
