"""Sure verdicts on pairs: overlapping masks, cut surfaces, contact."""

from __future__ import annotations

from dataclasses import dataclass

from medspatial.geometry.measured import CUT_RADIUS_MM
from medspatial.questions.drop import Drop, drop
from medspatial.questions.margins import (
    OVERLAP_SHARE,
    SURE_CONTACT_FACES,
    SURE_DISTANCE,
    at_least,
    at_most,
)
from medspatial.questions.scene import Scene


@dataclass(frozen=True)
class Touch:
    """A sure verdict on contact: shared faces where they touch, else the gap.

    Beside a cut also how far one keeps from the faces that cut the other.
    """

    touch: bool
    faces: int
    mm: float
    clear_of_cut_mm: float | None = None


def overlapping(scene: Scene, a: str, b: str) -> Drop | None:
    """Return the ledger's entry for two masks that overlap by 1 % of the smaller or more."""
    smaller = min(scene.stats(a).voxels, scene.stats(b).voxels)
    shared = scene.contact(a, b).overlap_voxels
    if shared == 0 or not at_least(shared / smaller, OVERLAP_SHARE):
        return None
    return drop("overlap", a, b, figure=shared / smaller, limit=OVERLAP_SHARE)


def near_cut(scene: Scene, a: str, b: str) -> Drop | None:
    """Return the ledger's entry for a pair of which one is cut near the closest point."""
    found = scene.distance(a, b)
    if not found.near_cut:
        return None
    return drop("near_cut", a, b, figure=found.mm, limit=CUT_RADIUS_MM, unit="mm")


def touch_verdict(scene: Scene, a: str, b: str) -> Touch | Drop:
    """Return whether two structures touch, or the entry for an unsure pair."""
    if refusal := overlapping(scene, a, b):
        return refusal
    contact = scene.contact(a, b)
    if contact.faces >= SURE_CONTACT_FACES:
        return Touch(True, contact.faces, 0.0)
    if contact.any26:
        return drop("unsure_contact", a, b, figure=contact.faces, limit=SURE_CONTACT_FACES, unit="faces")
    found, limit = scene.distance(a, b), SURE_DISTANCE.mm(vmax=scene.vmax)
    if at_most(found.mm, limit):
        return drop("unsure_contact", a, b, figure=found.mm, limit=limit, unit="mm")
    refusal = near_cut(scene, a, b)
    if refusal is None:
        return Touch(False, 0, found.mm)
    # What is not seen of a structure lies beyond the face that cuts it: too far away, it touches nothing.
    clear = max(scene.clear_of_cut(a, b) or 0.0, scene.clear_of_cut(b, a) or 0.0)
    return refusal if at_most(clear, limit) else Touch(False, 0, found.mm, clear)
