"""A lesion set elsewhere in an organ that can hold it, so that the answer turns and is measured again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from medspatial.arms.edit import Edit, moved, shifted
from medspatial.arms.opened import Mask, Opened
from medspatial.geometry import Measured
from medspatial.questions import Candidate, Subtype, chosen_subtypes
from medspatial.questions.lesions import is_lesion
from medspatial.questions.once import original_subtype
from medspatial.questions.scene import Scene
from medspatial.records import Question, content_hash

PLACES = 6
"""Places that are tried: the mirrored one first, then some drawn by hash."""
LOOKED_AT = 150
"""Candidates of the subtype that are looked through for the same question."""

Shift = tuple[int, int, int]


def moved_question(opened: Opened, question: Question) -> tuple[Question, Edit] | None:
    """Return the question with the answer of the moved lesion, and the move.

    The moved masks are measured like any others: the new answer and its evidence come from the subtype's own
    rule, margin included. None where no lesion enters, or no place turns the answer.
    """
    if question.evidence is None or question.tags:
        return None
    for name in question.evidence.structures:
        lesion = _single(opened, name)
        if lesion is None:
            continue
        region = opened.region([lesion])
        hosts = opened.region(opened.scene.found.possible_hosts(lesion)) & ~opened.region(
            _others(opened, lesion)
        )
        for shift in _shifts(opened, region, hosts, lesion):
            found = _again(opened, question, lesion, shift)
            if found is not None:
                rest = tuple(one for one in question.evidence.structures if one not in (name, lesion))
                return found, Edit(kind="move", structures=(lesion, *rest), shift=shift)
    return None


def _single(opened: Opened, name: str) -> str | None:
    """Return the lesion that a name stands for: a piece, or a kind of which there is one."""
    if not is_lesion(name):
        return None
    if "#" in name:
        return name
    pieces = opened.scene.found.all_pieces.get(name, ())
    return pieces[0] if len(pieces) == 1 else None


def _others(opened: Opened, lesion: str) -> list[str]:
    pieces = opened.scene.found.all_pieces.values()
    return [piece for group in pieces for piece in group if piece != lesion]


def _shifts(opened: Opened, region: Mask, hosts: Mask, lesion: str) -> Iterator[Shift]:
    """Yield the moves by which all of a lesion lies in an organ that can hold it, apart from where it is."""
    places = np.argwhere(region)
    centre = np.rint(places.mean(axis=0)).astype(int)
    inside = np.argwhere(hosts)
    if not len(inside):
        return
    rng = np.random.default_rng(int(content_hash("move", opened.data.case.case_id, lesion), 16))
    drawn = inside[rng.integers(len(inside), size=32 * PLACES)]
    found = 0
    for target in [_mirrored(opened, centre), *drawn]:
        shift = np.asarray(target) - centre
        at = places + shift
        if (at < 0).any() or (at >= hosts.shape).any() or found >= PLACES:
            continue
        landing = tuple(at.T)
        if hosts[landing].all() and not region[landing].any():
            found += 1
            yield int(shift[0]), int(shift[1]), int(shift[2])


def _mirrored(opened: Opened, centre: np.ndarray[tuple[int], np.dtype[np.int_]]) -> list[int]:
    """Return the place on the other side of the spine, or of the scan where there is no spine."""
    grid = opened.scene.measured.grid
    z = float(grid.to_mm(centre)[2])
    midline = opened.scene.spine.midline(z)
    middle = (opened.ct.shape[0] - 1) / 2
    if midline is not None:
        middle = float(grid.to_index((midline.x, midline.y, z))[0])
    return [round(2 * middle - float(centre[0])), int(centre[1]), int(centre[2])]


def _again(opened: Opened, question: Question, lesion: str, shift: Shift) -> Question | None:
    """Ask the same of the moved masks; None where a rule drops it or the answer stays."""
    subtype = chosen_subtypes((original_subtype(question),))[0]
    candidate = next(
        (one for one in _candidates(opened, lesion, shift, subtype) if _same(one, question)), None
    )
    if candidate is None or _stays(candidate, question):
        return None
    evidence = subtype.margin.stated_in(candidate.evidence)
    update = {"answer": candidate.answer, "value": candidate.value, "evidence": evidence}
    return question.model_copy(update=update)


def _candidates(opened: Opened, lesion: str, shift: Shift, subtype: Subtype) -> list[Candidate]:
    """Return what a subtype finds in the moved masks; measured once per move, whatever is asked."""
    place = (lesion, shift)
    if place not in opened.moved:
        region = opened.region([lesion])
        target = shifted(region, shift)
        masks = moved(opened, lesion, region, target)
        scene = Scene(opened.data.case.case_id, Measured(masks, opened.ct), mirrored=opened.data.mirrored)
        opened.moved[place] = scene, {}
        if not _is_itself(scene, lesion, target):
            opened.moved[place] = None
    measured = opened.moved[place]
    if measured is None:
        return []
    scene, known = measured
    if subtype.id not in known:
        found = islice(subtype.find(scene), LOOKED_AT)
        known[subtype.id] = [one for one in found if isinstance(one, Candidate)]
    return known[subtype.id]


def _is_itself(scene: Scene, lesion: str, target: Mask) -> bool:
    """Whether the lesion has kept its name: it met no other, and none of its size is counted before it."""
    if lesion not in (*scene.found.names, *scene.measured.names):
        return False
    return bool(np.array_equal(scene.measured.raw_runs(lesion).mask(), target))


def _same(candidate: Candidate, question: Question) -> bool:
    """Whether a candidate is the same question: the same structures, form and options."""
    assert question.evidence is not None
    return (
        candidate.evidence.structures == question.evidence.structures
        and candidate.form == (question.form or "")
        and set(candidate.options) == set(question.options)
    )


def _stays(candidate: Candidate, question: Question) -> bool:
    if candidate.value is None or question.value is None:
        return candidate.answer == question.answer
    return abs(candidate.value - question.value) <= 2 * (question.tolerance or 0.0)
