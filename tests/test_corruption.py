"""The short form of the corruption campaign: one patient, one kind of each group."""

from __future__ import annotations

import pytest

from corruption.__main__ import run, untouched
from corruption.kinds import KINDS
from corruption.outcome import judge
from corruption.patient import phantom

EXPECTED = {
    "both-flip-x": {"refused"},
    "both-flip-z": {"refused"},
    "seg-flip-y": {"refused"},
    "ct-flip-x": {"refused"},
    "seg-shift-x-100mm": {"refused"},
    "seg-of-another-patient": {"refused", "told"},
    "both-tenfold": {"refused"},
    "both-micrometres-as-stated": {"unchanged"},
    "pixdim-of-slices-doubled": {"refused"},
    "qform-50mm-beside-sform": {"refused"},
    "both-halves-exchanged": {"refused"},
    "seg-file-ends-inside": {"told", "unchanged"},
    "seg-erased-beyond-a-slice": {"told", "unchanged", "refused"},
    "liver-is-spleen": {"refused"},
    "every-left-is-right": {"refused"},
    "ct-divided-by-1000": {"refused"},
    "ct-plus-300": {"refused"},
    "dataset-json-beside": {"unchanged"},
    "two-patients-one-mask": {"refused"},
}


@pytest.fixture(scope="module")
def patient():
    return phantom(3, spacing=7.0, lesions=False)


@pytest.fixture(scope="module")
def true(patient, tmp_path_factory):
    found = untouched(patient, tmp_path_factory.mktemp("true"))
    assert found.refused is None
    assert len(found.questions) > 100
    return found


@pytest.mark.parametrize("name", EXPECTED)
def test_what_somebody_could_tell_is_never_silent(patient, true, tmp_path, name):
    kind = next(one for one in KINDS if one.name == name)
    outcome = run(patient, kind, true, tmp_path)
    assert outcome is not None
    assert outcome.verdict in EXPECTED[name], outcome.because


def test_a_question_about_another_image_is_wrong(true):
    assert judge(true, true).verdict == "unchanged"
    assert judge(true, true, image_only=True).verdict == "silently wrong"


def test_the_campaign_is_wide():
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 40
    assert len({kind.group for kind in KINDS}) >= 8
