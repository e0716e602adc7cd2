"""First-party engagement events, seeded: the web-and-ads table that a company's own site would fill."""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KINDS = ("page_view",) * 12 + ("ad_click",) * 5 + ("pricing_page",) * 3 + ("webinar",) * 2 + ("demo_request",)
TOPICS = (
    "attribution",
    "data platform",
    "forecasting",
    "lead routing",
    "reverse ETL",
    "revenue analytics",
    None,
)
UNKNOWN_VISITORS = 12
"""Companies that visit the site and are in nobody's CRM; the target must report them, not guess."""


def write_events(path: Path, domains: Sequence[str], *, now: datetime, seed: int = 20) -> int:
    """Write events of the last 60 days for about half of the domains, and return how many.

    Args:
        path: The CSV file to write, with a header row.
        domains: Web domains of companies the CRM knows.
        now: The moment the last event may have happened, UTC.
        seed: Same seed, same domains, same moment: same events.
    """
    chance = random.Random(seed)
    known = sorted(set(domains))
    visitors = [domain for domain in known if chance.random() < 0.5]
    visitors += [f"unknown-visitor-{n}.example" for n in range(1, UNKNOWN_VISITORS + 1)]
    written = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["occurred_at", "domain", "kind", "topic"])
        for domain in visitors:
            for _ in range(1 + int(chance.paretovariate(1.1)) % 60):
                moment = now - timedelta(seconds=chance.randrange(60 * 86400))
                stamp = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
                rows.writerow([stamp, domain, chance.choice(KINDS), chance.choice(TOPICS)])
                written += 1
    return written
