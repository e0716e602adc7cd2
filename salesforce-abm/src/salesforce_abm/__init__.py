"""What tap-salesforce-abm and target-salesforce-abm share, and the `salesforce-abm` command.

In floors, low to high; a floor knows only those below it:

    errors, codes       every exception, by what can be done about it; Salesforce's error codes as one table
    ids, soql, times    record ids, SOQL text, dates: pure functions
    settings            settings as data: checks, JSON Schema, documentation
    connection, urls    which org and which sign-in flow the settings mean
    auth                one OAuth flow per module
    session, transport  the one HTTP door: sign-in, repetitions, quota, request log
    describe, query, bulk, collections, reports, limits
                        one module per Salesforce API, each streaming, each usable alone
    domains             web-domain evidence
    redact              keeps secrets out of logs
    cli                 the command
"""

__version__ = "0.1.0"
