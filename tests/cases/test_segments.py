"""Slicer's segmentations: names inside the file, overlapping segments in layers."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.cases.segments import names_segments, read_nrrd_segments
from medspatial.cases.sources import MaskReader
from medspatial.errors import InputError

labelled = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("labelled.py"))))


def layer(*names):
    return labelled.voxels_of(labelled.numbered(names))


def written(tmp_path, layers, segments, name="x.seg.nrrd"):
    return labelled.write_seg_nrrd(tmp_path / name, layers, segments)


def read(path, label_map=None):
    return MaskReader().read(path, label_map, root=path.parent)


def voxels(name):
    return labelled.phantom().masks.voxels(name)


@pytest.mark.parametrize("file", ["Segmentation.seg.nrrd", "mask.nrrd"])
def test_names_inside_the_file_are_the_structures(tmp_path, file):
    path = written(tmp_path, [layer("liver", "spleen")], [("Liver", 0, 1), ("my organ", 0, 2)], file)
    masks = read(path)
    assert set(masks.names) == {"liver", "my organ"}
    assert masks.voxels("liver") == voxels("liver")
    assert names_segments(path)


def test_overlapping_segments_lie_in_layers(tmp_path):
    layers = [layer("liver"), layer(["liver", "spleen"])]
    masks = read(written(tmp_path, layers, [("Liver", 0, 1), ("both", 1, 1)]))
    assert masks.voxels("both") == voxels("liver") + voxels("spleen")
    assert masks.voxels("liver") == voxels("liver")


def test_segments_that_nobody_named_are_left_out_or_refused(tmp_path):
    layers = [layer("liver", "spleen")]
    masks = read(written(tmp_path, layers, [("Segment_1", 0, 1), ("Spleen", 0, 2)]))
    assert masks.names == ("spleen",)
    assert "names that match no structure: Segment_1, left out" in masks.notes[-1]
    path = written(tmp_path, layers, [("Segment_1", 0, 1), ("Segment_2", 0, 2)])
    with pytest.raises(InputError, match="only names that match no structure: Segment_1, Segment_2; rename"):
        read(path)


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ([("liver", 0, 1), ("Liver", 0, 2)], "segments 0 and 1 are both named 'liver'"),
        ([("liver", 0, 1), ("spleen", 0, 1)], "share value 1 of layer 0"),
        ([("liver", 3, 1)], "Segment0_Layer must be from 0 to 0, got '3'"),
        ([("liver", 0, 0)], "Segment0_LabelValue must be a whole number from 1 on, got '0'"),
        ([("liver", 0, "x")], "Segment0_LabelValue must be a whole number from 1 on, got 'x'"),
    ],
)
def test_segments_that_contradict_each_other_are_refused(tmp_path, segments, message):
    with pytest.raises(InputError, match=message):
        read(written(tmp_path, [layer("liver", "spleen")], segments))


def test_a_stated_map_and_a_table_beside_a_single_layer(tmp_path):
    path = written(tmp_path, [layer("liver", "spleen")], [("Liver", 0, 1), ("Spleen", 0, 2)])
    (tmp_path / "labels.json").write_text('{"1": "spleen", "2": "liver"}')
    with pytest.raises(InputError, match=r"its segment names.* name 2 of 2 values differently"):
        read(path)


def test_other_files_name_no_segments(tmp_path):
    plain = labelled.write_nifti(tmp_path / "a.nii.gz", layer("liver"))
    assert read_nrrd_segments(plain) is None
    assert not names_segments(plain)
    assert not names_segments(tmp_path / "missing.seg.nrrd")


@given(st.binary(max_size=300))
def test_any_bytes_name_segments_or_none(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.seg.nrrd"
    path.write_bytes(b"NRRD0004\n" + content)
    assert names_segments(path) in (True, False)


def test_layers_of_a_four_dimensional_file_are_in_order(tmp_path):
    layers = [layer(one) for one in ("liver", "spleen", "stomach")]
    segments = [("a organ", 2, 1), ("b organ", 0, 1), ("c organ", 1, 1)]
    masks = read(written(tmp_path, layers, segments))
    wanted = {"a organ": "stomach", "b organ": "liver", "c organ": "spleen"}
    assert {one: masks.voxels(one) for one in masks.names} == {k: voxels(v) for k, v in wanted.items()}
    assert all(np.asarray(one).shape == labelled.phantom().masks.shape for one in masks.layers)
