"""The one interface of everything that answers questions: real models, API models, baselines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from medspatial.inputs import InputContract, Query, Wording

if TYPE_CHECKING:
    from medspatial.records import Prediction, Question
    from medspatial.volume import MaskSet, Volume

Point = tuple[float, float, float]  # patient space, RAS+ mm


@dataclass(frozen=True)
class Answer:
    """The text a model gave to one query; further facts (tokens, raw text) go into ``metadata``."""

    text: str
    metadata: dict[str, Any] = field(default_factory=dict)


class Model(ABC):
    """Something that answers queries about a volume.

    The unit of work is (model, volume): `prepare` and `encode` run once per volume, the result
    serves all queries of that volume, in batches.

    Attributes
    ----------
    name
        Appears in files, tables and figures.
    needs_volume
        False for models that never look: the volume is then not even read.
    sees_reference
        True only for baselines, which get the questions with their references through `study`.
    needs_masks
        Whether `prepare_with_masks` is called in place of `prepare`; masks are read for such models only.
    takes_arrays
        Whether `prepare` returns exactly the array of the contract, so that one kept on disk can
        stand in for it.
    contract
        The declared input; None for models without image input.
    batch_size
        How many queries `answer` is given at once.
    """

    name: str
    needs_volume: ClassVar[bool] = True
    sees_reference: ClassVar[bool] = False
    takes_arrays: ClassVar[bool] = False
    needs_masks: bool = False
    contract: InputContract | None = None
    batch_size: int = 16

    def study(self, questions: Sequence[Question]) -> None:  # noqa: B027 (a hook)
        """Take in the whole question set; called once before the run if `sees_reference`."""

    def resume(self, answered: Sequence[Prediction]) -> None:  # noqa: B027 (a hook)
        """Take note of answers that an earlier session of this run gave; called when a run goes on."""

    def prepare(self, volume: Volume | None) -> Any:
        """Turn a volume into the model's input, on the CPU; may run in a thread ahead of its use.

        ``volume`` is None for models that need none and in text-only arms.
        """
        return volume

    def prepare_with_masks(self, volume: Volume | None, masks: MaskSet | None) -> Any:
        """Do as `prepare`, with the segmented structures of the case; called if `needs_masks`.

        ``masks`` lie on the volume's grid. They are None without a volume and in arms that show none
        (a blank volume), never because a case has none: such a case fails.
        """
        return self.prepare(volume)

    def encode(self, prepared: Any) -> Any:
        """Encode what `prepare` returned; the result is passed to `answer` unchanged."""
        return prepared

    def request(self, query: Query) -> str | None:
        """Return the words of a question as the model gets them, behind what all questions share.

        None where they are not known. By default those of the attribute ``wording``.
        """
        wording = getattr(self, "wording", None)
        return wording.text(query) if isinstance(wording, Wording) else None

    @abstractmethod
    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        """Answer the queries in order, one `Answer` each."""

    def visible(self, volume: Volume, points: Sequence[Point]) -> Sequence[float] | None:
        """Say how much of each point is left in what the model is given of the volume.

        1 (or True): inside its field of view, 0: cut away; None: not known. The figure of a point must
        depend on that point and the volume alone. Called by the runner after an answer, never before, with
        the points of all questions of the volume together.
        """
        return None

    def describe(self) -> dict[str, Any]:
        """Facts for the manifest: whatever changes the answers must be here."""
        return {}

    def close(self) -> None:  # noqa: B027 (a hook)
        """Free what the model holds."""
