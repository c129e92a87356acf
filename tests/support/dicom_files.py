"""DICOM files of the tests: a CT series in any folder under any names, and segmentations of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence

SERIES = "1.2.826.0.1.3680043.8.498.6"
Place = Callable[[int], tuple[float, float, float]]


def item(**values: Any) -> Dataset:
    """A dataset of these fields."""
    data = Dataset()
    for name, value in values.items():
        setattr(data, name, value)
    return data


def _begun(storage: str, uid: str, **values: Any) -> Dataset:
    data = item(**values)
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = storage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = uid
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    return data


def write_ct_series(
    folder: Path,
    hu: np.ndarray,
    affine: np.ndarray,
    *,
    name: str = "{:04d}.dcm",
    series: str = SERIES,
    modality: str = "CT",
    place: Place | None = None,
) -> None:
    """Write voxels (LPS, one step, RAS+ affine) as slices; ``place`` offsets each from the first (mm)."""
    folder.mkdir(parents=True, exist_ok=True)
    step, first = float(affine[2, 2]), affine[:3, 3] * (-1, -1, 1)
    for k in range(hu.shape[2]):
        offset = (0.0, 0.0, step * k) if place is None else place(k)
        data = _begun(pydicom.uid.CTImageStorage, f"{series}.{k + 1}", Modality=modality)
        data.StudyInstanceUID, data.SeriesInstanceUID, data.InstanceNumber = "1.2.3", series, k + 1
        data.ImagePositionPatient = [f"{value:.4f}" for value in first + offset]
        data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        data.PixelSpacing, data.SliceThickness = [step, step], step
        data.Columns, data.Rows = hu.shape[:2]
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
        data.RescaleSlope, data.RescaleIntercept = 1, -1024
        data.PixelData = (hu[:, :, k].T.astype(np.int32) + 1024).astype("<u2").tobytes()
        data.save_as(folder / name.format(k + 1), enforce_file_format=True)


def coded(field: str, value: str, meaning: str) -> dict[str, Sequence]:
    """A field that is one SNOMED CT code."""
    return {field: Sequence([item(CodeValue=value, CodingSchemeDesignator="SCT", CodeMeaning=meaning)])}


def write_segmentation(
    path: Path,
    segments: Mapping[str, np.ndarray],
    affine: np.ndarray,
    *,
    codes: Mapping[str, Mapping[str, Any]] = {},
    kind: str = "BINARY",
    series: str = SERIES,
) -> None:
    """Write masks (LPS) by label as a DICOM segmentation without its empty frames; ``codes`` by label.

    Of the kind FRACTIONAL, masks are shares from 0 to 1, written as 0 to 200.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    step, first = float(affine[2, 2]), affine[:3, 3] * (-1, -1, 1)
    data = _begun("1.2.840.10008.5.1.4.1.1.66.4", "1.2.9.9", Modality="SEG", SegmentationType=kind)
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.3", "1.2.9.8"
    bits = 8 if kind == "FRACTIONAL" else 1
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = bits, bits, bits - 1, 0
    if kind == "FRACTIONAL":
        data.SegmentationFractionalType, data.MaximumFractionalValue = "PROBABILITY", 200
    data.ReferencedSeriesSequence = Sequence([item(SeriesInstanceUID=series)])
    frames, groups, named = [], [], []
    for number, (label, mask) in enumerate(segments.items(), start=1):
        named.append(item(SegmentNumber=number, SegmentLabel=label, **codes.get(label, {})))
        for k in np.flatnonzero(mask.any(axis=(0, 1))).tolist():
            position = item(
                ImagePositionPatient=[float(first[0]), float(first[1]), float(first[2]) + step * k]
            )
            segment = item(ReferencedSegmentNumber=number)
            shown = mask[:, :, k].T
            frames.append(np.rint(200 * shown).astype(np.uint8) if kind == "FRACTIONAL" else shown != 0)
            groups.append(
                item(
                    SegmentIdentificationSequence=Sequence([segment]),
                    PlanePositionSequence=Sequence([position]),
                )
            )
    data.SegmentSequence, data.PerFrameFunctionalGroupsSequence = Sequence(named), Sequence(groups)
    axes = item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    measures = item(PixelSpacing=[step, step], SliceThickness=step)
    shared = item(PlaneOrientationSequence=Sequence([axes]), PixelMeasuresSequence=Sequence([measures]))
    data.SharedFunctionalGroupsSequence = Sequence([shared])
    data.Columns, data.Rows = next(iter(segments.values())).shape[:2]
    data.NumberOfFrames = len(frames)
    stacked = np.stack(frames)
    packed = stacked if kind == "FRACTIONAL" else np.packbits(stacked.ravel(), bitorder="little")
    data.PixelData = packed.tobytes() + b"\0" * (packed.size % 2)
    data.save_as(path, enforce_file_format=True)
