"""Units with one result each: in order, once each; a dead worker costs its unit, which is tried again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from medspatial.errors import InputError, MissingPackageError, RunStopped
from medspatial.pool import Lost, Processes, Task, results_of


@dataclass(frozen=True)
class Squares:
    """Squares numbers; dies at each one that a file names, once per line."""

    deaths: Path
    wrong: int | None = None
    broken: int | None = None

    def __call__(self, device: str) -> Callable[[int], int]:
        return self.square

    def square(self, number: int) -> int:
        lines = self.deaths.read_text().split() if self.deaths.exists() else []
        if str(number) in lines:
            lines.remove(str(number))
            self.deaths.write_text(" ".join(lines))
            os.kill(os.getpid(), signal.SIGKILL)
        if number == self.wrong:
            raise MissingPackageError(f"{number} cannot be squared")
        if number == self.broken:
            raise ZeroDivisionError("a fault")
        return number * number


def process_of(_: Any) -> int:
    return os.getpid()


@pytest.fixture
def deaths(tmp_path: Path) -> Path:
    return tmp_path / "deaths"


def squared(task: Task[int, int], units: Any, workers: int = 2) -> Iterator[tuple[int, int | Lost]]:
    return results_of(Processes(task, ("cpu",) * workers), units)


def open_units(count: int) -> Iterator[tuple[int, None]]:
    return ((number, None) for number in range(count))


def test_results_come_in_order_and_known_ones_are_not_made_again(deaths: Path) -> None:
    units = [(n, -1 if n % 3 else None) for n in range(100)]
    found = list(squared(Task(Squares(deaths)), units, 3))
    assert found == [(n, -1 if n % 3 else n * n) for n in range(100)]
    known = [(n, -n) for n in range(40)]
    assert list(squared(Task(Squares(deaths)), known)) == known
    assert list(squared(Task(Squares(deaths)), [])) == []
    ends_known = [(0, None), *((n, n) for n in range(1, 200))]
    for _ in range(3):  # both workers are ready long before the end
        assert list(squared(Task(Squares(deaths)), ends_known))[-1] == (199, 199)


def test_units_are_taken_as_they_are_needed(deaths: Path) -> None:
    taken: list[int] = []

    def units() -> Iterator[tuple[int, int | None]]:
        for number in range(1000):
            taken.append(number)
            yield number, number if number > 20 else None

    for place, (number, _) in enumerate(squared(Task(Squares(deaths)), units())):
        assert place == number
        assert len(taken) <= number + 2 * 4 + 2  # four per worker ahead, the one given, one looked at


def test_a_death_costs_another_try_and_the_second_one_the_unit(deaths: Path) -> None:
    deaths.write_text("2 5 5")
    found = dict(squared(Task(Squares(deaths)), open_units(9)))
    lost = found.pop(5)
    assert isinstance(lost, Lost)
    assert lost.cause == "the worker on cpu died (SIGKILL), as one before it did at this unit"
    assert found == {n: n * n for n in range(9) if n != 5}
    assert list(found) == [n for n in range(9) if n != 5]


def test_what_a_unit_raises_is_raised_in_its_turn(deaths: Path) -> None:
    found = []
    results = squared(Task(Squares(deaths, wrong=7)), open_units(20))
    with pytest.raises(MissingPackageError, match="7 cannot be squared"):
        found.extend(number for number, _ in results)
    assert found == list(range(7))


def test_a_fault_of_the_program_ends_the_run_in_one_line_with_its_place_told(
    deaths: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RunStopped, match=r"worker on cpu: ZeroDivisionError: a fault$"):
        list(squared(Task(Squares(deaths, broken=1)), open_units(3)))
    assert "in square" in capfd.readouterr().err


def test_workers_that_differ_are_refused(deaths: Path) -> None:
    units = ((number, None) for number in range(10_000))
    with pytest.raises(InputError, match="the workers on cpu and cpu would give other results"):
        list(squared(Task(Squares(deaths), process_of), units))
