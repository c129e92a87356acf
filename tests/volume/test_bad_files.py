"""Each kind of bad volume file has one message that names the file and the rule."""

import gzip
import os

import nibabel as nib
import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.volume import read_header, read_volume

AFFINE = np.array([[-0.7, 0, 0, 90], [0, -0.7, 0, 80], [0, 0, 1.5, -300], [0, 0, 0, 1.0]])
VOXELS = np.random.default_rng(0).integers(-500, 1500, (30, 31, 32)).astype(np.int16)


def body(voxels=VOXELS, affine=AFFINE, **fields):
    """Bytes of a NIfTI file, with header fields set to anything."""
    image = nib.Nifti1Image(voxels, affine)
    image.header.set_sform(affine, code=1)
    data = bytearray(image.to_bytes())
    header = np.frombuffer(data, nib.nifti1.header_dtype, count=1)
    for name, value in fields.items():
        header[name][0] = value
    return bytes(data)


def zipped(data):
    return gzip.compress(data, 1)


def damaged(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


def wrong_checksum(data):
    return data[:-8] + bytes([data[-8] ^ 1]) + data[-7:]


def with_value(value):
    voxels = VOXELS.astype(np.float32)
    voxels[1, 2, 3] = value
    return body(voxels)


def dim(*sizes):
    return np.array([len(sizes), *sizes, *[1] * (7 - len(sizes))], np.int16)


CASES = {
    "truncated gzip": ("a.nii.gz", lambda: zipped(body())[:-2000], "truncated gzip file"),
    "gzip cut in its trailer": ("a.nii.gz", lambda: zipped(body())[:-3], "truncated gzip file"),
    "gzip cut in the header": ("a.nii.gz", lambda: zipped(body())[:40], "truncated gzip file"),
    "damaged gzip": ("a.nii.gz", lambda: damaged(zipped(body())), "damaged gzip file"),
    "wrong checksum": ("a.nii.gz", lambda: wrong_checksum(zipped(body())), "damaged gzip file"),
    "missing voxels": (
        "a.nii",
        lambda: body()[:-10],
        r"promises 59872 bytes, the file holds 59862",
    ),
    "missing voxels in gzip": ("a.nii.gz", lambda: zipped(body()[:-10]), "the file holds 59862"),
    "trailing bytes": ("a.nii.gz", lambda: zipped(body() + b"xy"), "the file holds 59874"),
    "NaN": ("a.nii.gz", lambda: zipped(with_value(np.nan)), r"voxel \(1, 2, 3\) is nan"),
    "infinity": ("a.nii", lambda: with_value(np.inf), r"voxel \(1, 2, 3\) is inf"),
    "empty file": ("a.nii", lambda: b"", "holds only 0 bytes"),
    "empty gzip": ("a.nii.gz", lambda: zipped(b""), "holds only 0 bytes"),
    "text": ("a.nii", lambda: b"patient,side\n" * 100, "not a NIfTI file"),
    "empty array": ("a.nii", lambda: body(dim=dim(30, 0, 32)), r"empty, its shape is \(30, 0, 32\)"),
    "4D": ("a.nii", lambda: body(np.zeros((3, 4, 5, 2), np.int16)), "3 dimensions, the file has 4"),
    "2D": ("a.nii", lambda: body(dim=dim(30, 31)), "3 dimensions, the file has 2"),
    "colour": ("a.nii", lambda: body(datatype=128, bitpix=24), "plain numbers"),
    "unknown type": ("a.nii", lambda: body(datatype=77), "broken NIfTI header"),
    "bad offset": ("a.nii", lambda: body(vox_offset=10), "broken NIfTI header"),
    "bad intercept": ("a.nii", lambda: body(scl_slope=1, scl_inter=np.nan), "broken NIfTI header"),
    "no affine": ("a.nii", lambda: body(qform_code=0, sform_code=0), "qform_code and sform_code are both 0"),
    "plain affine": ("a.nii", lambda: body(affine=np.diag([0.7, 0.7, 1.5, 1])), "plain spacing diagonal"),
    "identity": ("a.nii", lambda: body(affine=np.eye(4)), "plain spacing diagonal with zero origin"),
    "singular affine": ("a.nii", lambda: body(srow_x=[0, 0, 0, 5]), "singular"),
    "affine not finite": ("a.nii", lambda: body(srow_x=[np.nan, 0, 0, 5]), "finite"),
    "forms that disagree": (
        "a.nii",
        lambda: body(qform_code=1, srow_x=[0.7, 0, 0, -90]),
        r"qform and sform point different ways \(LPS and RPS\)",
    ),
    "unknown suffix": ("a.png", lambda: b"x", "not a known volume format"),
    "not NRRD": ("a.nrrd", lambda: b"NRRD no", "cannot be read"),
    "not MHA": ("a.mha", lambda: b"hello", "cannot be read"),
}


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("reader", ["auto", "nibabel", "simpleitk"])
def test_bad_file_is_refused_with_its_name_and_the_rule(tmp_path, kind, reader):
    name, make, rule = CASES[kind]
    path = tmp_path / name
    path.write_bytes(make())
    if reader == "nibabel" and ".nii" not in name:
        pytest.skip("nibabel reads only NIfTI here")
    with pytest.raises(InputError, match=rule) as caught:
        read_volume(path, reader=reader)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "kind", ["no affine", "plain affine", "4D", "text", "singular affine", "gzip cut in the header"]
)
def test_the_header_alone_shows_it_too(tmp_path, kind):
    name, make, rule = CASES[kind]
    (tmp_path / name).write_bytes(make())
    with pytest.raises(InputError, match=rule):
        read_header(tmp_path / name)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.nii: no such file"):
        read_volume(tmp_path / "none.nii")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    path = tmp_path / "a.nii"
    path.write_bytes(body())
    path.chmod(0)
    for read in (read_volume, read_header):
        with pytest.raises(InputError, match="no permission to read"):
            read(path)


