"""Before the first write: does the org have what the loads need, and may the connected user write it?

Loads are bound to the describes of their objects; whatever does not fit is a problem, and all problems of
all loads are told together. Binding costs one API call for 25 objects, and one more when lookups point at
further objects.

checks     Preflight: describes objects, binds loads
load       one load
columns    the fields it writes
steps      the ways it finds records
keys       the external Id of the records it makes
fit        the types its stream brings
findings   what is wrong, and how it is said
"""

from __future__ import annotations

from target_salesforce_abm.preflight.checks import Preflight

__all__ = ["Preflight"]
