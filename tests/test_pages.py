"""What the documentation promises is done: pages are followed block by block, every command is known."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from loopback_hub import running_hub
from page_blocks import FOLLOWED, Block, Reader, blocks, commands, unknown

import what_goes_wrong
from medspatial.cases import make_phantom
from medspatial.cases.ct_rate import MASK_TASKS, metadata_path, parse_name, reports_path
from medspatial.llm.fake_server import FakeServer, ReceivedRequest
from medspatial.models.card import model_cards
from medspatial.models.tools.inventory import contract_of, preparation

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
METADATA = (
    "VolumeName,Manufacturer,PatientPosition,ImagePositionPatient,ImageOrientationPatient,Rows,Columns,XYSpacing,"
    "RescaleIntercept,RescaleSlope,NumberofSlices,ZSpacing"
)


@contextmanager
def nothing(folder: Path) -> Iterator[dict[str, str]]:
    yield {}


@contextmanager
def judge(folder: Path) -> Iterator[dict[str, str]]:
    """A judge that finds right what repeats the reference."""

    def verdict(heard: ReceivedRequest) -> str:
        row = json.loads(heard.text[heard.text.index("{") :])
        word = "correct" if row["reference_answer"] in row["candidate_answer"] else "incorrect"
        return json.dumps({"reason": "compared", "extracted_answer": "", "verdict": word})

    with FakeServer(verdict) as server:
        yield {"JUDGE": server.openai_url, "NO_PROXY": "127.0.0.1"}


@contextmanager
def benchmark(folder: Path) -> Iterator[dict[str, str]]:
    """The published files of CT-SpatialVQA."""
    shared = Path(os.environ.get("MEDSPATIAL_SHARED", ROOT.parent / "shared"))
    if not (shared / "data" / "ct_spatialvqa").is_dir():
        pytest.skip("needs the folder of real data beside the checkout (or MEDSPATIAL_SHARED)")
    yield {"CT_SPATIALVQA": str(shared / "data" / "ct_spatialvqa")}


@contextmanager
def site_packages(folder: Path) -> Iterator[dict[str, str]]:
    """``pip install`` puts packages into a folder of this test, without network."""
    place = folder.parent / f"{folder.name}-site"
    path = os.pathsep.join([str(place), *filter(None, [os.environ.get("PYTHONPATH")])])
    flags = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_QUIET": "1"}
    yield {**flags, "PIP_TARGET": str(place), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONPATH": path}


@contextmanager
def hub(folder: Path) -> Iterator[dict[str, str]]:
    """The hub, with phantoms under the names of two scans of CT-RATE."""
    with running_hub() as running:
        rows, reports = (
            [METADATA],
            ["VolumeName,ClinicalInformation_EN,Technique_EN,Findings_EN,Impressions_EN"],
        )
        for number, text in enumerate(("valid_1_a_1", "valid_2_a_1")):
            phantom = make_phantom(number, spacing=6.0, axcodes="LPS", lesions=False)
            name = parse_name(text)
            masks = phantom.masks.layers[0]
            files = {name.volume_path(): (phantom.ct.voxels, np.int16)}
            for task in MASK_TASKS:  # these phantoms have no nodule and no effusion
                files[name.mask_path(task)] = (
                    masks if task == "ts_total" else np.zeros_like(masks),
                    np.uint8,
                )
            for path, (voxels, kind) in files.items():
                file = folder.parent / f"{folder.name}-{Path(path).name}"
                nib.save(nib.Nifti1Image(voxels.astype(kind), phantom.ct.affine.matrix), file)
                running.files[path] = file.read_bytes()
            x, y, z = phantom.ct.affine.apply((0, 0, 0)) * (-1, -1, 1)
            across, down, up = phantom.ct.spacing
            columns, lines, slices = phantom.ct.shape
            rows.append(
                f'{text}.nii.gz,Maker,HFS,"[{x}, {y}, {z}]","[1, 0, 0, 0, 1, 0]",{lines},{columns},'
                f'"[{down}, {across}]",0,1,{slices},{up}'
            )
            reports.append(f'{text}.nii.gz,,,"A 5 mm nodule is seen in the right lower lobe.",Not given.')
        running.files[metadata_path("valid_fixed")] = "\n".join(rows).encode()
        running.files[reports_path("valid_fixed")] = "\n".join(reports).encode()
        yield {"HF_ENDPOINT": running.endpoint, "HF_HUB_DISABLE_PROGRESS_BARS": "1", "NO_PROXY": "127.0.0.1"}


BEFORE: dict[str, Callable[[Path], Any]] = {
    "judge": judge,
    "plugins_questions": site_packages,
    "tutorial_ct_rate": hub,
    "tutorial_published": benchmark,
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_page_can_be_followed_from_first_to_last_block(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    folder.mkdir()
    with BEFORE.get(name, nothing)(folder) as environment:
        reader = Reader(folder, environment)
        for block in blocks(DOCS / f"{name}.md"):
            reader.follow(block)


@pytest.mark.parametrize("name", FOLLOWED)
def test_blocks_of_a_followed_page_fit_the_column_of_the_site(name: str) -> None:
    lines = [line for one in blocks(DOCS / f"{name}.md") for line in one.text.splitlines()]
    assert [line for line in lines if len(line) > 90] == []


def test_a_page_that_promises_too_much_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```bash\necho one; echo two\n```\n\n```text\none\n...\ntwo  words\n```\n")
    (tmp_path / "reader").mkdir()
    reader = Reader(tmp_path / "reader", {})
    first, second = blocks(page)
    reader.follow(first)
    with pytest.raises(AssertionError, match=r"page\.md:6: not printed: two  words"):
        reader.follow(second)
    with pytest.raises(AssertionError, match="exit code 3"):
        reader.follow(Block("page.md", 1, "bash", "exit 3\n", None, None))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_is_one(page: Path) -> None:
    lines = [line for one in blocks(page) for line in commands(one)]
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    lines += [
        one for one in re.findall(r"`(medspatial [^`\n]*)`", text) if "..." not in one and "…" not in one
    ]
    assert [(line, told) for line in lines if (told := unknown(line))] == []


def test_an_unknown_command_or_option_is_told() -> None:
    assert unknown("medspatial cases doctor data --html x") is None
    assert unknown("medspatial cases docter data") == "no command 'docter'"
    assert unknown("medspatial run data --limits 3") == "no option ['--limits']"


def test_what_goes_wrong_is_shown_as_the_doctor_says_it(tmp_path: Path) -> None:
    page = (DOCS / "left_right_hu.md").read_text(encoding="utf-8")
    for name in what_goes_wrong.WRONG:
        found = what_goes_wrong.diagnosis(what_goes_wrong.damaged(name))
        assert found.verdict == ("fine" if name == "as_it_is" else "refused"), name
        assert [told for told in found.problems if told not in page] == []
        picture = DOCS / "images" / f"wrong_{name}.png"
        assert f"images/{picture.name}" in page
        assert picture.stat().st_size < 100_000
    assert (DOCS / "images" / "wrong_window.png").stat().st_size < 100_000


def test_the_contracts_of_the_page_are_those_of_the_models() -> None:
    page = (DOCS / "contracts.md").read_text(encoding="utf-8")
    rows = {cells[0].strip("` "): [one.strip() for one in cells[1:5]] for cells in table_rows(page)}
    for name, card in model_cards().items():
        if card.preparation is None:
            continue
        contract = dict(contract_of(preparation(name)).lines())
        wanted = [contract[key] for key in ("array axes grow to", "shape", "spacing", "HU window")]
        assert rows[name][1:] == wanted[1:], name
        assert rows[name][0] == wanted[0] or not wanted[0], name  # a model of slices has no axes


def table_rows(page: str) -> list[list[str]]:
    return [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| `")]


def test_where_left_lay_in_training_follows_from_the_turns_and_flips() -> None:
    turned, flipped = 0.5, 0.1
    half_turn = turned / 3
    kept = (1 - turned) * (1 - flipped) + half_turn * flipped
    opposite = (1 - turned) * flipped + half_turn * (1 - flipped)
    page = (DOCS / "contracts.md").read_text(encoding="utf-8")
    for share in (kept, opposite, 1 - kept - opposite):
        assert f"| {100 * share:.1f} % |" in page
