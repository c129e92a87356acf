"""Few of a case's many candidates: the wanted answer first, then structures not yet asked about."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.questions import chosen_subtypes
from medspatial.questions.choose import MOST_DROPS, MOST_LOOKED_AT, choose
from medspatial.questions.drop import Drop, drop
from medspatial.questions.margins import Margin
from medspatial.questions.subtype import Candidate, Subtype
from medspatial.records import Evidence


def candidate(kind: str, *structures: str) -> Candidate:
    return Candidate(structures, kind, Evidence(structures=structures), options=("yes", "no"), kind=kind)


def subtype(items: list[Candidate | Drop], balanced: tuple[str, ...] = (), **changes: Any) -> Subtype:
    """A subtype that finds what it is given; how much of it was read lies in ``subtype.read``."""
    model = chosen_subtypes(("L2",))[0]
    fields = {name: getattr(model, name) for name in model.__dataclass_fields__}

    def find(scene: object) -> Iterator[Candidate | Drop]:
        for number, item in enumerate(items, start=1):
            read[0] = number
            yield item

    read = [0]
    made = Subtype(**{**fields, "find": find, "balanced": balanced, **changes})
    object.__setattr__(made, "read", read)
    return made


def scene(key: str = "case", *, mirrored: bool = False) -> Any:
    return SimpleNamespace(key=key, mirrored=mirrored)


def kinds(chosen: Any) -> list[str]:
    return [one.kind for one in chosen.candidates]


def test_without_balance_the_first_candidates_are_taken_and_no_more_are_read():
    items = [candidate("yes", name) for name in ("liver", "spleen", "heart", "aorta")]
    made = subtype(items)
    assert choose(scene(), made, 2).candidates == items[:2]
    assert made.read == [2]  # type: ignore[attr-defined]


def test_structures_that_were_not_asked_about_come_first():
    items = [candidate("yes", "liver"), candidate("yes", "liver"), candidate("yes", "spleen")]
    assert choose(scene(), subtype(items), 2).candidates == [items[0], items[2]]


def test_the_wanted_answer_goes_before_new_structures():
    items = [candidate("yes", "liver"), candidate("yes", "spleen"), candidate("no", "liver")]
    assert set(kinds(choose(scene(), subtype(items, ("yes", "no")), 2))) == {"yes", "no"}


def test_where_the_wanted_answer_is_not_there_another_is_taken():
    items = [candidate("yes", "liver"), candidate("yes", "spleen")]
    assert kinds(choose(scene(), subtype(items, ("yes", "no")), 2)) == ["yes", "yes"]


@given(st.text(min_size=1, max_size=8))
def test_answers_that_a_case_wants_depend_on_the_case_alone_and_are_each_wanted_once(key):
    items = [candidate(kind, f"{kind}{n}") for kind in ("yes", "no", "unsure") for n in range(3)]
    made = subtype(items, ("yes", "no", "unsure"))
    first, again = (kinds(choose(scene(key), made, 3)) for _ in range(2))
    assert first == again
    assert set(first) == {"yes", "no", "unsure"}


def test_over_many_cases_every_answer_is_wanted_first_about_equally_often():
    items = [candidate(kind, kind) for kind in ("left", "right")]
    first = [kinds(choose(scene(f"c{n}"), subtype(items, ("left", "right")), 1))[0] for n in range(200)]
    assert 70 <= first.count("left") <= 130


def test_a_mirrored_case_wants_the_mirrored_answer():
    items = [candidate(kind, f"thing_{kind}") for kind in ("left", "right")]
    made = subtype(items, ("left", "right"), mirror_kinds={"left": "right", "right": "left"})
    for key in map(str, range(20)):
        plain, turned = (choose(scene(key, mirrored=side), made, 1) for side in (False, True))
        assert {*kinds(plain), *kinds(turned)} == {"left", "right"}


def test_drops_on_the_way_are_kept():
    dropped = drop("volume_ratio", "liver", "spleen")
    found = choose(scene(), subtype([dropped, candidate("yes", "liver")]), 3)
    assert (kinds(found), found.drops) == (["yes"], [dropped])


def test_the_search_for_a_wanted_answer_ends():
    made = subtype([candidate("yes", f"s{n}") for n in range(10 * MOST_LOOKED_AT)], ("no",))
    assert kinds(choose(scene(), made, 1)) == ["yes"]
    assert made.read == [MOST_LOOKED_AT]  # type: ignore[attr-defined]


def test_a_hopeless_case_ends_at_a_number_of_drops():
    made = subtype([drop("overlap", "a", "b")] * (10 * MOST_DROPS))
    found = choose(scene(), made, 3)
    assert (len(found.drops), made.read) == (MOST_DROPS, [MOST_DROPS])  # type: ignore[attr-defined]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_no_more_than_asked_for(count):
    items = [candidate("yes", f"s{n}") for n in range(3)]
    assert len(choose(scene(), subtype(items), count).candidates) == min(count, 3)


def test_the_margin_of_a_subtype_is_one():
    assert isinstance(chosen_subtypes(("L2",))[0].margin, Margin)
