import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.volume import read_header, read_volume

pydicom = pytest.importorskip("pydicom")

# HU of a small series [column, row, slice]; stored values are HU + 1024.
HU = np.random.default_rng(3).integers(-1024, 1500, (12, 10, 6)).astype(np.int16)
UID = "1.2.826.0.1.3680043.8.498.1"


def write_slice(path, plane, position, **changes):
    """One CT slice; ``plane`` [column, row] in HU, position in LPS mm."""
    from pydicom.dataset import Dataset, FileMetaDataset

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = pydicom.uid.CTImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = pydicom.uid.generate_uid()
    data.Modality, data.SeriesInstanceUID, data.StudyInstanceUID = "CT", UID, UID + ".9"
    data.Columns, data.Rows = plane.shape
    data.ImagePositionPatient = [float(v) for v in position]
    data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data.PixelSpacing = [0.75, 0.5]  # between rows, between columns
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.RescaleSlope, data.RescaleIntercept = 1, -1024
    for name, value in changes.items():
        setattr(data, name, value)
    stored = (plane.T - data.RescaleIntercept) / data.RescaleSlope
    data.PixelData = (
        np.ascontiguousarray(stored).astype("<i2" if data.PixelRepresentation else "<u2").tobytes()
    )
    data.save_as(path, enforce_file_format=True)


def write_series(folder, heights=(0, 2.5, 5, 7.5, 10, 12.5), drift=0.0, **changes):
    """Slices in files whose names are not in slice order."""
    folder.mkdir(exist_ok=True)
    for k, height in enumerate(heights):
        name = f"im{(k * 7 + 3) % 11:02d}"
        write_slice(folder / name, HU[:, :, k], (-30, -40 + drift * k, 100 + height), **changes)
    return folder


def test_slices_are_sorted_by_position_and_rescaled(tmp_path):
    folder = write_series(tmp_path / "s")
    (folder / "notes.txt").write_text("not DICOM")
    volume = read_volume(folder)
    assert np.array_equal(volume.voxels, HU)
    assert volume.voxels.dtype == np.int16
    assert volume.axcodes == "LPS"
    assert volume.spacing == (0.5, 0.75, 2.5)
    assert volume.affine.apply((2, 3, 4)) == pytest.approx((30 - 1.0, 40 - 2.25, 110))
    header = read_header(folder)
    assert header.shape == (12, 10, 6)
    assert header.affine == volume.affine


