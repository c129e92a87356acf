from __future__ import annotations

from stated import statements

NODULE = "A nodule is observed in the right upper lobe."


def _read(text, impression=""):
    return [(one.finding.name, one.status, one.sides) for one in statements(text, impression)]


def test_sentences_are_read_one_by_one():
    assert _read(f"{NODULE} No effusion is observed on the left.") == [
        ("nodule", "read", {"right"}),
        ("pleural_effusion", "denied", {"left"}),
    ]
    assert _read("") == []


def test_what_has_become_of_a_part_lies_where_the_whole_lies_and_is_unclear():
    *_, last = statements(
        "Ground glass densities are observed in the right upper lobe. They tend to form consolidation."
    )
    assert (last.finding.name, last.status, last.sides) == ("consolidation", "unclear", {"right"})


def test_a_similar_one_is_another_of_the_kind_before():
    *_, last = statements(f"{NODULE} A similar appearance is observed in the left lung.")
    assert (last.finding.name, last.status, last.sides) == ("nodule", "unclear", {"left"})
    *_, last = statements(f"{NODULE} No similar nodule is observed in the left lung.")
    assert (last.status, last.sides) == ("denied", {"left"})


def test_a_section_does_not_go_on_in_the_next():
    found = statements(NODULE, "A similar appearance is observed in the left lung.")
    assert [one.finding.name for one in found] == ["nodule"]


def test_what_is_asked_in_brackets_is_hedged():
    text = "A linear density is observed in the left lower lobe (atelectasis?)."
    (one,) = [one for one in statements(text) if one.finding.name == "atelectasis"]
    assert (one.status, one.sides) == ("hedged", {"left"})
