"""What a release says of itself, in every place that says it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

from medspatial import __version__

ROOT = Path(__file__).resolve().parents[1]
PAPERS = {  # by what is cited for
    "AlignScore": "2305.16739",
    "RadFM": "2308.02463",
    "CT-RATE": "2403.17834",
    "M3D": "2404.00578",
    "Merlin": "2406.06512",
    "VILA-M3": "2411.12915",
    "Med3DVLM": "2503.20047",
    "CT-SpatialVQA": "2605.08787",
}


def citation() -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    return found


def test_the_version_stands_in_one_place_and_the_others_follow() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/medspatial/version.py"
    assert citation()["version"] == __version__


def test_the_newest_changes_are_those_of_this_version() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == __version__
    assert len(set(headings)) == len(headings)


def test_every_paper_that_is_built_on_is_cited_by_its_number() -> None:
    references = citation()["references"]
    assert isinstance(references, list)
    cited = {one["title"]: one["url"].rsplit("/", 1)[1] for one in references}
    for name, number in PAPERS.items():
        (title,) = [title for title, found in cited.items() if found == number]
        assert name.lower() in title.lower()


def test_the_extra_all_holds_every_extra_that_a_user_may_want() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (line,) = extras["all"]
    named = set(line.partition("[")[2].rstrip("]").split(","))
    assert named == set(extras) - {"all", "dev", "docs", "ray"}


def test_every_dependency_has_a_lower_bound_and_every_tested_one_a_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert all(re.search(r">=\d", line) for line in project["dependencies"])
    pins = [
        line
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert all(re.fullmatch(r"[\w.\-]+==[\w.+]+", line) for line in pins)
    assert [line for line in pins if line.startswith("torch==")]


def test_a_bot_can_raise_the_tested_versions() -> None:
    """Dependabot reads a .txt file of any name where each line is a requirement or a comment."""
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    places = {one["package-ecosystem"]: ROOT / one["directory"].strip("/") for one in updates}
    assert (places["pip"] / "constraints.txt").is_file()
    assert (places["npm"] / "package-lock.json").is_file()
    assert (places["github-actions"] / ".github" / "workflows").is_dir()
    pinned = re.findall(r"\w==\d", (ROOT / "Makefile").read_text())
    assert pinned == [], "a version beside constraints.txt would stop what a bot raises"
