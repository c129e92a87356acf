"""Models in the sight test: readers whose acuity is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from medspatial.acuity import QUANTITIES, Acuity, Trials, model_acuity
from medspatial.acuity.measure import refined
from medspatial.acuity.table import acuity_figure, acuity_table, sentences
from medspatial.cli.app import app
from medspatial.inputs import Query
from medspatial.models import Answer, Model
from medspatial.volume import Volume

SIDE = replace(QUANTITIES["side"], levels=(0.25, 2.0, 16.0))


class Ruler(Model):
    """Measures the nodule's offset from the spine; cannot tell below its own limit."""

    def __init__(self, name: str, limit: float, sign: int = 1) -> None:
        self.name, self.limit, self.sign = name, limit, sign

    def encode(self, prepared: Volume) -> Any:
        hu = prepared.voxels[:, :, 50:170:4]
        spine = np.argwhere(hu > 230)
        tissue = (hu > 100) & (hu < 190)
        tissue[:, : int(spine[:, 1].max()) + 8] = False
        x = np.argwhere(tissue)[:, 0].mean() - spine[:, 0].mean()
        return self.sign * x * prepared.spacing[0]

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        if abs(encoded) < self.limit:
            return [Answer(query.options[0]) for query in queries]  # the order is drawn: a guess
        return [Answer("left" if encoded < 0 else "right") for _ in queries]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Acuity]:
    folder: Path = tmp_path_factory.mktemp("acuity")
    trials = Trials((SIDE,), patients=3)
    models = Ruler("sharp", 0.0), Ruler("dim", 7.0), Ruler("mirrored", 0.0, -1)
    return {model.name: model_acuity(model, trials, folder)[0] for model in models}


def test_who_measures_the_voxels_is_sharper_than_a_voxel(found: dict[str, Acuity]) -> None:
    one = found["sharp"]
    assert one.status in ("finer", "found")
    assert one.threshold is None or one.threshold < 1.5
    assert [level.right for level in one.levels[1:]] == [6.0, 6.0]


def test_who_sees_nothing_below_a_limit_has_its_threshold_there(found: dict[str, Acuity]) -> None:
    one = found["dim"]
    assert one.status == "found"
    assert one.threshold is not None
    assert 2.0 < one.threshold < 16.0
    assert one.sure_from == 16.0
    assert "mm (" in one.words()


def test_who_sees_the_image_mirrored_never_reaches_the_threshold(found: dict[str, Acuity]) -> None:
    assert found["mirrored"].status == "not reached"
    assert found["mirrored"].words() == "not with 16 mm"


def test_levels_are_set_within_the_interval_when_asked_again(found: dict[str, Acuity]) -> None:
    dim = found["dim"]
    between = refined(dim)
    assert between is not None
    assert len(between.levels) == 6
    assert list(between.levels) == sorted(between.levels)
    assert refined(found["mirrored"]) is None


def test_answers_are_kept_and_the_adaptive_levels_join_the_grid(tmp_path: Path) -> None:
    asked: list[str] = []

    class Counting(Ruler):
        def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
            asked.extend(query.id for query in queries)
            return super().answer(encoded, queries)

    trials = Trials((SIDE,), patients=2)
    first = model_acuity(Counting("dim", 7.0), trials, tmp_path, adaptive=True)
    count = len(asked)
    assert count > len(trials.questions)
    assert len(first[0].levels) > 3
    assert model_acuity(Counting("dim", 7.0), trials, tmp_path, adaptive=True) == first
    assert len(asked) == count


def test_table_sentences_and_figure(found: dict[str, Acuity]) -> None:
    rows = list(found.values())
    ideal = rows[0].model_copy(update={"of": "dim", "kind": "input"})
    table = acuity_table([*rows, ideal])
    assert [row[1].main for row in table.rows] == ["answers"] * 3 + ["its input"]
    assert any(line.startswith("dim tells left from right of the midline: ") for line in sentences(rows))
    assert any("its input allows" in line for line in sentences([*rows, ideal]))
    assert len(acuity_figure([*rows, ideal], "side").axes) == 1


def test_the_command_tests_an_input_and_a_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(QUANTITIES, "size", replace(QUANTITIES["size"], levels=(4.0, 30.0)))
    run = CliRunner().invoke(
        app,
        ["acuity", "--model", "random", "--input", "vista3d", "--quantity", "size", "--patients", "2",
         "--output-dir", str(tmp_path)],
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    assert "the input of vista3d finds a nodule of 100 HU over the tissue: under 4 mm" in run.output
    assert (tmp_path / "acuity.jsonl").read_text().count("\n") == 2
    assert (tmp_path / "acuity_size.png").exists()
    bare = CliRunner().invoke(app, ["acuity"])
    assert bare.exit_code != 0
