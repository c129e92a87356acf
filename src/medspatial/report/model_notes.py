"""What a reader must know of a model: what it is, what it is shown, how it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.report.provenance import provenance_rows

Picture = tuple[NDArray[np.uint8], str]
"""Pixels (rows, columns) or (rows, columns, 3), and a caption."""

MOST_PICTURES = 12  # of one sample on the page; of a model that is shown more, some in even steps
_WIDEST = 512  # pixels of a picture on the page


@dataclass(frozen=True)
class ModelNote:
    """One model in words and pictures.

    Attributes
    ----------
    kind
        ``"baseline"`` and the like where its row is not one of a real model; empty otherwise.
    summary
        What it is, in a sentence or two.
    contract
        What its input must be: (field, text).
    settings
        Whatever changes its answers, as nested plain data.
    pictures, shown, absent
        One sample of its input; how many pictures the model gets; why there is none.
    sample
        Case and question of the sample request.
    request
        That question's words as the model gets them; None where they are not known.
    requests
        The same for every question, by question id and arm.
    """

    model: str
    kind: str = ""
    summary: str = ""
    contract: Sequence[tuple[str, str]] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    pictures: Sequence[Picture] = ()
    shown: int = 0
    absent: str = ""
    sample: str = ""
    request: str | None = None
    requests: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False)


def write_model_notes(folder: Path, notes: Sequence[ModelNote]) -> list[dict[str, Any]]:
    """Save the samples as pictures beside the page and return plain data for its template."""
    from PIL import Image

    found = []
    for number, note in enumerate(notes, start=1):
        pictures = []
        for place, (pixels, caption) in enumerate(_thinned(note.pictures), start=1):
            path = folder / "inputs" / f"model-{number:02d}-{place:02d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            image = Image.fromarray(np.ascontiguousarray(pixels))
            image.thumbnail((_WIDEST, _WIDEST))
            image.save(path, optimize=True)
            size = {"width": image.width, "height": image.height}
            pictures.append({"path": path.relative_to(folder).as_posix(), "caption": caption, **size})
        found.append(
            {
                "model": note.model,
                "kind": note.kind,
                "summary": note.summary,
                "contract": [(name, text) for name, text in note.contract if text],
                "settings": provenance_rows(note.settings),
                "pictures": pictures,
                "shown": note.shown or len(note.pictures),
                "absent": note.absent,
                "sample": note.sample,
                "request": note.request,
            }
        )
    return found


def _thinned(pictures: Sequence[Picture]) -> list[Picture]:
    """At most `MOST_PICTURES`, evenly spread."""
    if len(pictures) <= MOST_PICTURES:
        return list(pictures)
    places = np.linspace(0, len(pictures) - 1, MOST_PICTURES).round().astype(int)
    return [pictures[place] for place in places.tolist()]
