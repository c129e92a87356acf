"""The system texts of CT-CHAT's templates, the original's; see `medspatial.models.runtime.source_text`."""

from __future__ import annotations

from pathlib import Path

from medspatial.models.ct_chat.templates import TEMPLATES, Template
from medspatial.models.runtime.source_text import ChosenText, SourceText, choose_text, fetch_texts

COMMIT = "33c9b973bf1babb3b79b5ffd8ae45948e758a3f2"
SOURCE = f"https://raw.githubusercontent.com/ibrahimethemhamamci/CT-CHAT/{COMMIT}/llava/conversation.py"


def source_text(template: Template) -> SourceText | None:
    """Say where a template's system text stands; None where it has none."""
    if template.system_sha256 is None:
        return None
    name, variable = template.name, template.system_variable
    return SourceText("ct_chat", name, SOURCE, variable, "system", template.system_sha256)


def fetch_system_prompts(folder: Path | None = None, source: str | Path | None = None) -> list[Path]:
    """Fetch the system texts of all templates; see `fetch_texts`."""
    found = (source_text(template) for template in TEMPLATES.values())
    return fetch_texts([text for text in found if text is not None], folder, source)


def load_system_prompt(template: Template, choice: str | Path = "auto") -> ChosenText:
    """Return the system text of a run; see `choose_text`."""
    return choose_text(source_text(template), choice)
