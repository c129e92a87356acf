"""One mutant per reader of `medspatial.language`, and how many of our cases tell it from the reader.

    python benchmarks/language_mutants.py [--full]

A mutant breaks one reader in one way: left and right exchanged, negation, unit or bound dropped, a pattern
that matches nothing. It is caught where a case of the corpus (``tests/score/data``) that was judged as
written before is judged otherwise. Without ``--full`` it stops at the first such case.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import medspatial.language
import medspatial.score.structured
from medspatial.records import Prediction
from medspatial.score import metric

DATA = Path(__file__).parents[1] / "tests" / "score" / "data"
NEVER = re.compile("(?!)" + "()" * 9)  # matches nothing, and has the groups that replacements name


class Mutant(NamedTuple):
    """A global of a module, what it becomes, and the rules whose cases are tried first."""

    module: str
    name: str
    change: Callable[[Any], Any]
    what: str
    rules: tuple[str, ...]


def never(module: str, name: str, what: str, *rules: str) -> Mutant:
    """Return the mutant whose pattern matches nothing."""
    return Mutant(module, name, lambda _: NEVER, what, rules)


def emptied(module: str, name: str, what: str, *rules: str) -> Mutant:
    """Return the mutant whose table holds nothing."""
    return Mutant(module, name, lambda old: type(old)(), what, rules)


def exchanged(values: dict[str, str]) -> Callable[[Any], Any]:
    """Return a change of a reader that takes one value for another."""

    def change(read: Any) -> Any:
        def wrong(*given: Any) -> Any:
            return tuple(one._replace(value=values.get(one.value, one.value)) for one in read(*given))

        return wrong

    return change


def constant(value: Any) -> Callable[[Any], Any]:
    """Return a change of a function into one that always says the same."""
    return lambda _: lambda *_given, **_named: value


MUTANTS: tuple[Mutant, ...] = (
    Mutant("sides", "_find", exchanged({"left": "right"}), "takes left for right", ("r9", "r3")),
    never("sides", "_NO_SIDE", "takes \"that's right\" for a side", "r9"),
    never("sides", "_ANATOMY", "no side from anatomy", "r9"),
    Mutant("image_sides", "_has_view", constant(False), "the image's side is the patient's", ("r9",)),
    never("statements", "NEGATION", "hears no negation", "r3", "r13"),
    never("statements", "COMPARED", "takes what is compared against for the answer", "r4"),
    never("statements", "CONDITION", "hears no condition", "r5", "r7", "r13"),
    never("statements", "STATES", "does not know that normal denies", "r3"),
    never("statements", "WEAK", "hears no hedge", "r6"),
    never("commitments", "CORRECTION", "hears no correction", "r2"),
    never("commitments", "FINAL_MARKER", "hears no final answer", "r2"),
    never("commitments", "_OR", "takes alternatives for answers", "r5"),
    never("refusals", "REFUSAL", "hears no refusal", "r7"),
    never("refusals", "_REFUSES", "takes \"no, I cannot tell\" for no", "r7", "r13", "rounds"),
    Mutant("quantities", "parse_unit", lambda read: lambda _: read("mm"), "drops the unit", ("r10",)),
    never("quantities", "_BOUND_BEFORE", "takes a bound for a figure", "r10"),
    never("quantities", "_RANGE", "reads no range", "r10"),
    never("quantities", "_IGNORED_BEFORE", "counts numbers of images", "r10"),
    Mutant("units", "_ALL", lambda old: old[:1] + old[2:], "does not know the centimetre", ("r10",)),
    emptied("things", "GRID", "takes pixels for millimetres", "r10"),
    never("counts", "_ZERO", "does not know that none is 0", "r10"),
    never("measures", "_FORMER", "takes a former figure for the present", "r10"),
    never("measures", "_AS_DISTANCE", "takes a distance for a size", "r10"),
    Mutant(
        "relations", "_find", exchanged({"anterior": "posterior"}),
        "takes front for back", ("r12",),
    ),
    never("relation_words", "_NOT_RELATION", "takes \"the above\" for a relation", "r12"),
    emptied("roles", "_PATTERNS", "does not turn exchanged roles round", "r12"),
    Mutant("comparison", "_equal", constant(True), "takes every comparison for equality", ("r4",)),
    never("structures", "_LANDMARK", "takes a landmark for the place", "r8"),
    never("structures", "_LEVEL", "does not read \"L 2\"", "r8"),
    Mutant(
        "polarity", "_led", lambda led: lambda match: led(match)._replace(value=not led(match).value),
        "turns yes and no round", ("r13",),
    ),
    never("contact", "_BETWEEN", "does not read a plane between two structures", "r13", "rounds"),
    never("proposition", "_MEGALY", "does not know splenomegaly", "r13"),
    emptied("properties", "AXES", "knows no opposites", "r13", "r14"),
    never("properties", "_COMPOUND", "does not read \"posterobasal\"", "r8"),
    never("properties", "_LOBE", "takes a lobe's name for a zone of it", "r8"),
    never("comparison", "_TIMES_AS", "takes \"twice as large as\" for both", "r4"),
    Mutant("options", "_by_interval", constant([]), "reads no option that is a class of figures", ("r11",)),
    never("letters", "_BARE", "reads no bare letter", "r11"),
    never("letters", "_NOT_LETTER", "takes \"grade B\" for an option", "r11"),
    Mutant("options", "_by_figure", constant([]), "reads no option by its figure", ("r11", "r10")),
    Mutant("closed_sets", "_sides", constant(None), "knows no options that are sides", ("r11", "r9")),
    Mutant("marked", "_by_line", constant(None), "reads no marks per option", ("r11", "rounds")),
    never("envelope", "_MARKS", "takes thoughts for the answer", "rounds", "r1"),
    never("markup", "_TAG", "takes tags for words", "rounds", "r1"),
    never("figures", "_POWER", "reads no power of ten", "rounds", "r10"),
    emptied("fields", "ANSWER_KEYS", "opens no JSON", "r1", "rounds"),
    never("unwrap", "_BOXED", "opens no box", "r1"),
    Mutant("foreign", "_word", constant(""), "reads no word of another language", ("rounds",)),
    Mutant("stems", "stem", lambda _: lambda word: word, "knows no plural", ("r13", "r12")),
    Mutant("segments", "CONTRAST", lambda _: frozenset(), "does not stop at \"but\"", ("r3", "r4")),
)  # fmt: skip
"""Readers of replies. Those of questions (asked), of short answers, of letters in options, and false premises
have cases of their own: see ``tests/language``."""


def modules() -> list[Any]:
    """Return all modules that read: those of the room, and the matchers."""
    return [
        importlib.import_module(f"{package.__name__}.{one.name}")
        for package in (medspatial.language, medspatial.score.structured)
        for one in pkgutil.iter_modules(package.__path__)
    ]


def forget() -> None:
    """Empty the caches of all readers."""
    for module in modules():
        for value in vars(module).values():
            if hasattr(value, "cache_clear") and not value.__name__.startswith(
                ("_tables", "sided", "lesions")
            ):
                value.cache_clear()


@contextmanager
def mutated(mutant: Mutant) -> Iterator[None]:
    """Put a mutant in its reader's place, wherever that was imported."""
    home = importlib.import_module(f"medspatial.language.{mutant.module}")
    sound = getattr(home, mutant.name)
    broken = mutant.change(sound)
    places = [module for module in modules() if vars(module).get(mutant.name) is sound]
    for module in places:
        setattr(module, mutant.name, broken)
    forget()
    try:
        yield
    finally:
        for module in places:
            setattr(module, mutant.name, sound)
        forget()


