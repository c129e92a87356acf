"""Money and counts: prices, estimates, and a budget that is never broken."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from medspatial.errors import InputError
from medspatial.llm import Budget, BudgetExceeded, Prices, Request, Tokens, user
from medspatial.llm.budget import Ledger, largest_use

PRICES = Prices(input=2.0, output=10.0, cached_input=0.5)
REQUEST = Request((user("x" * 200),), max_tokens=1000)


def test_prices_are_per_million_and_cached_tokens_are_cheaper() -> None:
    assert PRICES.cost(Tokens(1_000_000, 100_000, 400_000)) == pytest.approx(0.6 * 2 + 0.4 * 0.5 + 0.1 * 10)
    assert Prices(2, 10).cost(Tokens(1_000_000, 0, 400_000)) == pytest.approx(2.0)


def test_the_estimate_grows_with_text_pictures_and_the_limit(png: Callable[[int, int], bytes]) -> None:
    plain = largest_use(REQUEST)
    assert plain.output == 1000
    assert plain.input >= 200 // 2
    seen = largest_use(Request((user("x" * 200, png(900, 900)),)))
    assert seen.input - plain.input >= 900 * 900 // 750


def test_money_needs_prices() -> None:
    with pytest.raises(InputError, match="a budget in dollars needs prices"):
        Ledger(Budget(dollars=1), None)


def test_limits_are_not_negative() -> None:
    with pytest.raises(InputError, match="budget: calls must not be negative, got -1"):
        Budget(calls=-1)


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (Budget(calls=2), "budget of 2 calls is used up"),
        (Budget(tokens=3000), "budget of 3000 tokens: 2000 used"),
        (Budget(dollars=0.028), r"budget of \$0.028: \$0.0184 spent"),
    ],
)
def test_a_call_that_could_break_the_limit_is_not_made(budget: Budget, message: str) -> None:
    ledger = Ledger(budget, PRICES)
    for _ in range(2):
        with ledger.call(REQUEST) as estimate:
            ledger.received(Tokens(100, 900), estimate)
    with pytest.raises(BudgetExceeded, match=message), ledger.call(REQUEST):
        pytest.fail("the call was made")
    assert ledger.spent.calls == ledger.spent.replies == 2
    assert ledger.spent.dollars == pytest.approx(2 * (100 * 2 + 900 * 10) / 1e6)


def test_a_call_waits_for_those_under_way_before_it_is_refused() -> None:
    estimate = largest_use(REQUEST)
    ledger = Ledger(Budget(tokens=estimate.input + estimate.output + 50), None)
    inside, leave, done = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with ledger.call(REQUEST) as estimate:
            inside.set()
            leave.wait(10)
            ledger.received(Tokens(5, 5), estimate)

    def second() -> None:
        with ledger.call(REQUEST):
            done.set()

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    assert not done.wait(0.05)  # it cannot be let in: both estimates together are too much
    leave.set()
    assert done.wait(10)
    for thread in threads:
        thread.join()


def test_estimates_follow_a_server_that_counts_more() -> None:
    estimate = largest_use(REQUEST)
    ledger = Ledger(Budget(tokens=15 * estimate.input + 2 * estimate.output), None)
    with ledger.call(REQUEST) as plain:
        ledger.received(Tokens(10 * estimate.input, 0), plain)
    with pytest.raises(BudgetExceeded), ledger.call(REQUEST):
        pytest.fail("by the first estimate it would fit")
