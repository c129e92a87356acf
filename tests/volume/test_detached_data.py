"""Voxels in files beside a text header: every form of naming them, and none that leads out of the folder."""

import os
import sys
import zlib

import numpy as np
import pytest
import SimpleITK as sitk

from medspatial.errors import InputError
from medspatial.volume import read_volume
from medspatial.volume.read import volume_files

STORED = np.arange(120, dtype="<i2").reshape(4, 5, 6, order="F")
DATA = STORED.tobytes(order="F")


def nhdr(folder, data, words="", encoding="raw"):
    path = folder / "a.nhdr"
    path.write_text(
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 5 6\nendian: little\nspace: left-posterior-superior\n"
        f"space directions: (0.5,0,0) (0,0.75,0) (0,0,2)\nspace origin: (1,2,3)\nencoding: {encoding}\n"
        f"{words}data file: {data}\n"
    )
    return path


def mhd(folder, data, words=""):
    path = folder / "a.mhd"
    path.write_text(
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nOffset = 1 2 3\n"
        f"TransformMatrix = 1 0 0 0 1 0 0 0 1\nElementSpacing = 0.5 0.75 2\n{words}DimSize = 4 5 6\n"
        f"ElementType = MET_SHORT\nElementDataFile = {data}\n"
    )
    return path


HEADERS = pytest.mark.parametrize("header", [nhdr, mhd])


def parts(folder, count):
    names = []
    for number in range(count):
        names.append(f"part{number:02d}.raw")
        size = len(DATA) // count
        (folder / names[-1]).write_bytes(DATA[number * size : (number + 1) * size])
    return names


@HEADERS
def test_one_file_lists_and_patterns_give_the_voxels_that_simpleitk_gives(tmp_path, header):
    names = parts(tmp_path, 6)
    (tmp_path / "a.raw").write_bytes(DATA)
    for stated in ("a.raw", "part%02d.raw 0 5 1", "LIST\n" + "\n".join(names)):
        path = header(tmp_path, stated)
        volume = read_volume(path)
        assert np.array_equal(volume.voxels, STORED)
        image = sitk.ReadImage(str(path))
        assert np.array_equal(sitk.GetArrayFromImage(image).T, volume.voxels)
        x, y, z = image.TransformIndexToPhysicalPoint((3, 2, 1))
        assert volume.affine.apply((3, 2, 1)) == pytest.approx((-x, -y, z))


def test_bytes_before_the_voxels_are_left_out(tmp_path):
    (tmp_path / "a.raw").write_bytes(b"a line\nxyz" + DATA)
    for path in (
        nhdr(tmp_path, "a.raw", "line skip: 1\nbyte skip: 3\n"),
        nhdr(tmp_path, "a.raw", "byte skip: -1\n"),
        mhd(tmp_path, "a.raw", "HeaderSize = 10\n"),
        mhd(tmp_path, "a.raw", "HeaderSize = -1\n"),
    ):
        assert np.array_equal(read_volume(path).voxels, STORED)


def test_text_is_read_as_numbers(tmp_path):
    text = " ".join(str(value) for value in STORED.ravel(order="F"))
    (tmp_path / "a.txt").write_text(text)
    path = nhdr(tmp_path, "a.txt", encoding="ascii")
    assert np.array_equal(read_volume(path).voxels, STORED)
    for bad, fault in ((text[:-4], "promises 120 numbers"), (text[:-3] + "x1", "not a number")):
        (tmp_path / "a.txt").write_text(bad)
        with pytest.raises(InputError, match=fault):
            read_volume(path)


@HEADERS
@pytest.mark.parametrize(
    "stated",
    [
        "/etc/passwd",
        "../secret",
        "sub/../../secret",
        "link",
        "LIST\n../secret",
        "LIST\nlink",
        "../secre%01d 1 1 1",
    ],
)
def test_data_outside_of_the_folder_are_refused(tmp_path, header, stated):
    (tmp_path / "secret").write_bytes(DATA)
    (tmp_path / "secre1").write_bytes(DATA)
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "sub").mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match=r"case/a\.\w+: names the file .* outside of its folder"):
        read_volume(header(folder, stated))


