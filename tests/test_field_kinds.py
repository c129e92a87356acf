"""Other inputs of the kinds that ``test_field_cases.py`` runs as recorded: three or more of each, made here.

Each test is a kind: how data as people have them contradict themselves, are assumed about, or lie unused. All
are made of one phantom and looked at as ``medspatial cases doctor`` does.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from command import said as cli
from dicom_files import write_ct_series, write_segmentation

from medspatial.anatomy import load_label_map
from medspatial.cases import find_cases, make_phantom
from medspatial.cases.doctor import Diagnosis, consult
from medspatial.volume import Affine, Volume, write_volume

SPACING = 7.0
V2 = load_label_map("totalsegmentator_v2").labels


@cache
def body():
    """CT (int16), label volume in TotalSegmentator v2 values, and affine of one phantom, stored LPS."""
    made = make_phantom(3, spacing=SPACING, axcodes="LPS", lesions=False)
    labels = np.zeros(made.ct.shape, np.uint8)
    for value, name in V2.items():
        if name in made.masks:
            labels[made.masks.mask(name)] = value
    return np.asarray(made.ct.voxels).astype(np.int16), labels, made.ct.affine.matrix.copy()


def value_of(name):
    return next(value for value, one in V2.items() if one == name)


def relabelled(table):
    """The body's label volume with other values: value to name, or names."""
    labels = np.zeros_like(body()[1])
    for value, names in table.items():
        for name in [names] if isinstance(names, str) else names:
            labels[body()[1] == value_of(name)] = value
    return labels


def of_map(name):
    known = {v: n for v, n in load_label_map(name).labels.items() if n in V2.values() and v < 250}
    return relabelled(known)


def save(path: Path, voxels, *, affine=None, unit="mm", qform=None, zooms=None, codes=(1, 1)):
    """Write NIfTI with everything that its header can say."""
    path.parent.mkdir(parents=True, exist_ok=True)
    matrix = body()[2] if affine is None else affine
    image = nib.Nifti1Image(np.ascontiguousarray(voxels), matrix)
    image.set_qform(matrix if qform is None else qform, codes[0])
    image.set_sform(matrix, codes[1])
    if zooms is not None:
        image.header["pixdim"][1:4] = zooms
    image.header.set_xyzt_units(unit)
    nib.save(image, path)


def save_as(path: Path, voxels, unit):
    write_volume(Volume(np.ascontiguousarray(voxels), Affine(body()[2]), unit=unit), path)


def mask_of(name):
    return (body()[1] == value_of(name)).astype(np.uint8)


def masks_of(folder: Path, names, change=lambda mask: mask):
    for name in names:
        save(folder / f"{name}.nii.gz", change(mask_of(name)))


def case(folder: Path, ct=None, labels=None):
    save(folder / "p/ct.nii.gz", body()[0] if ct is None else ct)
    save(folder / "p/seg.nii.gz", body()[1] if labels is None else labels)


def state_labels(folder: Path):
    (folder / "labels.json").write_text(json.dumps({str(value): name for value, name in V2.items()}))


def looked_at(folder: Path) -> Diagnosis:
    (found,) = consult(find_cases(folder), folder)
    return found.diagnosis


def structures(folder: Path) -> set[str]:
    (found,) = consult(find_cases(folder), folder)
    assert found.data is not None, found.diagnosis.problems
    return set(found.data.masks.names)


def refused(folder: Path) -> str:
    found = looked_at(folder)
    assert found.verdict == "refused", found
    return " ".join(found.problems)


# --- axis-head-feet-reversed --------------------------------------------------------------------------


def upside_down(voxels):
    return voxels[:, :, ::-1]


@pytest.mark.parametrize(
    "names",
    [
        ("liver", "spleen", "stomach", "kidney_left", "kidney_right", "urinary_bladder"),
        ("liver", "urinary_bladder"),
        ("trachea", "heart", "lung_upper_lobe_left", "lung_lower_lobe_left"),
        tuple(f"vertebrae_T{number}" for number in range(1, 13)),
    ],
)
@pytest.mark.parametrize("alone", [False, True])
def test_a_stack_in_reverse_is_refused_whatever_was_segmented(tmp_path, names, alone):
    masks_of(tmp_path / "p/masks", names, upside_down)
    if not alone:
        save(tmp_path / "p/ct.nii.gz", upside_down(body()[0]))
    assert "head-feet" in refused(tmp_path)


