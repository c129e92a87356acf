import gzip

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.volume import Step, read_header, read_volume

AFFINE = np.array([[-0.7, 0, 0, 90], [0, -0.7, 0, 80], [0, 0, 1.5, -300], [0, 0, 0, 1.0]])
STORED = np.random.default_rng(0).integers(-500, 1500, (6, 7, 8))
READERS = ("nifti", "nibabel", "simpleitk")


def save(
    path,
    stored=STORED,
    kind=np.int16,
    slope=None,
    inter=None,
    *,
    image=nib.Nifti1Image,
    big=False,
    affine=AFFINE,
):
    """Write stored numbers with a chosen scaling; nibabel would change both by itself."""
    header = image.header_class(endianness=">" if big else "<")
    header.set_data_shape(stored.shape)
    header.set_data_dtype(np.dtype(kind).newbyteorder(">" if big else "<"))
    header.set_sform(affine, code=1)
    header["pixdim"][1:4] = np.linalg.norm(affine[:3, :3], axis=0)
    offset = 352 if image is nib.Nifti1Image else 544
    header["vox_offset"] = offset
    header["magic"] = b"n+1" if offset == 352 else header["magic"]
    if slope is not None:
        header["scl_slope"], header["scl_inter"] = slope, inter
    body = header.binaryblock + b"\0" * 4 + stored.astype(header.get_data_dtype()).tobytes(order="F")
    path.write_bytes(gzip.compress(body, 1) if path.suffix == ".gz" else body)
    return path


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.uint32, np.float32])
def test_all_readers_give_the_same_volume_in_the_stored_type(tmp_path, name, kind):
    stored = np.abs(STORED) % 120
    path = save(tmp_path / name, stored, kind)
    volumes = [read_volume(path, reader=reader) for reader in READERS]
    for volume in volumes:
        assert volume.voxels.dtype == kind
        assert np.array_equal(volume.voxels, stored)
        assert volume.voxels.flags.f_contiguous
        assert not volume.voxels.flags.writeable
        assert volume.affine == volumes[0].affine
    assert len({volume.fingerprint for volume in volumes}) == 1


@pytest.mark.parametrize(
    ("kind", "slope", "inter", "result"),
    [
        (np.int16, 1, 0, np.int16),
        (np.int16, 0, 5, np.int16),  # a slope of 0 means no scaling
        (np.int16, 1, -24, np.int16),
        (np.uint16, 1, -1024, np.int16),
        (np.int16, 100, 0, np.int32),
        (np.uint8, 2, -1024, np.int16),
        (np.int16, 0.5, -0.25, np.float32),
        (np.int16, 1.1, -1024, np.float32),
        (np.float32, 2, 1, np.float32),
    ],
)
def test_scaling_gives_the_smallest_exact_type_with_every_reader(tmp_path, kind, slope, inter, result):
    stored = STORED if np.dtype(kind).kind != "u" else np.abs(STORED) % 250
    path = save(tmp_path / "a.nii.gz", stored, kind, slope, inter)
    expected = stored * float(np.float32(slope)) + inter if slope else stored
    for reader in READERS:
        volume = read_volume(path, reader=reader)
        assert volume.voxels.dtype == result, reader
        assert np.array_equal(volume.voxels, expected.astype(result)), reader
    scaled = (slope, inter) != (1, 0) and slope != 0
    recorded = (Step("rescaled", {"slope": float(np.float32(slope)), "intercept": float(inter)}),)
    assert volume.history == (recorded if scaled else ())


@given(
    slope=st.floats(0.0625, 10, width=32),
    inter=st.floats(-2000, 2000, width=32),
    kind=st.sampled_from([np.int16, np.uint8, np.float32]),
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_scaling_is_the_same_with_every_reader(tmp_path, slope, inter, kind):
    path = save(tmp_path / "a.nii", np.abs(STORED) % 200, kind, slope, inter)
    assert len({read_volume(path, reader=reader).fingerprint for reader in READERS}) == 1


@pytest.mark.parametrize("image", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("big", [False, True])
def test_nifti_1_and_2_of_both_byte_orders(tmp_path, image, big):
    path = save(tmp_path / "a.nii.gz", image=image, big=big)
    for reader in ("nifti", "nibabel"):
        volume = read_volume(path, reader=reader)
        assert np.array_equal(volume.voxels, STORED)
        assert volume.voxels.dtype.isnative


def test_float64_becomes_float32(tmp_path):
    volume = read_volume(save(tmp_path / "a.nii", STORED + 0.1, np.float64))
    assert volume.voxels.dtype == np.float32
    assert np.array_equal(volume.voxels, (STORED + 0.1).astype(np.float32))


def test_a_fourth_dimension_of_one_is_dropped(tmp_path):
    path = save(tmp_path / "a.nii.gz", STORED[..., None])
    assert all(read_volume(path, reader=reader).shape == (6, 7, 8) for reader in READERS)
    assert read_header(path).shape == (6, 7, 8)


def test_gzip_of_several_members_and_plain_data_named_gz(tmp_path):
    body = save(tmp_path / "a.nii").read_bytes()
    parts = tmp_path / "b.nii.gz"
    parts.write_bytes(gzip.compress(body[:500]) + gzip.compress(body[500:]))
    plain = tmp_path / "c.nii.gz"
    plain.write_bytes(body)
    assert np.array_equal(read_volume(parts).voxels, STORED)
    assert np.array_equal(read_volume(plain).voxels, STORED)


def test_header_extensions_are_skipped(tmp_path):
    image = nib.Nifti1Image(STORED.astype(np.int16), AFFINE)
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"x" * 1000))
    image.to_filename(tmp_path / "a.nii.gz")
    assert np.array_equal(read_volume(tmp_path / "a.nii.gz").voxels, STORED)


def test_masks_become_whole_numbers(tmp_path):
    path = save(tmp_path / "a.nii.gz", np.abs(STORED) % 118, np.float32)
    volume = read_volume(path, unit="label")
    assert volume.voxels.dtype == np.uint8
    assert volume.unit == "label"
    big = read_volume(save(tmp_path / "b.nii", np.abs(STORED), np.float64), unit="label")
    assert big.voxels.dtype == np.int16
    with pytest.raises(InputError, match=r"labels must be whole numbers, found 0\.5"):
        read_volume(save(tmp_path / "c.nii", np.abs(STORED) % 3 / 2, np.float32), unit="label")
    with pytest.raises(InputError, match=r"labels must be whole numbers, found 1\.494e"):
        read_volume(save(tmp_path / "d.nii", np.abs(STORED) * 1e9, np.float32), unit="label")


def test_header_alone(tmp_path):
    header = read_header(save(tmp_path / "a.nii.gz", big=True))
    assert header.shape == (6, 7, 8)
    assert header.dtype == np.int16
    assert header.affine.matrix == pytest.approx(AFFINE, abs=1e-4)
    assert header.assumed_axes is None


def test_hu_is_checked_where_it_is_asked(tmp_path):
    path = save(tmp_path / "a.nii.gz", np.abs(STORED) + 300)
    read_volume(path)
    with pytest.raises(InputError, match=r"a\.nii\.gz: not CT in HU: no value is below 0"):
        read_volume(path, unit="HU")


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"reader": "itk"}, "reader 'itk'"),
        ({"unit": "hu"}, "unit 'hu'"),
        ({"unit": "intensity"}, "unit 'intensity'"),
    ],
)
def test_unknown_options_are_refused(tmp_path, options, rule):
    with pytest.raises(InputError, match=rule):
        read_volume(save(tmp_path / "a.nii"), **options)
