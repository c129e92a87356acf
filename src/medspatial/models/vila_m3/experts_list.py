"""The list of experts that opens VILA-M3's dialogues, the original's; see `runtime.source_text`."""

from __future__ import annotations

from pathlib import Path

from medspatial.errors import InputError
from medspatial.models.runtime.source_text import ChosenText, SourceText, choose_text, fetch_texts

COMMIT = "fc8c5a701c14bfe75622c926eb014c8d83459c89"
_REPOSITORY = "https://raw.githubusercontent.com/Project-MONAI/VLM-Radiology-Agent-Framework"
EXPERTS = SourceText(
    model="vila_m3",
    name="experts",
    address=f"{_REPOSITORY}/{COMMIT}/m3/demo/gradio_m3.py",
    variable="MODEL_CARDS",
    keyword=None,
    sha256="c0e10e631e87a7da0873be4f94e5aa560529f751638016cb37347ebd3a6945b6",
)


def fetch_experts_list(folder: Path | None = None, source: str | Path | None = None) -> list[Path]:
    """Fetch the list; see `fetch_texts`."""
    return fetch_texts([EXPERTS], folder, source)


def load_experts_list(choice: str | Path = "auto") -> ChosenText:
    """Return the list of a run with the expert; see `choose_text`.

    Raises
    ------
    InputError
        Also where it was not fetched: without it a model does not know that it may call. ``none`` says
        that this is meant.
    """
    chosen = choose_text(EXPERTS, "fetched" if choice == "auto" else choice)
    if choice != "none" and not chosen.text.strip():
        raise InputError(f"vila_m3: experts: {choice} is empty; experts=none leaves the list out")
    return chosen
