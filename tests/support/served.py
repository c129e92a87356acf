"""The program's own server, started as a user starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Sequence
from pathlib import Path


class Served:
    """A command of the program that serves until it is stopped.

    Attributes
    ----------
    links
        The links it printed, in order.
    """

    def __init__(self, arguments: Sequence[str | Path], links: int = 1) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "medspatial", *map(str, arguments), "--no-browser"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        self.lines: list[str] = []
        self.links: list[str] = []
        while len(self.links) < links:
            line = self.process.stdout.readline()
            assert line, "the server ended: " + "".join(self.lines)
            self.lines.append(line)
            self.links += re.findall(r"http://\S+", line)
        self.address = urllib.parse.urlsplit(self.links[0]).netloc
        self._until_up()

    def _until_up(self) -> None:
        import socket

        host, port = self.address.split(":")
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection((host, int(port)), 1).close()
            except OSError:
                assert time.monotonic() < end, "the server does not answer"
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self._done()

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self._done()

    def _done(self) -> None:
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
