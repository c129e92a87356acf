"""The list of volume formats holds for reading, writing and the names of cases alike."""

from __future__ import annotations

import pytest

from medspatial.records import volume_name
from medspatial.volume.formats import VOLUME_SUFFIXES, WRITABLE_SUFFIXES, is_volume_name


@pytest.mark.parametrize("suffix", VOLUME_SUFFIXES)
def test_each_suffix_is_known_and_no_part_of_a_case_id(suffix: str) -> None:
    assert is_volume_name(f"CT{suffix.upper()}")
    assert volume_name(f"a/ct{suffix}") == "ct"


@pytest.mark.parametrize("suffixes", [VOLUME_SUFFIXES, WRITABLE_SUFFIXES])
def test_no_suffix_hides_a_longer_one(suffixes: tuple[str, ...]) -> None:
    for at, suffix in enumerate(suffixes):
        assert not any(later.endswith(suffix) for later in suffixes[at + 1 :])


def test_what_can_be_written_can_be_read() -> None:
    assert set(WRITABLE_SUFFIXES) <= set(VOLUME_SUFFIXES)
