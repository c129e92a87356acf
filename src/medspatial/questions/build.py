"""Build the questions of many cases: each case alone, in parallel, resumable, whatever the workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from medspatial.anatomy import load_label_map
from medspatial.cases import MIRROR, CaseData, examine, load_case
from medspatial.errors import InputError
from medspatial.geometry import Measured
from medspatial.pool import Lost, Place, Task, on_processors, results_of
from medspatial.questions.catalogue import chosen_subtypes
from medspatial.questions.choose import choose
from medspatial.questions.drop import Drop, drop
from medspatial.questions.once import asked_once
from medspatial.questions.phrase import FORMS, PROBE, phrase
from medspatial.questions.scene import Scene
from medspatial.questions.shards import Shards
from medspatial.questions.subtype import Subtype
from medspatial.records import Case, Question

PER_SUBTYPE = 2
UNUSABLE = frozenset({"refused", "failed"})
OF_THE_SCAN = frozenset({"L2", "L3", "L4", "V7", "A6"})
"""Subtypes about the scan as a whole: what it shows on which side, how many, how complete."""
"""Rules by which a whole case gives nothing; such a case is tried again on every build."""


@dataclass(frozen=True)
class CaseQuestions:
    """What one case gave: its questions, and all that was considered and dropped."""

    case_id: str
    questions: tuple[Question, ...] = ()
    drops: tuple[Drop, ...] = ()


Finish = Callable[[CaseQuestions], CaseQuestions]


@dataclass(frozen=True)
class Plan:
    """What to build: subtypes (ids, slugs or categories; None for all), how many, and in which forms."""

    subtypes: tuple[str, ...] | None = None
    per_subtype: int = PER_SUBTYPE
    forms: tuple[str, ...] = ("open",)
    reader: str = "auto"
    assume_axes: str | None = None

    def __post_init__(self) -> None:
        if self.per_subtype < 1:
            raise InputError(f"per_subtype: must be at least 1, got {self.per_subtype}")
        if not self.forms or set(self.forms) - set(FORMS):
            raise InputError(f"forms: must be one or more of {', '.join(FORMS)}; got {list(self.forms)}")
        chosen_subtypes(self.subtypes)


def build_questions(
    cases: Sequence[Case],
    root: str | Path,
    *,
    subtypes: Sequence[str] | None = None,
    per_subtype: int = PER_SUBTYPE,
    forms: Sequence[str] = ("open",),
    workers: int = 1,
    folder: str | Path | None = None,
    keep_going: bool = True,
    reader: str = "auto",
    assume_axes: str | None = None,
    place: Place | None = None,
) -> Iterator[CaseQuestions]:
    """Build the questions of cases from their masks, in the order of the cases.

    The questions of a case depend on that case and the settings alone. A worker that dies costs its case,
    which is tried once more and then counts as one that cannot be read.

    Parameters
    ----------
    cases, root
        Cases with masks, and the folder of their relative paths.
    subtypes
        Ids, slugs or categories; all for None.
    per_subtype
        At most this many questions of each subtype per case.
    forms
        ``open`` and/or ``choice``: how figures are asked. With both, a hash decides for each question.
    workers
        Processes. 1 works in this process.
    folder
        Where finished cases are kept; a second call with the same settings takes them from there. A case
        whose record or files changed (size or modification time of CT, masks, label map) is built anew, and
        one that was refused or failed is tried again.
    keep_going
        Put a case that cannot be read into the ledger (rule ``failed``) and go on; else raise.
    reader, assume_axes
        As in :func:`medspatial.cases.load_case`.
    place
        Makes the workers in place of this many processes, such as actors of a Ray cluster.

    Raises
    ------
    InputError
        For unknown subtypes or forms; for an unreadable case without ``keep_going``.
    """
    names = None if subtypes is None else tuple(subtypes)
    plan = Plan(names, per_subtype, tuple(forms), reader, assume_axes)
    shards = None if folder is None else Shards(Path(folder), Path(root), plan)
    if workers < 1:
        raise InputError(f"workers: must be at least 1, got {workers}")
    if place is None and workers > 1:
        place = on_processors(workers)
    return _build(list(cases), Path(root), plan, shards=shards, keep_going=keep_going, place=place)


def _build(
    cases: list[Case], root: Path, plan: Plan, *, shards: Shards | None, keep_going: bool, place: Place | None
) -> Iterator[CaseQuestions]:
    if place is None:
        for case in cases:
            stored, finish = _stored(shards, case)
            yield stored or finish(build_case(case, root, plan, keep_going=keep_going))
        return
    finishing: deque[Finish] = deque()  # of the cases on their way

    def units() -> Iterator[tuple[Case, CaseQuestions | None]]:
        for case in cases:
            stored, finish = _stored(shards, case)
            finishing.append(finish if stored is None else _as_it_is)
            yield case, stored

    task = Task(_Builder(root, plan, keep_going))
    for case, result in results_of(place(task), units()):
        finish = finishing.popleft()
        if isinstance(result, Lost):
            if not keep_going:
                raise InputError(f"case {case.case_id!r}: {result.cause}")
            yield _failed(case, result.cause)
        else:
            yield finish(result)


@dataclass(frozen=True)
class _Builder:
    """What a worker does with each case."""

    root: Path
    plan: Plan
    keep_going: bool

    def __call__(self, device: str) -> Callable[[Case], CaseQuestions]:
        return partial(build_case, root=self.root, plan=self.plan, keep_going=self.keep_going)


def _as_it_is(result: CaseQuestions) -> CaseQuestions:
    return result


def _stored(shards: Shards | None, case: Case) -> tuple[CaseQuestions | None, Finish]:
    """Return what an earlier build left of a case, and what to do with the result of a new one."""
    if shards is None:
        return None, _as_it_is
    key = shards.key(case)

    def finish(result: CaseQuestions) -> CaseQuestions:
        if all(entry.rule not in UNUSABLE for entry in result.drops):
            shards.write(case, key, result.questions, result.drops)
        return result

    stored = shards.read(case, key)
    return None if stored is None else CaseQuestions(case.case_id, *stored), finish


def build_case(case: Case, root: Path, plan: Plan, *, keep_going: bool = True) -> CaseQuestions:
    """Read and measure one case and make its questions.

    Raises
    ------
    InputError
        If the case cannot be read and ``keep_going`` is off.
    """
    try:
        data = load_case(case, root, reader=plan.reader, assume_axes=plan.assume_axes)  # type: ignore[arg-type]
        return questions_of(data, plan, listed=listed_structures(case, root))
    except Exception as error:
        if not keep_going:
            raise
        known = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
        return _failed(case, known)


def _failed(case: Case, cause: str) -> CaseQuestions:
    return CaseQuestions(case.case_id, (), (drop("failed", note=cause).of(case.case_id, ""),))


def questions_of(
    data: CaseData,
    plan: Plan | None = None,
    *,
    listed: frozenset[str] = frozenset(),
    once: bool = True,
) -> CaseQuestions:
    """Make the questions of a case that has been read.

    Parameters
    ----------
    listed
        Structures that the case's label maps could show; those without a voxel count as absent.
    once
        Ask one fact once; False keeps all that the rules allow, to compare other questions with.
    """
    plan = plan or Plan()
    case, masks = data.case, data.masks
    if masks is None or data.empty:
        reason = data.empty or "the case has no masks"
        return CaseQuestions(case.case_id, (), (drop("refused", note=reason).of(case.case_id, ""),))
    entries = [drop("label_map", note=note).of(case.case_id, "") for note in data.misfits]
    entries += [drop("unnamed", note=note).of(case.case_id, "") for note in data.unnamed]
    entries += [
        drop("same_mask", note=note).of(case.case_id, "") for note in data.notes if "same voxels" in note
    ]
    found = examine(data)
    if found.problems:
        entries += [drop("refused", note=reason).of(case.case_id, "") for reason in found.problems]
        return CaseQuestions(case.case_id, (), tuple(entries))
    entries += [
        drop("impossible", name, note=why).of(case.case_id, "") for name, why in found.set_aside.items()
    ]
    entries += [drop("anatomy", note=note).of(case.case_id, "") for note in found.notes]
    masks = masks.without(found.set_aside)
    if data.mirrored:
        from medspatial.anatomy import swap_side

        listed = frozenset(swap_side(name) for name in listed)
    listed -= found.set_aside.keys()  # there, but not usable: not absent either
    scene = Scene(
        case.case_id,
        Measured(masks, data.ct),
        key=case.linked_case_id if data.mirrored else None,
        listed=listed,
        mirrored=data.mirrored,
    )
    entries += [drop("unknown_structure", name).of(case.case_id, "") for name in scene.custom]
    questions: list[Question] = []
    for subtype in subtypes_for(plan, mirrored=data.mirrored):
        if scene.measured.partial and subtype.id in OF_THE_SCAN:
            entries.append(drop("mask_field").of(case.case_id, subtype.id))
            continue
        chosen = choose(scene, subtype, plan.per_subtype)
        asked = [phrase(case, scene, subtype, one, plan.forms) for one in chosen.candidates]
        questions += asked
        filed = PROBE if data.mirrored else subtype.id
        entries += [entry.of(case.case_id, filed) for entry in chosen.drops]
    kept, repeats = asked_once(questions, scene.draw) if once else (tuple(questions), [])
    rests = (*data.assumptions, *found.assumptions)
    return CaseQuestions(case.case_id, tuple(_resting_on(one, rests) for one in kept), (*entries, *repeats))


def _resting_on(question: Question, assumptions: tuple[str, ...]) -> Question:
    """Return the question with what its answer rests on, besides what is measured."""
    if not assumptions or question.evidence is None:
        return question
    both = tuple(dict.fromkeys((*question.evidence.assumptions, *assumptions)))
    evidence = question.evidence.model_copy(update={"assumptions": both})
    return question.model_copy(update={"evidence": evidence})


def subtypes_for(plan: Plan, *, mirrored: bool) -> tuple[Subtype, ...]:
    """Return the subtypes to ask: of a mirrored case L1 to L5 (filed under L6), of another all but L6."""
    chosen = chosen_subtypes(plan.subtypes)
    if not mirrored:
        return tuple(one for one in chosen if one.id != PROBE)
    if all(one.id != PROBE for one in chosen):
        return ()
    return tuple(one for one in chosen_subtypes(("laterality",)) if one.id != PROBE)


def mirrored_cases(cases: Sequence[Case]) -> list[Case]:
    """Return the mirrored control of each case: the same files, with a recorded transform and a link."""
    return [
        case.model_copy(
            update={
                "case_id": f"{case.case_id}_mirrored",
                "linked_case_id": case.case_id,
                "transform": (*case.transform, MIRROR),
            }
        )
        for case in cases
        if MIRROR not in case.transform
    ]


def listed_structures(case: Case, root: Path) -> frozenset[str]:
    """Return all structures that the label maps of a case could show."""
    names: set[str] = set()
    for source in case.masks:
        if source.label_map is None:
            continue
        beside = root / source.label_map
        found = load_label_map(beside if beside.is_file() else source.label_map)
        names |= {name for name in found.labels.values() if name not in found.split_sides}
    return frozenset(names)
