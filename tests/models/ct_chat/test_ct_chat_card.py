"""The card: what is fetched, how a checkpoint is chosen, and the audit of the preparation."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from medspatial.cases import make_marker_phantom
from medspatial.cli.models import app
from medspatial.errors import InputError
from medspatial.models import model_card
from medspatial.models.ct_chat import system_prompt
from medspatial.models.ct_chat.preparation import Preparation
from medspatial.models.tools.audit import audit
from medspatial.models.tools.fetch import checkpoint_of


def test_8b_is_the_first_and_70b_is_found_by_its_folder() -> None:
    card = model_card("ct_chat")
    assert any("llama_3.1_8b" in name for name in checkpoint_of(card).files)
    assert any("llama_3.1_70b" in name for name in checkpoint_of(card, "70b").files)
    with pytest.raises(InputError, match="fits 2 of"):
        checkpoint_of(card, "CT-RATE")


def test_fetch_texts_calls_the_original_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(system_prompt, "fetch_system_prompts", lambda: [tmp_path / "llama3.txt"])
    done = CliRunner().invoke(app, ["fetch", "ct_chat", "--texts"])
    assert done.exit_code == 0
    assert "llama3.txt" in done.output
    assert isinstance(CliRunner().invoke(app, ["fetch", "radfm", "--texts"]).exception, InputError)


def test_left_front_and_head_land_where_the_contract_says() -> None:
    prepare = Preparation(shape=(120, 240, 240))
    contract = prepare.contract()
    found = audit(
        "ct_chat", prepare, contract, make_marker_phantom, spacing=2.5, storages=("RAS", "PIR"), diameters=()
    )
    assert found.agrees
    assert found.largest_difference == 0