@pytest.mark.parametrize("suffix", ["nrrd", "mha"])
def test_a_stack_in_reverse_in_another_format(tmp_path, suffix):
    save_as(tmp_path / f"p/ct.{suffix}", upside_down(body()[0]), "HU")
    save_as(tmp_path / f"p/seg.{suffix}", upside_down(body()[1]), "label")
    state_labels(tmp_path)
    assert "head and feet seem exchanged" in refused(tmp_path)


# --- dicom-ct-unseen ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("series", "name", "mask"),
    [
        ("p/Series 3 - Thorax 1.5 B30f", "IM-0001-{:04d}.dcm", "p/seg.nii.gz"),
        ("PAT01/STD1/SER2", "{:08d}", "PAT01/segmentation.nii.gz"),
        ("PAT01/STD1/SER2", "I{:03d}", "PAT01/STD1/seg.nii.gz"),
        ("p", "{:04d}.IMA", "p/seg.nii.gz"),
        ("p/DICOM/a", "CT.1.2.3.{}", "p/seg.nii.gz"),
    ],
)
def test_a_dicom_ct_in_any_folder_under_any_name_is_the_cts(tmp_path, series, name, mask):
    write_ct_series(tmp_path / series, *body()[::2], name=name)
    save(tmp_path / mask, body()[1])
    found = looked_at(tmp_path)
    assert (found.image, found.masks) == (series, (mask,))
    assert found.verdict == "doubtful", found.problems
    assert found.assumptions == ("label map totalsegmentator_v2 assumed",)


def test_files_that_are_no_ct_are_named_with_their_modality(tmp_path):
    write_ct_series(tmp_path / "p/ct", *body()[::2], modality="MR")
    save(tmp_path / "p/seg.nii.gz", body()[1])
    (unused,) = looked_at(tmp_path).not_used
    assert unused.path == "p/ct"
    assert "DICOM files of modality MR" in unused.reason


# --- dicom-uneven-steps -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        lambda k: (0.0, 0.0, SPACING * k + 2.0 * np.sin(k / 6)),
        lambda k: (0.0, 2.0 * np.sin(k / 5), SPACING * k),
        lambda k: (0.0, 0.0, SPACING * k if k < 20 else SPACING * 20 + 1.08 * SPACING * (k - 20)),
        lambda k: (0.0, 0.0, SPACING * (k + (k >= 30))),
        lambda k: (0.0, 0.0, SPACING * (k - (k >= 30))),
    ],
)
def test_slices_off_their_line_are_refused(tmp_path, place):
    write_ct_series(tmp_path / "p/ct", *body()[::2], place=place)
    save(tmp_path / "p/seg.nii.gz", body()[1])
    text = refused(tmp_path)
    assert "not evenly spaced" in text or "two slices at one position" in text


# --- hu-divided-by-1000 -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v / 100,
        lambda v: np.rint(v / 10),
        lambda v: (v - v.mean()) / v.std(),
        lambda v: 100 * (v - v.mean()) / v.std(),
        lambda v: np.rint(4095 * (v - v.min()) / (v.max() - v.min())),
        lambda v: (np.clip(v, -1000, 400) + 300) / 0.7,
        lambda v: 1.5 * v,
        lambda v: 0.5 * v,
        lambda v: -v,
        lambda v: v - 300,
        lambda v: v + 400,
    ],
)
def test_values_that_are_no_hu_are_refused(tmp_path, change):
    case(tmp_path, ct=change(body()[0].astype(np.float32)).astype(np.float32))
    assert "not CT in HU" in refused(tmp_path)


@pytest.mark.parametrize(
    "change", [lambda v: 10 * v, lambda v: 0.8 * v, lambda v: 0.7 * v, lambda v: v + 150, lambda v: v + 200]
)
def test_values_that_the_air_around_the_body_tells_are_refused(tmp_path, change):
    case(tmp_path, ct=change(body()[0].astype(np.float32)).astype(np.float32))
    assert "not CT in HU" in refused(tmp_path)


@pytest.mark.parametrize("fill", [0, -100, 40])
def test_a_surround_that_was_filled_with_tissue_is_told(tmp_path, fill):
    ct = np.where(body()[0] < -900, fill, body()[0]).astype(np.int16)
    case(tmp_path, ct=ct)
    code, told = cli("cases", "doctor", tmp_path)
    assert f"filled with {fill} HU" in " ".join(told.split()) or code == 1, told


