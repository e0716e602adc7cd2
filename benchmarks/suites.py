"""What is measured: contestants, sizes and circumstances. Each round runs every case once, in turn."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from benchmarks import contestants as who
from benchmarks.measure import CommandFailedError, Sample, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.measure import Command
    from benchmarks.org import OrgProcess


@dataclass(frozen=True)
class Size:
    """How much work.

    Attributes:
        small: rows of the run that start-up is told by.
        peer: rows for contestants that are slow.
        middle: rows for the other comparisons.
        big: rows for memory and throughput.
        wide: rows of 200 columns.
        loads: updates, each with the share (percent) that differs.
        load_peer: updates for contestants that are slow.
    """

    small: int = 1_000
    peer: int = 5_000
    middle: int = 50_000
    big: int = 200_000
    wide: int = 20_000
    loads: tuple[tuple[int, int], ...] = ((10_000, 0), (10_000, 1), (10_000, 100))
    load_peer: int = 2_000


QUICK = Size(500, 2_000, 10_000, 40_000, 4_000, ((2_000, 0), (2_000, 100)), 1_000)
FULL = Size(
    1_000, 10_000, 50_000, 1_000_000, 50_000, ((10_000, 0), (10_000, 1), (10_000, 100), (200_000, 10))
)


@dataclass(frozen=True)
class Case:
    """One line of the results.

    Attributes:
        who: contestant.
        work: what it does.
        columns: of each row.
        rows: how many.
        command: makes the command line for a round, counted from 1.
        counted: whether each row comes out as a record.
        latency: seconds every request waits.
        org: which org it talks to.
    """

    who: str
    work: str
    columns: int
    rows: int
    command: Callable[[int], Command] = field(repr=False, compare=False, hash=False)
    org: OrgProcess = field(repr=False, compare=False, hash=False)
    counted: bool = True
    latency: float = 0.0


Results = dict[Case, list[Sample]]


def extraction(size: Size, org: OrgProcess, stage: who.Stage) -> Iterator[Case]:
    """Everything about taps."""
    for api in ("BULK2", "REST"):
        work = "Bulk" if api == "BULK2" else "REST"
        for rows in (size.small, size.peer, size.middle, size.big):
            if api == "REST" and rows == size.big:
                continue
            name = table(rows)
            yield Case(who.TAP, work, 40, rows, _always(stage.tap, name, api, window_rows=10**7), org)
            if rows <= size.peer:
                yield Case(who.SINGER, work, 40, rows, _always(stage.singer, name, api), org)
                if api == "BULK2":
                    yield Case(who.AIRBYTE, work, 40, rows, _always(stage.airbyte, name), org)
            if rows in (size.small, size.middle):
                yield Case(who.PLAIN_TAP, work, 40, rows, _always(stage.plain_tap, name, api), org)
    yield Case(
        who.TAP,
        "Bulk, stream map",
        40,
        size.middle,
        _always(
            stage.tap,
            table(size.middle),
            "BULK2",
            window_rows=10**7,
            stream_maps={table(size.middle): {"x": "Name"}},
        ),
        org,
    )
    for columns, rows in ((10, size.middle), (200, size.wide)):
        name = table(rows, columns)
        yield Case(who.TAP, "Bulk", columns, rows, _always(stage.tap, name, "BULK2", window_rows=10**7), org)
    for which, contestant in (("copy", who.COPY), ("csv", who.CSV)):
        name = table(size.middle)
        yield Case(contestant, "Bulk", 40, size.middle, _always(stage.limit, which, name), org, counted=False)
    for workers in (1, 4):
        for api, rows in (("REST", size.peer * 8), ("BULK2", size.big)):
            work = f"{'Bulk, 10 k a page' if api == 'BULK2' else 'REST'}, 300 ms, {workers} at a time"
            settings = {
                "concurrency": workers,
                "window_rows": 2000 if api == "REST" else 10**7,
            }
            command = _always(stage.tap, table(rows), api, **settings)
            yield Case(who.TAP, work, 40, rows, command, org, latency=0.3)


def loading(size: Size, org: OrgProcess, stage: who.Stage, ids: Path) -> Iterator[Case]:
    """Everything about targets."""
    for rows, share in size.loads:
        name = load_table(rows, share)

        def command(turn: int, rows: int = rows, share: int = share, name: str = name) -> Command:
            return stage.target(name, stage.messages(ids / f"{name}.ids", rows, share, turn))

        yield Case(who.TARGET, f"update, {share} % differ", 40, rows, command, org, counted=False)
    for rows in (size.load_peer // 10, size.load_peer):
        name = load_table(rows, 100)
        kinds = (
            (who.TARGET, stage.target),
            (who.PLAIN_TARGET, stage.plain_target),
            (who.SIMPLE, stage.simple),
        )
        for contestant, make in kinds:

            def again(
                turn: int, rows: int = rows, name: str = name, make: Callable[..., Command] = make
            ) -> Command:
                return make(name, stage.messages(ids / f"{name}.ids", rows, 100, turn))

            yield Case(contestant, "update, all sent", 40, rows, again, org, counted=False)


def measure(cases: list[Case], rounds: int) -> Results:
    """Run every case once a round, in turn; check that each did its work.

    Raises:
        CommandFailedError: one failed, or gave another number of records.
    """
    results: Results = defaultdict(list)
    for turn in range(1, rounds + 1):
        for case in cases:
            command = case.command(turn)
            if turn == 1 and case.counted:
                run(command)  # fills the org's files and the disk cache
            case.org.latency(case.latency)
            try:
                before = case.org.used()
                sample = run(command)
                sample = replace(sample, requests=case.org.used() - before)
            finally:
                case.org.latency(0)
            if case.counted and sample.records != case.rows:
                raise CommandFailedError(f"{case}: {sample.records} records, not {case.rows}")
            results[case].append(sample)
            print(
                f"round {turn}  {case.who:28} {case.work:26} {case.columns:4} x {case.rows:<9,}"
                f" {sample.cpu:7.2f} s CPU {sample.wall:7.2f} s {sample.memory:6.0f} MB"
                f" {sample.requests:5} requests",
                file=sys.stderr,
            )
    return results


def table(rows: int, columns: int = 40) -> str:
    """The object of so many rows."""
    return f"Bench{rows}x{columns}__c"


def load_table(rows: int, share: int) -> str:
    """The object that is updated."""
    return f"Load{rows}x{share}__c"


def objects(size: Size) -> dict[str, tuple[int, int]]:
    """What the org of the taps holds."""
    rows = {size.small, size.peer, size.peer * 8, size.middle, size.big}
    wanted = [(40, count) for count in sorted(rows)] + [(10, size.middle), (200, size.wide)]
    return {table(count, columns): (columns, count) for columns, count in wanted}


def load_objects(size: Size, folder: Path) -> dict[str, tuple[int, int, str]]:
    """What the org of the targets holds."""
    wanted = {*size.loads, (size.load_peer, 100), (size.load_peer // 10, 100)}
    return {
        load_table(rows, share): (rows, share, str(folder / f"{load_table(rows, share)}.ids"))
        for rows, share in sorted(wanted)
    }


def _always(make: Callable[..., Command], *arguments: object, **settings: object) -> Callable[[int], Command]:
    return lambda _turn: make(*arguments, **settings)
