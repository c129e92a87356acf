"""Models, arms, metrics and a limit from the command line, in place of a study's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.study import builtin_study
from medspatial.study.choices import chosen_study


def test_nothing_chosen_changes_nothing() -> None:
    for name in ("demo", "arms"):
        assert chosen_study(builtin_study(name)) == builtin_study(name)


def test_models_with_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w").mkdir()
    url = "http://127.0.0.1:8000/v1"
    named = ["random", "random:seed=3,name=random-3,batch_size=2", "radfm:path=w,prompt='a, b'"]
    found = chosen_study(builtin_study(), models=[*named, f"openai:model=m,base-url={url},prices=[1, 2]"])
    random, third, radfm, api = found.models
    assert (random.name, random.options) == ("random", {})
    assert (third.name, third.options, third.batch_size) == ("random-3", {"seed": 3}, 2)
    assert radfm.options == {"path": str(tmp_path / "w"), "prompt": "a, b"}
    assert api.options == {"model": "m", "base_url": url, "prices": [1, 2]}


def test_arms_metrics_and_a_limit() -> None:
    study = builtin_study()
    found = chosen_study(study, arms=["mirrored"], metrics=["exact"], limit=5)
    assert found.all_arms() == ("standard", "mirrored")
    assert [metric.name for metric in found.all_metrics()] == ["exact"]
    assert (found.compare.metric, found.questions.limit) == ("exact", 5)
    kept = chosen_study(study, metrics=["exact", "structured"])
    assert kept.compare.metric == "structured"


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (["random:seed"], r"--model random:seed: needs NAME:option=value,\.\.\., got 'seed'"),
        (["random", "random:seed=1"], "two models are named 'random'"),
        (["random:name=a/b"], r"models\.0\.name: "),
    ],
)
def test_what_is_wrong_is_told(models: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        chosen_study(builtin_study(), models=models)