# --- label maps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    ["kits19_1/segmentation.nii.gz", "case_00003/seg.nii.gz", "lits-7/seg.nii.gz", "amos/total.nii.gz"],
)
def test_no_name_of_a_folder_states_a_label_map(tmp_path, place):
    save(tmp_path / place, body()[1])
    save((tmp_path / place).with_name("imaging.nii.gz"), body()[0])
    assert "kidney_tumor" not in structures(tmp_path)
    assert looked_at(tmp_path).assumptions == ("label map totalsegmentator_v2 assumed",)


NAMES = {1: "stomach", 2: "liver", 3: "spleen", 4: "kidney_right", 5: "kidney_left", 6: "pancreas"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("dataset.json", json.dumps({"labels": {"background": 0} | {n: v for v, n in NAMES.items()}})),
        ("dataset.json", json.dumps({"labels": {"0": "background"} | {str(v): n for v, n in NAMES.items()}})),
        ("p/labels.json", json.dumps([{"id": v, "name": n} for v, n in NAMES.items()])),
        ("p/seg.json", json.dumps({n: {"value": v} for v, n in NAMES.items()})),
        ("label_map.csv", "name,value\n" + "".join(f"{n},{v}\n" for v, n in NAMES.items())),
        ("p/seg.csv", "".join(f"{v},{n}\n" for v, n in NAMES.items())),
        ("p/dseg.tsv", "index\tname\n" + "".join(f"{v}\t{n}\n" for v, n in NAMES.items())),
        ("colors.ctbl", "".join(f"{v} {n} 9 9 9 255\n" for v, n in NAMES.items())),
        ("p/snap.txt", "".join(f'{v} 9 9 9 1 1 1 "{n}"\n' for v, n in NAMES.items())),
        ("labels.txt", "".join(f"{n} = {v}\n" for v, n in NAMES.items())),
        ("p/classes.yaml", "labels:\n" + "".join(f"  {v}: {n}\n" for v, n in NAMES.items())),
    ],
)
def test_a_table_beside_the_masks_names_their_values(tmp_path, file, text):
    case(tmp_path, labels=relabelled(NAMES))
    (tmp_path / file).write_text(text)
    assert structures(tmp_path) == set(NAMES.values())
    assert not [one for one in looked_at(tmp_path).assumptions if one.startswith("label map")]


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("dataset.json", {1: "liver", 2: "stomach", 3: "kidney_left", 4: "spleen"}),
        ("dataset.json", {4: "kidney_left", 5: "kidney_right", 2: "liver", 3: "spleen"}),
        ("p/labels.json", {1: "spleen", 2: "pancreas", 3: "liver", 6: "stomach"}),
    ],
)
def test_a_table_that_contradicts_the_anatomy_is_named_as_the_cause(tmp_path, file, names):
    case(tmp_path, labels=relabelled(NAMES))
    (tmp_path / file).write_text(json.dumps({"labels": {name: value for value, name in names.items()}}))
    assert f"(names as in {Path(file).name})" in refused(tmp_path)


def test_values_in_a_table_may_be_written_as_text(tmp_path):
    case(tmp_path, labels=relabelled(NAMES))
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {n: str(v) for v, n in NAMES.items()}}))
    assert structures(tmp_path) == set(NAMES.values())


def test_two_names_of_one_value_are_refused(tmp_path):
    case(tmp_path, labels=relabelled(NAMES))
    (tmp_path / "dataset.json").write_text('{"labels": {"stomach": 1, "liver": 2, "spleen": 2}}')
    assert "value 2 has two names: 'liver' and 'spleen'" in refused(tmp_path)


@pytest.mark.parametrize("file", ["labels.xlsx", "p/label_names.txt"])
def test_a_table_that_cannot_be_read_is_named_where_no_map_fits(tmp_path, file):
    case(tmp_path, labels=relabelled(NAMES))
    (tmp_path / file).write_text("stomach\nliver\n")
    assert f"{Path(file).name}: beside the masks, and no table" in refused(tmp_path)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("p/labels.xml", "<labels/>"),
        ("label_names.json", '{"labels": {"liver": "x"}}'),
        ("p/seg.txt", "made on Tuesday"),
    ],
)
def test_a_table_that_cannot_be_read_is_named_where_a_map_is_assumed(tmp_path, file, text):
    case(tmp_path)
    (tmp_path / file).write_text(text)
    found = looked_at(tmp_path)
    assert "label map totalsegmentator_v2 assumed" in found.assumptions
    assert any(one.startswith(f"{Path(file).name}: beside the masks") for one in found.notes)


