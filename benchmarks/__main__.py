"""Measure, and write the table and the plot into docs/performance.md."""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import contestants, publish, suites
from benchmarks.org import OrgProcess


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", action="store_true", help="small work, two rounds: does everything run?")
    sizes.add_argument("--full", action="store_true", help="up to a million rows")
    parser.add_argument("--rounds", type=int, help="how often each case runs (5; 2 with --quick)")
    parser.add_argument("--only", choices=("extraction", "loading"), help="one half")
    parser.add_argument("--case", default="", help="cases whose line holds this text")
    parser.add_argument("--docs", action="store_true", help="write the result into docs/performance.md")
    options = parser.parse_args()
    size = suites.QUICK if options.quick else suites.FULL if options.full else suites.Size()
    rounds = options.rounds or (2 if options.quick else 5)
    whole = not (options.quick or options.only or options.case)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmarks-")))
        cases: list[suites.Case] = []
        if options.only != "loading":
            org = stack.enter_context(OrgProcess(suites.objects(size), {}, prerendered=True))
            # Several pages in the biggest object, so that there is something to read side by side.
            org.behave(bulk_page_rows=max(size.big // 20, 1000))
            stage = contestants.Stage(org.url, folder)
            cases += suites.extraction(size, org, stage)
        if options.only != "extraction":
            loads = suites.load_objects(size, folder)
            org = stack.enter_context(OrgProcess({}, loads, prerendered=False))
            stage = contestants.Stage(org.url, folder)
            cases += suites.loading(size, org, stage, folder)
        chosen = [
            case for case in cases if options.case in f"{case.who} {case.work} {case.columns} {case.rows}"
        ]
        results = suites.measure(chosen, rounds)
    report = publish.report(results, size, rounds)
    print(report.text)
    if options.docs or whole:
        publish.into_docs(report)


if __name__ == "__main__":
    main()
