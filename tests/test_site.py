"""The documentation's site builds, with every warning an error."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs", reason="mkdocs is not installed: pip install -e '.[docs]'")
    pytest.importorskip("mkdocstrings")
    site = str(tmp_path / "site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", site]
    as_they_are = {**os.environ, "MEDSPATIAL_SITE_EXECUTE": "false"}  # another test runs the notebooks
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=as_they_are)
    assert done.returncode == 0, done.stderr
    pages = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*.html")}
    assert {"index.html", "trust.html", "reference/cli.html", "reference/python.html"} <= pages
    assert {"notebooks/first_look.html", "notebooks/own_ct.html"} <= {
        name.replace("/index", "") for name in pages
    }
    commands = (tmp_path / "site/reference/cli.html").read_text()
    assert "medspatial cases doctor" in commands
    assert "--label-map" in commands
    names = (tmp_path / "site/reference/python.html").read_text()
    assert "read_volume" in names
