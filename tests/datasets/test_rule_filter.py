from __future__ import annotations

import pytest

from medspatial.cases.ct_rate import Report
from medspatial.datasets.rule_filter import rule_verdict


@pytest.mark.parametrize(
    ("question", "answer", "spatial"),
    [
        ("Where is the nodule?", "In the left lung.", True),
        ("On which side is the effusion?", "right", True),
        ("Which is larger, the cyst of the left or of the right kidney?", "the left one", True),
        ("How large is the nodule?", "5 mm", False),
        ("What was detected?", "Pneumonia", False),
        ("Is there pneumonia?", "No", False),
        ("Were masses seen in either lung?", "No, none were seen in either lung.", False),
        ("Which central airways are open?", "The trachea and both main bronchi.", False),
        ("Which lobes are mentioned?", "The right upper lobe.", False),
        ("Does it extend to the left lung?", "No, only in the right lower lobe.", True),
        ("Is the effusion on one side or on both?", "Both sides.", True),
        ("Where is the hernia?", "At the lower end of the esophagus.", True),
    ],
)
def test_what_needs_a_sense_of_space(question, answer, spatial):
    assert rule_verdict(question, answer).spatial is spatial


def test_support_comes_from_the_report():
    report = Report("x", "A nodule in the left lung. Effusion on the right.")
    assert rule_verdict("Where is the nodule?", "In the left lung.", report).supported
    wrong = rule_verdict("Where is the nodule?", "In the right lung.", report)
    assert (wrong.supported, wrong.spatial) == (False, True)
    assert rule_verdict("Where is the nodule?", "In the left lung.").supported is None
