"""Pictures of one case: slices are written once and shared by its questions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medspatial.errors import InputError
from medspatial.inputs.windows import Window
from medspatial.records import Question
from medspatial.report.names import mask_name, title
from medspatial.report.pictures.contours import outline
from medspatial.report.pictures.scene import (
    Picture,
    View,
    evidence_points,
    is_distance,
    line_between,
    marks,
)
from medspatial.report.pictures.windows import window_for
from medspatial.volume.plane import PLANES, PlaneFrame, frame_at

if TYPE_CHECKING:
    from medspatial.cases import CaseData
    from medspatial.volume.plane import Plane

_LONGEST = 448  # pixels along the longest side of a picture
_QUALITY = 80  # WebP
_MASK_TONES = (62, 84, 106, 73, 95)  # greys by which neighbouring labels differ where there is no CT

NamedPoint = tuple[str, NDArray[np.float64]]


class CasePictures:
    """Draws the questions of one case into a folder.

    Parameters
    ----------
    data
        CT, masks or both; masks may lie on a grid of their own.
    folder
        Of the page; pictures go to its sub-folder ``pictures/<name>``.
    name
        Name of the case's sub-folder, safe as a file name.

    Raises
    ------
    InputError
        The case has neither CT nor masks.
    """

    def __init__(self, data: CaseData, folder: Path, name: str) -> None:
        if data.ct is None and data.masks is None:
            raise InputError(f"case {data.case.case_id}: has neither a CT nor masks to draw")
        self._ct = data.ct
        self._masks = data.masks
        grids = [one.grid for one in (data.ct, data.masks) if one is not None]
        self._grid, self._mask_grid = grids[0], grids[-1]
        self._folder = folder
        self._name = name
        self._written: set[str] = set()

    def picture(self, question: Question) -> Picture:
        """Draw the three planes through a question's evidence."""
        names = self._drawable(question)
        points = evidence_points(question)
        targets = [xyz for _, xyz in points]
        if self._masks is not None and not targets:
            targets = [self._masks.centroid(name) for name in names]
        window = window_for(names or _structures(question))
        views = tuple(
            self._view(plane, names, points, targets, window, draw_line=is_distance(question))
            for plane in PLANES
        )
        grey = window.label if self._ct is not None else "masks only: this case has no CT; greys are labels"
        return Picture(views, tuple(title(name) for name in names), grey, self._notes(question, names))

    def _drawable(self, question: Question) -> tuple[str, ...]:
        if self._masks is None or question.evidence is None:
            return ()
        there = set(self._masks.names)
        wanted = dict.fromkeys(mask_name(name) for name in question.evidence.structures)
        return tuple(name for name in wanted if name in there)

    def _notes(self, question: Question, names: Sequence[str]) -> tuple[str, ...]:
        if question.evidence is None:
            return ("The row carries no evidence: the slices pass through the centre of the volume.",)
        missing = [title(name) for name in question.evidence.structures if mask_name(name) not in names]
        if not missing:
            return ()
        if self._masks is None:
            return ("This case has no masks: outlines are not drawn.",)
        return (f"Not outlined, no mask of this name: {', '.join(dict.fromkeys(missing))}.",)

    def _view(
        self,
        plane: Plane,
        names: Sequence[str],
        points: Sequence[NamedPoint],
        targets: Sequence[NDArray[np.float64]],
        window: Window,
        *,
        draw_line: bool,
    ) -> View:
        frame = self._best_frame(plane, names, targets)
        own = self._mask_frame(frame)
        outlines = []
        if own is not None:
            for index, name in enumerate(names):
                path = outline(self._mask_slice(name, own), own, frame)
                if path:
                    outlines.append((index, path))
        line = line_between(points, frame) if draw_line else None
        return View(frame, self._slice_file(frame, window), tuple(outlines), marks(points, frame), line)

    def _best_frame(
        self, plane: Plane, names: Sequence[str], targets: Sequence[NDArray[np.float64]]
    ) -> PlaneFrame:
        """Choose, among slices through the targets and between them, the one that shows most of what matters.

        More structures beat more points on the slice; at a tie the slice through the first target stays.
        """
        if not targets:
            return frame_at(plane, np.array(self._grid.centre), self._grid, _LONGEST)
        candidates = list(targets)
        if len(targets) > 1:
            candidates.append(np.mean(np.stack(targets), axis=0))
        frames = [frame_at(plane, xyz, self._grid, _LONGEST) for xyz in candidates]
        return max(frames, key=lambda frame: self._shown(frame, names, targets))

    def _shown(
        self, frame: PlaneFrame, names: Sequence[str], targets: Sequence[NDArray[np.float64]]
    ) -> tuple[int, int]:
        own = self._mask_frame(frame)
        structures = sum(bool(self._mask_slice(name, own).any()) for name in names) if own else 0
        half = frame.affine.spacing[2] / 2
        return structures, sum(abs(frame.offset(xyz)) <= half for xyz in targets)

    def _mask_frame(self, frame: PlaneFrame) -> PlaneFrame | None:
        """Return the masks' slice at the place of a picture's slice; the same frame on a shared grid."""
        if self._masks is None:
            return None
        if self._mask_grid == self._grid:
            return frame
        return frame_at(frame.plane, frame.centre, self._mask_grid, _LONGEST)

    def _mask_slice(self, name: str, frame: PlaneFrame) -> NDArray[np.bool_]:
        assert self._masks is not None
        layer, value = self._masks.locate(name)
        return np.asarray(frame.cut(self._masks.layers[layer]) == value)

    def _slice_file(self, frame: PlaneFrame, window: Window) -> str:
        kind = window.name if self._ct is not None else "masks"
        href = f"pictures/{self._name}/{frame.plane}-{frame.index}-{kind}.webp"
        if href not in self._written:
            path = self._folder / href
            path.parent.mkdir(parents=True, exist_ok=True)
            image = self._grey_slice(frame, window)
            image.save(path, "WEBP", quality=_QUALITY, method=2)
            self._written.add(href)
        return href

    def _grey_slice(self, frame: PlaneFrame, window: Window) -> Image.Image:
        if self._ct is not None:
            grey = Image.fromarray(window.grey(frame.cut(self._ct.voxels)))
            return grey.resize(frame.size, Image.Resampling.BICUBIC)
        assert self._masks is not None
        tones = np.array((0, *_MASK_TONES), dtype=np.uint8)
        shown = np.zeros(frame.size[::-1], dtype=np.uint8)
        for layer in self._masks.layers:
            labels = frame.cut(layer).astype(np.int64)
            tone = tones[np.where(labels > 0, labels % len(_MASK_TONES) + 1, 0)]
            resized = np.asarray(Image.fromarray(tone).resize(frame.size, Image.Resampling.NEAREST))
            shown = np.maximum(shown, resized)
        return Image.fromarray(shown)


def _structures(question: Question) -> tuple[str, ...]:
    return tuple(mask_name(name) for name in question.evidence.structures) if question.evidence else ()
