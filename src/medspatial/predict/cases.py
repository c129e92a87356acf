"""What a run needs to know of the cases: volume and masks by case id, and whether files have changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from medspatial.arms import Arm
from medspatial.arms.arm import ReadCase
from medspatial.records import Question

if TYPE_CHECKING:
    from medspatial.volume import MaskSet, Volume

LoadVolume = Callable[[str], "Volume | None"]
LoadMasks = Callable[[str], "MaskSet | None"]


class CaseSource(Protocol):
    """Cases by id, read when asked for; `medspatial.study.CaseLoader` is one."""

    @property
    def volume(self) -> LoadVolume | None:
        """Give the volume of a case; needed for models that look at volumes."""

    @property
    def masks(self) -> LoadMasks | None:
        """Give a case's masks on its volume's grid; for models that are shown some."""

    @property
    def states(self) -> Mapping[str, str] | None:
        """State of the files of each case, by id (`medspatial.cases.case_fingerprint`); None: not known."""


@dataclass(frozen=True)
class Cases:
    """A `CaseSource` made of functions; ``data`` reads both, for the arms that touch the evidence."""

    volume: LoadVolume | None = None
    masks: LoadMasks | None = None
    states: Mapping[str, str] | None = None
    data: ReadCase | None = None


def case_source(cases: CaseSource | LoadVolume | None) -> CaseSource:
    """Return a source of cases; a function is that of the volumes."""
    if cases is None or not hasattr(cases, "volume"):
        return Cases(cases)
    return cases  # type: ignore[return-value]


def in_arm(cases: CaseSource, arm: Arm, questions: Sequence[Question]) -> Cases:
    """Return the cases as an arm shows them to a model that is asked the arm's questions."""
    volume, masks, data = cases.volume, cases.masks, getattr(cases, "data", None)
    return Cases(
        volume=volume and arm.loader(volume, questions, data),
        masks=masks and arm.mask_loader(masks, questions, data),
        states=cases.states if arm.shows_volume else None,
    )
