"""The orientation audit finds what a preparation really does, a wrong one included."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from medspatial.cases import make_marker_phantom
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.inputs import InputContract
from medspatial.models.m3d_lamed.preparation import Preparation
from medspatial.models.tools.audit import OrientationAudit, audit, covered
from medspatial.models.tools.inventory import preparation
from medspatial.volume import Volume


def audited(prepare: Any, contract: InputContract | None = None, **options: Any) -> OrientationAudit:
    return audit("m", prepare, contract or prepare.contract(), make_marker_phantom, spacing=3.0, **options)


@pytest.mark.parametrize("recipe", ["minmax", "refseg", "seg"])
def test_the_canonical_input_agrees_from_every_storage(recipe: Any) -> None:
    found = audited(Preparation(recipe, shape=(32, 64, 64)))
    assert found.agrees
    assert found.largest_difference == 0
    assert set(found.axes.values()) == {"SLP" if recipe == "refseg" else "SPL"}
    assert "as declared, from every storage" in found.verdict()


def test_the_stored_order_is_told_as_it_is() -> None:
    found = audited(Preparation(orientation="stored", shape=(32, 64, 64)), storages=("RAS", "LPS", "LAS"))
    assert not found.agrees
    assert found.axes == {"RAS": "SAR", "LPS": "SPL", "LAS": "SAL"}
    assert found.largest_difference > 0
    assert "RAS gives SAR" in found.verdict()


def test_a_mirrored_preparation_is_caught() -> None:
    right = Preparation(shape=(16, 32, 32))
    found = audited(lambda volume: right(volume)[..., ::-1], right.contract(), storages=("RAS",))
    assert not found.agrees
    assert found.axes == {"RAS": "SPR"}


def test_what_is_left_of_a_lesion_follows_the_resampling() -> None:
    fine = audited(Preparation(shape=(96, 84, 64)), storages=("RAS",))
    coarse = audited(Preparation(shape=(20, 84, 64)), storages=("RAS",))
    assert [s.diameter_mm for s in fine.survivals] == [6, 10, 20]
    assert fine.survivals[2].contrast_worst > 0.9
    assert coarse.survivals[0].contrast_worst < 0.1  # lies between two slices
    for good, bad in zip(fine.survivals, coarse.survivals, strict=True):
        assert good.contrast_mean >= bad.contrast_mean
        assert good.cells_worst >= bad.cells_worst
    assert fine.survivals[2].cells_worst > coarse.survivals[2].cells_worst
    shares = [s.contrast_mean for s in coarse.survivals]
    assert shares == sorted(shares)


def test_a_blind_preparation_is_told() -> None:
    contract = InputContract(shape=(4, 4, 4))
    with pytest.raises(InputError, match="a marker left no trace"):
        audited(lambda volume: np.zeros((1, 4, 4, 4), np.float32), contract)
    with pytest.raises(InputError, match=r"three spatial axes, got an array of \(4, 4\)"):
        audited(lambda volume: np.zeros((4, 4)), contract)


def test_what_is_not_covered_is_told_as_a_limit() -> None:
    pytest.importorskip("torch")
    models = ("ct_chat", "m3d_lamed", "med3dvlm", "medgemma", "merlin", "radfm", "vista3d")
    assert covered() == models
    made = preparation("vila_m3")
    with pytest.raises(InputError) as told:
        audit("vila_m3", made, made.contract(), make_marker_phantom)
    assert str(told.value) == (
        "models audit does not cover 'vila_m3': it is given slices, and markers are followed along a "
        f"volume's three axes; covered: {', '.join(models)}"
    )
    for name in ("image_text", "vila_m3"):  # one has a card without preparation
        result = CliRunner().invoke(app, ["models", "audit", name])
        assert isinstance(result.exception, InputError)
        assert f"does not cover '{name}'" in str(result.exception)
        assert "covered: ct_chat, m3d_lamed" in str(result.exception)


def test_channels_are_taken_together() -> None:
    one = Preparation(shape=(16, 32, 32))

    def two(volume: Volume) -> Any:
        return np.concatenate([one(volume), one(volume)])

    assert audited(two, one.contract().model_copy(update={"channels": 2}), storages=("PIR",)).agrees


def test_the_command() -> None:
    options = ["--set", "shape=[32, 64, 64]", "--spacing", "3", "--json"]
    result = CliRunner().invoke(app, ["models", "audit", "med3dvlm", *options])
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert told["agrees"] is True
    assert {row["marker"] for row in told["landings"]} == {
        "marker_left",
        "marker_anterior",
        "marker_superior",
    }
    wrong = CliRunner().invoke(app, ["models", "audit", "med3dvlm", "--set", "orientation=stored", *options])
    assert wrong.exit_code == 1
    assert isinstance(CliRunner().invoke(app, ["models", "audit", "echo"]).exception, InputError)
