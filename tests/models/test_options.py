"""Options by model: known before a model is imported, by name, by type, and by the records that all share."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable

import pytest

from medspatial.errors import InputError
from medspatial.models import Generation, Runtime, create_model, model_cards, model_options
from medspatial.models.options import signature_options
from medspatial.models.tools.inventory import load


@pytest.mark.parametrize("name", sorted(set(model_cards()) - {"gemini", "openai"}))
def test_a_card_says_what_the_constructor_takes(name: str) -> None:
    card = model_cards()[name]
    stated, taken = model_options(name), signature_options(load(card.entry))
    assert {**stated.kinds, **taken.kinds} == dict(stated.kinds)
    assert set(stated.kinds) == set(taken.kinds) or taken.open
    assert (stated.required, stated.records) == (taken.required, taken.records)


@pytest.mark.parametrize("name", ["gemini", "openai"])
def test_an_api_card_says_what_client_and_provider_take(name: str) -> None:
    from medspatial.inputs import PictureSettings
    from medspatial.llm import open_llm
    from medspatial.llm.factory import _class_of
    from medspatial.models.api import ApiModel

    callables = (ApiModel, open_llm, _class_of(name))
    taken = {one for made in callables for one in inspect.signature(made).parameters} - {"name"}
    assert set(model_options(name).kinds) == taken | set(PictureSettings.model_fields)


def test_every_native_model_takes_the_shared_records() -> None:
    native = [name for name, card in model_cards().items() if card.extra == "models" and name != "vista3d"]
    assert len(native) > 6
    records = {name: set(model_options(name).records) for name in native}
    assert all(one >= {"runtime", "generation"} for one in records.values())
    assert {name for name, one in records.items() if "serving" in one} == {
        "ct_chat", "m3d_lamed", "med3dvlm", "radfm",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("m3d_lamed", {"path": "x", "recpie": "seg"}, r"unknown option 'recpie' \(did you mean 'recipe'\?\)"),
        ("m3d_lamed", {"path": "x", "dtyp": 1}, r"unknown option 'dtyp' \(did you mean 'dtype'\?\)"),
        ("image_text", {"path": "x", "cout": 3}, r"unknown option 'cout' \(did you mean 'count'\?\)"),
        ("openai", {"model": "m", "budgt": 3}, r"unknown option 'budgt' \(did you mean 'budget'\?\)"),
        ("ct_chat", {"path": "x", "zzz": 1}, "unknown option 'zzz'; it takes: path, base"),
        ("ct_chat", {"path": "x"}, "option 'base' is required"),
        (
            "radfm",
            {"path": "x", "max_new_tokens": 0},
            "'max_new_tokens' must be a whole number from 1, got 0",
        ),
        ("merlin", {"path": "x", "reader": "radfm", "reader_options": {"path": "x", "sise": 1}}, "'size'"),
        ("vila_m3", {"path": "x", "dtype": "int8"}, "dtype: must be auto, float32, .* got 'int8'"),
    ],
)
def test_wrong_options_are_told_before_anything_is_imported(
    model: str, options: dict[str, object], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medspatial.models.registry.import_module", pytest.fail)
    with pytest.raises(InputError, match=message):
        create_model(model, **options)


def test_options_are_checked_without_torch() -> None:
    code = (
        "import sys\nfrom medspatial.models import create_model\n"
        "try: create_model('m3d_lamed', path='x', sede=1)\n"
        "except Exception as error: print(str(error).partition(';')[0], 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "model 'm3d_lamed': unknown option 'sede' (did you mean 'seed'?) False\n"


PLUGIN = """
from __future__ import annotations
from typing import TYPE_CHECKING
from medspatial.models import Answer, Generation, Model, ReadPath, Runtime, WrittenPath
if TYPE_CHECKING:
    from pathlib import Path
    from somewhere import Thing
class Toy(Model):
    def __init__(self, weights: ReadPath, *, table: Path | None = None, maps: WrittenPath = "m",
                 thing: Thing = None, colour: str = "red", text_path="t", extra: list[int] | None = None,
                 runtime: Runtime = Runtime(), generation: Generation = Generation(max_new_tokens=9)):
        self.name = "toy"
        self.chosen = (runtime, generation, extra)
    def answer(self, encoded, queries):
        return []
"""


def test_a_plugin_says_it_by_its_types(plugin_model: Callable[..., str]) -> None:
    name = plugin_model(PLUGIN, "Toy")
    options = model_options(name)
    paths = {key: kind for key, kind in options.kinds.items() if kind != "value"}
    assert paths == {"weights": "read", "table": "written", "maps": "written", "text_path": "read"}
    assert (options.required, options.records) == (("weights",), ("runtime", "generation"))
    made = create_model(name, weights="w", device="cpu", seed=3)
    assert made.chosen == (Runtime("cpu"), Generation(max_new_tokens=9, seed=3), None)  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=r"unknown option 'sede' \(did you mean 'seed'\?\)"):
        create_model(name, weights="w", sede=3)


def test_a_record_and_single_fields_of_it_go_together(plugin_model: Callable[..., str]) -> None:
    name = plugin_model(PLUGIN, "Toy")
    made = create_model(name, weights="w", generation=Generation(max_new_tokens=4), do_sample=True)
    assert made.chosen[1] == Generation(max_new_tokens=4, do_sample=True)  # type: ignore[attr-defined]
