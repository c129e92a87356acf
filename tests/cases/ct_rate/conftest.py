"""The hub on loopback, as a fixture."""

from __future__ import annotations

import pytest
from loopback_hub import running_hub


@pytest.fixture
def hub(monkeypatch):
    """A running server; ``hub.files`` is the repository."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    with running_hub() as state:
        yield state
