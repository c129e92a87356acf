"""The answer that a reply begins with, before it explains."""

from __future__ import annotations

import pytest

from medspatial.language.headline import headline


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Left. The nodule in the right lung is smaller.", "Left"),
        ("The left kidney. It measures 11.5 cm, the right one 10.2 cm.", "The left kidney"),
        ("L4\nThe fracture is at the upper endplate of this vertebra.", "L4"),
        ("2.5 cm - the lesion extends over three slices.", "2.5 cm"),
        ("Both sides; fluid is seen on the right and on the left.", "Both sides"),
    ],
)
def test_a_first_sentence_that_the_rest_explains(text: str, said: str) -> None:
    assert headline(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "Left. Also seen on the right.",  # adds
        "Left. Wait, the marker is on the other side: right.",  # corrects
        "Left. Final answer: the right one is larger.",  # decides later
        "Left or right. The images are unclear.",  # chooses none
        "Probably left. It is larger.",  # hedged: read with the rest
        "Left. I cannot tell whether it is larger.",  # refuses
        "Left kidney. Right kidney.",  # a list: nothing is stated
        "A. The left kidney is larger.",  # the letter of an option
        "The left kidney is larger. The right one is small.",  # a statement
        "Right. The nodule in the left lung is smaller.",  # may only agree
        "left",
        "",
    ],
)
def test_no_answer_by_itself(text: str) -> None:
    assert headline(text) is None
