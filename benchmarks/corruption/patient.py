"""A patient that can be altered and written: CT and label volume in RAS order, with their headers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import load_label_map
from medspatial.cases import CaseData, load_case, make_phantom, read_cases
from medspatial.records import Case, MaskSource

Array = NDArray[Any]


@dataclass(frozen=True)
class Image:
    """Voxels (x, y, z) stored right, front, up, with everything a NIfTI header can say about their place.

    Attributes
    ----------
    affine
        (4, 4), voxel index to RAS+ mm; written as sform.
    qform, zooms, unit, codes
        Written instead of what follows from the affine, where given.
    """

    voxels: Array
    affine: Array
    qform: Array | None = None
    zooms: tuple[float, float, float] | None = None
    unit: str = "mm"
    codes: tuple[int, int] = (1, 1)

    def write(self, path: Path) -> None:
        """Write as NIfTI-1."""
        path.parent.mkdir(parents=True, exist_ok=True)
        image = nib.Nifti1Image(np.asfortranarray(self.voxels), self.affine)
        image.set_qform(self.affine if self.qform is None else self.qform, self.codes[0])
        image.set_sform(self.affine, self.codes[1])
        if self.zooms is not None:
            image.header["pixdim"][1:4] = self.zooms
        image.header.set_xyzt_units(self.unit)
        nib.save(image, path)

    def moved(self, mm: tuple[float, float, float]) -> Image:
        """The same voxels at another place: the content is shifted by whole voxels, the grid stays."""
        spacing = np.linalg.norm(self.affine[:3, :3], axis=0)
        steps = [round(d / s) for d, s in zip(mm, spacing, strict=True)]
        steps = [max(-n, min(n, step)) for n, step in zip(self.voxels.shape, steps, strict=True)]
        empty = self.voxels.min()
        out = np.full_like(self.voxels, empty)
        source = tuple(slice(max(0, -n), self.voxels.shape[k] - max(0, n)) for k, n in enumerate(steps))
        target = tuple(slice(max(0, n), self.voxels.shape[k] + min(0, n)) for k, n in enumerate(steps))
        out[target] = self.voxels[source]
        return replace(self, voxels=out)


@dataclass(frozen=True)
class Patient:
    """One case as it is written to a folder.

    Attributes
    ----------
    ct, seg
        None where the case has none.
    names
        What the label values mean, in truth.
    stated
        Whether the label map is written beside the case list; else the folder is left to be recognised.
    files
        Further files, path in the case's folder to image or text.
    """

    name: str
    ct: Image | None
    seg: Image | None
    names: dict[int, str]
    stated: bool = True
    ct_file: str = "ct.nii.gz"
    seg_file: str = "seg.nii.gz"
    files: dict[str, Image | str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write the folder, and a list of cases where the label map is stated; return what to read."""
        home = folder / self.name
        for file, image in ((self.ct_file, self.ct), (self.seg_file, self.seg)):
            if image is not None:
                image.write(home / file)
        for file, content in self.files.items():
            if isinstance(content, Image):
                content.write(home / file)
            else:
                (home / file).parent.mkdir(parents=True, exist_ok=True)
                (home / file).write_text(content, encoding="utf-8")
        if not self.stated or self.files:
            return folder
        table = folder / "labels.json"
        table.write_text(json.dumps({str(value): name for value, name in self.names.items()}))
        case = Case(
            case_id=self.name,
            patient_id=self.name,
            image_path=f"{self.name}/{self.ct_file}" if self.ct else None,
            masks=(MaskSource(path=f"{self.name}/{self.seg_file}", label_map=table.name),)
            if self.seg
            else (),
        )
        (folder / "cases.jsonl").write_text(case.model_dump_json(exclude_defaults=True) + "\n")
        return folder / "cases.jsonl"

    def value(self, name: str) -> int:
        """The label value of a structure that has voxels; 0 where it has none."""
        wanted = next((value for value, one in self.names.items() if one == name), 0)
        return wanted if self.seg is not None and bool((self.seg.voxels == wanted).any()) else 0

    def present(self) -> list[int]:
        """Values that have voxels."""
        return [] if self.seg is None else [int(one) for one in np.unique(self.seg.voxels) if one]


def phantom(seed: int, spacing: float = 5.0, region: str = "torso", *, lesions: bool = True) -> Patient:
    """A built-in phantom; values are those of the label map ``phantom``."""
    made = make_phantom(seed, spacing=spacing, region=region, lesions=lesions)
    return _patient(
        f"phantom_{seed}_{region}", CaseData(Case(case_id="p", patient_id="p"), made.ct, made.masks)
    )


def real_patients(root: Path, label_maps: dict[str, str]) -> Iterator[Patient]:
    """The cases of a folder; label maps by the beginning of the case's id, for volumes that state none."""
    for case in read_cases(root):
        stated = next((one for start, one in label_maps.items() if case.case_id.startswith(start)), None)
        change = {} if stated is None else {"label_map": stated}
        masks = tuple(one.model_copy(update=change) for one in case.masks)
        yield _patient(case.case_id, load_case(case.model_copy(update={"masks": masks}), root))


def _patient(name: str, data: CaseData) -> Patient:
    """One label volume for all masks: where masks overlap, the smaller structure is on top."""
    ct, seg, names = None, None, dict[int, str]()
    if data.ct is not None:
        turned = data.ct.oriented("RAS")
        ct = Image(np.asarray(turned.voxels).copy(), turned.affine.matrix.copy())
    if data.masks is not None:
        masks = data.masks.oriented("RAS")
        values = {one: value for value, one in load_label_map("phantom").labels.items()}
        voxels = np.zeros(masks.shape, np.uint16)
        for number, one in enumerate(sorted(masks.names, key=masks.voxels, reverse=True)):
            value = values.get(one, 300 + number)
            voxels[masks.mask(one)] = value
            names[value] = one
        seg = Image(voxels, masks.affine.matrix.copy())
    return Patient(name, ct, seg, names)
