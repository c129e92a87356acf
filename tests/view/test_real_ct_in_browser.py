"""A real CT with its masks in a real browser: sides, places in mm, a model's input, read off the pixels."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser_session import BrowserSession, browser_or_skip, viewer_or_skip
from PIL import Image
from served import Served

from medspatial.cases import load_case
from medspatial.questions import build_questions
from medspatial.records import Case, MaskSource, write_records

pytestmark = pytest.mark.browser
PANEL = "window.medspatialViewer"
CASE = Case(
    case_id="abdomen",
    patient_id="abdomen",
    image_path="ct.nii.gz",
    masks=(MaskSource(path="seg.nii.gz", label_map="totalsegmentator_v2"),),
)
MODEL = "merlin"


@pytest.fixture(scope="module")
def real(shared: Path) -> Path:
    return shared / "data" / "real_ct" / "abdomen_pelvis_3mm"


@pytest.fixture(scope="module")
def run_of_a_real_case(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    write_records(folder / "cases" / "all_cases.jsonl", [CASE])
    (built,) = build_questions([CASE], real, subtypes=("D3",), per_subtype=30)
    asked = [
        one
        for one in built.questions
        if one.evidence and set(one.evidence.structures) == {"kidney_left", "kidney_right"}
    ]
    assert len(asked) == 1
    write_records(folder / "questions" / "questions.jsonl", asked)
    settings = {
        "title": "A real CT",
        "cases": {"path": str(real)},
        "models": [{"kind": MODEL, "name": MODEL}],
    }
    (folder / "manifest.json").write_text(json.dumps({"configuration": settings}))
    return folder


@pytest.fixture(scope="module")
def browser(run_of_a_real_case: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserSession]:
    browser_or_skip()
    viewer_or_skip()
    server = Served(["view", run_of_a_real_case, "--port", "0"])
    session = BrowserSession(tmp_path_factory.mktemp("profile"), 1100, 800, webgl=True)
    session.visit(server.links[0])
    ready(session)
    choose(session, "View", "axial")
    session.run("document.querySelector('#questions a').click();")
    session.wait("document.querySelector('#detail .places')", 60)
    ready(session)
    yield session
    session.close()
    server.stop()


def ready(browser: BrowserSession) -> None:
    browser.wait("document.body && document.body.dataset.state === 'ready'", 120)


def choose(browser: BrowserSession, label: str, value: str) -> None:
    script = """
        const labels = [...document.querySelectorAll('.tools label')];
        const select = labels.find((one) => one.textContent.startsWith(arguments[0])).querySelector('select');
        select.value = arguments[1];
        select.dispatchEvent(new Event('change'));
    """
    browser.run(script, label, value)


@pytest.fixture
def canvas(browser: BrowserSession, tmp_path: Path) -> Callable[[], np.ndarray]:
    def picture() -> np.ndarray:
        """Pixels of the CT's canvas, shape (rows, columns, 3)."""
        script = """
            const box = document.querySelector('canvas');
            box.scrollIntoView({ block: 'center' });
            const { left, top, width, height } = box.getBoundingClientRect();
            return [left, top, width, height];
        """
        left, top, width, height = (round(one) for one in browser.run(script))
        browser.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));")
        browser.screenshot(tmp_path / "page.png")
        page = np.asarray(Image.open(io.BytesIO((tmp_path / "page.png").read_bytes())).convert("RGB"))
        return page[max(0, top) : top + height, left : left + width].astype(int)

    return picture


def red(picture: np.ndarray) -> np.ndarray:
    """Pixels of the crosshair."""
    return (picture[..., 0] > 150) & (picture[..., 1] < 90) & (picture[..., 2] < 90)


def show_alone(browser: BrowserSession, name: str | None) -> None:
    """Show one mask, or none, without evidence over it."""
    script = f"""
        return (async () => {{
            {PANEL}.stage.clearEvidence();
            for (const [one, {{ box }}] of {PANEL}.boxes) if (box.checked) await {PANEL}.mask(one, false);
            if (arguments[0]) await {PANEL}.mask(arguments[0], true);
            {PANEL}.stage.view.drawScene();
        }})();
    """
    browser.run(script, name)


def middle_in_slice(real: Path, name: str, z: float) -> np.ndarray:
    """Centre of a mask in one axial slice, x and y in mm, from the files alone."""
    masks = load_case(CASE, real, with_ct=False).masks
    assert masks is not None
    turned = masks.oriented("RAS")
    level = round(float(turned.affine.inverse().apply([0.0, 0.0, z])[2]))
    places = np.argwhere(turned.mask(name)[:, :, level])
    full = np.column_stack([places, np.full(len(places), level)])
    return np.asarray(turned.affine.apply(full).mean(axis=0)[:2])


