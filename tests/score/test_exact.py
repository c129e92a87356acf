from __future__ import annotations

import pytest

from medspatial.score import metric


@pytest.mark.parametrize(
    ("prediction", "answer", "exact", "naive"),
    [
        ("Right kidney.", "right kidney", True, True),
        ("right sided", "right-sided", True, False),
        ("2.3 cm", "23 cm", False, True),
        ("-850 HU", "850 HU", False, True),
        ("left kidney", "right kidney", False, False),
        ("The right kidney", "right kidney", False, False),
    ],
)
def test_both_rules(row, prediction, answer, exact, naive):
    given = [row(prediction, answer=answer)]
    assert metric("exact").score(given)[0].correct is exact
    assert metric("exact_naive").score(given)[0].correct is naive


def test_blank_is_unanswered_and_never_equal(row):
    score = metric("exact").score([row(" . ", answer="...")])[0]
    assert score.status == "unanswered"
    assert score.correct is False
    assert metric("exact_naive").score([row(" . ", answer="...")])[0].correct is True


def test_the_reason_shows_both_texts_shortened(row):
    score = metric("exact").score([row("x" * 200, answer="left")])[0]
    assert score.reason is not None
    assert score.reason.endswith("is not 'left'")
    assert len(score.reason) < 100