@cache
def corpus(name: str) -> tuple[Prediction, ...]:
    """Return the rows of one rule's cases, or of both rounds of replies."""
    if name == "rounds":
        rows = []
        for file in ("reply_round", "reply_round_2", "reply_round_3"):
            written = json.loads((DATA / f"{file}.json").read_text(encoding="utf-8"))
            rows += [
                Prediction(id=f"{file}-{n}", case_id="c", prediction=reply, **written["questions"][key])
                for n, (_, key, reply, _) in enumerate(written["replies"])
            ]
        return tuple(rows)
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    return tuple(
        Prediction(case_id="c", **{k: v for k, v in case.items() if k != "verdict"}) for case in cases
    )


def verdicts(names: Sequence[str]) -> Iterator[tuple[str, str, bool | None]]:
    """Yield id and verdict of the rows of some corpora, one by one."""
    structured = metric("structured")
    for name in names:
        for row in corpus(name):
            score = structured.score([row])[0]
            yield row.id, score.status, score.correct


@cache
def sound_verdicts(name: str) -> tuple[tuple[str, str, bool | None], ...]:
    """Return the verdicts of the readers as they are."""
    return tuple(verdicts([name]))


def caught(mutant: Mutant, names: Sequence[str], *, first: bool = True) -> int:
    """Return how many cases of some corpora tell the mutant from its reader."""
    expected = [one for name in names for one in sound_verdicts(name)]
    count = 0
    with mutated(mutant):
        for found, wanted in zip(verdicts(names), expected, strict=False):
            count += found != wanted
            if count and first:
                break
    return count


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="count over the whole corpus")
    options = parser.parse_args()
    whole = [f"r{number}" for number in range(1, 15)] + ["rounds"]
    alive = 0
    for mutant in MUTANTS:
        count = caught(mutant, whole if options.full else mutant.rules, first=not options.full)
        alive += not count
        print(f"{mutant.module}.{mutant.name}: {mutant.what}: {count or 'NOT CAUGHT'}", flush=True)
    print(f"{len(MUTANTS) - alive} of {len(MUTANTS)} mutants are caught")
    return alive and 1


if __name__ == "__main__":
    sys.exit(main())
