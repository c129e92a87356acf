"""A figure in bold, italics, code, a box or LaTeX is the same figure, whatever its digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.records import Prediction
from medspatial.score import metric

STRUCTURED = metric("structured")
MARKS = (
    "The volume is **{} ml**.",
    "**{} ml**",
    "Volume: **{}** ml",
    "approximately **{} ml**, which is normal",
    "it is *{} ml*",
    "it is __{}__ ml",
    "it is `{} ml`",
    "it is <b>{}</b> ml",
    "it is $\\mathbf{{{}}}$ ml",
    "Answer:**{} ml**",
    "about **{} cm**3**",
    "about **{} cm^3**",
    "about {} cm ^ 3",
)


@pytest.mark.parametrize("mark", MARKS)
@given(figure=st.integers(1, 3999))
def test_marks_around_a_figure_change_nothing(mark: str, figure: int) -> None:
    for reference, right in ((figure, True), (figure * 2, False)):
        row = Prediction(
            case_id="c",
            question="What is the volume of the spleen, in ml?",
            answer=f"{reference} ml",
            answer_type="number",
            value=reference,
            unit="ml",
            prediction=mark.format(figure),
        )
        (score,) = STRUCTURED.score([row])
        assert (score.status, score.correct) == ("scored", right), score.reason
