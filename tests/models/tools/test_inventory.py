"""The inventory and the commands that print it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.models import model_cards, model_names
from medspatial.models.tools.inventory import card_facts, inventory, load, model_facts, preparation


def test_every_model_has_a_row_and_every_card_its_facts() -> None:
    rows = {row["name"]: row for row in inventory()}
    assert tuple(rows) == model_names()
    for name in ("m3d_lamed", "med3dvlm"):
        assert all(
            rows[name][key] for key in ("paper", "architecture", "input", "checkpoint", "licence", "verified")
        )


@pytest.mark.parametrize("name", ["m3d_lamed", "med3dvlm"])
def test_what_a_card_names_is_there(name: str) -> None:
    card = model_cards()[name]
    for path in (card.entry, card.verify, card.layout, card.preparation):
        assert callable(load(str(path)))
    assert card_facts(name)["contract"]["array axes grow to"] == "superior, posterior, patient left"


def test_a_preparation_needs_known_options() -> None:
    assert preparation("med3dvlm", recipe="app_raw_hu").contract().value_range[1] > 1
    with pytest.raises(InputError, match="unexpected keyword argument 'colour'"):
        preparation("med3dvlm", colour="red")


def test_list_prints_json_and_csv() -> None:
    told = json.loads(CliRunner().invoke(app, ["models", "list", "--json"]).output)
    rows = list(csv.DictReader(io.StringIO(CliRunner().invoke(app, ["models", "list", "--csv"]).output)))
    assert [row["name"] for row in rows] == [row["name"] for row in told] == list(model_names())
    assert "m3d_lamed" in CliRunner().invoke(app, ["models", "list"]).output


TOY = """
from medspatial.inputs import InputContract
from medspatial.models import Answer, Model
class Toy(Model):
    \'\'\'Says left: always.

    More.
    \'\'\'
    needs_volume = False
    def __init__(self, needed):
        raise AssertionError("was made")
    def answer(self, encoded, queries):
        return []
"""


def shown(name: str) -> dict[str, str]:
    facts: dict[str, str] = json.loads(CliRunner().invoke(app, ["models", "show", name, "--json"]).output)
    return facts


def test_every_listed_model_can_be_shown(plugin_model: Callable[..., str]) -> None:
    plugin_model(TOY, "Toy")
    for row in inventory():
        assert shown(row["name"])["name"] == row["name"]
        assert row["name"] in CliRunner().invoke(app, ["models", "show", row["name"]]).output


def test_a_baseline_and_an_outside_model_say_what_they_are_and_where_from(
    plugin_model: Callable[..., str],
) -> None:
    plugin_model(TOY, "Toy")
    toy = shown("toy")
    assert (toy["title"], toy["package"]) == ("Says left: always.", "toy-model 1.0")
    assert toy["entry"].endswith(":Toy")
    echo = shown("echo")
    assert (echo["package"], echo["entry"]) == ("medspatial", "medspatial.models.baselines:EchoModel")
    assert echo["title"]
    with pytest.raises(InputError, match=r"unknown model 'nobody'; known: random, .*toy"):
        model_facts("nobody")


def test_an_outside_model_with_a_contract_shows_it(plugin_model: Callable[..., str]) -> None:
    code = (
        "from medspatial.models.tools.inventory import contract_of, preparation\n"
        "class Toy:\n    contract = contract_of(preparation('m3d_lamed'))\n"
    )
    plugin_model(code, "Toy")
    assert model_facts("toy")["contract"] == card_facts("m3d_lamed")["contract"]


def test_listing_names_the_package_and_imports_nothing_of_it(plugin_model: Callable[..., str]) -> None:
    plugin_model("raise RuntimeError('was imported')", "Toy")
    (row,) = (row for row in inventory() if row["name"] == "toy")
    assert row["title"] == "of package toy-model 1.0"
    with pytest.raises(InputError, match="cannot be imported"):
        model_facts("toy")


def test_show_and_verify(shared: Path) -> None:
    shown = CliRunner().invoke(app, ["models", "show", "m3d_lamed"])
    assert "32 x 256 x 256" in shown.output
    reference = str(shared / "parity/m3d_lamed/phi3")
    result = CliRunner().invoke(app, ["models", "verify", "m3d_lamed", "--reference", reference, "--json"])
    assert result.exit_code == 0
    assert isinstance(
        CliRunner().invoke(app, ["models", "verify", "m3d_lamed", "-r", "/nowhere"]).exception, InputError
    )
