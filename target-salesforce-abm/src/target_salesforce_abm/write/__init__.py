"""Stage 4: changes go into Salesforce.

outbox       which way a change goes: sObject Collections at once, or Bulk API 2.0 later, in few big jobs
collections  200 records a request, side by side; the ladder for locked rows; lost answers
lanes        which requests may go side by side
bulk, spool  one job for many changes, waiting on disk until then
answers      what Salesforce's answer to a row means
recheck      look what is in Salesforce before a write is repeated
"""

from __future__ import annotations
