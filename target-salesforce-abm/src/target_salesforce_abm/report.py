"""The JSON summary of a run, for machines, and one log line a stream, for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from target_salesforce_abm import __version__
from target_salesforce_abm.rows import Outcome

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from salesforce_abm.usage import Usage
    from target_salesforce_abm.accounting import Accounting, Tally

__all__ = ["document", "line", "write"]


def document(
    accounting: Accounting,
    usage: Usage | None,
    *,
    started: datetime,
    ended: datetime,
    exit_code: int,
    reason: str,
    dry_run: bool,
) -> dict[str, Any]:
    """Make the report.

    Args:
        accounting: the rows.
        usage: the API requests; None when Salesforce was never reached.
        started: when the run began.
        ended: when it ended.
        exit_code: of the process.
        reason: why it ended, in one line.
        dry_run: nothing was written; `written` counts what would have been.
    """
    used = usage.as_dict() if usage else {"requests": {}}
    return {
        "target": "target-salesforce-abm",
        "version": __version__,
        "started_at": started.isoformat(timespec="seconds"),
        "ended_at": ended.isoformat(timespec="seconds"),
        "seconds": round((ended - started).total_seconds(), 3),
        "exit_code": exit_code,
        "exit_reason": reason,
        "dry_run": dry_run,
        "streams": {name: tally.as_dict() for name, tally in accounting.streams.items()},
        "api_requests": used["requests"],
        "api_usage": {name: value for name, value in used.items() if name != "requests"},
    }


def write(path: Path, report: dict[str, Any]) -> None:
    """Put the report on disk, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)


def line(stream: str, tally: Tally) -> str:
    """Word what became of a stream's rows."""
    outcomes = ", ".join(
        f"{tally.outcomes[outcome]:,} {outcome.value}" for outcome in Outcome if tally.outcomes[outcome]
    )
    more = [f"{tally.expired:,} expired"] * bool(tally.expired) + [f"{tally.removed:,} removed"] * bool(
        tally.removed
    )
    return f"{stream}: {tally.received:,} received: {', '.join([outcomes or 'nothing', *more])}"
