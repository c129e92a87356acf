"""What the page tells about models: sample, contract, prompt, and the words of every request."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from medspatial.report.model_notes import MOST_PICTURES, ModelNote, write_model_notes


def test_a_sample_is_thinned_out_and_says_of_how_many(tmp_path: Path) -> None:
    pictures = [(np.full((700, 900), number, dtype=np.uint8), f"slice {number}") for number in range(85)]
    (found,) = write_model_notes(tmp_path, [ModelNote("m", pictures=pictures, shown=85)])
    assert len(found["pictures"]) == MOST_PICTURES
    assert found["shown"] == 85
    captions = [one["caption"] for one in found["pictures"]]
    assert (captions[0], captions[-1]) == ("slice 0", "slice 84")
    for one in found["pictures"]:
        with Image.open(tmp_path / one["path"]) as image:
            assert (image.width, image.height) == (one["width"], one["height"])
            assert max(image.size) <= 512


def test_a_model_without_pictures_says_why(tmp_path: Path) -> None:
    (found,) = write_model_notes(
        tmp_path, [ModelNote("m", absent="It never looks.", settings={"a": {"b": 1}})]
    )
    assert (found["pictures"], found["absent"]) == ([], "It never looks.")
    assert found["settings"] == [("a.b", "1")]
    assert not (tmp_path / "inputs").exists()


def test_the_page_shows_models_baselines_and_lazy_pictures(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    section = text[text.index('<section id="models"') : text.index('<section id="question-set"')]
    assert '<span class="tag">baseline, told the answers</span>' in section
    assert f"{MOST_PICTURES} of the 30 pictures" in section
    assert section.count('<img loading="lazy"') == MOST_PICTURES
    assert "array axes grow to" in section
    assert "deep.temperature" in section
    assert "<script>" not in section
    assert len(list((page.parent / "inputs").glob("*.png"))) == MOST_PICTURES
    assert "<small>baseline, told the answers</small>" in text  # and in the table of results


def test_requests_are_kept_once_for_all_models_that_share_them(page: Path) -> None:
    text = (page.parent / "data" / "details-0001.js").read_text(encoding="utf-8")
    details = json.loads(text.removeprefix("medspatial.details(").removesuffix(");\n"))
    found = next(iter(details["questions"].values()))
    assert len(found["requests"]) == 1
    assert found["requests"][0].startswith("Look! Question 0")
    by_model = {(one["model"], one["arm"]): one for one in found["answers"]}
    assert "asked" not in by_model["oracle", "standard"]
    assert by_model["model_$1 & <b>7B</b>", "standard"]["asked"] == 0
