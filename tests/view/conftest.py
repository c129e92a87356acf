"""The viewer's application over a small run, and browsers with and without its token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from viewed_run import PORT, TOKEN, write_real_report, write_run

from medspatial.view.app import ViewerApp
from medspatial.view.library import open_library
from medspatial.view.serve import guarded
from medspatial.view.volumes import Volumes


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_run(tmp_path_factory.mktemp("run"))
    write_real_report(folder)
    return folder


@contextmanager
def opened(folder: Path, **options: Any) -> Iterator[TestClient]:
    library = open_library(folder, **options)
    volumes = Volumes(library)
    app = guarded(ViewerApp(library, volumes).routes(), {TOKEN: "viewer"}, PORT)
    with TestClient(app, base_url=f"http://127.0.0.1:{PORT}", follow_redirects=False) as found:
        yield found
    volumes.close()


@pytest.fixture
def stranger(run_folder: Path) -> Iterator[TestClient]:
    """A browser without the token."""
    with opened(run_folder) as found:
        yield found


@pytest.fixture
def client(stranger: TestClient) -> TestClient:
    """A browser that followed the link."""
    assert stranger.get(f"/?token={TOKEN}").status_code == 303
    return stranger


@pytest.fixture
def open_folder() -> Callable[..., Any]:
    return opened
