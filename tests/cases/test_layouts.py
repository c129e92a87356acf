"""Layouts of folders."""

import json

import pytest

from medspatial.cases import find_cases, read_cases, scan_cases
from medspatial.errors import InputError
from medspatial.records import Case, MaskSource, write_records


@pytest.fixture
def tree(tmp_path):
    """Make empty files: recognising a layout reads none of them."""

    def make(*paths):
        for path in paths:
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"")
        return tmp_path

    return make


def found(folder, **options):
    return [
        (case.case_id, case.image_path, [(one.path, one.label_map) for one in case.masks])
        for case in scan_cases(folder, **options)
    ]


def test_a_sub_folder_per_case(tree):
    folder = tree(
        "b/ct.nii.gz", "b/seg.nii.gz", "b/facts.json", "a/ct.nii.gz", "a/masks/liver.nii.gz", "c/ct.nrrd",
        "notes.md", ".hidden/ct.nii.gz", "d/seg.nii.gz",
    )  # fmt: skip
    assert found(folder) == [
        ("a", "a/ct.nii.gz", [("a/masks", None)]),
        ("b", "b/ct.nii.gz", [("b/seg.nii.gz", None)]),
        ("c", "c/ct.nrrd", []),
        ("d", None, [("d/seg.nii.gz", None)]),
    ]


def test_the_label_volume_is_preferred_and_the_rest_is_noted(tree):
    folder = tree("a/ct.nii.gz", "a/seg.nii.gz", "a/seg_fast.nii.gz", "a/masks_fast/liver.nii.gz")
    (case,) = scan_cases(folder)
    assert [one.path for one in case.masks] == ["a/seg.nii.gz"]
    assert case.metadata["notes"] == ["seg.nii.gz is used, masks_fast/ is not"]


def test_the_plain_folder_of_masks_is_preferred(tree):
    (case,) = scan_cases(tree("a/ct.nii.gz", "a/masks/liver.nii.gz", "a/masks_fast/liver.nii.gz"))
    assert [one.path for one in case.masks] == ["a/masks"]
    assert case.metadata["notes"] == ["masks/ is used, masks_fast/ is not"]


def test_totalsegmentator_dataset_two_levels_down(tree):
    folder = tree(
        "v2/s0001/ct.nii.gz", "v2/s0001/segmentations/liver.nii.gz", "v2/s0002/ct.nii.gz",
        "v2/s0002/segmentations/liver.nii.gz",
    )  # fmt: skip
    assert [one[0] for one in found(folder)] == ["s0001", "s0002"]
    assert found(folder)[0][2] == [("v2/s0001/segmentations", None)]


@pytest.mark.parametrize(
    ("files", "image", "masks"),
    [
        (["ct.nii.gz", "liver.nii.gz", "spleen.nii.gz"], "ct.nii.gz", [(".", None)]),
        (["liver.nii.gz", "rib_left_7.nii.gz"], None, [(".", None)]),
        (
            ["ct.nii.gz", "segmentations.nii.gz"],
            "ct.nii.gz",
            [("segmentations.nii.gz", None)],
        ),
        (["segmentations/liver.nii.gz"], None, [("segmentations", None)]),
        (["ct.nii.gz", "segmentations/liver.nii.gz"], "ct.nii.gz", [("segmentations", None)]),
        (["ct/0001.dcm", "ct/0002.dcm", "seg.nrrd"], "ct", [("seg.nrrd", None)]),
    ],
)
def test_segmenter_output_in_the_folder_itself(tree, files, image, masks):
    folder = tree(*files)
    assert found(folder) == [(folder.name, image, masks)]


@pytest.mark.parametrize(
    ("files", "masks"),
    [
        (["x.nii.gz", "x_seg.nii.gz", "y.nii.gz"], [[("x_seg.nii.gz", None)], []]),
        (["x.nii.gz", "y.nii.gz", "masks/x.nii.gz", "masks/y/liver.nii.gz"],
         [[("masks/x.nii.gz", None)], [("masks/y", None)]]),
        (["images/x.nii.gz", "images/y.nii.gz", "labels/x.nii.gz"],
         [[("labels/x.nii.gz", None)], []]),
        (["imagesTr/x_0000.nii.gz", "imagesTr/y_0000.nii.gz", "labelsTr/y.nii.gz"],
         [[], [("labelsTr/y.nii.gz", None)]]),
    ],
)  # fmt: skip
def test_flat_files(tree, files, masks):
    cases = found(tree(*files))
    assert [one[0] for one in cases] == ["x", "y"]
    assert [one[2] for one in cases] == masks


@pytest.mark.parametrize(
    "place",
    [
        "kits19_case_00004/seg.nii.gz",
        "kits23_case_00400/seg.nii.gz",
        "case_00004/segmentation.nii.gz",
        "totalsegmentator/total.nii.gz",
    ],
)
def test_names_of_folders_and_files_state_no_label_map(tree, place):
    image = place.rsplit("/", 1)[0] + "/imaging.nii.gz"
    (case,) = scan_cases(tree(place, image))
    assert [one.label_map for one in case.masks] == [None]
    assert (case.image_path, case.metadata, case.assumptions) == (image, {}, ())


