"""A first study file for given data: every default written out and explained, further models as comments."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from medspatial.cases import find_cases
from medspatial.errors import InputError
from medspatial.exchange.tables import table_rows
from medspatial.files import write_text
from medspatial.study.schema import SCHEMA_FILE

_TEMPLATE = """\
# yaml-language-server: $schema={schema}
# `medspatial study check {name}` says what is missing, `medspatial run {name} -o runs/{stem}` runs it.
# Every field: `medspatial study fields`.
title: {title}

# {found}
cases:
  path: {cases}
  # label_map: totalsegmentator_v2   # forces what mask values mean; by default files say it
  # mirrored: true                   # adds the mirrored copy of each case (subtype L6)

questions:
{questions}
models:
  # Baselines need no weights: guessing, the commonest answer, the reference itself, the first words.
  - random
  - prior
  - oracle
  - echo
  # A checkpoint in a folder; `medspatial models list` names all, `medspatial models fetch` brings one.
  # - {{ kind: m3d_lamed, path: weights/M3D-LaMed, device: auto }}
  # A server of your own (vLLM, SGLang, ...), and one that costs: prices in US dollars per million tokens.
  # - {{ kind: openai, name: mine, model: NAME, base_url: "http://127.0.0.1:8000/v1" }}
  # - {{ kind: openai, name: theirs, model: NAME, prices: [2.5, 10], budget: 5 }}   # key: OPENAI_API_KEY

# Control arms show who looks at the image: text_only, blank, wrong_patient, mirrored, shuffled_slices,
# permuted_options, reworded.
arms: [standard]

metrics:
  - structured # reads the answer out of a sentence, by rules
  - exact
  # - {{ name: "judge:gemini:NAME", prices: [0.3, 2.5], budget: 2 }}

compare:
  metric: structured
  confidence: 0.95
  resamples: 10000

report:
  max_pictures: 300

# People answer too: `medspatial read RUN/readers.yaml` asks them, the next run takes up what they answered.
# reading:
#   readers: [anna, ben, carla]
#   count: 60   # questions, drawn evenly over the subtypes; all without it
"""
_BUILT = """\
  # subtypes: [laterality, D2]   # ids or categories of `medspatial questions subtypes`; all without it
  per_subtype: 2
  forms: [open] # choice gives options, so that chance is known
  balance: true # leaves out what can be guessed from the texts
"""


def start_study(data: str | Path, output: str | Path, *, cases: str | Path | None = None) -> Path:
    """Write a study file for a folder of CT, a file of cases, or a file of questions.

    Parameters
    ----------
    data
        A folder, or a ``.jsonl`` or ``.csv`` file; one whose rows have a question is a file of questions.
    output
        The study file to write; paths in it start from its folder.
    cases
        Of a file of questions: folder or file of their cases. By default ``cases.jsonl`` or ``cases.csv``
        beside the file, else its folder.

    Raises
    ------
    InputError
        No such data, data of another kind, or an output that is there already.
    """
    data, output = Path(data), Path(output)
    if output.exists():
        raise InputError(f"{output}: is there already; name another file, or remove it")
    if not data.exists():
        raise InputError(f"{data}: no such folder or file")
    if data.is_file() and data.suffix not in {".jsonl", ".csv"}:
        raise InputError(f"{data}: must be a folder of CT, or a file of cases or questions (.jsonl, .csv)")
    asks = data.is_file() and _asks(data)
    if cases is not None and not asks:
        raise InputError(f"--cases {cases}: is for a file of questions; {data} is one of cases")
    source = data if not asks else Path(cases) if cases is not None else _cases_beside(data)
    questions = f"  path: {_text(_from(output, data))}\n" if asks else _BUILT
    text = _TEMPLATE.format(
        schema=SCHEMA_FILE,
        name=output.name,
        stem=output.stem,
        title=_text(f"Spatial questions from {source.resolve().name}"),
        found=_found(source),
        cases=_text(_from(output, source)),
        questions=questions,
    )
    write_text(output, text)
    return output


def _asks(path: Path) -> bool:
    """Say whether the rows of a file are questions."""
    first = next(table_rows(path), None)
    if first is None:
        raise InputError(f"{path}: has no rows")
    return "question" in {str(name).strip().lower() for name in first[1]}


def _cases_beside(questions: Path) -> Path:
    listed = (questions.parent / name for name in ("cases.jsonl", "cases.csv"))
    return next((path for path in listed if path.is_file()), questions.parent)


def _found(source: Path) -> str:
    try:
        found = find_cases(source)
    except InputError as error:
        return f"No case was found ({' '.join(str(error).split())}): name the folder of the CT here."
    refused = f", {len(found.refused)} cannot be used" if found.refused else ""
    return f"Found here: {len(found.cases)} cases, {found.patients} patients{refused}."


def _from(output: Path, path: Path) -> str:
    """Return a path as the study file has it: relative below its folder, else absolute."""
    folder, path = output.resolve().parent, path.resolve()
    return os.path.relpath(path, folder) if path.is_relative_to(folder) else str(path)


def _text(text: str) -> str:
    """Return text as one YAML scalar, quoted where that is needed."""
    return yaml.safe_dump(text, allow_unicode=True, width=10_000).removesuffix("...\n").strip()
