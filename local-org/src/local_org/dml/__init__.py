"""Every write, with the checks and the wordings of Salesforce.

==============  ==============================================================================
module          what is in it
==============  ==============================================================================
`service`       `Dml`: create, update, upsert, delete, undelete, merge; one row or many
`outcome`       `RowOutcome`, `RowError`, `WriteOptions`
`errors`        codes and wordings
`parse`         from a row as sent to a draft: names, rights, values
`values`        one value: form, length, picklist, range
`batch`         `Draft` and `Batch`: rows on their way
`keys`          which stored row a row is about
`references`    lookups by id and by external id
`unique`        values only one row may have
`save`          the stages of a save, defaults, required fields, SQL
`remove`        recycle bin, cascades, hard deletes
`merge`         merging accounts, contacts, leads, cases
`changes`       getUpdated and getDeleted
==============  ==============================================================================
"""

from __future__ import annotations

from local_org.dml.outcome import RowError, RowOutcome, UnreadableError, WriteOptions
from local_org.dml.service import Dml

__all__ = ["Dml", "RowError", "RowOutcome", "UnreadableError", "WriteOptions"]