@pytest.mark.parametrize(
    "name", ["totalsegmentator_v1", "amos", "btcv", "flare22", "word", "abdomenatlas_1.1", "vista3d"]
)
def test_the_map_that_fits_is_assumed_and_said(tmp_path, name):
    case(tmp_path, labels=of_map(name))
    found = looked_at(tmp_path)
    assert found.verdict == "doubtful", found.problems
    assert f"label map {name} assumed" in found.assumptions


def test_version_one_read_as_stated_version_two_is_refused(tmp_path):
    case(tmp_path, labels=of_map("totalsegmentator_v1"))
    (found,) = consult(find_cases(tmp_path, label_map="totalsegmentator_v2"), tmp_path)
    assert found.diagnosis.verdict == "refused"
    assert any(one.startswith("size: ") for one in found.diagnosis.problems)


def lungs(left, right, airways):
    named = [name for name in V2.values() if name.startswith("lung_")]
    sides = {left: [n for n in named if n.endswith("left")], right: [n for n in named if n.endswith("right")]}
    return relabelled(sides | {airways: "trachea"})


@pytest.mark.parametrize(
    "labels",
    [
        lambda: lungs(3, 4, 5),  # LUNA16
        lambda: lungs(2, 1, 3),  # a segmenter of lungs
        lambda: relabelled({1: "liver", 2: "gallbladder"}),
    ],
)
def test_values_that_fit_several_or_no_map_are_asked_about(tmp_path, labels):
    case(tmp_path, labels=labels())
    text = refused(tmp_path)
    assert "nothing states what its value" in text
    assert "--label-map" in text


def test_luna16_by_its_name(tmp_path):
    case(tmp_path, labels=lungs(3, 4, 5))
    (found,) = consult(find_cases(tmp_path, label_map="luna16"), tmp_path)
    assert set(found.data.masks.names) == {"lung_left", "lung_right", "trachea"}
    assert found.diagnosis.problems == ()
    case(tmp_path, labels=lungs(4, 3, 5))
    (found,) = consult(find_cases(tmp_path, label_map="luna16"), tmp_path)
    assert "lung_left lies" in " ".join(found.diagnosis.problems)


def test_the_folders_of_luna16_are_cases(tmp_path):
    for subset, name in ((0, "1.3.6.1.4.1"), (1, "1.3.6.1.4.2")):
        save_as(tmp_path / f"subset{subset}/{name}.mha", body()[0], "HU")
        save_as(tmp_path / f"seg-lungs-LUNA16/{name}.mha", lungs(3, 4, 5), "label")
    (tmp_path / "annotations.csv").write_text("seriesuid,coordX,coordY,coordZ,diameter_mm\n")
    found = consult(find_cases(tmp_path), tmp_path)
    assert ["luna16 (" in " ".join(one.diagnosis.problems) for one in found] == [True, True]
    for one in consult(find_cases(tmp_path, label_map="luna16"), tmp_path):
        assert one.diagnosis.problems == ()
        assert set(one.data.masks.names) == {"lung_left", "lung_right", "trachea"}


@pytest.mark.parametrize("names", [("Segment_1", "Segment_2"), ("label 1", "label 2"), ("1", "2")])
def test_names_that_programs_give_name_nothing(tmp_path, names):
    save(tmp_path / "p/ct.nii.gz", body()[0])
    for name, organ in zip(names, ("liver", "spleen"), strict=True):
        save(tmp_path / f"p/masks/{name}.nii.gz", mask_of(organ))
    assert "only names that match no structure" in refused(tmp_path)
    save(tmp_path / "p/masks/liver.nii.gz", mask_of("stomach"))
    assert structures(tmp_path) == {"liver"}
    assert any("left out" in one for one in looked_at(tmp_path).notes)


