"""tap-salesforce-abm: Salesforce objects and reports as typed, incremental Singer streams.

The way of a row, stage by stage; what passes between two stages is immutable:

    discover   discovery, catalog, report_discovery   which streams there are
               schema, layout, drift, reports          what their records look like
    plan       planner, windows                        REST or Bulk, from where to where
    fetch      fetch, fetch_rest, fetch_bulk           one window by one API
               wide, parents, report_pages             what cannot be read straightforwardly
               lookahead, reader, cures                windows in order, ahead of time, put right on the way
    decode     decode, decode_csv, decode_json         pages to record lines
    emit       streams, emit, state                    rows first, then the STATE that covers them

Beside them: deletes (purged rows), formulas and digests (rows that changed unnoticed), account_domain (the
derived stream), settings, summary, interrupts (signals), cli (exit codes), tap (all of it together).
"""

__version__ = "0.1.0"
