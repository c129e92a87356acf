"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import medspatial.language
import medspatial.score

HEAVY = ("sbert", "alignscore.scorer", "alignscore.metric", "alignscore.checkpoint")
NAMES = [
    module.name
    for package in (medspatial.language, medspatial.score)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
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
    assert count >= 50
