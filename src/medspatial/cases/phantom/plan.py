"""The plan of one patient: every structure in drawing order, and the choices behind it."""

from __future__ import annotations

from dataclasses import dataclass

from medspatial.cases.phantom import abdomen
from medspatial.cases.phantom.abdomen import BOWEL, KIDNEY, LIVER, PANCREAS, SPLEEN, Kidney
from medspatial.cases.phantom.draw import Draw
from medspatial.cases.phantom.frame import Frame, make_frame
from medspatial.cases.phantom.item import Item
from medspatial.cases.phantom.shapes import Ellipsoid, Point, Shape, Tube
from medspatial.cases.phantom.skeleton import skeleton
from medspatial.cases.phantom.thorax import Chest, make_chest, make_domes
from medspatial.cases.phantom.vessels import carina, vessels


@dataclass(frozen=True)
class Plan:
    """All structures of one patient, before anything is drawn.

    Attributes
    ----------
    items
        Organs and bones in drawing order: an earlier one keeps its place.
    contrast
        HU that contrast adds to the blood (0 without contrast).
    """

    draw: Draw
    frame: Frame
    domes: dict[str, Ellipsoid]
    chest: Chest
    kidneys: dict[str, Kidney]
    liver: Shape
    spleen: Shape | None
    gallbladder: Ellipsoid | None
    bladder: Ellipsoid
    stomach: Tube
    fork: Point
    contrast: float
    items: tuple[Item, ...]

    @property
    def absent(self) -> tuple[str, ...]:
        """Organs that this patient has lost."""
        drawn = {item.name for item in self.items}
        usual = (
            "kidney_left", "kidney_right", "adrenal_gland_left", "adrenal_gland_right",
            "gallbladder", "spleen",
        )  # fmt: skip
        return tuple(name for name in usual if name not in drawn)


def make_plan(seed: int) -> Plan:
    """Choose a patient.

    Vessels and bones are drawn first, then solid organs, then hollow ones, then muscles, so that
    where two meet the firmer one keeps its form.
    """
    draw = Draw(seed)
    frame = make_frame(draw)
    domes = make_domes(draw)
    chest = make_chest(draw, frame, domes)
    contrast = draw.balanced("contrast", (0.0, 0.0, 110.0, 170.0))
    kidneys = abdomen.make_kidneys(draw, frame)
    liver = abdomen.make_liver(draw, frame, domes["right"], kidneys)
    has_spleen = draw.balanced("spleen absent", (False, *(True,) * 19))
    spleen = abdomen.make_spleen(draw, domes["left"], kidneys) if has_spleen else None
    gallbladder = abdomen.make_gallbladder(draw)
    stomach = abdomen.make_stomach(draw, domes["left"])
    bladder = abdomen.make_bladder(draw)
    pancreas = abdomen.make_pancreas(draw, frame)
    solid: list[tuple[str, Shape | None, float]] = [
        *(
            (f"adrenal_gland_{side}", gland, 34.0 + contrast * 0.3)
            for side, gland in abdomen.make_adrenals(draw, frame).items()
        ),
        *((f"kidney_{side}", kidney.shape, KIDNEY + contrast * 0.9) for side, kidney in kidneys.items()),
        ("gallbladder", gallbladder, 8.0),
        ("spleen", spleen, SPLEEN + contrast * 0.45),
        ("pancreas", pancreas, PANCREAS + contrast * 0.4),
        ("duodenum", abdomen.make_duodenum(pancreas), BOWEL),
        ("heart", chest.heart, 42.0 + contrast * 0.8),
        ("liver", liver, LIVER + contrast * 0.3),
        ("stomach", stomach, BOWEL),
        ("urinary_bladder", bladder, 6.0),
        ("colon", abdomen.make_colon(draw), BOWEL),
        ("small_bowel", abdomen.make_small_bowel(draw), BOWEL + contrast * 0.15),
    ]
    items = [
        *skeleton(draw, frame),
        *vessels(draw, frame, chest.heart.centre, 42.0 + contrast),
        *(Item(name, shape, hu) for name, shape, hu in solid if shape is not None),
        *chest.lobes,
        *abdomen.make_muscles(draw, frame),
    ]
    return Plan(
        draw, frame, domes, chest, kidneys, liver, spleen, gallbladder, bladder, stomach,
        carina(draw, frame), contrast, tuple(items),
    )  # fmt: skip