@HEADERS
def test_a_link_within_the_folder_and_a_linked_folder_are_followed(tmp_path, header):
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "a.raw").write_bytes(DATA)
    (folder / "link").symlink_to("a.raw")
    path = header(folder, "link")
    (tmp_path / "other").symlink_to(folder)
    assert np.array_equal(read_volume(tmp_path / "other" / path.name).voxels, STORED)


@HEADERS
@pytest.mark.parametrize("stated", ["none.raw", "fifo", ".", "n" * 5000, "a\0b"])
def test_data_that_are_no_file_are_refused_at_once(tmp_path, header, stated):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(InputError, match=r"a\.\w+: ") as caught:
        read_volume(header(tmp_path, stated))
    assert len(str(caught.value)) < 1000


@HEADERS
def test_sizes_are_held_against_the_file_before_memory_is_taken(tmp_path, header):
    path = header(tmp_path, "a.raw")
    (tmp_path / "a.raw").write_bytes(DATA)
    path.write_text(path.read_text().replace("4 5 6", "3000 2000 1000"))
    with pytest.raises(InputError, match="promises 12000000000 bytes, the file holds 240"):
        read_volume(path)
    compressed = (
        nhdr(tmp_path, "a.z", encoding="gzip")
        if header is nhdr
        else mhd(tmp_path, "a.z", "CompressedData = True\n")
    )
    (tmp_path / "a.z").write_bytes(zlib.compress(DATA))
    assert np.array_equal(read_volume(compressed).voxels, STORED)
    (tmp_path / "a.z").write_bytes(zlib.compress(bytes(100_000_000)))
    with pytest.raises(InputError, match="promises 240 bytes, the file holds at least"):
        read_volume(compressed)
    compressed.write_text(compressed.read_text().replace("4 5 6", "3000 2000 1000"))
    with pytest.raises(InputError, match="more than a compressed file of"):
        read_volume(compressed)


@HEADERS
def test_wrong_fields_are_named(tmp_path, header):
    (tmp_path / "a.raw").write_bytes(DATA)
    text = header(tmp_path, "a.raw").read_text()
    sizes = "sizes: 4 5 6" if header is nhdr else "DimSize = 4 5 6"
    name = "sizes" if header is nhdr else "DimSize"
    for wrong in ("4 5", "4 5 x", "4 5 6 7", "4 5 -6", "4 5 6e9", "4 5 " + "9" * 400):
        path = tmp_path / f"a.{header.__name__}"
        path.write_text(text.replace(sizes, sizes.replace("4 5 6", wrong)))
        with pytest.raises(InputError, match=name):
            read_volume(path)
    path.write_text(text.replace(sizes, f"{sizes}\n{sizes}"))
    with pytest.raises(InputError, match="stands twice"):
        read_volume(path)
    path.write_text(text.replace(sizes + "\n", ""))
    with pytest.raises(InputError, match=f"(?i)lacks the field '{name}'"):
        read_volume(path)


NOTES: list[list[str]] = []  # of those who listen now: a hook stays for good


def _note_opened(event, arguments):
    if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        for one in NOTES:
            one.append(os.fsdecode(arguments[0]))


@HEADERS
def test_the_files_of_a_volume_are_those_that_reading_opens(tmp_path, header):
    sys.addaudithook(_note_opened)
    names = parts(tmp_path, 6)
    (tmp_path / "a.raw").write_bytes(DATA)
    for stated in ("a.raw", "part%02d.raw 0 5 1", "LIST\n" + "\n".join(names)):
        path = header(tmp_path, stated)
        NOTES.append([])
        read_volume(path)
        opened = {one for one in NOTES.pop() if one.startswith(str(tmp_path))}
        assert {str(one) for one in volume_files(path)} == opened
        assert len(opened) == 2 + 5 * (stated != "a.raw")
    path.write_text("no header")
    assert volume_files(path) == (path,)


@HEADERS
@pytest.mark.parametrize("length", [65_530, 65_536, 65_540, 200_000])
def test_a_header_longer_than_what_is_read_at_first(tmp_path, header, length):
    (tmp_path / "a.raw").write_bytes(DATA)
    path = header(tmp_path, "a.raw")
    first, _, rest = path.read_text().partition("\n")
    path.write_text(f"{first}\n# {'x' * (length - len(first) - len(rest) - 4)}\n{rest}")
    assert np.array_equal(read_volume(path).voxels, STORED)
