"""Anatomy: structures with sides and synonyms, label maps of segmenters, and mentions in texts."""

from medspatial.anatomy.labels import LabelMap, label_map_names, load_label_map, read_label_map
from medspatial.anatomy.mentions import Mention, find_mentions
from medspatial.anatomy.sides import OTHER_SIDE, Side, swap_side
from medspatial.anatomy.structures import (
    Structure,
    canonical_name,
    describe,
    is_part,
    part_of,
    structure,
    structures,
    vertebra_order,
)

__all__ = [
    "OTHER_SIDE",
    "LabelMap",
    "Mention",
    "Side",
    "Structure",
    "canonical_name",
    "describe",
    "find_mentions",
    "is_part",
    "label_map_names",
    "load_label_map",
    "part_of",
    "read_label_map",
    "structure",
    "structures",
    "swap_side",
    "vertebra_order",
]