def test_a_label_map_can_be_forced(tree):
    folder = tree("kits19_a/seg.nii.gz", "b/masks/x.nii.gz")
    assert [one[2][0][1] for one in found(folder, label_map="kits23")] == ["kits23", "kits23"]
    with pytest.raises(InputError, match="unknown label map 'kits99'"):
        scan_cases(folder, label_map="kits99")


def test_ct_rate_tree(tree):
    inner = "valid_53/valid_53_a/valid_53_a_1.nii.gz"
    folder = tree(
        f"dataset/valid_fixed/{inner}", f"dataset/ts_seg/ts_total/valid_fixed/{inner}",
        f"dataset/ts_seg/ts_lung_nodules/valid_fixed/{inner}",
        f"dataset/ts_seg/ts_pleural_pericard_effusion/valid_fixed/{inner}",
        "dataset/valid_fixed/valid_2/valid_2_a/valid_2_a_1.nii.gz",
    )  # fmt: skip
    with_masks, without = sorted(scan_cases(folder), key=lambda case: -len(case.masks))
    assert (with_masks.case_id, with_masks.patient_id) == ("valid_53_a_1", "valid_53")
    assert with_masks.license == "CC BY-NC-SA 4.0"
    assert [one.label_map for one in with_masks.masks] == ["totalsegmentator_v2", "nodules", "effusion"]
    assert without.masks == ()
    assert [case.case_id for case in scan_cases(folder / "dataset")] == ["valid_2_a_1", "valid_53_a_1"]


def test_a_list_of_cases_wins(tree):
    folder = tree("a/ct.nii.gz")
    write_records(folder / "cases.jsonl", [Case(case_id="z", patient_id="p", masks=(MaskSource(path="m"),))])
    assert [case.case_id for case in scan_cases(folder)] == ["z"]
    assert scan_cases(folder, label_map="kits19")[0].masks[0].label_map == "kits19"
    assert [case.case_id for case in read_cases(folder / "cases.jsonl")] == ["z"]


def test_cases_from_csv(tmp_path):
    rows = [
        "case_id,patient_id,image_path,masks",
        'a,p,a.nii.gz,"[{""path"": ""m"", ""label_map"": ""kits19""}]"',
    ]
    (tmp_path / "cases.csv").write_text("\n".join(rows))
    (case,) = read_cases(tmp_path)
    assert case.masks == (MaskSource(path="m", label_map="kits19"),)


@pytest.mark.parametrize("cell", ["a/masks", "12"])
def test_a_bare_path_in_a_csv_is_the_only_mask(tmp_path, cell):
    path = tmp_path / "cases.csv"
    path.write_text(f"case_id,patient_id,masks\na,p,{cell}\n")
    (case,) = read_cases(path)
    assert case.masks == (MaskSource(path=cell),)
    (case,) = read_cases(path, label_map="kits19")
    assert case.masks == (MaskSource(path=cell, label_map="kits19"),)


