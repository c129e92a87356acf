"""One corpus of cases per reader: phrases as reports and replies have them, judged by medical English."""

from __future__ import annotations

import pytest
from corpus_readers import FOLDER, READERS, corpus

CASES = [(name, *case) for name in READERS for case in [(tuple(one[:-1]), one[-1]) for one in corpus(name)]]


@pytest.mark.parametrize(
    ("name", "given", "expected"), CASES, ids=lambda one: None if one == {} else str(one)
)
def test_a_phrase_is_read_as_it_is_meant(name, given, expected):
    assert READERS[name](*given) == expected


def test_each_corpus_has_its_reader_and_says_nothing_twice():
    assert sorted(READERS) == sorted(path.stem for path in FOLDER.glob("*.jsonl"))
    for name in READERS:
        given = [repr(one[:-1]) for one in corpus(name)]
        assert len(given) == len(set(given)) >= 40, name