def test_a_structure_that_the_anatomy_does_not_know_keeps_its_name(tmp_path):
    save(tmp_path / "p/ct.nii.gz", body()[0])
    for name, organ in (("vagus_nerve_left", "kidney_left"), ("my organ", "spleen"), ("liver", "liver")):
        save(tmp_path / f"p/masks/{name}.nii.gz", mask_of(organ))
    assert structures(tmp_path) == {"vagus_nerve_left", "my organ", "liver"}


# --- mask-ends-inside-ct ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cut", "side"),
    [
        ((slice(12, None), slice(None), slice(None)), "right"),
        ((slice(None), slice(None, 18), slice(None)), "back"),
        ((slice(None), slice(None), slice(None, 42)), "head"),
        ((slice(None), slice(None), slice(38, None)), "feet"),
    ],
)
def test_a_mask_file_that_ends_inside_the_ct_cuts_and_is_still_recognised(tmp_path, cut, side):
    matrix = body()[2].copy()
    matrix[:3, 3] = (matrix @ [*(one.start or 0 for one in cut), 1])[:3]
    save(tmp_path / "p/ct.nii.gz", body()[0])
    save(tmp_path / "p/seg.nii.gz", body()[1][cut], affine=matrix)
    found = looked_at(tmp_path)
    assert "label map totalsegmentator_v2 assumed" in found.assumptions
    assert any(one.startswith(f"seg.nii.gz: ends inside the CT ({side})") for one in found.notes)


@pytest.mark.parametrize(
    ("part", "side"),
    [
        (np.s_[:, :, :35], "feet"),
        (np.s_[:, :18], "front"),
        (np.s_[30:], "left"),
    ],
)
def test_labels_that_were_left_out_beyond_a_plane_are_cut_there(tmp_path, part, side):
    labels = body()[1].copy()
    labels[part] = 0
    case(tmp_path, labels=labels)
    state_labels(tmp_path)
    assert any(f"end flat at the same slice ({side})" in one for one in looked_at(tmp_path).notes)


@pytest.mark.parametrize("keep", [slice(None, 0.6), slice(0.4, None)])
@pytest.mark.parametrize(("organ", "others"), [("liver", True), ("liver", False), ("kidney_left", False)])
def test_one_organ_that_ends_flat_inside_the_scan_is_set_aside(tmp_path, keep, organ, others):
    places = np.argwhere(mask_of(organ))[:, 2]
    low, high = (None if one is None else int(np.quantile(places, one)) for one in (keep.start, keep.stop))
    kept = np.zeros(body()[1].shape, bool)
    kept[:, :, low:high] = True
    labels = np.where((body()[1] == value_of(organ)) & ~kept, 0, body()[1])
    if not others:
        labels[labels != value_of(organ)] = 0
    case(tmp_path, labels=labels)
    state_labels(tmp_path)
    code, told = cli("cases", "doctor", tmp_path, "--json", tmp_path / "doctor.json")
    assert code == 0, told
    (found,) = json.loads((tmp_path / "doctor.json").read_text())["cases"]
    assert "ends flat towards the" in found["set_aside"][organ]


# --- mask-of-another-place ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda labels: np.roll(labels, 8, 2),
        lambda labels: np.roll(labels, 6, 0),
        lambda labels: np.roll(labels, -6, 1),
        lambda labels: labels[::-1],
        lambda labels: labels[:, ::-1],
    ],
)
def test_masks_that_do_not_lie_where_the_image_shows_them_are_refused(tmp_path, change):
    case(tmp_path, labels=change(body()[1]))
    state_labels(tmp_path)
    assert refused(tmp_path)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("name", ["liver", "kidney_left"])
def test_one_mask_alone_at_another_place_is_refused(tmp_path, name, axis):
    save(tmp_path / "p/ct.nii.gz", body()[0])
    masks_of(tmp_path / "p/masks", [name], lambda mask: np.roll(mask, 6, axis))
    assert "the masks do not" in refused(tmp_path)


@pytest.mark.parametrize(("axis", "voxels"), [(0, 2), (0, -2), (1, 2), (2, 2), (2, -2)])
@pytest.mark.parametrize("names", [["kidney_left"], ["kidney_left", "kidney_right"]])
def test_a_small_shift_of_few_masks_is_told_or_refused(tmp_path, names, axis, voxels):
    save(tmp_path / "p/ct.nii.gz", body()[0])
    masks_of(tmp_path / "p/masks", names, lambda mask: np.roll(mask, voxels, axis))
    code, told = cli("cases", "doctor", tmp_path)
    assert "the masks may be shifted" in " ".join(told.split()) or code == 1, told


