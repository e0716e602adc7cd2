"""Bulk API 2.0 jobs: what they are, what runs them, where their results lie.

=============  ==============================================================
module         what is in it
=============  ==============================================================
`job`          `Job` and its JSON in each state
`registry`     `Jobs`: creates, finds, runs, holds, aborts, deletes
`query`        runs a query into a CSV file whose rows can be addressed
`ingest`       applies an uploaded CSV and writes the three result files
`csvtext`      the CSV dialects
=============  ==============================================================
"""

from local_org.jobs.job import Job, State
from local_org.jobs.registry import Jobs

__all__ = ["Job", "Jobs", "State"]
