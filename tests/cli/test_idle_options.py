"""No option is read and then forgotten: each parameter is used, and one without effect is refused."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from command import medspatial

from medspatial.cli.app import app
from medspatial.cli.options import read_names, refuse_idle
from medspatial.errors import InputError


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    if not hasattr(group, "commands"):
        yield " ".join(path), group
        return
    for name, one in group.commands.items():
        yield from commands(one, (*path, name))


EVERY = dict(commands(typer.main.get_command(app)))
ONE_CHOICE = {"cases download": {"dataset"}}  # what else is asked for, the parser refuses


@pytest.mark.parametrize("name", EVERY)
def test_every_parameter_of_a_command_is_used_in_it(name: str) -> None:
    function = inspect.unwrap(EVERY[name].callback)
    (made,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(made, ast.FunctionDef)
    read = {
        node.id
        for line in made.body
        for node in ast.walk(line)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    assert set(inspect.signature(function).parameters) - read == ONE_CHOICE.get(name, set())


P = ("predict", "-m", "random", "-d", "{q}", "-o", "{t}/p")
FROM_REPORTS = ("questions", "from-reports", "-r", "{q}", "-o", "{t}/q.jsonl")
IMPORT = ("questions", "import", "{q}", "-o", "{t}/q.jsonl", "-f", "medspatial")
HELD = ("acuity", "--questions", "{q}", "--cases", "{p}", "--input", "8_slices", "-o", "{t}/a")
TEXTS = ("models", "fetch", "radfm", "--texts")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((*P, "--gpus", "cpu,cpu", "--device", "cpu"), "--gpus names the devices: give no --device"),
        ((*P, "--gpus", "cpu,cpu", "--gpu-id", "0"), "--gpus names the devices: give no --device"),
        ((*P, "--engine", "ray", "--device", "cpu"), "--engine ray places its actors: give no --device"),
        ((*P, "--device", "cpu", "--gpu-id", "0"), "--device cpu and --gpu-id 0: give one of them"),
        ((*P, "--name", "a", "--set", "name=b"), "--set name=...: is also given as an option of its own"),
        ((*P, "--cache-gb", "1"), "--cache-gb: is the budget of --cache"),
        ((*FROM_REPORTS, "--generator", "templates"), "--generator: is for --llm"),
        ((*FROM_REPORTS, "--prompt", "p.md"), "--prompt: is for --llm"),
        ((*FROM_REPORTS, "--set", "a=1"), "--set: is for --llm"),
        (("read", "{q}", "--against", "{q}"), "--against: is for --results"),
        (("read", "{q}", "--metric", "exact"), "--metric: is for --results"),
        (
            ("export", "inspect", "{q}", "-o", "{t}/x", "--cases", "{p}"),
            "--cases: shows slices beside --quest",
        ),
        (
            ("datasets", "audit", "{q}", "--label-map", "phantom"),
            "--label-map: is about the masks of --cases",
        ),
        (("datasets", "audit", "{q}", "--split", "test"), "--split: is for the format huggingface"),
        (
            ("datasets", "audit", "{q}", "--field", "answer=a"),
            "--field: is for the formats jsonl and hugging",
        ),
        (
            (*IMPORT, "--field", "answer=a"),
            "--field: is for the formats jsonl and huggingface, got medspatial",
        ),
        ((*IMPORT, "--split", "test"), "--split: is for the format huggingface, got medspatial"),
        ((*IMPORT[:-1], "jsonl", "--split", "test"), "--split: is for the format huggingface, got jsonl"),
        (("acuity", "--input", "8_slices", "--repeats", "3"), "--repeats: is for --model"),
        (("acuity", "--input", "8_slices", "--adaptive"), "--adaptive: is for --model"),
        (("acuity", "--input", "8_slices", "--set", "a=1"), "--set: is for --model"),
        (("acuity", "--input", "8_slices", "--batch-size", "3"), "--batch-size: is for --model"),
        ((*HELD, "--quantity", "side"), "--quantity: is not for --questions"),
        ((*HELD, "--patients", "3"), "--patients: is not for --questions"),
        ((*HELD, "--repeats", "3"), "--repeats: is not for --questions"),
        (("acuity", "-o", "{t}/a"), "give --model, --input or both"),
        (("plot", "agreement", "{q}", "--pattern", "*.json"), "--pattern: is for --reports-dir"),
        (("plot", "agreement", "{q}", "--reports-dir", "{t}"), "name either a matrix (CSV) or --reports-dir"),
        (("plot", "agreement"), "name either a matrix (CSV) or --reports-dir"),
        (("models", "list", "--csv", "--json"), "--json: and --csv: give one of them"),
        ((*TEXTS, "-o", "{t}/w"), "--output-dir: is not for --texts"),
        ((*TEXTS, "--revision", "x"), "--revision: is not for --texts"),
        (("inputs", "show", "{ct}", "-o", "{t}/i", "--case-id", "a"), "--case-id: is for a folder or file"),
        (
            ("inputs", "show", "{ct}", "-o", "{t}/i", "--structures", "liver"),
            "'structures' is for representation 'overlay'",
        ),
        (("run", "demo", "-o", "{t}/r", "--actors", "2"), "--actors: is for --engine ray"),
        (("run", "demo", "-o", "{t}/r", "--cache-gb", "2"), "--cache-gb: is the budget of --cache"),
        (("segment", "{p}", "-o", "{t}/m", "--gpus", "cpu,cpu", "--device", "cpu"), "--device: workers have"),
        (
            ("segment", "{p}", "-o", "{t}/m", "--with", "totalsegmentator", "--assume-axes", "LPS"),
            "--assume-a",
        ),
        (("score", "-p", "{q}", "-m", "exact", "--prices", "1,2"), "--prices: is for judges"),
        (("score", "-p", "{q}", "-m", "exact", "--cache", "{t}/c"), "--cache: is for judges"),
        (
            ("score", "-p", "{q}", "--engine", "ray", "--workers", "2"),
            "--engine ray: give --actors, not --wor",
        ),
        (("study", "init", "{p}", "-o", "{t}/s.yaml", "--cases", "{p}"), "is for a file of questions"),
    ],
)
def test_an_option_without_effect_is_one_line_before_anything_is_written(
    arguments: tuple[str, ...], line: str, questions: Path, phantoms: Path, tmp_path: Path
) -> None:
    places = {"q": questions, "p": phantoms, "t": tmp_path, "ct": next(phantoms.rglob("ct.nii.gz"))}
    done = medspatial(*(argument.format(**places) for argument in arguments))
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert line in done.stderr
    assert list(tmp_path.rglob("*.*")) == []


def test_none_and_false_are_options_that_were_not_given() -> None:
    refuse_idle({"--a": None, "--b": False}, "is for --c")
    for value in (0, "", [], True, "x"):
        with pytest.raises(InputError, match=r"^--b: is for --c$"):
            refuse_idle({"--a": None, "--b": value}, "is for --c")


@pytest.mark.parametrize("pair", ["question", "=x", "question=", " = ", ""])
def test_a_name_of_a_field_has_two_sides(pair: str) -> None:
    with pytest.raises(InputError, match="--field: needs OURS=THEIRS, got"):
        read_names([pair], "--field")
    assert read_names(["a = b ", "c=d=e"], "--field") == {"a": "b", "c": "d=e"}
