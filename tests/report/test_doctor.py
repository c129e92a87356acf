"""The doctor's page: every finding once, under its case and its head, escaped, with pictures of the doubt."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from medspatial.cases.doctor import Diagnosis, Unused
from medspatial.report.doctor import doctor_pictures, write_doctor_page
from medspatial.volume import Affine, MaskSet

HOSTILE = "<script>alert(1)</script>\"&'"


class _Page(HTMLParser):
    """Sections by id: their text, the lists under their heads, and addresses of pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: dict[str, dict[str, list[str]]] = {}
        self.words: dict[str, str] = {}
        self.pictures: dict[str, list[tuple[str, str]]] = {}
        self.tags: list[str] = []
        self._section, self._head, self._open = "", "", [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag == "section":
            self._section, self._head = given.get("id") or "unused", ""
            self.sections[self._section], self.words[self._section] = {}, ""
            self.pictures[self._section] = []
        if tag == "img":
            self.pictures[self._section].append((str(given["src"]), str(given["alt"])))
        if tag in ("h2", "h3", "summary"):
            self._head = ""
        if tag == "li":
            self.sections[self._section].setdefault(self._head.strip(), []).append("")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._section:
            self.words[self._section] += data
        if "li" in self._open:
            self.sections[self._section][self._head.strip()][-1] += data
        elif self._open[-1] in ("h2", "h3", "summary"):
            self._head += data


def diagnosis(case_id, verdict, **fields):
    return Diagnosis(case_id=case_id, patient_id=case_id, verdict=verdict, **fields)


REFUSED = diagnosis(
    "z_refused", "refused", problems=(f"size: {HOSTILE}", "image: second"), structures=3,
    set_aside={"spleen": "spleen at -900 HU"}, assumptions=("sides: affine only",), notes=("a note",),
    confirmed_by={"left-right": ("liver", "aortic_arch")}, axes="LPS", shape=(10, 20, 30),
    spacing_mm=(1.0, 2.0, 3.5), hu=(-1000.0, 1200.0), image="z/ct.nii.gz", masks=("z/a.nii.gz", "z/b.nii.gz"),
    not_used=(Unused(path="z/notes.txt", reason="no image"),),
)  # fmt: skip
DOUBTFUL = diagnosis("b_doubtful", "doubtful", notes=("only this",))
FINE = [diagnosis("a_fine", "fine"), diagnosis("c_fine", "fine")]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("doctor") / "page.html"
    pictures = {"z_refused": [("data:image/png;base64,AAAA", f"axial {HOSTILE}")]}
    everything = [FINE[1], DOUBTFUL, FINE[0], REFUSED]
    write_doctor_page(path, everything, pictures, source=f"data {HOSTILE}", not_used=["stray.txt: no image"])
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(written):
    found = _Page()
    found.feed(written)
    return found


def test_the_worst_stand_first_and_each_case_once(page):
    assert list(page.sections) == ["z_refused", "b_doubtful", "a_fine", "c_fine", "unused"]


def test_cases_are_counted_by_their_verdicts(written):
    counted = re.findall(r'<strong class="(\w+)">(\d+) (\w+)</strong>', written)
    assert counted == [("refused", "1", "refused"), ("doubtful", "1", "doubtful"), ("fine", "2", "fine")]


def test_each_finding_stands_once_under_its_head(page):
    assert page.sections["z_refused"] == {
        "Refused": [f"size: {HOSTILE}", "image: second"],
        "Set aside": ["spleen at -900 HU"],
        "Assumed": ["sides: affine only"],
        "Noted": ["a note"],
        "Not used: 1": ["z/notes.txt: no image"],
    }
    assert page.sections["b_doubtful"] == {"Noted": ["only this"]}
    assert page.sections["a_fine"] == {}
    assert page.sections["unused"] == {"In no case's folder": ["stray.txt: no image"]}


def test_what_was_read_stands_with_its_figures(page):
    words = " ".join(page.words["z_refused"].split())
    assert (
        "z/ct.nii.gz · masks: z/a.nii.gz, z/b.nii.gz · LPS, 10 × 20 × 30 voxels of 1.0 × 2.0 × 3.5 mm"
        in words
    )
    assert "-1000.0 to 1200.0 HU · 3 structures" in words
    assert "left-right confirmed by liver, aortic arch" in words
    assert "head-feet confirmed by nothing but the affine" in words
    bare = " ".join(page.words["a_fine"].split())
    assert "no CT · 0 structures" in bare
    assert "confirmed" not in bare


def test_no_text_becomes_markup_and_nothing_is_loaded(written, page):
    assert "script" not in page.tags
    assert HOSTILE not in written
    assert page.pictures["z_refused"] == [("data:image/png;base64,AAAA", f"axial {HOSTILE}")]
    assert "default-src 'none'" in written
    assert not re.findall(r'(?:src|href)="(?!data:)', written)


def test_a_page_of_no_cases_says_so(tmp_path):
    text = write_doctor_page(tmp_path / "p.html", [], {}, source="x").read_text(encoding="utf-8")
    assert re.findall(r">(\d+ \w+)</strong>", text) == ["0 refused", "0 doubtful", "0 fine"]
    assert "<section" not in text


def opened(picture):
    return Image.open(io.BytesIO(base64.b64decode(picture[0].removeprefix("data:image/png;base64,"))))


def test_pictures_of_a_doubt_are_one_of_each_plane_through_the_structure(load):
    data = load("case_1")
    about = diagnosis("case_1", "doubtful", set_aside={"liver": "liver at 300 HU"})
    found = doctor_pictures(about, data)
    said = [
        re.search(r": (\w+), ([xyz]) = ([-\d.]+) mm; marked: liver in", text).groups() for _, text in found
    ]
    assert [one[:2] for one in said] == [("axial", "z"), ("coronal", "y"), ("sagittal", "x")]
    centre = data.masks.centroid("liver")[::-1]  # a slice is at most half a voxel of 2, 3 and 4 mm away
    np.testing.assert_allclose([float(one[2]) for one in said], centre, atol=2.0)
    for picture in found:
        assert max(opened(picture).size) == 288


def test_where_no_structure_is_named_the_largest_is_shown(load):
    data = load("case_1")
    (first, *_) = doctor_pictures(diagnosis("c", "doubtful", notes=("something",)), data)
    biggest = max(data.masks.names, key=data.masks.voxels)
    (again, *_) = doctor_pictures(diagnosis("c", "doubtful", set_aside={biggest: "x"}), data)
    assert first == again
    smallest = min(data.masks.names, key=data.masks.voxels)
    (other, *_) = doctor_pictures(diagnosis("c", "refused", problems=(f"image: {smallest} at 1 HU",)), data)
    assert other != first


def test_cases_that_are_fine_or_could_not_be_read_have_no_pictures(load):
    data = load("case_1")
    assert doctor_pictures(diagnosis("c", "fine"), data) == []
    assert doctor_pictures(diagnosis("c", "refused"), None) == []
    data.ct = None
    assert doctor_pictures(diagnosis("c", "refused"), data) == []


def test_a_ct_without_masks_is_shown_through_its_middle(load):
    data = load("case_1")
    data.masks = None
    found = doctor_pictures(diagnosis("c", "refused"), data)
    assert len(found) == 3
    far = Affine.from_axcodes("RAS", (2.0, 3.0, 4.0), origin=(5000.0, 5000.0, 5000.0))
    other = load("case_1")
    other.masks = MaskSet(other.masks.layers, other.masks.tables(), far)
    beside = doctor_pictures(diagnosis("c", "refused"), other)
    assert [picture[0] for picture in beside] == [picture[0] for picture in found], "masks beside the CT"
