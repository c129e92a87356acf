"""Cohorts on disk: complete, spread over storages, resumable."""

from __future__ import annotations

import json

import pytest

from medspatial.cases import load_case, read_cases
from medspatial.cases.phantom import SPACINGS, make_phantom, write_phantoms
from medspatial.cases.phantom.write import _settings
from medspatial.errors import InputError
from medspatial.volume import AXIS_CODES, read_header


def stamps(folder) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(folder.glob("*/*"))}


def test_written_cases_are_what_was_made(tmp_path) -> None:
    cases = write_phantoms(tmp_path, 2, seed=5, spacing=6.0)
    assert [case.case_id for case in cases] == ["phantom_00005", "phantom_00006"]
    assert read_cases(tmp_path) == cases
    for case in cases:
        made = make_phantom(**case.metadata["phantom"])
        data = load_case(case, tmp_path)
        assert data.ct.fingerprint == made.ct.fingerprint
        assert set(data.masks.names) == set(made.masks.names)
        for name in made.masks.names:
            assert (data.masks.mask(name) == made.masks.mask(name)).all()
        truth = json.loads((tmp_path / case.metadata["truth_path"]).read_text())
        assert {key: truth[key] for key in made.truth} == made.truth


def test_finished_cases_are_kept(tmp_path) -> None:
    first = write_phantoms(tmp_path, 2, spacing=8.0)
    before = stamps(tmp_path)
    assert write_phantoms(tmp_path, 3, spacing=8.0)[:2] == first
    after = stamps(tmp_path)
    assert {path: after[path] for path in before} == before
    assert len(read_cases(tmp_path)) == 3


def test_other_settings_make_it_anew(tmp_path) -> None:
    write_phantoms(tmp_path, 1, spacing=8.0)
    before = stamps(tmp_path)
    write_phantoms(tmp_path, 1, spacing=7.0)
    assert all(after != before[path] for path, after in stamps(tmp_path).items())


@pytest.mark.parametrize("damage", ["truth.json", "ct.nii.gz", "cut ct.nii.gz", "bad truth.json"])
def test_damaged_cases_are_made_again(tmp_path, damage) -> None:
    (case,) = write_phantoms(tmp_path, 1, spacing=8.0)
    fingerprint = load_case(case, tmp_path).ct.fingerprint
    file = tmp_path / case.case_id / damage.split()[-1]
    if damage.startswith("cut"):
        file.write_bytes(file.read_bytes()[:1000])
    elif damage.startswith("bad"):
        file.write_text("{")
    else:
        file.unlink()
    write_phantoms(tmp_path, 1, spacing=8.0)
    assert load_case(case, tmp_path).ct.fingerprint == fingerprint


def test_storages_and_spacings_are_spread_evenly() -> None:
    settings = [_settings(seed, True, None, ("torso", "slab"), True) for seed in range(48)]
    assert {s["axcodes"] for s in settings} == set(AXIS_CODES)
    assert {tuple(s["spacing"]) for s in settings} == set(SPACINGS)
    assert sum(s["region"] == "slab" for s in settings) == 24


def test_plain_storage(tmp_path) -> None:
    (case,) = write_phantoms(tmp_path, 1, vary_storage=False, spacing=(8.0, 8.0, 9.0), regions=["slab"])
    header = read_header(tmp_path / case.image_path)
    assert header.affine.axcodes == "RAS"
    assert header.affine.spacing == pytest.approx((8.0, 8.0, 9.0), abs=1e-4)
    assert case.region == "slab"


def test_progress_is_told(tmp_path) -> None:
    class Bar:
        notes: tuple[str, ...] = ()

        def advance(self, steps: int = 1, note: str = "") -> None:
            self.notes += (note,)

    bar = Bar()
    write_phantoms(tmp_path, 2, spacing=9.0, regions=("slab",), progress=bar)
    assert bar.notes == ("phantom_00000", "phantom_00001")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 0}, "count must be 1 or more, got 0"),
        ({"count": 1, "regions": ["arm"]}, r"regions must be out of torso, .*; got \['arm'\]"),
        ({"count": 1, "regions": []}, "regions must be out of"),
        ({"count": 1, "seed": -2}, "seed must be 0 or more, got -2"),
    ],
)
def test_bad_arguments(tmp_path, arguments, message) -> None:
    with pytest.raises(InputError, match=message):
        write_phantoms(tmp_path, **arguments)


def test_a_folder_that_cannot_be_written(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write a phantom"):
        write_phantoms(tmp_path / "file", 1, spacing=9.0, regions=["slab"])
