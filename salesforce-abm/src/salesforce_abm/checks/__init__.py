"""Looks at an org before a plugin runs, and says what to change where.

findings    one line of the table
connection  who, where, may they use the API, how much quota is left
needs       each object and field: there, readable, writable, of the right kind
reading     what the tap reads beside named objects: patterns, reports, and what it will not see
"""

from __future__ import annotations

from salesforce_abm.checks.connection import look_at_connection
from salesforce_abm.checks.findings import Finding, State
from salesforce_abm.checks.needs import look_at_needs, look_at_probe
from salesforce_abm.checks.reading import look_at_reading

__all__ = [
    "Finding",
    "State",
    "look_at_connection",
    "look_at_needs",
    "look_at_probe",
    "look_at_reading",
]
