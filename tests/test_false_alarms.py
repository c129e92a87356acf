"""The short form of the count of false alarms: untouched phantoms whose claims were false once, and some more."""

import pytest

from false_alarms import claims, phantoms


@pytest.mark.parametrize("seed", [5083, 5150, *range(4000, 4008)])
def test_an_untouched_patient_raises_no_alarm(seed):
    """Two of them are tilted: their lung bases lie one before the other where the scan ends."""
    (looked,) = phantoms(seed, 1)
    assert claims(looked) == []


def test_a_claim_is_counted():
    (looked,) = phantoms(5150, 1)
    broken = looked.found.diagnosis.model_copy(update={"set_aside": {"liver": "liver at -900 HU"}})
    found = type(looked.found)(broken, looked.found.data)
    assert claims(type(looked)(looked.name, found)) == ["set aside: liver at -900 HU"]
