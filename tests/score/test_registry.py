from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from medspatial.errors import InputError, MissingPackageError
from medspatial.score import Mark, Metric, metric, metric_class, metric_names, register_metric
from medspatial.score import registry as registry_module


def test_all_built_in_metrics_are_listed_and_their_modules_define_them():
    names = metric_names()
    assert {"exact", "exact_naive", "structured", "bleu", "rouge", "meteor", "sbert", "alignscore"} <= set(
        names
    )
    assert list(names) == sorted(names)
    for name in (
        "exact",
        "structured",
        "bleu",
        "rouge",
        "meteor",
        "token_f1",
        "length",
        "verdicts",
        "alignscore",
    ):
        assert metric_class(name).name == name


def test_unknown_metric_names_near_matches():
    with pytest.raises(InputError, match="unknown metric 'structred'; did you mean structured"):
        metric("structred")


def test_unknown_metric_without_near_match_lists_all():
    with pytest.raises(InputError, match="known: alignscore, bleu"):
        metric("zzz")


def test_variants_are_settings():
    assert metric("rouge:stem").name == "rouge:stem"
    with pytest.raises(InputError, match="unknown variant 'x' of metric 'rouge'; known: rouge:stem"):
        metric("rouge:x")
    with pytest.raises(InputError, match="known: none"):
        metric("exact:x")


def test_unknown_option_is_an_input_error():
    with pytest.raises(InputError, match="metric 'exact'"):
        metric("exact", colour="red")


def test_decorator_registers_and_refuses_a_taken_name(monkeypatch):
    monkeypatch.setattr(registry_module, "_registered", dict(registry_module._registered))

    @register_metric
    class Ones(Metric):
        """Everything is right."""

        name = "ones"

        def marks(self, rows):
            return [Mark(1.0, True) for _ in rows]

    assert isinstance(metric("ones"), Ones)
    assert "ones" in metric_names()
    with pytest.raises(InputError, match="metric name 'ones' is taken"):

        @register_metric
        class Other(Metric):
            """Another class under the same name."""

            name = "ones"


def write_package(folder, body, target):
    (folder / "toy_metrics.py").write_text(textwrap.dedent(body))
    info = folder / "toy_metrics-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-metrics\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[medspatial.metrics]\ntoy = toy_metrics:{target}\n")


def test_another_packages_entry_point_is_a_metric(tmp_path, monkeypatch, row):
    body = """
        from medspatial.score import Mark, Metric
        class Toy(Metric):
            name = "toy"
            def marks(self, rows):
                return [Mark(0.25, reason="toy") for _ in rows]
        NOT_A_METRIC = 3
    """
    write_package(tmp_path, body, "Toy")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry_module, "_registered", dict(registry_module._registered))
    assert "toy" in metric_names()
    assert metric("toy").score([row("x")])[0].score == 0.25


def test_an_entry_point_that_is_no_metric_is_refused(tmp_path, monkeypatch):
    write_package(tmp_path, "NOT_A_METRIC = 3\n", "NOT_A_METRIC")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "toy_metrics", raising=False)
    where = r"^metric 'toy': entry point 'toy = \S+' of package toy-metrics 1.0: it must name a class"
    with pytest.raises(InputError, match=where + r" .*, got 3 \(int\)$"):
        metric("toy")


BROKEN = """
from medspatial.score import Mark, Metric
class Toy(Metric):
    name = "toy"
    def __init__(self, fail=False):
        if fail:
            raise KeyError("x")
    def marks(self, rows):
        return 1 / 0
"""


def test_a_broken_metric_of_a_package_is_one_line(tmp_path, monkeypatch, row):
    write_package(tmp_path, BROKEN, "Toy")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "toy_metrics", raising=False)
    monkeypatch.setattr(registry_module, "_registered", dict(registry_module._registered))
    where = r"^metric 'toy': entry point 'toy = \S+' of package toy-metrics 1.0: "
    with pytest.raises(InputError, match=where + r"the call failed \(KeyError: 'x'\); it must name"):
        metric("toy", fail=True)
    with pytest.raises(InputError, match=where + r"marks\(\) failed \(ZeroDivisionError: [^\n]*\)$"):
        metric("toy").score([row("x")])


def test_importing_the_package_and_scoring_by_rules_loads_nothing_heavy():
    code = """
        import sys
        from medspatial.score import metric, metric_names
        metric_names(); metric("exact"); metric("structured")
        heavy = {"torch", "transformers", "sacrebleu", "nltk", "rouge_score", "sentence_transformers"}
        print(sorted(heavy & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_missing_package_gives_the_pip_line(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "sacrebleu"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'medspatial\[metrics\]'"):
        metric("bleu")
