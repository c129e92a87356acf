"""The examples in docstrings of all modules run and give what they say."""

import doctest
import pkgutil
import sys
from importlib import import_module

import pytest

import medspatial
from medspatial.errors import MissingPackageError


def modules():
    """Names of all modules whose source holds an example."""
    found = []
    for one in pkgutil.walk_packages(medspatial.__path__, "medspatial."):
        spec = one.module_finder.find_spec(one.name)
        if spec.loader.get_source(one.name) and ">>> " in spec.loader.get_source(one.name):
            found.append(one.name)
    return found


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_a_module_run(name):
    try:
        module = import_module(name)
    except (ImportError, MissingPackageError) as error:
        pytest.skip(f"{name}: {error}")
    found = doctest.testmod(sys.modules[module.__name__], optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted
    assert found.failed == 0