def test_masks_that_were_meant_as_json_are_no_path(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text('case_id,patient_id,masks\na,p,"[{""path"": ""m""]"\n')
    with pytest.raises(InputError, match=r"cases\.csv:2: field 'masks': must be a path, or a JSON list"):
        read_cases(path)


def people(folder):
    return [(case.case_id, case.patient_id) for case in scan_cases(folder)]


def test_of_two_levels_the_upper_is_the_patient_and_ids_are_distinct(tree):
    folder = tree("x/scan/ct.nii.gz", "y/scan/ct.nii.gz", "p3/scanA/ct.nii.gz", "p3/scanB/ct.nii.gz")
    assert people(folder) == [("scanA", "p3"), ("scanB", "p3"), ("x_scan", "x"), ("y_scan", "y")]


def test_of_one_level_each_folder_is_a_patient(tree):
    folder = tree("p1/ct.nii.gz", "valid_7_b_2/ct.nii.gz", "p2/valid_9_a_1/ct.nii.gz")
    # names as in CT-RATE say the patient themselves
    assert people(folder) == [("p1", "p1"), ("valid_7_b_2", "valid_7"), ("valid_9_a_1", "valid_9")]


def test_ids_are_distinct_even_where_paths_look_alike(tree):
    folder = tree("a_b/c/ct.nii.gz", "a/b_c/ct.nii.gz", "y/b_c/ct.nii.gz", "y/c/ct.nii.gz")
    assert people(folder) == [("a_b_c", "a"), ("a_b_c_2", "a_b"), ("y_b_c", "y"), ("y_c", "y")]
    flat = tree("f/images/x.nii.gz", "f/images/x.nrrd") / "f"
    assert [one for one, _ in people(flat)] == ["images_x.nii.gz", "images_x.nrrd"]


def test_mask_files_beside_each_other_are_named_by_their_own_folder(tree):
    folder = tree("x/scan/liver.nii.gz", "y/scan/liver.nii.gz")
    assert people(folder) == [("x_scan", "x"), ("y_scan", "y")]


def left_out(folder):
    return [(one.path, one.reason) for one in find_cases(folder).left_out]


def test_both_levels_are_looked_at_in_each_sub_folder(tree):
    folder = tree("a/ct.nii.gz", "b/scan1/ct.nii.gz", "b/scan2/ct.nii.gz")
    assert people(folder) == [("a", "a"), ("scan1", "b"), ("scan2", "b")]
    assert left_out(folder) == []


def test_folders_that_give_no_case_are_named_with_the_reason(tree):
    folder = tree(
        "a/ct.nii.gz", "a/masks/liver.nii.gz", "b/chest.nii.gz", "c/notes.txt", "d/s1/ct.nii.gz",
        "d/s2/deep/ct.nii.gz", "e/0001.dcm", "loose.nii.gz", "d/beside.nii.gz", ".hidden/x.nii.gz",
    )  # fmt: skip
    (folder / "empty").mkdir()
    (folder / "d" / "s3").mkdir()
    nothing = "nothing in it is recognised as a CT or masks here; it holds "
    belongs = "a volume that by its name and place belongs to no case"
    assert left_out(folder) == [
        ("loose.nii.gz", belongs),
        ("b", f"{nothing}chest.nii.gz"),
        ("c", "holds no volume file"),
        ("d/beside.nii.gz", belongs),
        ("d/s3", "is empty"),
        ("empty", "is empty"),
    ]
    assert str(find_cases(folder).left_out[-1]) == "empty: is empty"


def test_a_scan_inside_a_case_is_named(tree):
    folder = tree("a/ct.nii.gz", "a/followup/ct.nii.gz", "a/masks_fast/liver.nii.gz", "a/masks/liver.nii.gz")
    assert left_out(folder) == [
        ("a/followup", "holds ct.nii.gz, but a is already one case"),
        ("a/masks_fast", "masks; masks/ is used"),
    ]
    above = "holds ct.nii.gz, but the folder itself is already one case"
    assert left_out(tree("ct.nii.gz")) == [("a", above)]


def test_left_out_of_flat_files_and_of_ct_rate(tree, tmp_path):
    folder = tree("f/images/x.nii.gz", "f/labels/x.nii.gz", "f/labels/z.nii.gz", "f/figures/a.png") / "f"
    assert [one for one, _ in left_out(folder)] == ["figures", "labels/z.nii.gz"]
    inner = "valid_fixed/valid_1/valid_1_a/valid_1_a_1.nii.gz"
    root = tree(f"r/{inner}", f"r/ts_seg/ts_total/{inner}", "r/metadata/all.csv") / "r"
    (root / "valid_fixed" / "valid_2").mkdir()
    assert people(root) == [("valid_1_a_1", "valid_1")]
    assert left_out(root) == [("valid_fixed/valid_2", "is empty")]


def test_equal_folder_names_are_told_apart(tree):
    folder = tree("siteA/p1/ct.nii.gz", "siteB/p1/ct.nii.gz", "siteB/p2/ct.nii.gz")
    assert [case.case_id for case in scan_cases(folder)] == ["p2", "siteA_p1", "siteB_p1"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "the folder is empty; looked for cases.jsonl or cases.csv; a sub-folder per case"),
        (["readme.txt", "x/y/z.txt"], "no case recognised; looked for"),
    ],
)
def test_nothing_there(tree, files, message):
    with pytest.raises(InputError, match=message):
        scan_cases(tree(*files))


def test_a_missing_folder_a_file_and_bad_lists(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        scan_cases(tmp_path / "none")
    file = tmp_path / "rows.jsonl"
    file.write_text("")
    with pytest.raises(InputError, match="is a file, a folder of cases is needed"):
        scan_cases(file)
    with pytest.raises(InputError, match="holds no cases"):
        read_cases(file)
    row = json.dumps({"case_id": "a", "patient_id": "p"})
    file.write_text(f"{row}\n{row}\n")
    with pytest.raises(
        InputError,
        match=r"rows\.jsonl:2: field 'case_id': must be unique in its file \(first in line 1\); got 'a'",
    ):
        read_cases(file)
    (tmp_path / "cases.csv").write_text("case_id,patient_id\na,p\nb,p\na,q\n")
    with pytest.raises(InputError, match=r"cases\.csv:4: field 'case_id': must be unique"):
        read_cases(tmp_path)


def test_no_permission(tmp_path, monkeypatch):
    """As root every folder can be read, so the refusal is simulated where the folder is listed."""
    monkeypatch.setattr("os.scandir", _refuse)
    with pytest.raises(InputError, match="no permission to list this folder"):
        scan_cases(tmp_path)


def _refuse(self):
    raise PermissionError(13, "Permission denied")
