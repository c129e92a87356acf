"""What a comparison finds, as frozen records that go to JSON and back."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from pydantic import SerializerFunctionWrapHandler, ValidationError, model_serializer

from medspatial.compare.accuracy_result import CochranQ, EpochVariance, ModelResult, PairedDifference, Rank
from medspatial.compare.arm_result import ArmContrast, Causes, Consistency, Grounding
from medspatial.compare.curve_result import Curve, IdealCurve, InputResult
from medspatial.compare.failure_result import Confusion, FailureCount
from medspatial.errors import InputError
from medspatial.records import Record

_OPTIONAL = ("causes", "epochs", "inputs", "ideals")


class Comparison(Record):
    """Everything ``compare`` finds in a set of scores.

    Attributes
    ----------
    metric
        The metric whose verdicts were compared; ``graded`` when they are not right or wrong.
    largest
        Size of the largest single figure of a graded metric: over 1 for a number of words, or for BLEU, whose
        figures are hundredths. None for others, and in files of earlier versions.
    models, arms, categories
        In the order of the tables: models by falling accuracy in the reference arm. Questions without a
        category count in each of their tags.
    results
        One entry per model and arm.
    pairs, category_pairs
        Paired differences in the reference arm; Holm and BH run over each table of pairs.
    causes
        What the arms that touch the evidence say; None where none was run.
    inputs, ideals
        What inputs hold of the questions, where that was looked into; empty elsewhere.
    epochs
        Of arms that were run several times; empty where none was.
    mde
        Largest minimum detectable effect among ``pairs``: smaller differences than this may well
        be missed by this table. None where no difference can be found.
    """

    metric: str
    graded: bool = False
    largest: float | None = None
    confidence: float
    resamples: int
    seed: int
    reference_arm: str
    models: tuple[str, ...]
    arms: tuple[str, ...]
    categories: tuple[str, ...]
    n_questions: int
    n_patients: int
    results: tuple[ModelResult, ...]
    pairs: tuple[PairedDifference, ...] = ()
    category_pairs: tuple[PairedDifference, ...] = ()
    cochran_q: tuple[CochranQ, ...] = ()
    ranks: tuple[Rank, ...] = ()
    mde: float | None = None
    contrasts: tuple[ArmContrast, ...] = ()
    consistency: tuple[Consistency, ...] = ()
    grounding: tuple[Grounding, ...] = ()
    causes: Causes | None = None
    failures: tuple[FailureCount, ...] = ()
    confusions: tuple[Confusion, ...] = ()
    curves: tuple[Curve, ...] = ()
    inputs: tuple[InputResult, ...] = ()
    ideals: tuple[IdealCurve, ...] = ()
    epochs: tuple[EpochVariance, ...] = ()

    @model_serializer(mode="wrap")
    def _without_what_was_not_asked(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what was not looked into, so that such files stay as they were."""
        data: dict[str, Any] = handler(self)
        return {name: value for name, value in data.items() if name not in _OPTIONAL or value}

    def result(self, model: str, arm: str | None = None) -> ModelResult:
        """Return one model's figures in one arm (the reference arm by default).

        Raises
        ------
        KeyError
            No such model and arm.
        """
        arm = arm or self.reference_arm
        for result in self.results:
            if (result.model, result.arm) == (model, arm):
                return result
        raise KeyError(f"no result of model {model!r} in arm {arm!r}")

    def _repr_html_(self) -> str:
        """The models with their figures as a notebook shows them."""
        heads = ["model", "arm", "share", "interval", "questions", "patients"]
        rows = "".join(_row_html(one) for one in self.results)
        patients = f"{self.n_patients} patient{'s' if self.n_patients != 1 else ''}"
        said = f"{self.metric}: {self.n_questions} questions of {patients}"
        caption = f"<caption>{escape(said)}; intervals {self.confidence:.0%} by patient</caption>"
        return f"<table>{caption}<tr>{''.join(f'<th>{one}</th>' for one in heads)}</tr>{rows}</table>"


def _row_html(result: ModelResult) -> str:
    found = result.overall
    share = "" if found.accuracy is None else f"{found.accuracy:.1%}"
    span = "" if found.interval is None else f"{found.interval.low:.1%} to {found.interval.high:.1%}"
    cells = (result.model, result.arm, share, span, str(found.n), str(found.clusters))
    return f"<tr>{''.join(f'<td>{escape(one)}</td>' for one in cells)}</tr>"


def read_comparison(path: str | Path) -> Comparison:
    """Read a comparison that was written as JSON.

    Raises
    ------
    InputError
        No such file, or not a comparison of this version.
    """
    path = Path(path)
    try:
        return Comparison.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "file"
        raise InputError(f"{path}: not a comparison: field '{field}': {first['msg']}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise InputError(f"{path}: cannot be read: {reason}") from None
