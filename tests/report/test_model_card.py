"""Results for a model card: what the Hub's own reader makes of them."""

from __future__ import annotations

import pytest
import yaml

from medspatial.errors import InputError
from medspatial.report import model_index, write_model_cards


def test_figures_are_those_of_the_comparison(study) -> None:
    comparison = study.comparison
    (index,) = model_index(comparison, "oracle", dataset="Phantoms 1")["model-index"]
    assert index["name"] == "oracle"
    overall = comparison.result("oracle").overall
    first = index["results"][0]
    assert first["dataset"] == {"name": "Phantoms 1", "type": "phantoms-1", "split": "test"}
    values = [metric["value"] for metric in first["metrics"]]
    wanted = [overall.accuracy, overall.interval.low, overall.interval.high, overall.guess]
    assert values == pytest.approx([100 * value for value in wanted], abs=0.005)
    assert len(index["results"]) == 1 + len(comparison.categories)


def test_files_are_metadata_blocks_without_anchors(study, tmp_path) -> None:
    paths = write_model_cards(tmp_path, study.comparison, dataset="D", url="https://example.org/report")
    assert len(paths) == len(study.comparison.models)
    for path in paths:
        head, block, tail = path.read_text(encoding="utf-8").split("---\n")
        assert (head, tail) == ("", "")
        assert "&id" not in block
        for result in yaml.safe_load(block)["model-index"][0]["results"]:
            assert result["source"]["url"] == "https://example.org/report"
            assert result["task"]["type"] == "visual-question-answering"


def test_the_hub_reads_them(study, tmp_path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    path = write_model_cards(tmp_path, study.comparison, dataset="D", dataset_id="me/d")[0]
    data = hub.ModelCard.load(path).data
    accuracy = study.comparison.result(study.comparison.models[0]).overall.accuracy
    assert data.eval_results[0].metric_value == pytest.approx(100 * accuracy, abs=0.005)
    assert data.eval_results[0].dataset_type == "me/d"


def test_an_unknown_model_is_named(study) -> None:
    with pytest.raises(InputError, match="no results of model 'nobody'; there are: "):
        model_index(study.comparison, "nobody", dataset="D")
