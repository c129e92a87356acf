"""The page's Python runs, and its models are what the registry takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from medspatial.inputs import PictureSettings

PAGE = Path(__file__).parents[2] / "docs" / "llm.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_of_the_page_runs(code: str) -> None:
    exec(compile(code, str(PAGE), "exec"), {})


def test_the_models_of_the_page_can_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from medspatial.models import create_model

    monkeypatch.setenv("GEMINI_API_KEY", "x")
    monkeypatch.chdir(tmp_path)
    (text,) = blocks("yaml")
    for entry in yaml.safe_load(text)["models"]:
        model = create_model(entry.pop("kind"), **entry)
        assert model.describe()["pictures"]["count"] == entry["count"]
        assert set(PictureSettings.model_fields) & set(entry)
        model.close()
