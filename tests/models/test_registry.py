"""Names of models: built in, from an installed package, unknown; options checked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from medspatial.errors import InputError, MissingPackageError
from medspatial.models import create_model, model_names


def test_built_in_names_come_first() -> None:
    assert model_names()[:4] == ("random", "prior", "oracle", "echo")


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("randon", {}, r"unknown model 'randon' \(did you mean 'random'\?\); known: random, prior"),
        (
            "random",
            {"sede": 1},
            r"model 'random': unknown option 'sede' \(did you mean 'seed'\?\); it takes: seed",
        ),
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


WHERE = r"model 'toy': entry point 'toy = \S+' of package toy-model 1\.0"
RULE = r"it must name a callable that returns a medspatial\.models\.Model"


@pytest.mark.parametrize(
    ("code", "attribute", "message"),
    [
        ("import no_such_thing", "Toy", r"cannot be imported \(ModuleNotFoundError: .*no_such_thing.*\); "),
        ("raise RuntimeError('two\\nlines')", "Toy", r"cannot be imported \(RuntimeError: two lines\); "),
        ("def (", "Toy", r"cannot be imported \(SyntaxError"),
        ("", "Toy", r"cannot be imported \(AttributeError"),
        ("Toy = 5", "Toy", rf"{RULE}, got 5 \(int\)"),
        ("Toy = dict", "Toy", rf"{RULE}, got \{{\}} \(dict\)"),
        ("def toy(): return 'model'", "toy", rf"{RULE}, got 'model' \(str\)"),
        ("def toy(): raise KeyError('x')", "toy", r"the call failed \(KeyError: 'x'\)"),
    ],
)
def test_a_broken_entry_point_is_one_line_that_names_its_package(
    code: str, attribute: str, message: str, plugin_model: Callable[..., str]
) -> None:
    name = plugin_model(code, attribute)
    with pytest.raises(InputError, match=f"^{WHERE}: {message}") as caught:
        create_model(name)
    assert "\n" not in str(caught.value)
    assert name in model_names()  # the others can still be listed and used


def test_an_outside_model_that_misses_a_package_says_so_itself(plugin_model: Callable[..., str]) -> None:
    code = "from medspatial.errors import require\nrequire('no_such_thing', 'models')"
    with pytest.raises(MissingPackageError, match="package 'no_such_thing' is not installed"):
        create_model(plugin_model(code, "Toy"))


@pytest.mark.parametrize("name", ["", "a/b", ".a"])
def test_a_name_must_make_a_file_name(name: str) -> None:
    with pytest.raises(InputError, match="model 'random': name must consist of letters, digits and"):
        create_model("random", name=name)


def test_listing_models_imports_nothing_heavy() -> None:
    code = (
        "import sys, medspatial.models as m; m.model_names(); "
        "print([x for x in ('torch', 'transformers', 'matplotlib') if x in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
