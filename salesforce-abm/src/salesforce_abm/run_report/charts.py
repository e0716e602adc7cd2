"""The page's charts: from runs to drawings."""

from __future__ import annotations

import math
from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Final

from salesforce_abm.run_report import summary
from salesforce_abm.run_report.model import OUTCOMES
from salesforce_abm.run_report.numbers import day, duration, moment, short
from salesforce_abm.run_report.svg import Bar, Part, Series, bars, lines, percent, stacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from salesforce_abm.run_report.model import Run, StreamCounts

__all__ = ["api_use", "durations", "match_rates", "outcome_bars"]

_NAMES: Final = {
    "written": "Written",
    "unchanged": "Up to date already",
    "unmatched": "No record found",
    "ambiguous": "Several records fit",
    "rejected": "Refused by Salesforce",
    "skipped": "Skipped",
}
_MOST_BARS: Final = 40
_MOST_LINES: Final = 4
_HALF: Final = 460
_WHOLE: Final = 980
"""Widths of charts beside another one, and alone: about their pixels on a wide screen."""


def outcome_bars(streams: Mapping[str, StreamCounts]) -> str:
    """Draw what became of the rows of each stream, with a legend."""
    rows = [
        (name, [Part(_NAMES[outcome], counts.outcomes.get(outcome, 0), outcome) for outcome in OUTCOMES])
        for name, counts in streams.items()
    ]
    present = [outcome for outcome in OUTCOMES if any(c.outcomes.get(outcome) for c in streams.values())]
    legend = "".join(f'<li><i class="{outcome}"></i>{_NAMES[outcome]}</li>' for outcome in present)
    title = "; ".join(
        f"{name}: "
        + ", ".join(f"{counts.outcomes[o]:,} {_NAMES[o].lower()}" for o in present if counts.outcomes.get(o))
        for name, counts in streams.items()
    )
    return f'{stacked(title, rows, width=_WHOLE)}<ul class="legend">{legend}</ul>'


def match_rates(runs: Sequence[Run]) -> str:
    """Draw the match rate of each stream over time; empty when no stream came twice."""
    found: dict[str, list[tuple[Run, float]]] = {}
    for run in runs:
        for name, counts in run.streams.items() if run.direction == "in" else ():
            rate = summary.match_rate(Counter(counts.outcomes))
            if rate is not None:
                found.setdefault(name, []).append((run, rate))
    known = sorted(found.items(), key=lambda item: -len(item[1]))[:_MOST_LINES]
    if not any(len(points) > 1 for _, points in known):
        return ""
    times = [run.started for _, points in known for run, _ in points]
    first, last = min(times), max(times)
    span = (last - first).total_seconds() or 1.0
    series = [
        Series(
            name,
            f"s{number}",
            [
                (
                    (run.started - first).total_seconds() / span,
                    rate,
                    f"{name}, {moment(run.started)}: {percent(rate)}",
                )
                for run, rate in points
            ],
        )
        for number, (name, points) in enumerate(known)
    ]
    floor = math.floor(min(rate for _, points in known for _, rate in points) * 10) / 10
    title = "Match rate, from first to last run: " + ", ".join(
        f"{name} {percent(points[0][1])} to {percent(points[-1][1])}" for name, points in known
    )
    legend = "".join(f'<li><i class="{one.style}"></i>{escape(one.name)}</li>' for one in series)
    chart = lines(title, series, (day(first), day(last)), floor=min(floor, 0.9), width=_HALF)
    return f'{chart}<ul class="legend">{legend}</ul>'


def api_use(runs: Sequence[Run]) -> str:
    """Draw the share of the org's API budget used at the end of each run; empty when nobody told."""
    points = []
    for run in runs:
        if run.daily_used is not None and run.daily_max:
            share = run.daily_used / run.daily_max
            hint = (
                f"{moment(run.started)}: {run.daily_used:,} of {run.daily_max:,} ({percent(share)}), "
                f"{sum(run.requests.values()):,} by this run"
            )
            points.append(Bar(day(run.started), share, "written" if share < 0.8 else "rejected", hint))
    if not points:
        return ""
    shown = points[-_MOST_BARS:]
    highest = max(point.value for point in shown)
    title = f"Share of the daily API requests used, at most {percent(highest)}"
    # Far from the limit, the line would only flatten the columns.
    line = (0.8, "80%: runs stop here") if highest > 0.25 else None
    return bars(title, shown, unit=percent, line=line, top=1.0 if highest > 0.5 else None, width=_HALF)


def durations(runs: Sequence[Run]) -> str:
    """Draw how long each run took."""
    shown = [
        Bar(
            day(run.started),
            run.seconds,
            "written" if run.direction == "in" else "quiet",
            f"{moment(run.started)}: {duration(run.seconds)}, {run.rows:,} rows "
            f"{'into' if run.direction == 'in' else 'from'} Salesforce",
        )
        for run in runs[-_MOST_BARS:]
    ]
    ways = {run.direction for run in runs[-_MOST_BARS:]}
    legend = (
        '<ul class="legend"><li><i class="written"></i>Into Salesforce</li><li><i class="quiet"></i>From '
        "Salesforce</li></ul>"
        if len(ways) > 1
        else ""
    )
    longest = max(point.value for point in shown)
    title = f"Duration of {len(shown)} runs, the longest {duration(longest)}"
    return bars(title, shown, unit=short, width=_WHOLE) + legend
