"""A hub on loopback that speaks the download protocol, for the real huggingface_hub."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "a" * 40
PREFIX = "/datasets/ibrahimhamamci/CT-RATE/resolve/"


@dataclass
class FakeHub:
    """The files of the repository, and how the server misbehaves."""

    files: dict[str, bytes] = field(default_factory=dict)
    commit: str = COMMIT
    gated: bool = False
    token: str | None = None
    break_after: dict[str, list[int]] = field(default_factory=dict)
    """For a path: after how many bytes each coming GET breaks off."""
    refuse: dict[str, list[int]] = field(default_factory=dict)
    """For a path: status codes that coming GETs answer."""
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    ranges: list[tuple[str, str]] = field(default_factory=list)
    endpoint: str = ""

    def count(self, method: str, part: str = "") -> int:
        return sum(n for (how, path), n in self.requests.items() if how == method and part in path)


def _handler(hub: FakeHub):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def do_HEAD(self):
            self._answer(body=False)

        def do_GET(self):
            self._answer(body=True)

        def _refuse(self, status, code):
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _answer(self, body):
            path = self.path.partition(PREFIX)[2].partition("/")[2]
            hub.requests[self.command, path] += 1
            allowed = hub.token is None or self.headers.get("Authorization") == f"Bearer {hub.token}"
            if hub.gated or not allowed:
                return self._refuse(403 if self.headers.get("Authorization") else 401, "GatedRepo")
            if path not in hub.files:
                return self._refuse(404, "EntryNotFound")
            if body and hub.refuse.get(path):
                return self._refuse(hub.refuse[path].pop(0), "Broken")
            self._send(path, body)
            return None

        def _send(self, path, body):
            data = hub.files[path]
            start, status = 0, 200
            if body and (wanted := self.headers.get("Range")):
                hub.ranges.append((path, wanted))
                start, status = int(wanted.removeprefix("bytes=").split("-")[0]), 206
            self.send_response(status)
            self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
            self.send_header("X-Repo-Commit", hub.commit)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(data) - start))
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.end_headers()
            if not body:
                return
            cut = hub.break_after.get(path)
            if cut:
                self.wfile.write(data[start : start + cut.pop(0)])
                self.wfile.flush()
                self.connection.close()
                self.close_connection = True
            else:
                self.wfile.write(data[start:])

    return Handler


@contextmanager
def running_hub() -> Iterator[FakeHub]:
    """Run the server; ``hub.files`` is the repository."""
    state = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.handle_error = lambda *args: None
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    state.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
