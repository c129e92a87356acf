"""No path leads out of the served folders."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from viewed_run import TOKEN, write_run

from medspatial.errors import InputError
from medspatial.view.roots import OutsideError, Roots


@pytest.mark.parametrize(
    "name",
    [
        "../manifest.json",
        "..%2fmanifest.json",
        "%2e%2e/manifest.json",
        "..%5cmanifest.json",
        "x/../../manifest.json",
        "/etc/passwd",
        "%2fetc/passwd",
        "//etc/passwd",
        "data%00.js",
        "link.html",
        "loop",
        ".",
        "",
    ],
)
def test_traversal(tmp_path: Path, open_folder: Callable[..., Any], name: str) -> None:
    folder = write_run(tmp_path / "run")
    (folder / "report" / "link.html").symlink_to(folder / "manifest.json")
    (folder / "report" / "loop").symlink_to(folder / "report" / "loop")
    with open_folder(folder) as client:
        client.get(f"/?token={TOKEN}")
        assert client.get("/report/index.html").status_code == 200
        for prefix in ("/report/", "/assets/", "/built/"):
            answer = client.get(prefix + name)
            assert answer.status_code in {404, 405}, answer.text
            assert "configuration" not in answer.text


def test_a_case_that_leads_outside_is_not_read(tmp_path: Path, open_folder: Callable[..., Any]) -> None:
    folder = write_run(tmp_path / "run")
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    shutil.move(folder / "cases" / "case_1" / "ct.nii.gz", secret / "ct.nii.gz")
    (folder / "cases" / "case_1" / "ct.nii.gz").symlink_to(secret / "ct.nii.gz")
    with open_folder(folder) as client:
        client.get(f"/?token={TOKEN}")
        answer = client.get("/api/ct.nii?case=case_1")
        assert answer.status_code == 403
        assert "--root" in answer.json()["error"]
        assert client.get("/api/mask.nii?case=case_1&name=liver").status_code == 403
    with open_folder(folder, extra_roots=[secret]) as client:
        client.get(f"/?token={TOKEN}")
        assert client.get("/api/ct.nii?case=case_1").status_code == 200


def test_links_inside_a_series_count_too(tmp_path: Path) -> None:
    from medspatial.records import Case
    from medspatial.view.library import Library

    (tmp_path / "root" / "series").mkdir(parents=True)
    (tmp_path / "secret.dcm").write_text("x")
    (tmp_path / "root" / "series" / "1.dcm").symlink_to(tmp_path / "secret.dcm")
    case = Case(case_id="a", patient_id="a", image_path="series")
    library = Library("t", {"a": case}, tmp_path / "root", Roots([tmp_path / "root"]))
    with pytest.raises(OutsideError, match="outside"):
        library.check("a")
    with pytest.raises(InputError, match="no case"):
        library.check("b")


def test_absolute_paths_of_cases(tmp_path: Path) -> None:
    roots = Roots([tmp_path])
    (tmp_path / "a.nii").write_text("x")
    assert roots.inside(tmp_path / "a.nii") == (tmp_path / "a.nii").resolve()
    for path in (Path("/etc/passwd"), tmp_path / ".." / "b"):
        with pytest.raises(OutsideError):
            roots.inside(path)


def test_a_client_sees_no_traceback(client: TestClient) -> None:
    answer = client.get("/api/case?case=../../etc/passwd")
    assert answer.status_code == 400
    assert answer.json() == {"error": "no case '../../etc/passwd'"}
