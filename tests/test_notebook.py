"""The stages as one call each, and what a notebook shows of their results."""

import base64
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import medspatial as ms
from medspatial.errors import InputError
from medspatial.models import Model
from medspatial.report.tables import accuracy_table
from medspatial.volume import Affine


@pytest.fixture(scope="module")
def phantom():
    return ms.make_phantom(seed=1, spacing=8)


@pytest.fixture(scope="module")
def asked(phantom):
    return ms.questions(phantom, subtypes=["L1", "D5"])


def answers(asked, model, say):
    return [
        ms.Prediction(
            id=one.id, case_id=one.case_id, patient_id=one.patient_id, question=one.question,
            answer=one.answer, answer_type=one.answer_type, options=one.options,
            prediction=say(one), model=model,
        )
        for one in asked
    ]  # fmt: skip


def test_a_phantom_is_asked_without_the_disk_and_a_folder_gives_the_same(phantom, asked, tmp_path):
    ms.write_phantoms(tmp_path, 1, seed=1, spacing=8)
    from_disk = ms.questions(tmp_path, subtypes=["L1", "D5"])
    assert [(one.question, one.answer) for one in from_disk] == [(one.question, one.answer) for one in asked]
    assert {one.subtype for one in asked} == {"L1", "D5"}


def test_score_and_compare_take_records_files_and_folders(asked, tmp_path):
    right, wrong = (
        answers(asked, "right", lambda one: one.answer),
        answers(asked, "wrong", lambda _: "perhaps"),
    )
    scores = ms.score(right + wrong)
    for name, rows in (("right", right), ("wrong", wrong)):
        ms.write_records(tmp_path / "predictions" / f"{name}.jsonl", rows)
    assert ms.score(tmp_path / "predictions") == scores
    assert ms.score(str(tmp_path / "predictions" / "right.jsonl")) == scores[: len(right)]
    ms.write_records(tmp_path / "scores.jsonl", scores)
    found = ms.compare(tmp_path / "scores.jsonl", resamples=100)
    assert found.result("right").overall.accuracy == 1
    assert found == ms.compare(scores, resamples=100)
    assert {one.metric for one in ms.score(right, ["exact", ms.metric("structured")])} == {
        "exact",
        "structured",
    }


class Breaks(Model):
    """Fails on every question."""

    name = "breaks"
    needs_volume = False

    def answer(self, encoded, queries):
        raise RuntimeError("out of memory")


def test_questions_that_fail_come_back_once_and_a_warning_says_the_cause(phantom, asked, tmp_path):
    with pytest.warns(UserWarning, match=r"breaks: \d+ of \d+ questions failed.*out of memory$"):
        found = ms.predict(Breaks(), asked, cases=phantom)
    assert sorted(one.id for one in found) == sorted(one.id for one in asked)
    assert {one.status for one in found} == {"failed"}
    with pytest.warns(UserWarning, match=r"each with its error: .*kept\.failures\.jsonl"):
        ms.predict(Breaks(), asked, tmp_path / "kept.jsonl", cases=phantom)


def test_predict_asks_and_keeps_where_it_is_told(phantom, asked, tmp_path):
    first = ms.predict("oracle", asked, tmp_path / "oracle.jsonl", cases=phantom)
    assert [one.prediction for one in first] == [one.answer for one in asked]
    ms.write_records(tmp_path / "q.jsonl", asked)
    assert ms.predict("oracle", str(tmp_path / "q.jsonl"), tmp_path / "oracle.jsonl") == first
    assert {one.model for one in ms.predict("random", asked, name="r", seed=1)} == {"r"}
    mirrored = ms.predict("oracle", asked, cases=phantom, arm="mirrored")
    assert {one.arm for one in mirrored} == {"mirrored"}


def test_another_case_than_the_phantom_is_a_failure_and_no_answer(phantom, asked):
    class Looks(ms.Model):
        name = "looks"

        def answer(self, encoded, queries):
            return [ms.Answer("left") for _ in queries]

    own = ms.predict(Looks(), asked, cases=phantom)
    assert {one.status for one in own} == {"ok"}
    others = [one.model_copy(update={"case_id": "another"}) for one in asked]
    with pytest.warns(UserWarning, match="case 'another' is not the phantom"):
        found = ms.predict(Looks(), others, cases=phantom)
    assert {one.status for one in found} == {"failed"}
    assert "is not the phantom" in found[0].error


def test_rooms_stay_rooms(asked):
    from medspatial.score import metric

    assert ms.score.metric is metric
    assert ms.compare.compare is not None
    assert ms.questions.Plan is not None
    assert ms.predict.predict is not None


def test_nothing_to_score_is_said(tmp_path):
    with pytest.raises(InputError, match="no predictions"):
        ms.score([])
    with pytest.raises(InputError, match="holds no"):
        ms.score(tmp_path)


def pictures(html):
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(one)))) for one in found]


@pytest.mark.parametrize("axcodes", ["RAS", "LPS", "SAR", "PIL"])
def test_a_volume_shows_the_patients_right_at_the_left(axcodes):
    voxels = np.full((40, 40, 40), -1000, np.int16)
    voxels[:10, 15:25, 15:25] = 200  # the patient's right: x falls along the first axis of LPS
    voxels[15:25, :10, 15:25] = 200  # anterior
    voxels[15:25, 15:25, 30:] = 200  # above
    volume = ms.Volume(voxels, Affine(np.diag([-2.0, -2.0, 2.0, 1])), "HU").oriented(axcodes)
    axial, coronal, sagittal = pictures(volume._repr_html_())
    middle = 96
    assert (axial[middle, 20], axial[middle, -20], axial[20, middle], axial[-20, middle]) == (229, 0, 229, 0)
    assert (coronal[middle, 20], coronal[20, middle], coronal[-20, middle]) == (229, 229, 0)
    assert (sagittal[middle, 20], sagittal[middle, -20], sagittal[20, middle]) == (229, 0, 229)


def test_comparison_and_table_are_shown_escaped(asked):
    rows = answers(asked, "<b>odd</b>", lambda one: one.answer)
    found = ms.compare(ms.score(rows), resamples=100)
    for html in (found._repr_html_(), accuracy_table(found)._repr_html_()):
        assert "&lt;b&gt;odd&lt;/b&gt;" in html
        assert "<b>odd" not in html
        assert "100" in html


USERS_FILE = """
import medspatial as ms

asked = ms.questions(ms.make_phantom(seed=1))
scores = ms.score("predictions.jsonl", "exact")
print(asked[0].answer, scores[0].correct, ms.compare(scores).models, ms.read_volume("a.nii.gz").axcodes)
"""


def test_a_users_file_is_checked(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "right.py").write_text(USERS_FILE)
    (tmp_path / "wrong.py").write_text(
        "import medspatial as ms\n\nms.qestions('x')\nms.score('x')[0].corect\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", "right.py", "wrong.py"],
        check=False, cwd=tmp_path, capture_output=True, text=True,
        env={"MYPYPATH": str(Path(ms.__file__).parents[1])},
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if re.match(r"(right|wrong).*: error:", line)]
    assert [line.partition(": error:")[0] for line in lines] == ["wrong.py:3", "wrong.py:4"]
