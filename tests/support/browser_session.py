"""A few commands of the WebDriver protocol over chromedriver, so that no further package is needed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

_START_SECONDS = 20
_NO_GPU = ("--disable-gpu",)
_SOFTWARE_WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


class BrowserSession:
    """One headless browser; every request that leaves the machine or is not a file is seen in its log.

    ``webgl`` draws volumes, in software where there is no graphics card.
    """

    def __init__(self, profile: Path, width: int = 1400, height: int = 1000, *, webgl: bool = False) -> None:
        driver = shutil.which("chromedriver")
        assert driver is not None
        profile.mkdir(parents=True, exist_ok=True)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback only
        self._port = _free_port()
        self._process = subprocess.Popen(
            [driver, f"--port={self._port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        arguments = [
            "--headless=new", "--no-sandbox", "--disable-background-networking",
            "--disable-dev-shm-usage", f"--user-data-dir={profile}", *(_SOFTWARE_WEBGL if webgl else _NO_GPU),
        ]  # fmt: skip
        options = {
            "args": arguments,
            "mobileEmulation": {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 1.0}},
        }
        capabilities = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        self._base = f"http://127.0.0.1:{self._port}"
        answer = self._until_up("/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._base += f"/session/{answer['sessionId']}"

    def open(self, path: Path, fragment: str = "") -> None:
        self.visit(path.resolve().as_uri() + fragment)

    def visit(self, url: str) -> None:
        self._send("/url", {"url": url})

    def press(self, keys: str) -> None:
        """Press keys one after the other, where the focus is."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._send("/actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run the body of a function in the page and return what it returns."""
        return self._send("/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, condition: str, seconds: float = 10) -> None:
        """Wait until an expression is true in the page."""
        end = time.monotonic() + seconds
        while not self.run(f"return Boolean({condition});"):
            assert time.monotonic() < end, f"never true in the page: {condition}"
            time.sleep(0.05)

    def prefer(self, scheme: str) -> None:
        """Let pages be ``light`` or ``dark``, as a reader's system says."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        call = {"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}}
        self._send("/goog/cdp/execute", call)

    def resize(self, width: int, height: int) -> None:
        """Show the page on a screen of another size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self._send("/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": size})

    def problems(self) -> list[str]:
        """Console messages of level warning and above, and exceptions, since the last call."""
        entries = self._send("/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in {"WARNING", "SEVERE"}]

    def requests(self) -> list[str]:
        """Addresses that the page asked for since the last call."""
        found = []
        for entry in self._send("/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return found

    def screenshot(self, path: Path) -> None:
        found = self._send("/screenshot", None)
        path.write_bytes(base64.b64decode(found))

    def close(self) -> None:
        try:
            self._send("", None, method="DELETE")
        finally:
            self._process.terminate()
            self._process.wait(10)

    def _until_up(self, path: str, content: Any) -> Any:
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                return self._send(path, content)
            except urllib.error.URLError as error:
                if isinstance(error, urllib.error.HTTPError) or time.monotonic() > end:
                    self._process.terminate()
                    self._process.wait(10)
                    raise
                time.sleep(0.1)

    def _send(self, path: str, content: Any, method: str | None = None) -> Any:
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self._base + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                request, timeout=120
            ) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            detail = error.read().decode(errors="replace")
            error.close()
            raise AssertionError(f"{path}: {detail[:500]}") from error


def browser_or_skip() -> None:
    """Skip with the reason where there is no browser; under CI that is a failure."""
    missing = [name for name in ("chromedriver", "chromium") if shutil.which(name) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"{' and '.join(missing)} must be installed under CI")
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed")


def viewer_or_skip() -> None:
    """Skip with the reason where the 3D part is not built; under CI with Node that is a failure."""
    from medspatial.view.pages import NOT_BUILT, is_built

    if is_built():
        return
    if os.environ.get("CI") == "true" and node_is_new_enough():
        pytest.fail(NOT_BUILT)
    pytest.skip(NOT_BUILT)


def node_is_new_enough() -> bool:
    """Say whether there is a Node that builds the viewer."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int(found.strip().removeprefix("v").partition(".")[0] or 0) >= 20


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
