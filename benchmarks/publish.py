"""The results as text: a table, the goals, and a plot, put between the markers of docs/performance.md."""

from __future__ import annotations

import math
import platform
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import contestants as who
from benchmarks.goals import Numbers, compare

if TYPE_CHECKING:
    from benchmarks.suites import Results, Size

_DOCS = Path(__file__).parent.parent / "docs"
_BEGIN, _END = "<!-- made by `make bench` -->", "<!-- end -->"


@dataclass(frozen=True)
class Report:
    """What comes out of a run."""

    text: str
    plot: str


def report(results: Results, size: Size, rounds: int) -> Report:
    """Write the report."""
    parts = [_circumstances(rounds), _goals(results, size), _table(results)]
    return Report("\n\n".join(parts), _plot(results))


def into_docs(made: Report) -> None:
    """Put it into the documentation.

    Raises:
        ValueError: the markers are missing.
    """
    page = _DOCS / "performance.md"
    text = page.read_text("utf-8")
    pattern = re.compile(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"{page} has no markers")
    plot = "![CPU per row](performance.svg)\n\n" if made.plot else ""
    page.write_text(pattern.sub(lambda _: f"{_BEGIN}\n\n{plot}{made.text}\n\n{_END}", text), "utf-8")
    if made.plot:
        (_DOCS / "performance.svg").write_text(made.plot, "utf-8")


def _circumstances(rounds: int) -> str:
    model = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"model name\s*:\s*(.+)", info.read_text("utf-8"))
        model = found[1] if found else model
    return (
        f"Python {platform.python_version()}, singer-sdk {version('singer-sdk')}, {platform.system()} on"
        f" {platform.machine()} ({model}). {rounds} interleaved rounds; medians. Ratios hold within this"
        " table; absolute figures are this machine's."
    )


def _goals(results: Results, size: Size) -> str:
    lines = ["| goal | wanted | measured | |", "|---|---|---|---|"]
    lines += [
        f"| {goal.what} | {goal.goal} | {goal.measured} | {'met' if goal.met else 'missed'} |"
        for goal in compare(results, size)
    ]
    return "\n".join(lines)


def _table(results: Results) -> str:
    head = "| who | what | columns | rows | CPU s (spread) | µs/row | rows/CPU-s | wall s | first record s | peak MB | requests |"
    lines = [head, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for case, samples in results.items():
        cpu = sorted(sample.cpu for sample in samples)
        middle = median(cpu)
        firsts = [sample.first for sample in samples if sample.first is not None]
        first = f"{median(firsts):.2f}" if case.counted and firsts else ""
        cells = (
            case.who,
            case.work,
            case.columns,
            f"{case.rows:,}",
            f"{middle:.2f} ({cpu[0]:.2f}–{cpu[-1]:.2f})",
            f"{middle / case.rows * 1e6:.1f}",
            f"{case.rows / middle:,.0f}",
            f"{median(sample.wall for sample in samples):.2f}",
            first,
            f"{median(sample.memory for sample in samples):.0f}",
            f"{median(sample.requests for sample in samples):.0f}",
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def _plot(results: Results) -> str:
    """Bars of CPU per row on a logarithmic scale, start-up left out."""
    numbers = Numbers(results)
    wanted = [
        (name, work)
        for work in ("Bulk", "REST")
        for name in (who.SINGER, who.AIRBYTE, who.PLAIN_TAP, who.TAP)
    ]
    bars = [
        (f"{n}, {w}", numbers.per_row(n, w), n == who.TAP) for n, w in wanted if len(numbers.of(n, w)) > 1
    ]
    if not bars:
        return ""
    most = math.log10(max(value for _, value, _ in bars))
    rows = []
    for place, (label, value, ours) in enumerate(bars):
        y = 28 + place * 26
        width = max(4.0, 330 * math.log10(max(value, 1.01)) / most)
        rows.append(
            f'<text x="8" y="{y + 13}">{label}</text><rect x="270" y="{y}" width="{width:.0f}" height="18"'
            f' fill="{"#0b6bcb" if ours else "#b8c2cc"}"/>'
            f'<text x="{276 + width:.0f}" y="{y + 13}">{value:,.1f} µs</text>'
        )
    height = 40 + len(bars) * 26
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 {height}" font-family="sans-serif"'
        f' font-size="12"><rect width="700" height="{height}" fill="white"/>'
        '<text x="8" y="16" font-weight="bold">CPU per row of 40 columns, start-up left out'
        f" (logarithmic scale)</text>{''.join(rows)}</svg>\n"
    )
