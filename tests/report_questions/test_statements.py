from __future__ import annotations

from stated import statements

from medspatial.cases.ct_rate import Report
from medspatial.report_questions import read_report


def test_a_statement_quotes_its_clause():
    text = "A nodule in the left lung; a cyst in the right kidney."
    nodule, cyst = statements(text)
    assert (nodule.text, nodule.sides) == ("A nodule in the left lung", {"left"})
    assert "cyst" in cyst.text
    assert "nodule" not in cyst.text


def test_an_impression_sums_up_where_it_gives_no_more_than_lungs():
    for impression, sums_up in (
        ("Nodules in both lungs.", True),
        ("Nodules in the right upper lobe.", False),
        ("Nodules of 5 mm in both lungs.", False),
        ("A nodule in the left lung.", False),
    ):
        (one,) = statements("", impression)
        assert one.sums_up is sums_up, impression
    (one,) = statements("Nodules in both lungs.")
    assert not one.sums_up


def test_kinds_that_are_counted():
    nodule, emphysema = statements("A nodule in the left lung. Emphysema in the left lung.")
    assert nodule.counted
    assert not emphysema.counted


def test_only_what_is_understood_counts_as_read():
    reading = read_report(Report("c", "A nodule in the left lung. No mass. There may be a cyst.", ""))
    assert [one.finding.name for one in reading.read()] == ["nodule"]
    assert len(reading.statements) == 3
