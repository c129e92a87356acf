"""Options of a study's models are checked before the first stage."""

from __future__ import annotations

from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.study import builtin_study, run_study
from medspatial.study.config import ModelConfig


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"kind": "radfm", "options": {"path": "x", "sise": 3}}, r"'sise' \(did you mean 'size'\?\)"),
        ({"kind": "radfm", "options": {"path": "x", "seed": "a"}}, "'seed' must be a whole number, got 'a'"),
        ({"kind": "radmf"}, "unknown model 'radmf'"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_written(
    model: dict[str, object], message: str, tmp_path: Path
) -> None:
    entry = ModelConfig.model_validate({"name": "one", **model})
    study = builtin_study()
    config = study.model_copy(update={"models": (*study.models, entry)})
    with pytest.raises(InputError, match=message):
        run_study(config, tmp_path / "out")
    assert not (tmp_path / "out").exists()
