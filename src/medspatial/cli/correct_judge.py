"""``medspatial correct-judge``: a judge's accuracies with people's verdicts as the yardstick."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer


def correct_judge_command(
    judged: Annotated[Path, typer.Option("--judged", help="The judge's scores on all answers (.jsonl).")],
    human: Annotated[Path, typer.Option("--human", help="People's scores on some of them (.jsonl).")],
    confidence: Annotated[float, typer.Option(min=0.5, max=0.9999, help="Of the intervals.")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Correct a judge's accuracies by people's verdicts on some answers, with valid intervals.

    Example: `medspatial correct-judge --judged judge.jsonl --human people.jsonl`; people's verdicts
    become scores with `medspatial score -m verdicts --set path=FILE`
    """
    from medspatial.cli.rows import load_rows
    from medspatial.cli.show import listing
    from medspatial.compare.prediction_powered import correct_judge
    from medspatial.records import Score

    found = correct_judge(load_rows(judged, Score), load_rows(human, Score), confidence=confidence)
    rows: list[dict[str, Any]] = []
    for one in found:
        if as_json:
            rows.append(asdict(one) | {"interval": one.interval.model_dump()})
            continue
        rows.append(
            {
                "model": one.model,
                "judge alone": f"{one.by_judge:.1%}",
                "people alone": f"{one.by_people:.1%}",
                "corrected": f"{one.accuracy:.1%}",
                f"{confidence:.0%} interval": f"{one.interval.low:.1%} to {one.interval.high:.1%}",
                "width against people alone": f"{one.gain:.2f}",
                "questions": one.judged + one.human,
                "by people": one.human,
                "patients": one.patients,
            }
        )
    listing(rows, as_json=as_json)
