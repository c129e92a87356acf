"""Damage a phantom's files as scripts do; show each by a picture and by what ``cases doctor`` says of it.

``python benchmarks/what_goes_wrong.py docs/images`` writes the pictures of docs/left_right_hu.md and prints
what that page quotes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medspatial.anatomy import load_label_map
from medspatial.cases import find_cases
from medspatial.cases.doctor import Diagnosis, consult
from medspatial.cases.phantom import make_phantom
from medspatial.inputs import PictureSettings, render
from medspatial.volume import Affine, MaskSet, Volume

SHOWN = ("liver", "spleen", "heart", "kidney_left", "kidney_right")
SIZE = 300


@dataclass
class Files:
    """What stands in the two files: voxels as stored, and the affine."""

    ct: NDArray[np.float32]
    seg: NDArray[np.uint16]
    affine: NDArray[np.float64]


def as_it_is(files: Files) -> None:
    """Change nothing."""


def mirrored_affine(files: Files) -> None:
    """The sign of the first row is lost: a file in LPS is labelled RAS."""
    files.affine[0] *= -1


def swapped_axes(files: Files) -> None:
    """The array is transposed and saved with the affine it had."""
    files.ct, files.seg = (np.ascontiguousarray(one.transpose(1, 0, 2)) for one in (files.ct, files.seg))


def head_to_foot(files: Files) -> None:
    """Slices are stacked from the head down, the affine says upwards."""
    files.ct, files.seg = (np.ascontiguousarray(one[:, :, ::-1]) for one in (files.ct, files.seg))


def z_scored(files: Files) -> None:
    """Values are scaled to mean 0 and deviation 1."""
    files.ct = (files.ct - files.ct.mean()) / files.ct.std()


def window_as_hu(files: Files) -> None:
    """Values are a window of 8 bits, as pictures have it."""
    files.ct = np.round(np.clip((files.ct + 160) / 400, 0, 1) * 255)


def shifted_mask(files: Files) -> None:
    """The masks lie 12 mm too far along the first axis, as after a crop whose origin was not kept."""
    files.seg = np.roll(files.seg, 4, axis=0)


WRONG: dict[str, Callable[[Files], None]] = {
    "as_it_is": as_it_is,
    "mirrored_affine": mirrored_affine,
    "swapped_axes": swapped_axes,
    "head_to_foot": head_to_foot,
    "z_scored": z_scored,
    "window_as_hu": window_as_hu,
    "shifted_mask": shifted_mask,
}


def damaged(name: str) -> Files:
    """Return the files of phantom 1 in 3 mm, stored as RAS, with one thing wrong."""
    phantom = make_phantom(1, spacing=3.0)
    seg = np.array(phantom.masks.layers[0])  # numbers of the label map `phantom`
    files = Files(phantom.ct.voxels.astype(np.float32), seg, np.array(phantom.ct.affine.matrix))
    WRONG[name](files)
    return files


def diagnosis(files: Files) -> Diagnosis:
    """Write the files as a user would have them, and consult the doctor."""
    with TemporaryDirectory() as place:
        case = Path(place) / "patient_1"
        case.mkdir()
        nib.save(nib.Nifti1Image(files.ct, files.affine), case / "ct.nii.gz")
        nib.save(nib.Nifti1Image(files.seg, files.affine), case / "seg.nii.gz")
        found = find_cases(Path(place), label_map="phantom")
        (one,) = consult(found, Path(place))
        told = tuple(text.replace(f"{place}/", "") for text in one.diagnosis.problems)
        return one.diagnosis.model_copy(update={"problems": told})


def picture(files: Files) -> Image.Image:
    """Draw a coronal slice through the liver, left and head being where the files say."""
    affine = Affine(files.affine)
    names = load_label_map("phantom").labels
    masks = MaskSet([files.seg], [names], affine)
    middle = np.argwhere(masks.mask("liver")).mean(axis=0)
    x, y, z = (float(one) for one in affine.apply(middle))
    settings = PictureSettings(
        representation="overlay",
        planes="coronal",
        count=1,
        around=(x, y, z),
        structures=SHOWN,
        letters=True,
        legend=False,
        size=SIZE,
    )
    (image,) = render(Volume(files.ct, affine), settings, masks).images
    return Image.fromarray(image)


def windows(files: Files) -> Image.Image:
    """Draw one axial slice of the chest in three windows, side by side."""
    volume = Volume(files.ct, Affine(files.affine))
    heart = np.argwhere(files.seg == 51).mean(axis=0)  # 51: heart
    x, y, z = (float(one) for one in volume.affine.apply(heart))
    tiles = [
        render(volume, PictureSettings(count=1, around=(x, y, z), window=window, size=SIZE)).images[0]
        for window in ("lung", "mediastinum", "bone")
    ]
    return Image.fromarray(np.concatenate(tiles, axis=1))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name in WRONG:
        files = damaged(name)
        found = diagnosis(files)
        print(f"{name}: {found.verdict}")
        for problem in found.problems:
            print(f"    {problem}")
        picture(files).save(folder / f"wrong_{name}.png", optimize=True)
    windows(damaged("as_it_is")).save(folder / "wrong_window.png", optimize=True)