@pytest.mark.parametrize("name", ["liver", "kidney_left", "urinary_bladder", "spleen", "heart"])
def test_one_mask_alone_in_its_place_is_not(tmp_path, name):
    save(tmp_path / "p/ct.nii.gz", body()[0])
    masks_of(tmp_path / "p/masks", [name])
    assert looked_at(tmp_path).problems == ()


# --- masks-unseen and several-cts-in-one-folder -------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("p/predictions/out.nii.gz", "beside the CT and masks that are used"),
        ("p/output.nii.gz", "is used as the CT"),
        ("p/results/ts/liver.nii.gz", "beside the CT and masks that are used"),
        ("p/ct_old.npz", "a format that is not read here (.npz)"),
        ("p/masks.zip", "a format that is not read here (.zip)"),
    ],
)
def test_what_lies_in_a_case_unused_is_named_with_the_reason(tmp_path, file, reason):
    save(tmp_path / "p/ct.nii.gz", body()[0])
    if file.endswith(".nii.gz"):
        save(tmp_path / file, body()[1])
    else:
        (tmp_path / file).write_bytes(b"PK")
    (unused,) = looked_at(tmp_path).not_used
    assert file.startswith(unused.path)
    assert reason in unused.reason


@pytest.mark.parametrize(
    "mask", ["p/segmentations/inner/{}.nii.gz", "p/Segmentations/{}.nii.gz", "p/{}.nii.gz"]
)
def test_masks_in_nested_folders_or_beside_the_ct_are_used(tmp_path, mask):
    save(tmp_path / "p/ct.nii.gz", body()[0])
    for name in ("liver", "spleen", "stomach"):
        save(tmp_path / mask.format(name), mask_of(name))
    assert structures(tmp_path) == {"liver", "spleen", "stomach"}


@pytest.mark.parametrize(
    ("first", "second"),
    [("ct_arterial.nii.gz", "ct_venous.nii.gz"), ("ct.nii.gz", "image.nrrd"), ("p1.nii.gz", "p2.nii.gz")],
)
@pytest.mark.parametrize("fits", [True, False])
def test_two_cts_are_told_apart_by_the_masks_or_refused(tmp_path, first, second, fits):
    save_as(tmp_path / f"p/{first}", body()[0], "HU")
    save_as(tmp_path / f"p/{second}", body()[0][:, :, 4:] if fits else body()[0][::-1], "HU")
    save(tmp_path / "p/seg.nii.gz", body()[1])
    found = looked_at(tmp_path)
    if fits:
        assert found.image == f"p/{first}"
        assert [one.path for one in found.not_used] == [f"p/{second}"]
        return
    assert found.verdict == "refused"
    assert "2 CTs lie in one case's folder" in " ".join(found.problems)


def test_two_series_on_one_grid_are_refused_and_named(tmp_path):
    write_ct_series(tmp_path / "p/arterial", *body()[::2], series="1.2.3.1")
    write_ct_series(tmp_path / "p/venous", *body()[::2], series="1.2.3.2")
    save(tmp_path / "p/seg.nii.gz", body()[1])
    found = looked_at(tmp_path)
    assert found.verdict == "refused"
    paths = ["p/arterial", "p/seg.nii.gz", "p/venous"]
    assert {one.path: one.reason for one in found.not_used} == dict.fromkeys(paths, "its case is refused")


# --- pixdim-against-sform and units-micron ------------------------------------------------------------


@pytest.mark.parametrize("zooms", [(3, SPACING, SPACING), (SPACING, SPACING, 5), (1, 1, 1)])
@pytest.mark.parametrize("file", ["ct", "seg"])
@pytest.mark.parametrize("codes", [(0, 2), (1, 1)])
def test_two_voxel_sizes_in_one_header_are_refused(tmp_path, zooms, file, codes):
    case(tmp_path)
    save(tmp_path / f"p/{file}.nii.gz", body()[file == "seg"], zooms=zooms, codes=codes)
    assert "the header states two voxel sizes: pixdim" in refused(tmp_path)


