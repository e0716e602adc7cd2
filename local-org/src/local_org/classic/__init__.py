"""Bulk API 1.0, for clients that still speak it.

==========  ====================================================================
module      what is in it
==========  ====================================================================
`model`     jobs and batches, and where they are kept
`wire`      their XML and JSON
`query`     query batches, PK chunking, result files
`ingest`    batches of rows to write
==========  ====================================================================
"""

from local_org.classic.model import Batch, ClassicJob, ClassicJobs

__all__ = ["Batch", "ClassicJob", "ClassicJobs"]
