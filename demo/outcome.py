"""What the rounds moved, read from the tap's summary line and the target's reports, and told as tables."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from demo.processes import StepFailedError
from demo.table import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from demo.org import OrgClient

OUTCOMES = ("received", "written", "unchanged", "unmatched", "ambiguous", "rejected", "skipped")


@dataclass(frozen=True)
class Round:
    """One pass through the loop.

    Attributes:
        extracted: rows the tap sent, by stream.
        loaded: the `streams` of the target's reports, by stream.
        requests: API requests the org has counted after each step, in order, beginning before the first.
    """

    extracted: Mapping[str, int]
    loaded: Mapping[str, Mapping[str, int]]
    requests: Mapping[str, int]


def extracted(log: Path) -> dict[str, int]:
    """Rows by stream, from the summary line in the log of an extraction."""
    found = re.findall(r'METRIC: (\{"type":"summary".*\})', log.read_text(errors="replace"))
    if not found:
        raise StepFailedError(f"the tap left no summary line in {log}")
    rows: dict[str, int] = json.loads(found[-1])["tags"]["rows"]
    return rows


def loaded(report: Path) -> dict[str, dict[str, int]]:
    """Counts by stream and outcome, from a report of the target."""
    streams: dict[str, dict[str, Any]] = json.loads(report.read_text())["streams"]
    return {name: {key: stream[key] for key in OUTCOMES} for name, stream in streams.items()}


def tables(rounds: Sequence[Round], changed: Mapping[str, int]) -> str:
    """The tables shown at the end."""
    first, second = rounds
    streams = sorted(first.extracted, key=lambda name: (name.startswith("report_"), name))
    moved = render(
        "Salesforce -> warehouse: rows per stream",
        ["stream", "round 1", "round 2"],
        [[name, first.extracted[name], second.extracted.get(name, 0)] for name in streams],
    )
    between = ", ".join(f"{count} {name}" for name, count in changed.items())
    note = f"  Between the rounds people changed {between}; the target itself wrote the Accounts of round 1."
    written = render(
        "Warehouse -> Salesforce: what became of each row",
        ["stream", "round", *OUTCOMES],
        [
            [name, number, *counts.values()]
            for number, one in enumerate(rounds, start=1)
            for name, counts in one.loaded.items()
        ],
    )
    steps = list(first.requests)[1:]
    requests = render(
        "API requests the org counted",
        ["step", "round 1", "round 2"],
        [[step, *(_during(one.requests, step) for one in rounds)] for step in steps],
    )
    return f"{moved}\n{note}\n{written}\n{requests}"


def _during(counted: Mapping[str, int], step: str) -> int:
    steps = list(counted)
    return counted[step] - counted[steps[steps.index(step) - 1]]


def example(org: OrgClient) -> str:
    """The address, below the org's, of the most engaged Account."""
    rows = org.query(
        "SELECT Id FROM Account WHERE ABM_Engagement_Score__c != null ORDER BY ABM_Engagement_Score__c DESC NULLS LAST, Id LIMIT 1"
    )
    return f"/lightning/r/Account/{rows[0]['Id']}/view" if rows else "/"