def test_feet_first_positions_and_sagittal_slices(tmp_path):
    folder = write_series(tmp_path / "s", ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    with pytest.raises(InputError, match="two slices at one position"):
        read_volume(folder)
    for k in range(6):
        write_slice(
            folder / f"im{(k * 7 + 3) % 11:02d}",
            HU[:, :, k],
            (-8 + 3 * k, 5, 60),
            ImageOrientationPatient=[0, 1, 0, 0, 0, -1],
        )
    volume = read_volume(folder)
    assert volume.axcodes == "PIR"  # sorted along the normal of the slices, here towards the right
    assert np.array_equal(volume.voxels, HU[:, :, ::-1])
    assert volume.affine.apply((0, 0, 5)) == pytest.approx((8, -5, 60))


@pytest.mark.parametrize("order", [1, -1])
def test_positions_decide_not_the_file_order(tmp_path, order):
    folder = write_series(tmp_path / "s", heights=[order * 2.5 * k for k in range(6)])
    volume = read_volume(folder)
    low = volume.affine.apply((0, 0, 0))[2]
    assert low == pytest.approx(min(100, 100 + order * 12.5))
    assert np.array_equal(volume.voxels, HU[:, :, ::order])


def test_each_slice_has_its_own_rescale(tmp_path):
    folder = write_series(tmp_path / "s")
    write_slice(folder / "im03", HU[:, :, 0], (-30, -40, 100), RescaleIntercept=-8192)
    assert np.array_equal(read_volume(folder).voxels, HU)


def test_fractional_slope_gives_float32(tmp_path):
    folder = tmp_path / "s"
    folder.mkdir()
    for k in range(6):
        plane = (HU[:, :, k] // 2) * 0.5
        write_slice(folder / f"{k}.dcm", plane, (0, 0, 3 * k), RescaleSlope=0.5, RescaleIntercept=-1024)
    volume = read_volume(folder)
    assert volume.voxels.dtype == np.float32
    assert np.array_equal(volume.voxels, (HU // 2) * 0.5)


def test_small_rounding_of_positions_is_accepted(tmp_path):
    folder = write_series(tmp_path / "s", heights=(0, 2.49, 5.01, 7.5, 10.02, 12.5))
    assert read_volume(folder).spacing[2] == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda f: f.mkdir(), "no DICOM slices"),
        (lambda f: write_series(f, heights=(0, 2.5, 5, 10, 12.5, 15)), r"5\.00 mm between im06 and im02"),
        (lambda f: write_series(f, heights=(0, 2.5, 5, 5, 7.5, 10)), "two slices at one position"),
        (lambda f: write_series(f, heights=(0,)), "at least 2 slices, found 1"),
        (lambda f: write_series(f, drift=0.5), r"sideways by 11\.3 degrees \(gantry tilt\)"),
        (lambda f: write_series(f, ImageOrientationPatient=[1, 0, 0, 1, 0, 0]), "perpendicular unit vectors"),
        (lambda f: write_series(f, PixelSpacing=[0, 0.5]), "PixelSpacing must be positive"),
        (lambda f: write_series(f, NumberOfFrames=2), "multi-frame"),
    ],
)
def test_bad_series_are_refused(tmp_path, make, rule):
    make(tmp_path / "series")
    with pytest.raises(InputError, match=rule) as caught:
        read_volume(tmp_path / "series")
    assert str(tmp_path / "series") in str(caught.value)


def test_several_series_are_listed(tmp_path):
    folder = write_series(tmp_path / "s")
    write_slice(folder / "scout", HU[:, :, 0], (0, 0, 0), SeriesInstanceUID=UID + ".77")
    with pytest.raises(InputError, match=rf"found 2: {UID} \(6 files\), {UID}\.77 \(1 files\)"):
        read_volume(folder)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"PixelSpacing": [0.8, 0.5]}, "PixelSpacing"),
        ({"ImageOrientationPatient": [0, 1, 0, 1, 0, 0]}, "ImageOrientationPatient"),
    ],
)
def test_slices_of_different_grids_are_refused(tmp_path, changes, name):
    folder = write_series(tmp_path / "s")
    write_slice(folder / "im03", HU[:, :, 0], (-30, -40, 100), **changes)
    with pytest.raises(InputError, match=f"{name} differs between slices"):
        read_volume(folder)


def test_different_sizes_and_broken_files_are_refused(tmp_path):
    folder = write_series(tmp_path / "s")
    write_slice(folder / "im03", HU[:8, :, 0], (-30, -40, 100))
    with pytest.raises(InputError, match="Rows and Columns differs"):
        read_volume(folder)
    write_slice(folder / "im03", HU[:, :, 0], (-30, -40, 100))
    whole = (folder / "im10").read_bytes()
    (folder / "im10").write_bytes(whole[:-100])
    with pytest.raises(InputError, match="im10"):
        read_volume(folder)


def test_readers_for_nifti_refuse_a_folder(tmp_path):
    with pytest.raises(InputError, match="reads only NIfTI"):
        read_volume(write_series(tmp_path / "s"), reader="nifti")


@pytest.mark.parametrize("total", [3.0, -3.5, 1.5])
def test_positions_that_drift_from_the_line_are_refused(tmp_path, total):
    """Each step differs little from the median; the middle slice lies far from its place."""
    n = 60
    slope = total / (n * n / 4)
    heights = [2.5 * k + slope * k * (n - 1 - k) for k in range(n)]
    folder = tmp_path / "s"
    folder.mkdir()
    for k, height in enumerate(heights):
        write_slice(folder / f"{k:03d}", HU[:, :, 0], (-30, -40, 100 + height))
    steps = np.diff(heights)
    assert np.abs(steps - np.median(steps)).max() < 0.25
    with pytest.raises(
        InputError, match=rf"not evenly spaced: 0\d\d lies {abs(total):.1f}\d* mm|evenly spaced"
    ):
        read_volume(folder)


