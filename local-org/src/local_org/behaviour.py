"""What differs between orgs, or between days: switches that tests and people may turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(slots=True)
class Behaviour:
    """How the org behaves where Salesforce leaves itself room.

    Attributes:
        page_size: most rows on a page of a REST query; clients may ask for fewer.
        small_pages: pages of wide rows (many columns, long texts) are smaller than asked for.
        cursor_life: how long a query's next pages can be fetched.
        bulk_page_rows: rows of a Bulk result page when the client names no `maxRecords`.
        job_life: how long jobs and their results are kept.
        polls: status requests that find a Bulk job unfinished, however quick it is.
        prerendered: queries are answered with the bytes of the first time, see `local_org.http.rendered`.
        patience: seconds a status request waits for a running job, so that quick jobs are found finished.
    """

    page_size: int = 2000
    small_pages: bool = True
    cursor_life: timedelta = timedelta(days=2)
    bulk_page_rows: int = 50_000
    job_life: timedelta = timedelta(days=7)
    polls: int = 0
    prerendered: bool = False
    patience: float = 0.25