@pytest.mark.parametrize("display", ["radiological", "neurological"])
def test_organs_lie_where_the_patient_has_them(
    browser: BrowserSession, canvas: Callable[[], np.ndarray], real: Path, display: str
) -> None:
    """Kidneys and liver by pixels: on their side, and each in its place on one common scale."""
    choose(browser, "Display", display)
    browser.run("document.querySelectorAll('.places button')[0].click();")
    x, y, z = browser.run(f"return {PANEL}.stage.place();")
    show_alone(browser, None)
    plain = canvas()
    pixels, places = [], []
    for name in ("kidney_right", "kidney_left", "liver"):
        show_alone(browser, name)
        changed = np.abs(canvas() - plain).max(axis=2) > 12
        assert changed.sum() > 400, name
        down, across = np.nonzero(changed)
        pixels.append((across.mean(), down.mean()))
        places.append(middle_in_slice(real, name, z))
    right, left, liver = (one[0] for one in pixels)
    if display == "radiological":  # seen from the feet: the patient's right is on the left of the picture
        assert max(right, liver) < left
    else:
        assert min(right, liver) > left
    # One scale for both axes: mm = start ± mm per pixel x pixel; rows grow to the back in both displays.
    turn = -1 if display == "radiological" else 1
    rows = [[turn * column, 1, 0] for column, _ in pixels] + [[-row, 0, 1] for _, row in pixels]
    wanted = [one[axis] for axis in (0, 1) for one in places]
    found, *_ = np.linalg.lstsq(np.array(rows), np.array(wanted), rcond=None)
    assert 0.2 < found[0] < 2  # mm per pixel
    assert np.array(rows) @ found == pytest.approx(wanted, abs=1.5)
    # The crosshair as drawn: most of one column and of one row.
    cross = red(plain)
    column, row = cross.sum(axis=0).argmax(), cross.sum(axis=1).argmax()
    drawn = [turn * found[0] * column + found[1], -found[0] * row + found[2]]
    assert drawn == pytest.approx([x, y], abs=2.0)
    choose(browser, "Display", "radiological")


def test_the_crosshair_in_mm_is_the_evidence_point(browser: BrowserSession, real: Path) -> None:
    """The middle of each kidney as measured apart: in facts.json, computed without this program."""
    facts = json.loads((real / "facts.json").read_text())
    known = {one["name"]: one["centroid_ras_mm"] for one in facts["labels"]}
    buttons = "[...document.querySelectorAll('.places button')]"
    words = browser.run(f"return {buttons}.map((one) => one.textContent);")
    assert len(words) == 2
    for number, text in enumerate(words):
        browser.run(f"{buttons}[{number}].click();")
        side = "right" if "right" in text else "left"
        x, y, z = known[f"kidney_{side}"]
        assert browser.run(f"return {PANEL}.stage.place();") == pytest.approx([x, y, z], abs=0.02)
        shown = browser.run("return document.querySelector('.place').value;")
        letter = "R" if side == "right" else "L"
        assert x > 0 if side == "right" else x < 0
        assert shown == f"{letter} {abs(x):.1f}  A {y:.1f}  S {z:.1f} mm"


def test_the_evidence_point_is_drawn_where_the_crosshair_is(
    browser: BrowserSession, canvas: Callable[[], np.ndarray]
) -> None:
    """A whole yellow ball of 4 mm on the slice, not the ring that a thin slab leaves of it."""
    browser.run("location.hash = '';")
    browser.wait("!document.querySelector('#detail .places')", 60)
    browser.run("document.querySelector('#questions a').click();")
    browser.wait("document.querySelector('#detail .places')", 60)
    ready(browser)
    picture = canvas()
    cross = red(picture)
    column, row = int(cross.sum(axis=0).argmax()), int(cross.sum(axis=1).argmax())
    near = picture[row - 3 : row + 4, column - 3 : column + 4]
    yellow = (near[..., 0] > near[..., 2] + 60) & (near[..., 1] > near[..., 2] + 50)
    assert yellow.mean() > 0.8


SAMPLED = """
    const [centre, reach, step] = arguments;
    const at = (view, mm) => {
        const vox = view.frac2vox(view.mm2frac(mm));
        return view.volumes[0].getValue(...vox);
    };
    const found = [];
    for (let x = -reach; x <= reach; x += step)
        for (let y = -reach; y <= reach; y += step)
            for (let z = -reach; z <= reach; z += step) {
                const mm = [centre[0] + x, centre[1] + y, centre[2] + z];
                found.push([at(PANEL.stage.view, mm), at(PANEL.others[0].view, mm)]);
            }
    return found;
""".replace("PANEL", PANEL)


def test_a_model_s_input_lies_where_it_should(browser: BrowserSession, real: Path) -> None:
    """A vertebra's bone as the browser holds it, in the CT and in the input: the same place in mm."""
    facts = json.loads((real / "facts.json").read_text())
    centre = next(one["centroid_ras_mm"] for one in facts["labels"] if one["name"] == "vertebrae_L3")
    browser.run(
        "const [first, second] = document.querySelectorAll('#detail select'); second.value = '';"
        "first.value = arguments[0]; first.dispatchEvent(new Event('change'));",
        MODEL,
    )
    browser.wait(f"{PANEL}.others.length === 1", 120)
    reach, step = 45, 3
    values = np.array(browser.run(SAMPLED, centre, reach, step))
    side = 2 * reach // step + 1
    ct, given = values.reshape(side, side, side, 2).transpose(3, 0, 1, 2)
    places = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1, step)] * 3, indexing="ij"), axis=-1)
    thresholds = (np.percentile(ct, 97), np.percentile(given, 97))
    landmark = [places[one > limit].mean(axis=0) for one, limit in zip((ct, given), thresholds, strict=True)]
    assert landmark[1] == pytest.approx(landmark[0], abs=1.5)  # half a slice of the input
    clipped = np.clip(ct, -1000, 1000)
    right = np.corrcoef(clipped.ravel(), given.ravel())[0, 1]
    turned = [np.corrcoef(np.flip(clipped, axis).ravel(), given.ravel())[0, 1] for axis in range(3)]
    assert right > 0.7
    assert right > max(turned) + 0.2
    moved: list[Any] = browser.run(f"return [{PANEL}.stage.place(), {PANEL}.others[0].place()];")
    assert moved[0] == pytest.approx(moved[1], abs=1.6)
    assert browser.problems() == []
