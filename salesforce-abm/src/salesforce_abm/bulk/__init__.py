"""Bulk API 2.0.

* `query`: `BulkQuery`, SOQL in the background, results as CSV pages.
* `ingest`: `BulkIngest`, CSV files of records to insert, update, upsert or delete.
* `outcome`: what became of each uploaded row.
* `jobs`: the job document, waiting, why a job failed.
* `pages`, `body`, `lookahead`: one page of results; the bytes of one download; pages fetched ahead.
"""

from __future__ import annotations

from salesforce_abm.bulk.ingest import BulkIngest
from salesforce_abm.bulk.jobs import BulkJob
from salesforce_abm.bulk.outcome import IngestOutcome, ResultFile
from salesforce_abm.bulk.pages import CsvPage
from salesforce_abm.bulk.query import BulkQuery

__all__ = ["BulkIngest", "BulkJob", "BulkQuery", "CsvPage", "IngestOutcome", "ResultFile"]
