"""What can go wrong with a call, by what follows from it."""

from __future__ import annotations

import re

from medspatial.errors import MedspatialError, RunStopped

# what servers write, under different status codes, when an account is empty; a limit per minute passes
_SPENT = re.compile(
    r"insufficient[_ ]?(?:quota|balance|funds|credits?)|(?:credit )?balance is too low|out of credits|"
    r"billing[_ ](?:hard[_ ])?limit|payment[_ ]required|prepayment credits are depleted",
    re.IGNORECASE,
)


def says_spent(text: str) -> bool:
    """Say whether a server's refusal means that the account is empty.

    >>> says_spent("HTTP 400: Your credit balance is too low"), says_spent("HTTP 429: Rate limit reached")
    (True, False)
    """
    return _SPENT.search(text) is not None


class CallFailed(MedspatialError):
    """This request has no answer; others may have one."""


class MalformedReply(CallFailed):
    """The reply did not fit the schema, and neither did the repaired one."""


class BudgetExceeded(RunStopped):
    """The next call could cost more than is left; everything asked so far is kept."""


class ServedModelChanged(RunStopped):
    """The server answers with another model than the one asked for or than before."""


class AccessRefused(RunStopped):
    """The server refuses all calls: wrong key, unknown model, empty account."""


class ServerDown(RunStopped):
    """Several requests in a row had no answer after all retries."""


class Transient(Exception):
    """A call failed in a way that may pass: limit, server error, timeout, broken connection.

    Attributes
    ----------
    retry_after
        Seconds that the server asks to wait; None where it says nothing.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