def test_two_places_and_two_sides_in_one_header_are_refused(tmp_path):
    moved, turned = body()[2].copy(), body()[2].copy()
    moved[2, 3] += 2 * SPACING
    turned[:3, 0] *= -1
    case(tmp_path)
    save(tmp_path / "p/ct.nii.gz", body()[0], qform=moved)
    assert "qform and sform put the same voxel" in refused(tmp_path)
    save(tmp_path / "p/ct.nii.gz", body()[0], qform=turned)
    assert "qform and sform point different ways" in refused(tmp_path)


@pytest.mark.parametrize(("unit", "factor"), [("meter", 1e-3), ("micron", 1e3)])
@pytest.mark.parametrize("files", [("ct", "seg"), ("seg",)])
def test_a_stated_length_unit_is_converted_and_said(tmp_path, unit, factor, files):
    case(tmp_path)
    matrix = np.diag([factor, factor, factor, 1]) @ body()[2]
    for file in files:
        save(tmp_path / f"p/{file}.nii.gz", body()[file == "seg"], affine=matrix, unit=unit)
    found = looked_at(tmp_path)
    assert found.spacing_mm == pytest.approx((SPACING,) * 3)
    for file in files:
        assert any(one.startswith(f"{file}.nii.gz: states its lengths in") for one in found.notes)


@pytest.mark.parametrize(
    ("unit", "factor"), [("micron", 1.0), ("meter", 1.0), ("mm", 1e-3), ("mm", 1e3), ("mm", 0.1)]
)
def test_a_wrong_length_unit_is_refused(tmp_path, unit, factor):
    matrix = np.diag([factor, factor, factor, 1]) @ body()[2]
    for file in ("ct", "seg"):
        save(tmp_path / f"p/{file}.nii.gz", body()[file == "seg"], affine=matrix, unit=unit)
    state_labels(tmp_path)
    assert refused(tmp_path)


# --- slices that stand twice, or are missing, in a file that has no positions -------------------------


@pytest.mark.parametrize("order", ["a block twice", "one twice", "every second"])
@pytest.mark.parametrize("slab", [slice(None), slice(36, 52)])
def test_slices_repeated_or_left_out_are_refused_or_told(tmp_path, order, slab):
    n = body()[0][:, :, slab].shape[2]
    chosen = {
        "a block twice": np.r_[0 : n // 2 + 3, n // 2 - 3 : n],
        "one twice": np.r_[0 : n // 2, n // 2 - 1 : n],
        "every second": np.arange(0, n, 2),
    }[order]
    case(tmp_path, body()[0][:, :, slab][:, :, chosen], body()[1][:, :, slab][:, :, chosen])
    state_labels(tmp_path)
    found = looked_at(tmp_path)
    said = " ".join([*found.problems, *found.notes])
    assert "slices are repeated" in said or "slices may be missing" in said or "apart" in said, found


# --- DICOM-SEG ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["p/seg.dcm", "p/ct/seg.dcm", "p/SEG/1-1.dcm"])
def test_a_dicom_seg_beside_its_series_is_used_whole(tmp_path, place):
    write_ct_series(tmp_path / "p/ct", *body()[::2])
    segments = {"Liver": mask_of("liver"), "Left kidney": mask_of("kidney_left")}
    write_segmentation(tmp_path / place, segments, body()[2])
    assert structures(tmp_path) == {"liver", "kidney_left"}
    assert not [one for one in looked_at(tmp_path).notes if "ends inside" in one]


def test_what_a_fractional_dicom_seg_assumes_reaches_every_question(tmp_path):
    write_ct_series(tmp_path / "p/ct", *body()[::2])
    segments = {"Liver": 0.8 * mask_of("liver"), "Spleen": 0.6 * mask_of("spleen")}
    write_segmentation(tmp_path / "p/seg.dcm", segments, body()[2], kind="FRACTIONAL")
    assert structures(tmp_path) == {"liver", "spleen"}
    said = "seg.dcm: fractional segments count from 50% of their maximum (200) on"
    assert said in looked_at(tmp_path).assumptions
    code, told = cli("questions", "from-masks", tmp_path, "-o", tmp_path / "q", "--no-balance")
    assert code == 0, told
    rows = [json.loads(line) for line in (tmp_path / "q/questions.jsonl").read_text().splitlines()]
    assert rows
    assert all(said in row["evidence"]["assumptions"] for row in rows)
