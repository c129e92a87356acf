"""Which questions of a benchmark inputs cannot answer at all: the second table of docs/acuity.md.

    python benchmarks/acuity_questions.py sights.jsonl PHANTOMS [--real FOLDER]... [INPUT ...]
    python benchmarks/acuity_questions.py sights.jsonl

The first form adds what the file lacks, for phantoms of seeds 1 to PHANTOMS and folders with CT and masks;
the second prints the table. Questions: two of each subtype per case, with options.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from medspatial.acuity import input_names, input_of, sights
from medspatial.cases import CaseData, find_cases, load_case, make_phantom
from medspatial.questions import Plan, questions_of
from medspatial.records import Case, Sight, read_records


def main() -> None:
    output, *rest = sys.argv[1:]
    if not rest:
        print(table(read_records(output, Sight).rows))
        return
    folders = [Path(rest[n + 1]) for n, word in enumerate(rest) if word == "--real"]
    names = [word for word in rest[1:] if word in input_names()] or list(input_names())
    path = Path(output)
    done = {(one.id, one.input) for one in read_records(path, Sight).rows} if path.exists() else set()
    with path.open("a", encoding="utf-8") as stream:
        for data in cases(int(rest[0]), folders):
            asked = questions_of(data, Plan(per_subtype=2, forms=("choice",))).questions
            for name in names:
                left = [one for one in asked if (one.id, name) not in done]
                found = list(sights(name, input_of(name), left, lambda case_id, data=data: data))
                stream.writelines(one.to_json() + "\n" for one in found)
                stream.flush()
                lost = sum(one.lost for one in found)
                print(f"{data.case.case_id}, {name}: {lost} of {len(found)} lost", flush=True)


def cases(phantoms: int, folders: list[Path]) -> Iterator[CaseData]:
    """Yield phantoms as the demo makes them, then the case of each folder."""
    for seed in range(1, phantoms + 1):
        made = make_phantom(seed)
        yield CaseData(Case(case_id=made.case_id, patient_id=made.patient_id), made.ct, made.masks)
    for folder in folders:
        found = find_cases(folder)
        yield load_case(found.cases[0], found.root)


def table(found: list[Sight]) -> str:
    """Return a Markdown table: lost questions, and by which structures."""
    lines = [
        "| input | questions | nothing left of their evidence | of these structures |",
        "|---|---|---|---|",
    ]
    for name in dict.fromkeys(one.input for one in found):
        own = [one for one in found if one.input == name]
        lost = [one for one in own if one.lost]
        structures = sorted({one.structure.partition("#")[0] for one in lost})
        share = f"{len(lost)} ({100 * len(lost) / len(own):.0f} %)"
        lines.append(f"| `{name}` | {len(own)} | {share} | {', '.join(structures) or 'none'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
