"""Small label volumes of a phantom under any label map, and files that state what their values mean."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import nibabel as nib
import numpy as np

from medspatial.anatomy import load_label_map
from medspatial.cases import make_phantom

AMOS = list(load_label_map("amos").labels.values())[:14]
PLAIN = ["liver", ["kidney_left", "kidney_right"], "spleen", "pancreas"]


@cache
def phantom(spacing=8.0):
    return make_phantom(3, spacing=spacing, axcodes="LPS")


def voxels_of(table):
    """Return the phantom's label volume: value to name, or to names that share it."""
    masks = phantom().masks
    voxels = np.zeros(masks.shape, np.uint8)
    for value, names in table.items():
        for name in [names] if isinstance(names, str) else names:
            if name in masks:
                voxels[masks.mask(name)] = value
    return voxels


def by_map(name, *, most=200):
    return voxels_of({value: one for value, one in load_label_map(name).labels.items() if value < most})


def numbered(names):
    return dict(enumerate(names, 1))


def write_nifti(path: Path, voxels, extension: str | None = None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(voxels, phantom().ct.affine.matrix)
    if extension is not None:
        image.header.extensions.append(nib.nifti1.Nifti1Extension(0, extension.encode()))
    nib.save(image, path)
    return path


def label_table(rows):
    labels = "".join(f'<Label Key="{key}" Red="1"><![CDATA[{name}]]></Label>' for key, name in rows.items())
    table = f'<VolumeInformation Index="0"><LabelTable>{labels}</LabelTable></VolumeInformation>'
    return f'<?xml version="1.0" encoding="UTF-8"?> <CaretExtension>{table}</CaretExtension>\n   '


def write_seg_nrrd(path: Path, layers, segments, affine=None):
    """Write a Slicer segmentation by hand: layers of one shape; (name, layer, value) of each segment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0]) @ (affine or phantom().ct.affine).matrix  # RAS to LPS
    shape = layers[0].shape
    vectors = " ".join("(" + ",".join(f"{x:.9g}" for x in matrix[:3, axis]) + ")" for axis in range(3))
    origin = ",".join(f"{x:.9g}" for x in matrix[:3, 3])
    several = len(layers) > 1
    lines = [
        "NRRD0004",
        "type: unsigned char",
        f"dimension: {3 + several}",
        "space: left-posterior-superior",
        f"sizes: {f'{len(layers)} ' if several else ''}{' '.join(map(str, shape))}",
        f"space directions: {'none ' if several else ''}{vectors}",
        f"kinds: {'list ' if several else ''}domain domain domain",
        "encoding: raw",
        f"space origin: ({origin})",
    ]
    for number, (name, layer, value) in enumerate(segments):
        lines += [
            f"Segment{number}_ID:=Segment_{number + 1}",
            f"Segment{number}_LabelValue:={value}",
            f"Segment{number}_Layer:={layer}",
            f"Segment{number}_Name:={name}",
        ]
    data = np.stack(layers).astype(np.uint8)  # layers run fastest in the file
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + data.tobytes(order="F"))
    return path
