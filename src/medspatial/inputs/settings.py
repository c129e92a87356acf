"""The choices that make pictures of a volume: recorded, checked, and the same for every model."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from medspatial.inputs.contract import InputContract
from medspatial.inputs.windows import Channels, WindowChoice, channels_of
from medspatial.records import Record
from medspatial.volume.plane import PLANES, Plane

Representation = Literal["volume", "slices", "grid", "overlay"]
_LARGEST = 4096  # pixels; a longer side is a mistake, not a picture


class PictureSettings(Record):
    """How a volume becomes pictures.

    Attributes
    ----------
    representation
        ``slices``: one picture per slice. ``grid``: all slices of a plane as labelled tiles of one
        picture. ``overlay``: slices with segmented structures drawn over them.
    planes
        Which slices; ``all`` is axial, then coronal, then sagittal.
    count
        Slices of each plane; a volume with fewer gives all it has.
    around
        A point in RAS+ mm: slices lie around it, ``step_mm`` apart; those outside the volume are left out.
        Without it they are spread evenly, each in the middle of its share of the volume.
    step_mm
        Rounded to whole slices; without it neighbouring slices.
    superior_first
        Axial slices from head to feet, as scanners number them; else from feet to head.
    window
        One window (grey), or three for red, green and blue; see `medspatial.inputs.windows.channels_of`.
    size
        Pixels of the longest side of a slice. Pixels are square in millimetres.
    square
        Black margins make every slice ``size`` by ``size``, so that a model that stretches its input
        to a square leaves the patient's proportions alone.
    letters, scale_bar, position
        Burnt into the picture: orientation letters at the edges, a bar with its length, plane and place.
    columns
        Tiles in a row of the grid; without it as many as make the grid most nearly square.
    style, opacity, legend
        Of the overlay: outlines or filled areas, how much of the CT a filled area covers, and a strip of
        colours and names under the picture.
    structures
        Those to draw; without it all that there are.
    """

    representation: Literal["slices", "grid", "overlay"] = "slices"
    planes: Literal["axial", "coronal", "sagittal", "all"] = "axial"
    count: int = Field(default=8, ge=1)
    around: tuple[float, float, float] | None = None
    step_mm: float | None = Field(default=None, gt=0)
    superior_first: bool = True
    window: WindowChoice = "mediastinum"
    size: int = Field(default=448, ge=16, le=_LARGEST)
    square: bool = True
    letters: bool = False
    scale_bar: bool = False
    position: bool = False
    columns: int | None = Field(default=None, ge=1)
    style: Literal["contour", "fill"] = "contour"
    opacity: float = Field(default=0.4, gt=0, le=1)
    legend: bool = True
    structures: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.step_mm is not None and self.around is None:
            raise ValueError("'step_mm' needs 'around': without a point slices are spread evenly")
        if self.representation != "grid" and self.columns is not None:
            raise ValueError("'columns' is for representation 'grid'")
        if self.representation != "overlay" and self.structures is not None:
            raise ValueError("'structures' is for representation 'overlay'")
        return self

    @property
    def channels(self) -> Channels:
        """The windows of the picture's channels."""
        return channels_of(self.window)

    @property
    def bare(self) -> PictureSettings:
        """The same slices without anything drawn over them."""
        if self.representation != "overlay":
            return self
        return self.model_copy(update={"representation": "slices", "structures": None})

    @property
    def chosen_planes(self) -> tuple[Plane, ...]:
        """The planes in order."""
        return PLANES if self.planes == "all" else (self.planes,)

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        windows = ", ".join(window.label for window in self.channels)
        notes = [
            f"{self.count} {self.planes} slices, "
            + (f"around {self.around} mm" if self.around else "evenly spread")
            + (", head first" if self.superior_first and self.planes in {"axial", "all"} else ""),
            "radiological display; pixels square in millimetres",
        ]
        return InputContract(
            representation=self.representation,
            axes="",
            normalisation=windows,
            value_range=(0.0, 255.0),
            channels=3,
            dtype="uint8",
            notes=tuple(notes),
        )
