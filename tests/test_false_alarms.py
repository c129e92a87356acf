"""The short form of the count of false alarms: untouched phantoms, some of which raised one."""

import pytest

from false_alarms import claims, phantoms


@pytest.mark.parametrize(
    "seed", [5083, 5150, 6255, 30021, 30096, 30156, 30329, 63054, 64016, *range(4000, 4006)]
)
def test_an_untouched_patient_raises_no_alarm(seed):
    """The first were alarms once.

    Lung bases one before the other at a tilted end, a spleen above a short scan, spleen or liver in the place
    of a removed kidney, an outermost step that nothing precedes, kidneys at heights 60 mm apart, a
    spleen of few voxels across.
    """
    (looked,) = phantoms(seed, 1)
    assert claims(looked) == []


def test_a_claim_is_counted():
    (looked,) = phantoms(5150, 1)
    broken = looked.found.diagnosis.model_copy(update={"set_aside": {"liver": "liver at -900 HU"}})
    found = type(looked.found)(broken, looked.found.data)
    assert claims(type(looked)(looked.name, found)) == ["set aside: liver at -900 HU"]
