"""Faults: what a real org and a real network do to clients now and then, on demand.

==========  ====================================================================
module      what is in it
==========  ====================================================================
`core`      `Fault` (which requests, how often) and the list of the active ones
`network`   latency, refusals, dropped connections, cut bodies
`sessions`  sessions that end too early
`jobs`      Bulk jobs that end badly or never
`data`      rows, fields and rights that change under a reader
`catalog`   `Faults`: one method per fault, and faults by name for the admin API
==========  ====================================================================
"""