def test_a_header_that_promises_more_than_memory_holds(tmp_path):
    path = tmp_path / "a.nii"
    path.write_bytes(body(dim=dim(4000, 4000, 1900)))
    with pytest.raises(InputError, match=r"too large|the file holds"):
        read_volume(path)


@pytest.mark.parametrize("kind", ["no affine", "plain affine", "identity"])
def test_stated_axes_make_an_affine_of_the_spacing(tmp_path, kind):
    name, make, _ = CASES[kind]
    path = tmp_path / name
    path.write_bytes(make())
    volume = read_volume(path, assume_axes="lps")
    assert volume.axcodes == "LPS"
    assert volume.spacing == pytest.approx((1, 1, 1) if kind == "identity" else (0.7, 0.7, 1.5))
    assert volume.centre == pytest.approx((0, 0, 0), abs=1e-6)
    assert volume.history[0].name == "assumed_axes"
    assert volume.history[0].parameters == {"axcodes": "LPS"}
    assert read_header(path, assume_axes="LPS").affine == volume.affine
    assert read_header(path, assume_axes="LPS").assumed_axes == "LPS"
    with pytest.raises(InputError, match="axis codes 'LLL'"):
        read_volume(path, assume_axes="LLL")


def test_stated_axes_do_not_replace_a_good_affine(tmp_path):
    path = tmp_path / "a.nii"
    path.write_bytes(body())
    volume = read_volume(path, assume_axes="RAS")
    assert volume.axcodes == "LPS"
    assert volume.history == ()


def test_stated_axes_need_a_spacing(tmp_path):
    path = tmp_path / "a.nii"
    path.write_bytes(body(qform_code=0, sform_code=0, pixdim=[1, 0.7, 0, 1.5, 1, 1, 1, 1]))
    with pytest.raises(InputError, match="spacing must be positive"):
        read_volume(path, assume_axes="RAS")


def test_zero_origin_with_turned_axes_is_a_good_affine(tmp_path):
    turned = np.array([[0, 0, -0.8, 0], [0, -0.8, 0, 0], [-3.0, 0, 0, 0], [0, 0, 0, 1]])
    path = tmp_path / "a.nii"
    path.write_bytes(body(affine=turned))
    assert read_volume(path).axcodes == "IPL"
