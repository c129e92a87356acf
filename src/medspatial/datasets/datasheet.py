"""What stands beside a frozen set's rows: ``eval.yaml`` for the Hub, and a datasheet made from facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from medspatial.records import Question, assumptions_of

EVAL_FILE = "eval.yaml"
SHEET_FILE = "DATASHEET.md"
_MOST = 12


def eval_yaml(facts: Mapping[str, Any]) -> str:
    """Return the file that makes a dataset repository a benchmark: one task per split.

    See https://huggingface.co/docs/hub/eval-results. The framework is this program: the images are no part of
    the set, so no harness that reads text alone can run it.
    """
    tasks = [
        {"id": file.removesuffix(".jsonl"), "config": "default", "split": file.removesuffix(".jsonl")}
        for file in facts["files"]
    ]
    return yaml.safe_dump(
        {
            "name": facts["name"],
            "description": facts["description"] or "Spatial questions on CT.",
            "evaluation_framework": "medspatial",
            "tasks": tasks,
        },
        sort_keys=False,
        allow_unicode=True,
        width=110,
    )


def datasheet(facts: Mapping[str, Any], splits: Mapping[str, Sequence[Question]]) -> str:
    """Return a datasheet (the questions of Gebru et al. 2021) that says what the rows themselves say.

    What rows do not say (who paid, who may be asked) is left out rather than guessed.
    """
    rows = [one for part in splits.values() for one in part]
    lines = [
        f"# Datasheet of {facts['name']}",
        "",
        "Made from the rows by medspatial; it says nothing that they do not say.",
        "",
        "## Composition",
        "",
        f"- {len(rows)} questions about {len({one.case_id for one in rows})} cases of "
        f"{len({one.patient_id for one in rows})} patients; no images, no reports",
        *_parts(splits),
        f"- {sum(bool(one.options) for one in rows)} with options, "
        f"{sum(not one.options for one in rows)} open",
        f"- answers by kind: {_counts(one.answer_type for one in rows)}",
        f"- by category: {_counts(one.category or '(none)' for one in rows)}",
        "- a patient is in one split; questions of one patient are no independent observations",
        "",
        "## How the answers came about",
        "",
        f"- source: {_counts(one.source or '(not stated)' for one in rows)}",
        *_evidence(rows),
        *_assumed(rows),
        f"- quoted sentences: {'in the rows' if facts['quotes'] else 'replaced by offsets and a hash'}",
        "",
        "## Terms",
        "",
        f"- licence of the set: {facts['license']}",
        f"- licences that the rows state: {_counts(one.license or '(not stated)' for one in rows)}",
        "",
        "## Identity",
        "",
        f"- SHA-256 of each file in `dataset.json`, of all together `{facts['sha256']}`",
        f"- schema version {facts['schema_version']}, made by {facts['made_by']}",
        "- a change is a new set, in another folder",
        "",
    ]
    return "\n".join(lines)


def _parts(splits: Mapping[str, Sequence[Question]]) -> list[str]:
    return [
        f"- split `{name}`: {len(part)} questions, {len({one.patient_id for one in part})} patients"
        for name, part in splits.items()
    ]


def _evidence(rows: Sequence[Question]) -> list[str]:
    kept = [one.evidence for one in rows if one.evidence is not None]
    measured = Counter(one.measurement for one in kept if one.measurement)
    lines = [f"- with evidence: {len(kept)} of {len(rows)}"]
    if measured:
        lines.append(f"- measurements: {_counts(one for one in measured.elements())}")
    return lines


def _assumed(rows: Sequence[Question]) -> list[str]:
    return [
        f"- assumed, stated nowhere: {text} ({count} cases)" for text, count in assumptions_of(rows).items()
    ]


def _counts(names: Any) -> str:
    counts = Counter(names).most_common()
    shown = ", ".join(f"{name} {count}" for name, count in counts[:_MOST])
    return shown + (f", and {len(counts) - _MOST} more" if len(counts) > _MOST else "")
