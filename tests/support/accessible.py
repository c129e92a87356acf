"""Serious faults of accessibility in the page that is open, found by axe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browser_session import BrowserSession, node_is_new_enough

_AXE = Path(__file__).resolve().parents[2] / "viewer" / "node_modules" / "axe-core" / "axe.min.js"


def axe_or_skip() -> None:
    """Skip where axe is not installed; under CI with Node that is a failure."""
    if _AXE.is_file():
        return
    reason = "axe is not installed; `make viewer` installs it"
    if os.environ.get("CI") == "true" and node_is_new_enough():
        pytest.fail(reason)
    pytest.skip(reason)


def axe_is_there() -> bool:
    """Say whether axe is installed."""
    return _AXE.is_file()


def serious_faults(browser: BrowserSession) -> list[str]:
    """Return rule and first place of every serious or critical finding."""
    browser.run(_AXE.read_text(encoding="utf-8") + "\nwindow.axe = axe;")
    found = browser.run(
        """
        return axe.run(document, { preload: false }).then(({ violations }) => violations
            .filter((one) => ["serious", "critical"].includes(one.impact))
            .map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`));
        """
    )
    return [str(one) for one in found]
