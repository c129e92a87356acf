"""The client: cache, retries, budget, structure and served version around a provider."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from medspatial.errors import InputError, RunStopped
from medspatial.llm.bounds import check_length, within
from medspatial.llm.budget import Budget, Ledger, Prices, Spent
from medspatial.llm.cache import ReplyCache
from medspatial.llm.errors import CallFailed, MalformedReply, ServedModelChanged, ServerDown, Transient
from medspatial.llm.masking import masked_reply
from medspatial.llm.provider import Provider
from medspatial.llm.reply import Reply, Tokens
from medspatial.llm.request import Request, assistant, user
from medspatial.llm.retry import Pause, Retries
from medspatial.llm.schema import check_schema, parse_structured
from medspatial.llm.served import ServedModel

_GRACE_S = 1.0  # the provider's own timeout, which frees the connection, comes first
_REPAIR = (
    "That was not valid: {fault}. Reply again with the same content as one JSON value that fits this JSON "
    "schema, and nothing else:\n{schema}"
)


class Llm:
    """One model at one provider, asked safely; see `medspatial.llm.open_llm`.

    All methods may be called from several threads.

    Parameters
    ----------
    provider
        Makes the calls.
    cache
        Where replies are kept; in memory by default, so that nothing is asked twice in a run either.
    concurrency
        Most calls at once.
    retries, pause
        When a call is made again.
    budget, prices
        What the run may use; money needs prices.
    served_model
        Version that must answer. By default the one that gave the cache's oldest answer, else the first.
    give_up_after
        This many requests in a row without any answer end the run.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        cache: ReplyCache | None = None,
        concurrency: int = 8,
        retries: Retries | None = None,
        pause: Pause | None = None,
        budget: Budget | None = None,
        prices: Prices | None = None,
        served_model: str | None = None,
        give_up_after: int = 10,
    ) -> None:
        if concurrency < 1:
            raise InputError(f"concurrency must be at least 1, got {concurrency}")
        self.provider = provider
        self.model = provider.model
        self.cache = ReplyCache() if cache is None else cache
        self.concurrency = 1 if provider.serial else concurrency
        self._ledger = Ledger(budget or Budget(), prices)
        self._retries = retries or Retries()
        self._pause = pause or Pause()
        self._identity = json.dumps({"provider": provider.kind, "model": self.model, **provider.describe()})
        self._served = ServedModel(self.model, served_model)
        remembered = self.cache.first_served(self._identity)
        if served_model is None and remembered is not None:
            self._served.check(remembered)
        self._give_up_after = give_up_after
        self._unanswered = 0
        self._stopped: RunStopped | None = None
        self._slots = threading.BoundedSemaphore(self.concurrency)
        self._under_way: dict[str, Future[Reply]] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Provider and model, as `open_llm` takes them."""
        return f"{self.provider.kind}:{self.model}"

    @property
    def spent(self) -> Spent:
        """Counts of this run so far."""
        return self._ledger.spent

    def price_of(self, tokens: Tokens) -> float | None:
        """Return what this many tokens cost in US dollars; None without prices."""
        return self._ledger.cost(tokens)

    @property
    def served_model(self) -> str | None:
        """Version that this run is bound to; None before the first answer."""
        return self._served.version

    def bind(self, served_model: str) -> None:
        """Bind the run to the version that answered an earlier session of it.

        Raises
        ------
        ServedModelChanged
            Another version is expected, or has answered already.
        """
        bound = self._served.version
        if bound not in {None, served_model}:
            raise ServedModelChanged(
                f"{self.name}: an earlier session was answered by {served_model!r}, "
                f"this one is bound to {bound!r}"
            )
        self._served.version = served_model

    def describe(self) -> dict[str, Any]:
        """Return all that changes answers besides the requests; never a key."""
        return {"provider": self.provider.kind, "llm": self.model, **self.provider.describe()}

    def ask(self, request: Request) -> Reply:
        """Return the answer to one request.

        Raises
        ------
        CallFailed
            No answer after all retries, or (`MalformedReply`) none that fits the schema.
        BudgetExceeded, ServedModelChanged, AccessRefused, ServerDown
            All `RunStopped`: no further call is made by this client; what is known is still answered.
        """
        request = self._own(request)
        key = request.key(self._identity)
        known = self._known(key)
        if known is not None:
            return known
        with self._lock:
            other = self._under_way.get(key)
            mine: Future[Reply] = Future()
            if other is None:
                self._under_way[key] = mine
        if other is not None:
            return other.result().cached()
        try:
            reply = self._known(key) or self._asked(key, request)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(reply)
            return reply
        finally:
            with self._lock:
                del self._under_way[key]

    def ask_all(
        self,
        requests: Sequence[Request],
        *,
        first_alone: bool = False,
        each: Callable[[int, Reply | CallFailed], None] | None = None,
    ) -> list[Reply | CallFailed | RunStopped]:
        """Return the answers in the order of the requests; calls overlap.

        Parameters
        ----------
        first_alone
            Wait for the first answer before the others are asked, so that the server has the prefix that
            they share in its cache.
        each
            Called with place and outcome as soon as there is one, from the thread that got it.

        Returns
        -------
        list
            Per request a `Reply`, a `CallFailed`, or the `RunStopped` that ended the run before it.
        """
        outcomes: dict[int, Reply | CallFailed | RunStopped] = {}

        def run(place: int) -> None:
            try:
                outcome: Reply | CallFailed = self.ask(requests[place])
            except RunStopped as stop:
                outcomes[place] = stop
                return
            except CallFailed as failure:
                outcome = failure
            outcomes[place] = outcome
            if each is not None:
                each(place, outcome)

        places = list(range(len(requests)))
        if first_alone and places:
            run(places.pop(0))
        with ThreadPoolExecutor(self.concurrency, thread_name_prefix="llm") as pool:
            jobs = [pool.submit(run, place) for place in places]
            try:
                wait(jobs)
            except BaseException:  # Ctrl-C: calls under way end and are kept, the others never start
                self._stopped = RunStopped("interrupted")
                self._pause.end()
                for job in jobs:
                    job.cancel()
                raise
            for job in jobs:
                job.result()
        return [outcomes[place] for place in range(len(requests))]

    def close(self) -> None:
        """Close connections and the cache."""
        self.provider.close()
        self.cache.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _own(self, request: Request) -> Request:
        if request.model not in {"", self.model}:
            raise InputError(f"request for model {request.model!r} given to a client of {self.model!r}")
        if request.schema is not None:
            check_schema(request.schema)
        return replace(request, model=self.model)

    def _known(self, key: str) -> Reply | None:
        reply = self.cache.get(key, self._served.version)
        if reply is None:
            return None
        self._served.check(reply.served_model)
        self._ledger.count("known")
        return masked_reply(reply.cached(), self.provider.secret)  # kept before replies were masked

    def _asked(self, key: str, request: Request) -> Reply:
        try:
            reply = self._structured(key, request)
        except CallFailed:
            self._ledger.count("failures")
            raise
        except RunStopped as stop:
            self._stopped = stop
            raise
        # Kept before its version is judged: what was paid for is there if that version is accepted later.
        self.cache.put(key, self._identity, request, reply)
        try:
            self._served.check(reply.served_model)
        except RunStopped as stop:
            self._stopped = stop
            raise
        return reply

    def _structured(self, key: str, request: Request) -> Reply:
        """Ask, and once more where the structure is wrong."""
        first = self._sent(key, request)
        if request.schema is None or first.refusal is not None:
            return first
        try:
            return replace(first, parsed=parse_structured(first.text, request.schema, request.may_miss))
        except ValueError as error:
            fault = str(error)
        again = _REPAIR.format(fault=fault, schema=json.dumps(request.schema))
        turns = (*request.messages, assistant(first.text), user(again))
        self._ledger.count("repairs")
        second = self._sent(f"{key} repair", replace(request, messages=turns))
        tokens = first.tokens + second.tokens
        whole = replace(second, tokens=tokens, cost=self._ledger.cost(tokens), repaired=True)
        if second.refusal is not None:
            return whole
        try:
            return replace(whole, parsed=parse_structured(second.text, request.schema, request.may_miss))
        except ValueError as error:
            cut = " (it was cut off at its greatest length)" if second.finish == "length" else ""
            raise MalformedReply(
                f"the reply does not fit the schema, nor does the repaired one{cut}: {error}"
            ) from None

    def _sent(self, key: str, request: Request) -> Reply:
        """Make one call, again and again while it fails in passing."""
        cause = "no attempt was made"
        for attempt in range(self._retries.count + 1):
            if attempt:
                self._ledger.count("retries")
            try:
                reply = self._attempt(request)
            except Transient as failure:
                cause = str(failure)
                if not self._wait(key, attempt, failure.retry_after):
                    cause += (
                        f" (asks to wait {failure.retry_after:g} s, more than {self._retries.longest_s:g} s)"
                    )
                    break
                continue
            self._unanswered = 0
            return replace(reply, cost=self._ledger.cost(reply.tokens))
        self._unanswered += 1
        if self._unanswered >= self._give_up_after:
            raise ServerDown(
                f"{self.name}: {self._unanswered} requests in a row had no answer; the last: {cause}"
            )
        raise CallFailed(f"{self.name}: no answer after {attempt + 1} calls: {cause}")

    def _attempt(self, request: Request) -> Reply:
        with self._slots:
            self._pause.keep()
            if self._stopped is not None:
                raise type(self._stopped)(*self._stopped.args)
            with self._ledger.call(request) as estimate:
                reply = masked_reply(check_length(self._in_time(request), request), self.provider.secret)
                self._ledger.received(reply.tokens, estimate)
        if not reply.text.strip() and reply.refusal is None:
            if reply.finish == "length":
                raise CallFailed(
                    f"{self.name}: the limit of {request.max_tokens} tokens was used up before any text"
                )
            raise Transient(f"empty reply (finish: {reply.finish})")
        return reply

    def _in_time(self, request: Request) -> Reply:
        seconds = self.provider.timeout_s
        if seconds is None:
            return self.provider.send(request)
        return within(seconds + _GRACE_S, lambda: self.provider.send(request))

    def _wait(self, key: str, attempt: int, asked_s: float | None) -> bool:
        """Wait before the next attempt; False where the server asks for more than is allowed."""
        if asked_s is not None and asked_s > self._retries.longest_s:
            return False
        if attempt == self._retries.count:
            return True
        own = self._retries.wait_s(key, attempt)
        if asked_s is not None:
            self._pause.at_least(asked_s)
            own = max(own, asked_s)
        self._pause.sleep(own)
        return True
