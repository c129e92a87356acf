"""The sight test of a study: models that look and inputs, kept, resumed, on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medspatial.acuity import QUANTITIES
from medspatial.inputs import Query
from medspatial.models import Answer, Model, create_model
from medspatial.study import StudyConfig
from medspatial.study.acuity import StudyAcuity
from medspatial.study.check import check_study
from medspatial.study.config import AcuityConfig
from medspatial.volume import Volume

SETTINGS = AcuityConfig(inputs=("whole_volume",), models=True, quantities=("size",), bodies=2, repeats=2)


class Bright(Model):
    """Says that there is a nodule where more is bright than noise makes so."""

    name = "bright"
    asked = 0

    def encode(self, prepared: Volume) -> Any:
        middle = prepared.voxels[60:140, 80:140, 50:170]
        return int(((middle > 110) & (middle < 180)).sum()) > 40

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        Bright.asked += len(queries)
        return [Answer("yes" if encoded else "no") for _ in queries]


@pytest.fixture(autouse=True)
def two_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(QUANTITIES, "size", replace(QUANTITIES["size"], levels=(2.0, 30.0)))


def test_models_and_inputs_are_measured_once_and_shown(tmp_path: Path) -> None:
    said: list[str] = []
    first = StudyAcuity(SETTINGS, tmp_path, said.append)
    first.of_model(Bright())
    first.of_inputs()
    assert said[0] == "bright: sight test, 8 volumes with one question each"
    assert said[-1] == "acuity: input whole_volume finds a nodule of 100 HU over the tissue: under 2 mm"
    model, whole = first.found
    assert (model.kind, whole.kind) == ("model", "input")
    assert [level.right for level in model.levels] == [2.0, 4.0]  # the smallest is missed, no false alarm
    (table,) = first.tables()
    assert [row[0].main for row in table.rows] == ["bright", "whole_volume"]
    (chart,) = first.charts()
    assert (chart.name, chart.section) == ("acuity_size", "acuity")
    assert chart.draw(4.0).axes
    count, stamp = Bright.asked, (tmp_path / "acuity" / "input_whole_volume.jsonl").stat().st_mtime_ns
    again = StudyAcuity(SETTINGS, tmp_path, said.append)
    again.of_model(Bright())
    again.of_inputs()
    assert again.found == first.found
    assert Bright.asked == count
    assert (tmp_path / "acuity" / "input_whole_volume.jsonl").stat().st_mtime_ns == stamp


def test_who_does_not_look_is_not_tested_and_without_settings_nothing_is(tmp_path: Path) -> None:
    for settings, model in ((SETTINGS, create_model("echo")), (None, Bright())):
        found = StudyAcuity(settings, tmp_path, print)
        found.of_model(model)
        assert found.found == []
    found.of_inputs()
    assert found.tables() == found.charts() == []
    assert not list(tmp_path.iterdir())


def test_unknown_inputs_and_quantities_are_told_first() -> None:
    wrong = {"cases": {"phantom": {"count": 1}}, "acuity": {"inputs": ["9_slices"], "quantities": ["colour"]}}
    told = {one.part: one.message for one in check_study(StudyConfig.model_validate(wrong)).of("wrong")}
    assert "no input '9_slices'" in told["acuity.inputs"]
    assert "unknown quantity 'colour'" in told["acuity.quantities"]
