"""Arms of a study: recorded changes of question or volume that a model which sees must notice.

An arm is pure: the same question and case always give the same changed ones. Questions keep their
``id``, so that arms are joined by it; their words, options and reference are those of the arm.

==================  =======================================================================
``standard``        nothing is changed
``text_only``       no volume at all
``blank``           a volume of air on the same grid
``wrong_patient``   the volume of another patient
``mirrored``        the volume mirrored in patient space; left and right change places in the
                    reference, and in question and options where the words name structures
``shuffled_slices`` the axial slices in random order
``permuted_options``  the options turned by a number of places (closed questions only)
``reworded``        the wording in ``reworded`` (questions that have one)
==================  =======================================================================

``standard-epoch-2``, ``standard-epoch-3``, ... are ``standard`` sampled again (`medspatial.arms.epochs`).

These touch what a question rests on, each volume changed for the question alone:

=============================  ============================================================
``evidence_removed``           its structures filled with the texture of their surroundings
``irrelevant_removed``         as many voxels filled elsewhere, which enter no measurement
``evidence_alone``             all but its structures and 20 mm around them is air
``evidence_moved``             its lesion set elsewhere, and the answer measured again
``same_answer_other_patient``  the volume of a patient who has the same answer
``abstain_offered``            an option declines, and would be wrong
``false_premise``              the same option, and a structure that no patient has
``unanswerable_crop``          the same option, and a scan that ends before the structures
=============================  ============================================================
"""

from collections.abc import Sequence

from medspatial.arms.abstention import ABSTAIN, ABSTENTION_ARMS
from medspatial.arms.arm import Arm
from medspatial.arms.controls import CONTROLS
from medspatial.arms.decided import decided
from medspatial.arms.epochs import epoch_arm, epoch_names
from medspatial.arms.evidence import EVIDENCE_ARMS
from medspatial.arms.other import OTHER_ARMS
from medspatial.errors import InputError, meant
from medspatial.plugins import Plugin, plugins
from medspatial.records import Question

__all__ = ["ABSTAIN", "ARMS", "Arm", "arm", "decided", "epoch_names", "extra_volumes", "outside_arms"]

ARMS: dict[str, Arm] = {one.name: one for one in (*CONTROLS, *EVIDENCE_ARMS, *OTHER_ARMS, *ABSTENTION_ARMS)}


def arm(name: str) -> Arm:
    """Return the arm of that name: one of ours, a repeat of ``standard``, or of an installed package.

    Raises
    ------
    InputError
        Unknown name (the message lists those known), or a broken arm of a package.
    """
    if name in ARMS:
        return ARMS[name]
    if (repeat := epoch_arm(name)) is not None:
        return repeat
    outside = outside_arms()
    if name not in outside:
        known = (*ARMS, *outside)
        raise InputError(f"unknown arm {name!r}{meant(name, known)}; known: {', '.join(known)}")
    found: Arm = outside[name].load(lambda loaded: isinstance(loaded, Arm) and loaded.name == name)
    return found


def outside_arms() -> dict[str, Plugin]:
    """Return the arms of installed packages by name; nothing is imported."""
    return plugins("arm", "it must name a medspatial.arms.Arm of the same name")


def extra_volumes(chosen: Arm, questions: Sequence[Question]) -> int:
    """Return how many volumes an arm shows that are no case's own: what it costs to encode."""
    if chosen.shows_cases:
        return 0
    views = {chosen.view(question) for question in questions}
    return len(views - {question.case_id for question in questions})
