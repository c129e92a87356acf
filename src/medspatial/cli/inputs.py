"""``medspatial inputs``: look at what a model sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medspatial.cli.options import refuse_idle
from medspatial.cli.show import listing
from medspatial.errors import InputError

if TYPE_CHECKING:
    from medspatial.cases import CaseData
    from medspatial.volume import MaskSet, Volume

app = typer.Typer(help="What a model sees of a CT.", no_args_is_help=True)
_CASE_FILES = {".jsonl", ".csv"}


@app.callback()
def _group() -> None:
    """Look at what a model sees of a CT."""


@app.command("show")
def show(
    case: Annotated[Path, typer.Argument(help="A CT file or DICOM series, or a folder or file of cases.")],
    output_dir: Annotated[Path, typer.Option("--output-dir", "-o", help="Folder for the pictures.")],
    representation: Annotated[str, typer.Option(help="volume, slices, grid or overlay.")] = "slices",
    case_id: Annotated[str | None, typer.Option(help="Which case. Default: the first.")] = None,
    planes: Annotated[str | None, typer.Option(help="axial, coronal, sagittal or all.")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="Slices of each plane.")] = None,
    window: Annotated[
        str | None, typer.Option(help="lung, mediastinum, bone, brain, wide, or three joined by plus signs.")
    ] = None,
    letters: Annotated[bool, typer.Option(help="Burn in orientation letters.")] = False,
    scale_bar: Annotated[bool, typer.Option(help="Burn in a scale bar.")] = False,
    position: Annotated[bool, typer.Option(help="Burn in plane and place.")] = False,
    structures: Annotated[
        str | None, typer.Option(help="Masks to draw in an overlay, separated by commas.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE: any other setting, such as size=672; repeatable."),
    ] = None,
    assume_axes: Annotated[
        str | None, typer.Option(help="Axis codes for volumes without a usable affine, such as LPS.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the pictures that a model would be given, and print their captions.

    Example: `medspatial inputs show ct.nii.gz --representation grid --count 12 -o pictures`
    """
    from medspatial.cli.options import read_options

    given = {"planes": planes, "count": count, "window": window}
    burnt = {"letters": letters, "scale_bar": scale_bar, "position": position}
    options: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    options |= {key: True for key, wanted in burnt.items() if wanted}
    if structures:
        options["structures"] = [name.strip() for name in structures.split(",")]
    options |= {"representation": representation, **read_options(set_ or [])}
    volume, masks = _loaded(case, case_id, assume_axes, with_masks=representation == "overlay")
    rows = _written(volume, masks, options, output_dir)
    listing(rows, as_json=as_json)


def _written(
    volume: Volume, masks: MaskSet | None, options: dict[str, Any], folder: Path
) -> list[dict[str, Any]]:
    from PIL import Image

    from medspatial.inputs import preview

    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (image, caption) in enumerate(preview(volume, options, masks), start=1):
        path = folder / f"{options['representation']}-{number:02d}.png"
        Image.fromarray(image).save(path, optimize=True)
        rows.append({"file": str(path), "pixels": f"{image.shape[1]} x {image.shape[0]}", "caption": caption})
    return rows


def _loaded(
    path: Path, case_id: str | None, assume_axes: str | None, *, with_masks: bool
) -> tuple[Volume, MaskSet | None]:
    from medspatial.volume import read_volume

    if path.suffix not in _CASE_FILES and (path.is_file() or _is_series(path)):
        if with_masks:
            raise InputError(f"{path}: an overlay needs a case with masks, not a CT alone")
        refuse_idle({"--case-id": case_id}, f"is for a folder or file of cases; {path} is one CT")
        return read_volume(path, unit="HU", assume_axes=assume_axes), None
    data = _case(path, case_id, assume_axes, with_masks=with_masks)
    if data.ct is None:
        raise InputError(f"{path}: case {data.case.case_id} has no CT")
    return data.ct, _masks(data) if with_masks else None


def _case(path: Path, case_id: str | None, assume_axes: str | None, *, with_masks: bool) -> CaseData:
    from medspatial.cases import load_case, read_cases

    cases = read_cases(path)
    found = [case for case in cases if case_id in {None, case.case_id}]
    if not found:
        known = ", ".join(case.case_id for case in cases[:8])
        raise InputError(f"{path}: no case {case_id!r}; there are {len(cases)}: {known}")
    root = path if path.is_dir() else path.parent
    return load_case(found[0], root, with_masks=with_masks, assume_axes=assume_axes)


def _masks(data: CaseData) -> MaskSet:
    if data.masks is None:
        raise InputError(f"case {data.case.case_id} has no masks to draw")
    assert data.ct is not None
    return data.masks.oriented(data.ct.axcodes)


def _is_series(path: Path) -> bool:
    return path.is_dir() and any(file.suffix.lower() == ".dcm" for file in path.iterdir())
