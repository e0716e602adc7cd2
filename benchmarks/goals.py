"""The goals, and how one run's numbers compare with them. All are ratios or counts within one run."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import contestants as who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Sample
    from benchmarks.suites import Case, Results, Size


@dataclass(frozen=True)
class Goal:
    """A goal and what was measured."""

    what: str
    goal: str
    measured: str
    met: bool


class Numbers:
    """Looks results up."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def of(self, name: str, work: str, columns: int = 40) -> list[tuple[Case, list[Sample]]]:
        """The cases of a contestant, fewest rows first."""
        found = [
            (case, samples)
            for case, samples in self._results.items()
            if (case.who, case.work, case.columns) == (name, work, columns)
        ]
        return sorted(found, key=lambda pair: pair[0].rows)

    def per_row(self, name: str, work: str, columns: int = 40, *, start: str = "Bulk") -> float:
        """Microseconds of CPU a row, start-up left out: the slope between the smallest and the largest run.

        With one size only, the start-up is taken from the same contestant's smallest run of the work `start`.
        """
        cases = self.of(name, work, columns)
        (big, many) = cases[-1]
        small, few = cases[0] if len(cases) > 1 else self.of(name, start)[0]
        rows = big.rows - (small.rows if len(cases) > 1 else 0)
        return max(median(s.cpu for s in many) - median(s.cpu for s in few), 1e-9) / rows * 1e6

    def value(self, name: str, work: str, attribute: str, *, at: int = -1) -> float:
        """Median of an attribute in the largest (or `at`) case."""
        return median(getattr(sample, attribute) for sample in self.of(name, work)[at][1])


def compare(results: Results, size: Size) -> Iterator[Goal]:
    """Compare with every goal for which there are numbers."""
    numbers = Numbers(results)
    for check in (_extraction, _latency, _loading):
        try:
            yield from check(numbers, size)
        except (IndexError, ValueError):
            continue  # those cases were not run


def _least(what: str, goal: float, measured: float) -> Goal:
    return Goal(what, f"≥ {goal:g}×", f"{measured:.1f}×", measured >= goal)


def _most(what: str, goal: float, measured: float, unit: str = "", digits: int = 1) -> Goal:
    return Goal(what, f"≤ {goal:g}{unit}", f"{measured:.{digits}f}{unit}", measured <= goal)


def _extraction(numbers: Numbers, size: Size) -> Iterator[Goal]:
    bulk = numbers.per_row(who.TAP, "Bulk")
    best = min(numbers.per_row(peer, "Bulk") for peer in (who.SINGER, who.AIRBYTE))
    plain = numbers.per_row(who.PLAIN_TAP, "Bulk")
    yield _least("tap, Bulk, 40 columns: rows per CPU second, to the best peer", 60, best / bulk)
    yield _least("the same, to a plain SDK tap", 8, plain / bulk)
    rest = numbers.per_row(who.TAP, "REST")
    yield _least("tap, REST: to the best peer", 40, numbers.per_row(who.SINGER, "REST") / rest)
    yield _most("tap, REST: CPU per row", 15, rest, " µs")
    yield _least(
        "with a stream map: to a plain SDK tap", 3, plain / numbers.per_row(who.TAP, "Bulk, stream map")
    )
    big, middle = (numbers.value(who.TAP, "Bulk", "memory", at=at) for at in (-1, -2))
    yield _most(f"peak memory, {size.big:,} rows", 80, big, " MB")
    yield _most(f"peak memory above that of {size.middle:,} rows", 10, big - middle, " MB")
    first = numbers.value(who.TAP, "Bulk", "first")
    yield _most("process start to first record", 1.5, first, " s", 2)
    wide = numbers.per_row(who.TAP, "Bulk", 200) / 200
    yield _most("cost of a cell at 200 columns, to 40", 1.2, wide / (bulk / 40), "×", 2)
    [(case, samples)] = numbers.of(who.TAP, "REST")[-1:]
    calls = median(sample.requests for sample in samples)
    yield _most(f"API requests, REST, {case.rows:,} rows", case.rows / 2000 + 2, calls, digits=0)
    [(case, samples)] = numbers.of(who.TAP, "Bulk")[-1:]
    calls = median(sample.requests for sample in samples)
    pages = 20
    yield _most(f"API requests, Bulk, {pages} pages", 6 + 1.1 * pages, calls, digits=0)


def _latency(numbers: Numbers, size: Size) -> Iterator[Goal]:
    del size
    for api in ("REST", "Bulk, 10 k a page"):
        one, four = (numbers.value(who.TAP, f"{api}, 300 ms, {n} at a time", "wall") for n in (1, 4))
        yield _least(f"{api.split(',')[0]}, 300 ms a request: 4 at a time to one, wall", 3, one / four)


def _loading(numbers: Numbers, size: Size) -> Iterator[Goal]:
    del size
    ours, plain = (numbers.per_row(name, "update, all sent") for name in (who.TARGET, who.PLAIN_TARGET))
    what = "target: records per CPU second, to a plain SDK BatchSink target, which sends everything"
    yield _least(f"{what}: all differ", 5, plain / ours)
    if numbers.of(who.TARGET, "update, 1 % differ"):
        few = numbers.per_row(who.TARGET, "update, 1 % differ", start="update, all sent")
        yield _least("the same when 1 % differ", 5, plain / few)
    for share, goal in ((100, 25), (1, 12)):
        if cases := numbers.of(who.TARGET, f"update, {share} % differ"):
            calls = median(sample.requests for sample in cases[-1][1])
            what = f"API requests, {cases[-1][0].rows:,} updates, {share} % differ, reading included"
            yield _most(what, goal, calls, digits=0)
