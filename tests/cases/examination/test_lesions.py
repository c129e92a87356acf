"""Lesions away from the organ of their name: each limit from both sides."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.cases.examination.contradiction import LARGE_MM
from medspatial.cases.examination.lesions import AWAY_MM, check_lesions
from medspatial.cases.examination.samples import MaskSample


def points_of(name, *xs, ml=10.0, cut=(False, False, False)):
    """A structure of points on a line along x."""
    points = np.array([(x, 0.0, 0.0) for x in xs])
    return name, MaskSample(name, len(points), ml, points, None, cut, np.full(3, 4.0))


KIDNEY = points_of("kidney_left", 0.0, ml=150.0)


def look(*samples):
    return check_lesions(dict(samples))


@pytest.mark.parametrize(("gap", "away"), [(AWAY_MM, False), (AWAY_MM + 0.5, True)])
def test_a_lesion_within_the_gap_belongs_to_its_organ(gap, away):
    contradictions, aside = look(KIDNEY, points_of("kidney_tumor", gap))
    assert contradictions == []
    assert bool(aside) is away
    if away:
        assert aside["kidney_tumor"] == (
            f"100% of the kidney_tumor lies {gap:.0f} mm or more from any kidney: "
            "a mask of the organ may be missing there"
        )


def test_a_chain_of_pieces_joins_a_lesion_to_its_organ():
    assert look(KIDNEY, points_of("kidney_tumor", 30, 60, 90, 120))[1] == {}
    aside = look(KIDNEY, points_of("kidney_tumor", 30, 60, 91, 121))[1]
    assert aside["kidney_tumor"].startswith("50% of the kidney_tumor lies 91 mm or more from any kidney")


@pytest.mark.parametrize(("stray", "away"), [(1, False), (2, True)])
def test_a_small_share_may_be_a_metastasis(stray, away):
    """One point of ten is under the limit of a fifth, two are not."""
    places = [*([1.0] * (10 - stray)), *([200.0] * stray)]
    aside = look(KIDNEY, points_of("kidney_tumor", *places))[1]
    assert bool(aside) is away
    assert not away or aside["kidney_tumor"].startswith("20% of the kidney_tumor lies 200 mm")


@pytest.mark.parametrize(("ml", "exchanged"), [(150.0, False), (151.0, True)])
def test_a_lesion_larger_than_its_organ_is_a_matter_of_names(ml, exchanged):
    contradictions, aside = look(KIDNEY, points_of("kidney_tumor", 100.0, ml=ml))
    assert bool(contradictions) is exchanged
    assert bool(aside) is not exchanged
    if exchanged:
        (one,) = contradictions
        assert one.text.endswith("from any kidney, and it is larger (151 against 150 ml)")
        assert (one.axis, one.names, one.mm) == ("lesion", ("kidney_tumor", "kidney_left"), 100)


def test_a_near_exchange_is_large_all_the_same():
    (one,) = look(KIDNEY, points_of("kidney_tumor", AWAY_MM + 0.5, ml=200))[0]
    assert one.mm == LARGE_MM + 1


def test_both_kidneys_are_the_organ_and_count_together():
    other = points_of("kidney_right", 100.0, ml=50.0)
    assert look(KIDNEY, other, points_of("kidney_tumor", 110.0)) == ([], {})
    contradictions, aside = look(KIDNEY, other, points_of("kidney_tumor", 150.0, ml=190))
    assert contradictions == []
    assert aside["kidney_tumor"].startswith("100% of the kidney_tumor lies 50 mm or more")


@pytest.mark.parametrize("axis", range(3))
def test_a_cut_lesion_may_belong_to_what_lies_outside(axis):
    cut = tuple(one == axis for one in range(3))
    assert look(KIDNEY, points_of("kidney_tumor", 100.0, cut=cut)) == ([], {})


def test_only_the_organ_of_its_own_name_counts():
    assert look(points_of("liver", 0.0, ml=1500), points_of("kidney_tumor", 100.0)) == ([], {})
    assert "liver_tumor" in look(points_of("liver", 0.0, ml=1500), points_of("liver_tumor", 100.0))[1]
    lobes = points_of("lung_upper_lobe_left", 0.0, ml=900)
    assert "lung_nodule" in look(lobes, points_of("lung_nodule", 100.0, ml=1))[1]


@pytest.mark.parametrize(
    ("tubes", "lesion"),
    [("liver_vessels", "liver_tumor"), ("lung_vessels", "lung_nodule"), ("lung_airways", "lung_nodule")],
)
@pytest.mark.parametrize("ml", [5.0, 500.0])
def test_vessels_and_airways_of_an_organ_are_not_the_organ(tubes, lesion, ml):
    """A metastasis larger than the vessels that are labelled, and far from them, contradicts nothing."""
    assert look(points_of(tubes, 0.0, ml=50), points_of(lesion, 100.0, ml=ml)) == ([], {})


def test_a_lesion_of_one_side_belongs_to_the_organ_too():
    assert look(KIDNEY, points_of("kidney_cyst_left", AWAY_MM)) == ([], {})
    aside = look(KIDNEY, points_of("kidney_cyst_left", 100.0))[1]
    assert aside["kidney_cyst_left"].startswith(
        "100% of the kidney_cyst_left lies 100 mm or more from any kidney"
    )
