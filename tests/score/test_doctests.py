"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import medspatial.score

HEAVY = ("sbert", "alignscore.scorer", "alignscore.metric", "alignscore.checkpoint")
NAMES = [
    module.name
    for module in pkgutil.walk_packages(medspatial.score.__path__, "medspatial.score.")
    if not module.name.endswith(HEAVY)
]


@pytest.mark.parametrize("name", NAMES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    count = sum(
        bool(test.examples) for name in NAMES for test in finder.find(importlib.import_module(name), name)
    )
    assert count >= 15
