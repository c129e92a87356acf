"""The kinds of corruption: each makes another patient out of a true one, or None where it does not apply."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy import ndimage

from corruption.patient import Array, Image, Patient, phantom
from medspatial.anatomy import OTHER_SIDE, load_label_map, swap_side, vertebra_order

Change = Callable[[Patient], Patient | None]


@dataclass(frozen=True)
class Kind:
    """One kind of corruption.

    Attributes
    ----------
    name, group
        ``both-flip-x`` in ``axes``.
    change
        Makes the altered patient.
    lawful
        Nothing is wrong with the data (a shorter scan): only questions that both patients share are compared.
    untold
        Why nobody could tell from image, mask and header; empty where an independent look could.
    needs_ct
        Only the image could tell.
    """

    name: str
    group: str
    change: Change
    lawful: bool = False
    untold: str = ""
    needs_ct: bool = False


KINDS: list[Kind] = []


def kind(
    group: str, name: str, *, lawful: bool = False, untold: str = "", needs_ct: bool = False
) -> Callable[[Change], Change]:
    """Register a change under its name."""

    def register(change: Change) -> Change:
        KINDS.append(Kind(name, group, change, lawful, untold, needs_ct))
        return change

    return register


def on(which: str, patient: Patient, change: Callable[[Image], Image]) -> Patient | None:
    """Change the CT, the masks, or both; None where the patient lacks what is to be changed."""
    ct, seg = patient.ct, patient.seg
    if which == "both" and ct is None and seg is None:
        return None
    if which == "ct" and (ct is None or seg is None):
        return None
    if which == "seg" and (seg is None or ct is None):
        return None
    if which in ("ct", "both") and ct is not None:
        ct = change(ct)
    if which in ("seg", "both") and seg is not None:
        seg = change(seg)
    return replace(patient, ct=ct, seg=seg)


# --- axes: voxels turned, the header left as it was ---------------------------------------------------


def _flipped(*axes: int) -> Callable[[Image], Image]:
    return lambda image: replace(image, voxels=np.flip(image.voxels, axes))


def _swapped(a: int, b: int) -> Callable[[Image], Image]:
    return lambda image: replace(image, voxels=np.swapaxes(image.voxels, a, b))


def _register_axes() -> None:
    lettered = {"x": (0,), "y": (1,), "z": (2,), "xy": (0, 1), "xz": (0, 2), "yz": (1, 2), "xyz": (0, 1, 2)}
    for which in ("both", "ct", "seg"):
        for letters, axes in lettered.items():
            kind("axes", f"{which}-flip-{letters}")(
                lambda patient, which=which, axes=axes: on(which, patient, _flipped(*axes))
            )
        for a, b in ((0, 1), (0, 2), (1, 2)):
            name = f"{which}-swap-{'xyz'[a]}{'xyz'[b]}"
            kind("axes", name)(lambda patient, which=which, a=a, b=b: on(which, patient, _swapped(a, b)))


def _register_shifts() -> None:
    for axis, letter in enumerate("xyz"):
        for mm in (20, 40, 100):
            offset = tuple(float(mm) if k == axis else 0.0 for k in range(3))
            kind("place", f"seg-shift-{letter}-{mm}mm")(
                lambda patient, offset=offset: on("seg", patient, lambda image: image.moved(offset))
            )


_register_axes()
_register_shifts()


@kind("place", "seg-affine-of-another-place")
def _elsewhere(patient: Patient) -> Patient | None:
    def change(image: Image) -> Image:
        affine = image.affine.copy()
        affine[2, 3] += 150.0
        return replace(image, affine=affine)

    return on("seg", patient, change)


@kind("place", "seg-of-another-patient")
def _other_mask(patient: Patient) -> Patient | None:
    if patient.ct is None or patient.seg is None:
        return None
    other = phantom(91, lesions=False)
    assert other.seg is not None
    seg = Image(_fitted(other.seg.voxels, patient.seg.voxels.shape, 0), patient.seg.affine)
    return replace(patient, seg=seg, names=other.names)


@kind("place", "ct-of-another-patient")
def _other_ct(patient: Patient) -> Patient | None:
    if patient.ct is None or patient.seg is None:
        return None
    other = phantom(92, lesions=False)
    assert other.ct is not None
    voxels = _fitted(other.ct.voxels, patient.ct.voxels.shape, -1024)
    return replace(patient, ct=replace(patient.ct, voxels=voxels))


def _fitted(voxels: Array, shape: tuple[int, ...], empty: int) -> Array:
    """Cut or fill to a shape, from the middle."""
    out = np.full(shape, empty, voxels.dtype)
    source, target = [], []
    for have, want in zip(voxels.shape, shape, strict=True):
        size = min(have, want)
        source.append(slice((have - size) // 2, (have - size) // 2 + size))
        target.append(slice((want - size) // 2, (want - size) // 2 + size))
    out[tuple(target)] = voxels[tuple(source)]
    return out


# --- scale and unit -----------------------------------------------------------------------------------


def _scaled(*factors: float) -> Callable[[Image], Image]:
    scale = np.diag([*factors, 1.0])
    return lambda image: replace(image, affine=image.affine @ scale)


def _register_scales() -> None:
    for name, factors in {
        "tenfold": (10, 10, 10),
        "a-tenth": (0.1, 0.1, 0.1),
        "slices-three-times-apart": (1, 1, 3),
        "slices-a-third-apart": (1, 1, 1 / 3),
        "half-size": (0.5, 0.5, 0.5),
        "double-size": (2, 2, 2),
    }.items():
        untold = "a child is as small" if name == "half-size" else ""
        kind("scale", f"both-{name}", untold=untold)(
            lambda patient, factors=factors: on("both", patient, _scaled(*factors))
        )
    kind("scale", "seg-half-size")(lambda patient: on("seg", patient, _scaled(0.5, 0.5, 0.5)))


_register_scales()


@kind("scale", "both-micrometres-as-stated", lawful=True)
def _micron(patient: Patient) -> Patient | None:
    return on("both", patient, lambda image: replace(_world_scaled(image, 1000.0), unit="micron"))


@kind("scale", "both-metres-stated-over-millimetres")
def _metre(patient: Patient) -> Patient | None:
    return on("both", patient, lambda image: replace(image, unit="meter"))


@kind("scale", "both-micrometres-without-a-word")
def _micron_unsaid(patient: Patient) -> Patient | None:
    return on("both", patient, lambda image: _world_scaled(image, 1000.0))


@kind("scale", "both-micrometres-stated-over-millimetres")
def _micron_wrong(patient: Patient) -> Patient | None:
    return on("both", patient, lambda image: replace(image, unit="micron"))


def _world_scaled(image: Image, factor: float) -> Image:
    affine = image.affine.copy()
    affine[:3] *= factor
    return replace(image, affine=affine)


# --- forms of the header against each other -----------------------------------------------------------


@kind("header", "sform-a-quarter-of-pixdim")
def _sform_quarter(patient: Patient) -> Patient | None:
    def change(image: Image) -> Image:
        spacing = np.linalg.norm(image.affine[:3, :3], axis=0)
        small = image.affine @ np.diag([0.25, 0.25, 0.25, 1.0])
        return replace(image, affine=small, zooms=tuple(map(float, spacing)), codes=(0, 2))

    return on("both", patient, change)


@kind("header", "pixdim-of-slices-doubled")
def _pixdim(patient: Patient) -> Patient | None:
    def change(image: Image) -> Image:
        x, y, z = map(float, np.linalg.norm(image.affine[:3, :3], axis=0))
        return replace(image, zooms=(x, y, 2 * z))

    return on("both", patient, change)


def _register_forms() -> None:
    def shifted(image: Image) -> Image:
        qform = image.affine.copy()
        qform[0, 3] += 50.0
        return replace(image, qform=qform)

    def mirrored(image: Image) -> Image:
        return replace(image, qform=np.diag([-1.0, 1, 1, 1]) @ image.affine)

    def upside_down(image: Image) -> Image:
        return replace(image, qform=np.diag([1.0, 1, -1, 1]) @ image.affine)

    def far(image: Image) -> Image:
        affine = image.affine.copy()
        affine[:3, 3] += 1e5
        return replace(image, affine=affine)

    def lost(image: Image) -> Image:
        return replace(image, codes=(0, 0))

    def plain(image: Image) -> Image:
        return replace(image, affine=np.diag([*np.linalg.norm(image.affine[:3, :3], axis=0), 1.0]))

    changes = {
        "qform-50mm-beside-sform": shifted,
        "qform-mirrored": mirrored,
        "qform-upside-down": upside_down,
        "origin-100m-away": far,
        "no-codes": lost,
        "spacing-only": plain,
    }
    for name, change in changes.items():
        kind("header", name)(lambda patient, change=change: on("both", patient, change))


_register_forms()


# --- slices -------------------------------------------------------------------------------------------


def _taken(order: Callable[[int], Array]) -> Callable[[Image], Image]:
    def change(image: Image) -> Image:
        return replace(image, voxels=np.take(image.voxels, order(image.voxels.shape[2]), axis=2))

    return change


def _without_a_block(n: int) -> Array:
    return np.r_[0 : n // 2 - n // 8, n // 2 + n // 8 : n]


def _a_block_twice(n: int) -> Array:
    return np.r_[0 : n // 2 + n // 8, n // 2 - n // 8 : n]


def _odd_after_even(n: int) -> Array:
    return np.r_[0:n:2, 1:n:2]


def _halves_exchanged(n: int) -> Array:
    return np.r_[n // 2 : n, 0 : n // 2]


def _register_slices() -> None:
    orders = {
        "a-block-missing": _without_a_block,
        "a-block-twice": _a_block_twice,
        "odd-after-even": _odd_after_even,
        "halves-exchanged": _halves_exchanged,
        "every-second": lambda n: np.arange(0, n, 2),
        "one-twice": lambda n: np.r_[0 : n // 2, n // 2 - 1 : n],
        "three-twice": lambda n: np.r_[0 : n // 2, n // 2 - 3 : n],
    }
    for name, order in orders.items():
        kind("slices", f"both-{name}", needs_ct=True)(
            lambda patient, order=order: on("both", patient, _taken(order))
        )
    for name in ("a-block-missing", "odd-after-even", "halves-exchanged"):
        order = orders[name]
        kind("slices", f"ct-{name}")(lambda patient, order=order: on("ct", patient, _taken(order)))


_register_slices()


# --- crops --------------------------------------------------------------------------------------------


def _cropped(low: float, high: float, *, tell: bool = True) -> Callable[[Image], Image]:
    def change(image: Image) -> Image:
        n = image.voxels.shape[2]
        first, last = int(low * n), int(high * n)
        affine = image.affine.copy()
        if tell:
            affine[:3, 3] = (image.affine @ [0, 0, first, 1])[:3]
        return replace(image, voxels=image.voxels[:, :, first:last], affine=affine)

    return change


@kind("crop", "both-shorter-scan", lawful=True)
def _shorter(patient: Patient) -> Patient | None:
    return on("both", patient, _cropped(0.2, 0.8))


@kind("crop", "seg-file-ends-inside")
def _seg_ends(patient: Patient) -> Patient | None:
    return on("seg", patient, _cropped(0.3, 0.7))


@kind("crop", "seg-cropped-affine-not-updated")
def _seg_cropped_wrong(patient: Patient) -> Patient | None:
    return on("seg", patient, _cropped(0.3, 0.7, tell=False))


@kind("crop", "ct-ends-inside-the-mask", lawful=True)
def _ct_ends(patient: Patient) -> Patient | None:
    return on("ct", patient, _cropped(0.25, 0.9))


@kind("crop", "seg-erased-beyond-a-slice")
def _erased(patient: Patient) -> Patient | None:
    def change(image: Image) -> Image:
        voxels = image.voxels.copy()
        voxels[:, :, : voxels.shape[2] // 2] = 0
        return replace(image, voxels=voxels)

    return on("seg", patient, change)


# --- resampling ---------------------------------------------------------------------------------------


@kind("resampled", "seg-at-half-resolution", lawful=True)
def _half(patient: Patient) -> Patient | None:
    return on("seg", patient, lambda image: _halved(image, tell=True))


@kind("resampled", "seg-at-half-resolution-spacing-not-updated")
def _half_wrong(patient: Patient) -> Patient | None:
    return on("seg", patient, lambda image: _halved(image, tell=False))


def _halved(image: Image, *, tell: bool) -> Image:
    affine = image.affine @ np.diag([2.0, 2, 2, 1]) if tell else image.affine
    return replace(image, voxels=image.voxels[::2, ::2, ::2], affine=affine)


@kind("resampled", "seg-interpolated")
def _interpolated(patient: Patient) -> Patient | None:
    def change(image: Image) -> Image:
        smooth = ndimage.zoom(image.voxels.astype(np.float32), 0.5, order=1)
        fitted = ndimage.zoom(smooth, np.divide(image.voxels.shape, smooth.shape), order=1)
        return replace(image, voxels=np.rint(fitted).astype(np.uint16))

    return on("seg", patient, change)


# --- labels -------------------------------------------------------------------------------------------


def _relabelled(patient: Patient, table: dict[int, int]) -> Patient | None:
    if patient.seg is None:
        return None
    lookup = np.arange(int(patient.seg.voxels.max()) + 1 + max([0, *table.values()]), dtype=np.uint16)
    for old, new in table.items():
        lookup[old] = new
    return replace(patient, seg=replace(patient.seg, voxels=lookup[patient.seg.voxels]))


def _exchanged(patient: Patient, a: str, b: str) -> Patient | None:
    first, second = patient.value(a), patient.value(b)
    return _relabelled(patient, {first: second, second: first}) if first and second else None


def _register_exchanges() -> None:
    for a, b in (
        ("liver", "spleen"),
        ("kidney_left", "kidney_right"),
        ("liver", "stomach"),
        ("aorta", "inferior_vena_cava"),
        ("heart", "liver"),
        ("lung_upper_lobe_left", "lung_upper_lobe_right"),
        ("hip_left", "hip_right"),
        ("urinary_bladder", "liver"),
    ):
        kind("labels", f"{a}-is-{b}")(lambda patient, a=a, b=b: _exchanged(patient, a, b))


_register_exchanges()


@kind("labels", "every-left-is-right")
def _sides(patient: Patient) -> Patient | None:
    by_name = {name: value for value, name in patient.names.items()}
    table = {
        by_name[name]: by_name[swap_side(name)]
        for name in by_name
        if set(name.split("_")) & set(OTHER_SIDE) and swap_side(name) in by_name
    }
    return _relabelled(patient, table) if table else None


@kind("labels", "values-rotated")
def _rotated(patient: Patient) -> Patient | None:
    values = patient.present()
    return (
        _relabelled(patient, dict(zip(values, np.roll(values, 1).tolist(), strict=True)))
        if values[2:]
        else None
    )


@kind("labels", "values-one-up")
def _one_up(patient: Patient) -> Patient | None:
    return _relabelled(patient, {value: value + 1 for value in patient.present()})


@kind("labels", "vertebrae-in-reverse")
def _vertebrae(patient: Patient) -> Patient | None:
    values = [value for name in vertebra_order() if (value := patient.value(name))]
    return _relabelled(patient, dict(zip(values, values[::-1], strict=True))) if values[1:] else None


@kind("labels", "vertebrae-one-level-off", untold="another count of vertebrae is possible anatomy")
def _one_level(patient: Patient) -> Patient | None:
    by_name = {name: value for value, name in patient.names.items()}
    order = [by_name[name] for name in vertebra_order() if name in by_name]
    return _relabelled(patient, dict(pairwise(order))) if order[2:] else None


MERGES = (
    ("liver", "kidney_right"),
    ("spleen", "kidney_left"),
    ("spleen", "liver"),
    ("kidney_left", "spleen"),
    ("kidney_right", "liver"),
)


def _register_merges() -> None:
    for kept, lost in MERGES:
        name = "two-organs-merged" if lost == "kidney_right" else f"{lost}-is-called-{kept}"

        def merged(patient: Patient, kept: str = kept, lost: str = lost) -> Patient | None:
            a, b = patient.value(kept), patient.value(lost)
            return _relabelled(patient, {b: a}) if a and b else None

        kind("labels", name)(merged)


_register_merges()


@kind("labels", "spleen-is-called-pancreas")
def _misnamed(patient: Patient) -> Patient | None:
    return _exchanged(patient, "spleen", "pancreas")


# --- other label maps, in a folder that states none ---------------------------------------------------


def _in_map(patient: Patient, label_map: str) -> Patient | None:
    """The same masks with the values of another label map, structures that it lacks left out."""
    if label_map not in _known_maps() or patient.seg is None:
        return None
    theirs = {name: value for value, name in load_label_map(label_map).labels.items()}
    table = {value: theirs.get(name, 0) for value, name in patient.names.items()}
    if sum(1 for value in patient.present() if table.get(value)) < 3:
        return None
    changed = _relabelled(patient, table)
    return None if changed is None else replace(changed, stated=False)


def _known_maps() -> tuple[str, ...]:
    from medspatial.anatomy import label_map_names

    return label_map_names()


def _register_maps() -> None:
    for label_map in ("totalsegmentator_v1", "amos", "btcv", "flare22", "word", "vista3d"):
        kind("map", f"values-of-{label_map.replace('_', '-')}")(
            lambda patient, label_map=label_map: _in_map(patient, label_map)
        )


_register_maps()


@kind("map", "dataset-json-beside", lawful=True)
def _dataset_json(patient: Patient) -> Patient | None:
    if patient.seg is None or not patient.present():
        return None
    values = patient.present()
    small = {value: number for number, value in enumerate(values, start=1)}
    changed = _relabelled(patient, small)
    assert changed is not None
    labels = {"background": 0, **{patient.names[value]: number for value, number in small.items()}}
    text = json.dumps({"channel_names": {"0": "CT"}, "labels": labels, "file_ending": ".nii.gz"})
    return replace(changed, stated=False, files={"dataset.json": text})


# --- values -------------------------------------------------------------------------------------------


def _valued(change: Callable[[Array], Array]) -> Change:
    def changed(patient: Patient) -> Patient | None:
        if patient.ct is None:
            return None
        return replace(patient, ct=replace(patient.ct, voxels=change(patient.ct.voxels.astype(np.float32))))

    return changed


def _register_values() -> None:
    rng = np.random.default_rng(5)
    changes: dict[str, Callable[[Array], Array]] = {
        "divided-by-1000": lambda v: v / 1000,
        "divided-by-100": lambda v: v / 100,
        "from-0-to-1": lambda v: (v - v.min()) / (v.max() - v.min()),
        "from-minus-1-to-1": lambda v: np.clip(v / 1000, -1, 1),
        "z-scored": lambda v: (v - v.mean()) / v.std(),
        "plus-1024": lambda v: v + 1024,
        "minus-1024": lambda v: v - 1024,
        "plus-300": lambda v: v + 300,
        "minus-300": lambda v: v - 300,
        "sign-turned": lambda v: -v,
        "doubled": lambda v: 2 * v,
        "window-as-8-bit": lambda v: np.rint(255 * (np.clip(v, -160, 240) + 160) / 400),
        "window-clipped": lambda v: np.clip(v, -160, 240),
        "noise-alone": lambda v: rng.permutation(v.ravel()).reshape(v.shape),
    }
    for name, change in changes.items():
        kind("values", f"ct-{name}")(_valued(change))


_register_values()


# --- names and files ----------------------------------------------------------------------------------


@kind("files", "second-ct-beside", lawful=True)
def _second_ct(patient: Patient) -> Patient | None:
    if patient.ct is None or patient.seg is None:
        return None
    other = phantom(93, spacing=6.0, lesions=False)
    assert other.ct is not None
    one = _dataset_json(patient)
    assert one is not None
    return replace(one, files={**one.files, "image.nii.gz": other.ct})


@kind("files", "two-patients-one-mask")
def _two_patients(patient: Patient) -> Patient | None:
    if patient.ct is None or patient.seg is None:
        return None
    one = _dataset_json(patient)
    assert one is not None
    twin = replace(patient.ct, voxels=np.flip(patient.ct.voxels, 0))
    return replace(one, ct_file="p1.nii.gz", files={**one.files, "p2.nii.gz": twin})


@kind("files", "masks-under-each-others-names")
def _wrong_names(patient: Patient) -> Patient | None:
    if patient.seg is None or not (patient.value("liver") and patient.value("spleen")):
        return None
    swapped = {"liver": "spleen", "spleen": "liver"}
    files: dict[str, Image | str] = {}
    for value in patient.present():
        name = patient.names[value]
        mask = (patient.seg.voxels == value).astype(np.uint8)
        files[f"masks/{swapped.get(name, name)}.nii.gz"] = replace(patient.seg, voxels=mask)
    return replace(patient, seg=None, stated=False, files=files)
