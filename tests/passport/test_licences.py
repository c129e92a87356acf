"""Terms of licences, what a set drops of its sources', and the line that the badge shows."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from medspatial.passport.badge import badge, summary, write_badge
from medspatial.passport.licences import SOURCES, Terms, licence_alarms, licence_of, sources_of
from medspatial.passport.reading import VqaSet
from medspatial.passport.result import Alarm, Guessers, Kind, Passport, Power
from medspatial.records import Case, Question


def held(*licences: str | None, case: str = "valid_1_a_1", own: str | None = None) -> VqaSet:
    rows = [
        Question(case_id=case, question=f"Q{n}?", answer="a", license=one) for n, one in enumerate(licences)
    ]
    return VqaSet("s", "f", rows, [{} for _ in rows], licence=own)


@pytest.mark.parametrize(
    ("licence", "terms"),
    [
        ("CC0-1.0", (False, False, False)),
        ("CC BY 4.0", (False, False, False)),
        ("cc-by-nc-4.0", (True, False, False)),
        ("CC BY-SA 4.0", (False, True, False)),
        ("CC-BY-NC-ND-4.0", (True, False, True)),
        ("Attribution-NonCommercial-ShareAlike", (True, True, False)),
        ("non commercial, no derivatives", (True, False, True)),
        ("MIT", (False, False, False)),
        ("SANDBOX", (False, False, False)),
        ("", (False, False, False)),
    ],
)
def test_terms_are_read_from_a_name(licence: str, terms: tuple[bool, bool, bool]) -> None:
    assert Terms.of(licence) == Terms(*terms)


@pytest.mark.parametrize(
    ("ours", "broken"),
    [
        ("CC-BY-NC-SA-4.0", None),
        ("CC-BY-4.0", "non-commercial, CC-BY-4.0 is not; share alike, CC-BY-4.0 is another licence"),
        ("CC-BY-SA-4.0", "non-commercial, CC-BY-SA-4.0 is not; share alike, CC-BY-SA-4.0 is another licence"),
        ("CC-BY-NC-4.0", "share alike, CC-BY-NC-4.0 is another licence"),
    ],
)
def test_what_ct_rate_asks_for_is_kept(ours: str, broken: str | None) -> None:
    found = licence_alarms(held(None), {}, ours)
    wanted = [] if broken is None else [(f"CT-RATE ({SOURCES['CT-RATE']}): {broken}",)]
    assert [one.examples for one in found] == wanted
    assert [one.kind for one in found] == [Kind.LICENCE] * len(wanted)


def test_a_source_that_allows_no_derivatives_is_an_alarm_whatever_the_licence() -> None:
    cases = {"c": Case(case_id="c", patient_id="p", license="CC-BY-ND-4.0", source="Ours")}
    (one,) = licence_alarms(held(None, case="c"), cases, "CC-BY-ND-4.0")
    assert one.examples == ("Ours (CC-BY-ND-4.0): no derivatives, and a set of questions may be one",)


def test_share_alike_without_non_commercial_is_no_other_licence_with_it() -> None:
    cases = {"c": Case(case_id="c", patient_id="p", license="CC-BY-SA-4.0")}
    assert licence_alarms(held(None, case="c"), cases, "CC-BY-SA-4.0") == []
    (one,) = licence_alarms(held(None, case="c"), cases, "CC-BY-NC-SA-4.0")
    assert one.examples == ("the cases (CC-BY-SA-4.0): share alike, CC-BY-NC-SA-4.0 is another licence",)


@pytest.mark.parametrize(
    ("case", "source"),
    [
        ("valid_1_a_1", "CT-RATE"),
        ("train_20_b_2.nii.gz", "CT-RATE"),
        ("kits23_case_00012", "KiTS"),
        ("case_00012", None),
        ("LIDC-IDRI-0001", "LIDC-IDRI"),
        ("my-LIDC-IDRI-0001", None),
    ],
)
def test_collections_are_told_by_whole_names(case: str, source: str | None) -> None:
    assert sources_of(held(None, case=case), {}) == ({source: SOURCES[source]} if source else {})


def test_what_the_list_of_cases_says_goes_before_the_names() -> None:
    cases = {"valid_1_a_1": Case(case_id="valid_1_a_1", patient_id="p", license="CC0-1.0", source="Copy")}
    assert sources_of(held(None), cases) == {"Copy": "CC0-1.0"}
    bare = {"valid_1_a_1": Case(case_id="valid_1_a_1", patient_id="p")}
    assert sources_of(held(None), bare) == {"CT-RATE": SOURCES["CT-RATE"]}


def test_the_licence_is_what_the_user_the_set_or_all_rows_say() -> None:
    assert licence_of(held("A", own="B"), "C") == "C"
    assert licence_of(held("A", own="B"), None) == "B"
    assert licence_of(held("A", "A"), None) == "A"
    assert licence_of(held("A", "B"), None) is None
    assert licence_of(held("A", None), None) is None


def test_rows_of_several_licences_are_each_held_against_the_source() -> None:
    (one,) = licence_alarms(held("CC-BY-4.0", "CC-BY-NC-SA-4.0", "MIT"), {}, None)
    assert one.count == 2
    assert [line.rpartition(", ")[2] for line in one.examples] == [
        "CC-BY-4.0 is another licence",
        "MIT is another licence",
    ]
    assert "(several)" in one.text
    assert licence_alarms(held(None), {}, None) == [], "what states no licence drops none; a note says so"


def passport(**facts: object) -> Passport:
    plain = {
        "name": "a <set>",
        "format": "f",
        "questions": 40,
        "cases": 8,
        "patients": 8,
        "closed": 40,
        "open": 0,
    }
    return Passport.model_validate({**plain, "patients_from": "stated", **facts})


POWER = [
    Power(icc=icc, design_effect=1, effective_n=40, smallest_difference=least)
    for icc, least in ((0.05, 0.1), (0.1, 0.206), (0.3, 0.4))
]


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({}, "40 questions · 8 patients · no alarm"),
        (
            {"guessers": Guessers(chance=33.3, closed={"first": 30.0, "longest": 61.5})},
            "40 questions · 8 patients · text only 62 % (chance 33 %) · no alarm",
        ),
        ({"power": POWER}, "40 questions · 8 patients · finds 21 points · no alarm"),
        ({"alarms": [Alarm(kind=Kind.TOLD, count=3, text="t")]}, "40 questions · 8 patients · 1 alarm"),
        (
            {"alarms": [Alarm(kind=kind, count=3, text="t") for kind in (Kind.TOLD, Kind.SIDES)]},
            "40 questions · 8 patients · 2 alarms",
        ),
    ],
)
def test_the_badge_is_one_line_of_valid_svg(facts: dict[str, object], line: str, tmp_path: Path) -> None:
    one = passport(**facts)
    assert summary(one) == line
    text = write_badge(tmp_path / "b.svg", one).read_text(encoding="utf-8")
    assert text == badge(one)
    root = ElementTree.fromstring(text)
    name = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{name}title") == root.get("aria-label") == f"a <set>: {line}"
    left, right = root.findall(f"{name}rect")
    assert int(left.get("width", "")) + int(right.get("width", "")) == pytest.approx(
        int(root.get("width", "")), abs=1
    )
    assert right.get("fill") == ("#a3341f" if one.alarms else "#2c6446")


def test_quotes_in_a_name_stay_in_the_badge() -> None:
    root = ElementTree.fromstring(badge(passport(name='the "best" & <only>')))
    assert str(root.get("aria-label")).startswith('the "best" & <only>: ')
