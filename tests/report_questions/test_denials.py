from __future__ import annotations

import pytest

from medspatial.report_questions.chunks import read_chunks
from medspatial.report_questions.clauses import read_sentence
from medspatial.report_questions.denials import not_seen_before, plainly_denied, qualified
from medspatial.report_questions.sentences import Sentence


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("No nodule was seen in the right lung", True),
        ("There is no effusion", True),
        ("A nodule was not observed in the left lung", True),
        ("No nodule was seen and there is an effusion", False),
        ("A nodule is seen in the right lung without effusion", False),
    ],
)
def test_a_plain_denial_states_nothing(text, plain):
    assert plainly_denied(text, read_chunks(text)) is plain


def test_what_was_not_there_earlier_is_no_denial():
    assert not_seen_before("a nodule that was not seen in the previous examination")
    assert not not_seen_before("no nodule is seen")


def test_a_denial_of_some_only():
    assert qualified("No enlarged lymph nodes", "lymph_node")
    assert not qualified("No mass or nodule", "nodule")
    assert qualified("No mass or nodule", "lymph_node")


def test_none_at_the_end_denies_what_stands_before():
    text = "Effusion on the left; nodules: none"
    found = read_sentence(Sentence("findings", 0, 0, len(text), text))
    assert [(one.finding.name, one.status) for one in found] == [
        ("pleural_effusion", "read"),
        ("nodule", "denied"),
    ]
