"""Elements of DICOM files: whole ones pass in every transfer syntax, cut ones do not."""

import struct

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate

from medspatial.errors import InputError
from medspatial.volume.read.dicom_structure import check_structure

SYNTAXES = {
    "explicit": pydicom.uid.ExplicitVRLittleEndian,
    "implicit": pydicom.uid.ImplicitVRLittleEndian,
    "big": pydicom.uid.ExplicitVRBigEndian,
    "compressed": pydicom.uid.RLELossless,
}


def written(path, syntax, undefined=False):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    meta.TransferSyntaxUID = SYNTAXES[syntax]
    kind = {"is_little_endian": syntax != "big", "is_implicit_VR": syntax == "implicit"}
    data = FileDataset("", {}, file_meta=meta, preamble=bytes(128), **kind)
    data.Modality, data.Rows, data.Columns, data.BitsAllocated = "CT", 8, 8, 16
    inner, outer = Dataset(), Dataset()
    inner.CodeValue = "T-1"
    inner.is_undefined_length_sequence_item = undefined
    outer.AnatomicRegionSequence = [inner]
    data.SegmentSequence = [outer, inner]
    data["SegmentSequence"].is_undefined_length = undefined
    pixels = np.arange(64, dtype=np.uint16).tobytes()
    data.PixelData = encapsulate([pixels]) if syntax == "compressed" else pixels
    data["PixelData"].VR = "OB" if syntax == "compressed" else "OW"
    data["PixelData"].is_undefined_length = syntax == "compressed"
    data.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("undefined", [False, True])
def test_whole_files_pass_and_cut_ones_do_not(tmp_path, syntax, undefined):
    path = written(tmp_path / "a.dcm", syntax, undefined)
    check_structure(path)
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(100))
    check_structure(path)
    for end in range(len(whole) - 130, len(whole) - 1, 7):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError, match="broken DICOM file"):
            check_structure(path)


def test_lengths_types_and_depth(tmp_path):
    path = written(tmp_path / "a.dcm", "explicit")
    whole = path.read_bytes()
    deep = b"\x40\x00\x01\xa0SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    at = whole.index(b"\x28\x00\x10\x00US")
    for bad, fault in (
        (whole[: at + 6] + struct.pack("<H", 60000) + whole[at + 8 :], "states a length of 60000 bytes"),
        (whole[: at + 4] + b"zz" + whole[at + 6 :], "unknown type b'zz'"),
        (whole[:at] + deep * 500, "deeper"),
        (whole.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0")[: at + 7], "is cut off"),
    ):
        path.write_bytes(bad)
        with pytest.raises(InputError, match=fault):
            check_structure(path)
