from __future__ import annotations

from medspatial.report.provenance import provenance_rows


def test_nested_data_become_dotted_names() -> None:
    manifest = {
        "predict": {"versions": {"numpy": "2.0"}, "sessions": [{"started": "now"}, {"started": "then"}]}
    }
    assert provenance_rows(manifest) == [
        ("predict.versions.numpy", "2.0"),
        ("predict.sessions[1].started", "now"),
        ("predict.sessions[2].started", "then"),
    ]


def test_values_are_plain_text_and_empty_ones_left_out() -> None:
    assert provenance_rows({"a": 1, "b": [1, 2], "c": None, "d": {}, "e": False}) == [
        ("a", "1"),
        ("b", "[1, 2]"),
        ("e", "false"),
    ]


def test_long_values_are_cut_and_say_so() -> None:
    ((_, text),) = provenance_rows({"a": "x" * 5000})
    assert len(text) < 450
    assert text.endswith("(5,000 characters)")
