"""HU windows by name, and the one or three of them that become the channels of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator


@dataclass(frozen=True)
class Window:
    """A linear grey scale over a range of HU, named as radiologists do by centre and width."""

    name: str
    centre: float
    width: float

    @property
    def label(self) -> str:
        """Text for a caption, such as ``lung window (C −600, W 1500 HU)``."""
        centre = f"{self.centre:.0f}".replace("-", "−")
        return f"{self.name} window (C {centre}, W {self.width:.0f} HU)"

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest HU."""
        return self.centre - self.width / 2, self.centre + self.width / 2

    def grey(self, hu: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Map HU to 0..255; values outside the window are clipped."""
        low = self.centre - self.width / 2
        scaled = (hu.astype(np.float32) - np.float32(low)) * np.float32(255.0 / self.width)
        return np.asarray(np.clip(scaled + 0.5, 0, 255), dtype=np.uint8)


LUNG = Window("lung", -600, 1500)
SOFT_TISSUE = Window("soft-tissue", 40, 400)
MEDIASTINUM = Window("mediastinum", 40, 400)
BONE = Window("bone", 400, 1800)
BRAIN = Window("brain", 40, 80)
WIDE = Window("wide", 0, 2048)

WINDOWS: dict[str, Window] = {
    window.name: window for window in (LUNG, MEDIASTINUM, SOFT_TISSUE, BONE, BRAIN, WIDE)
}
Channels = tuple[Window, ...]
Part = str | tuple[float, float]  # a name, or lowest and highest HU


def channels_of(chosen: str | Sequence[Part | float]) -> Channels:
    """Return the window of a grey picture, or the three of a coloured one.

    Parameters
    ----------
    chosen
        A name (``"lung"``), three joined by plus signs (``"lung+mediastinum+bone"``), one pair of HU
        (``[-160, 240]``), or a list of three of these.

    Raises
    ------
    ValueError
        Unknown name, a pair that does not grow, or another number of windows than one or three.
    """
    parts = _parts(chosen)
    if len(parts) not in {1, 3}:
        raise ValueError(f"needs one window or three (red, green, blue), got {len(parts)}: {chosen!r}")
    return tuple(_window(part) for part in parts)


def _parts(chosen: str | Sequence[Part | float]) -> list[Part]:
    if isinstance(chosen, str):
        return list(chosen.split("+"))
    numbers = [part for part in chosen if isinstance(part, int | float)]
    if len(numbers) == len(chosen) == 2:
        return [(numbers[0], numbers[1])]
    return [part for part in chosen if not isinstance(part, int | float)]


def _window(part: Part) -> Window:
    if isinstance(part, str):
        if part not in WINDOWS:
            raise ValueError(f"unknown window {part!r}; known: {', '.join(WINDOWS)}, or [low, high] in HU")
        return WINDOWS[part]
    if len(part) != 2 or not part[0] < part[1]:
        raise ValueError(f"a window in HU is [low, high] with low < high, got {list(part)!r}")
    return Window(f"{part[0]:g}..{part[1]:g} HU", (part[0] + part[1]) / 2, part[1] - part[0])


def coloured(hu: NDArray[np.generic], channels: Channels) -> NDArray[np.uint8]:
    """Map HU, shape (rows, columns), to (rows, columns, 3); one window gives grey."""
    layers = [window.grey(hu) for window in channels]
    return np.stack(layers if len(layers) == 3 else layers * 3, axis=-1)


def _checked(chosen: str | tuple[Part | float, ...]) -> str | tuple[Part | float, ...]:
    channels_of(chosen)
    return chosen


WindowChoice = Annotated[str | tuple[Part | float, ...], AfterValidator(_checked)]
