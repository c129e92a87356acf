"""Cases that tell each reader from a broken one: the short form of ``benchmarks/language_mutants.py``."""

from __future__ import annotations

import pytest

from language_mutants import MUTANTS, caught, corpus, mutated, sound_verdicts
from medspatial.language.sides import find_sides


@pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{one.module}.{one.name}" for one in MUTANTS])
def test_the_corpus_catches_a_broken_reader(mutant):
    assert caught(mutant, mutant.rules) > 0, mutant.what


def test_a_mutant_is_there_and_gone_again():
    sides = next(one for one in MUTANTS if one.name == "_find" and one.module == "sides")
    assert [one.value for one in find_sides("left")] == ["left"]
    with mutated(sides):
        assert [one.value for one in find_sides("left")] == ["right"]
    assert [one.value for one in find_sides("left")] == ["left"]


def test_a_sound_reader_is_caught_by_nothing():
    same = MUTANTS[0]._replace(change=lambda reader: reader)
    assert caught(same, ("r9",), first=False) == 0
    assert len(sound_verdicts("r9")) == len(corpus("r9")) > 50
