"""Names of models: built in, from an installed package, unknown; options checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.models import create_model, model_names


def test_built_in_names_come_first() -> None:
    assert model_names()[:4] == ("random", "prior", "oracle", "echo")


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("randon", {}, "unknown model 'randon'; known: random, prior"),
        ("random", {"sede": 1}, "model 'random': unknown option 'sede'; it takes: seed"),
        ("oracle", {"seed": 1}, "model 'oracle': unknown option 'seed'; it takes: none"),
    ],
)
def test_wrong_name_or_option(kind: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        create_model(kind, **options)


def test_a_model_can_be_renamed() -> None:
    assert create_model("random", seed=3, name="random-3").name == "random-3"


PLUGIN = """
from medspatial.models import Answer, Model
class Always(Model):
    needs_volume = False
    def __init__(self, word="left"):
        self.name, self.word = "always", word
    def answer(self, encoded, queries):
        return [Answer(self.word) for _ in queries]
"""


def test_an_outside_package_adds_a_model(tmp_path: Path) -> None:
    """A toy distribution with a real entry point, found by a fresh interpreter."""
    (tmp_path / "toy_model.py").write_text(PLUGIN)
    info = tmp_path / "toy_model-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-model\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[medspatial.models]\nalways = toy_model:Always\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from medspatial.models import create_model, model_names\n"
        "print(model_names()[-1], create_model('always', word='right').answer(None, [0])[0].text)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["always", "right"]


def test_listing_models_imports_nothing_heavy() -> None:
    code = (
        "import sys, medspatial.models as m; m.model_names(); "
        "print([x for x in ('torch', 'transformers', 'matplotlib') if x in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
