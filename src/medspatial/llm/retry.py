"""When to ask again: seeded backoff, the server's own wish, and a pause that all threads keep."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import numpy as np

from medspatial.records import content_hash


@dataclass(frozen=True)
class Retries:
    """How often and how long after a call is made again.

    Attributes
    ----------
    count
        Calls after the first.
    first_s, cap_s
        The wait before retry *n* (from 0) lies between half of and the whole ``min(cap_s, first_s · 2ⁿ)``.
    longest_s
        A server that asks to wait longer than this is not waited for: the request fails.
    seed
        Of the jitter; the wait depends on it, the request and *n* alone.
    """

    count: int = 5
    first_s: float = 1.0
    cap_s: float = 60.0
    longest_s: float = 300.0
    seed: int = 0

    def wait_s(self, key: str, attempt: int) -> float:
        """Return the seconds to wait before a retry."""
        whole = min(self.cap_s, self.first_s * 2.0 ** min(attempt, 60))
        rng = np.random.default_rng(int(content_hash(self.seed, key, attempt), 16))
        return whole * (0.5 + 0.5 * float(rng.random()))


class Pause:
    """A time before which no thread may call: one 429 holds back all of them.

    Parameters
    ----------
    sleep, clock
        For tests; seconds. By default a sleep that `end` cuts short.
    """

    def __init__(
        self,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ended = threading.Event()
        self.sleep = self._ended.wait if sleep is None else sleep
        self._clock = clock
        self._until = 0.0
        self._lock = threading.Lock()

    def at_least(self, seconds: float) -> None:
        """Hold back all calls for that long from now."""
        with self._lock:
            self._until = max(self._until, self._clock() + seconds)

    def end(self) -> None:
        """Wake all sleepers; nobody sleeps any more."""
        self._ended.set()

    def keep(self) -> None:
        """Wait until calls are allowed."""
        with self._lock:
            left = self._until - self._clock()
        if left > 0:
            self.sleep(left)


def retry_after(headers: Mapping[str, str] | None, now: datetime | None = None) -> float | None:
    """Return the seconds that a response asks to wait, from ``Retry-After`` (RFC 9110, 10.2.3).

    Seconds or an HTTP date; ``retry-after-ms`` is read too; None where there is none or it cannot be read.
    """
    found = {name.lower(): value.strip() for name, value in (headers or {}).items()}
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(found[name]) * unit
        except (KeyError, ValueError):
            continue
        return seconds if 0 <= seconds < float("inf") else None
    try:
        date = parsedate_to_datetime(found["retry-after"])
    except (KeyError, ValueError):
        return None
    stamp = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (stamp - (now or datetime.now(UTC))).total_seconds())