@pytest.mark.parametrize(("modality", "name"), [("MR", "magnetic"), ("PT", "PET"), ("US", "ultrasound")])
def test_another_modality_is_no_ct(tmp_path, modality, name):
    with pytest.raises(InputError, match=rf"Modality is {modality} \({name}"):
        read_volume(write_series(tmp_path / "s", Modality=modality))


def write_multiframe(path, order, heights, *, shared_scale=True):
    """An enhanced CT whose frames are stored in another order than they lie; -> HU in slice order."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.sequence import Sequence

    def item(**values):
        data = Dataset()
        for name, value in values.items():
            setattr(data, name, value)
        return data

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = pydicom.uid.EnhancedCTImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = pydicom.uid.generate_uid()
    data.Modality, data.SeriesInstanceUID, data.StudyInstanceUID = "CT", UID, UID + ".9"
    data.Columns, data.Rows, data.NumberOfFrames = HU.shape[0], HU.shape[1], len(order)
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    shared = item(
        PlaneOrientationSequence=Sequence([item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]),
        PixelMeasuresSequence=Sequence([item(PixelSpacing=[0.75, 0.5])]),
    )
    intercepts = [-1024] * len(order) if shared_scale else [-1024 - 10 * k for k in range(len(order))]
    if shared_scale:
        scale = item(RescaleSlope=1, RescaleIntercept=-1024)
        shared.PixelValueTransformationSequence = Sequence([scale])
    groups, planes = [], []
    for frame, k in enumerate(order):
        group = item(
            PlanePositionSequence=Sequence([item(ImagePositionPatient=[-30, -40, 100 + heights[k]])])
        )
        if not shared_scale:
            scale = item(RescaleSlope=1, RescaleIntercept=intercepts[frame])
            group.PixelValueTransformationSequence = Sequence([scale])
        groups.append(group)
        planes.append(HU[:, :, k].T.astype(np.int32) - intercepts[frame])
    data.SharedFunctionalGroupsSequence = Sequence([shared])
    data.PerFrameFunctionalGroupsSequence = Sequence(groups)
    data.PixelData = np.stack(planes).astype("<u2").tobytes()
    path.parent.mkdir(exist_ok=True)
    data.save_as(path, enforce_file_format=True)


@pytest.mark.parametrize("shared_scale", [True, False])
@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (5, 4, 3, 2, 1, 0), (3, 0, 5, 1, 4, 2)])
def test_an_enhanced_ct_is_read_by_the_places_of_its_frames(tmp_path, order, shared_scale):
    heights = (0, 2.5, 5, 7.5, 10, 12.5)
    write_multiframe(tmp_path / "s" / "all.dcm", order, heights, shared_scale=shared_scale)
    volume = read_volume(tmp_path / "s")
    assert np.array_equal(volume.voxels, HU)
    assert (volume.axcodes, volume.spacing) == ("LPS", (0.5, 0.75, 2.5))
    assert volume.affine == read_volume(write_series(tmp_path / "single")).affine


def test_uneven_frames_are_refused(tmp_path):
    write_multiframe(tmp_path / "s" / "all.dcm", (0, 1, 2, 3, 4, 5), (0, 2.5, 5, 10, 12.5, 15))
    with pytest.raises(InputError, match=r"not evenly spaced: 5\.00 mm between all\.dcm frame 3"):
        read_volume(tmp_path / "s")


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("Rows", 65535, "Rows and Columns promise"),
        ("Rows", 0, "Rows must be a positive|broken DICOM"),
        ("BitsAllocated", 0, "BitsAllocated must be|broken DICOM"),
    ],
)
def test_sizes_that_a_file_cannot_hold_are_refused_before_memory_is_taken(tmp_path, field, value, fault):
    import pydicom

    write_series(tmp_path)
    path = next(one for one in sorted(tmp_path.rglob("*")) if one.is_file())
    data = pydicom.dcmread(path)
    setattr(data, field, value)
    if field == "Rows":
        data.Columns = 65535
    data.save_as(path)
    with pytest.raises(InputError, match=fault):
        read_volume(path.parent)
