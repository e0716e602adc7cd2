"""What single objects do beyond the rules all objects share: derived fields, side rows, their own refusals.

`BEFORE` functions see a batch when references are checked and before required fields are; they set values and
put errors on rows. `AFTER` functions see it when the rows are written and add rows elsewhere. `REMOVED`
functions get the ids of rows that are about to be deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local_org.dml.batch import Batch
    from local_org.org import Org

    Behaviour = Callable[[Batch], None]
    Removal = Callable[[Org, list[str]], None]

BEFORE: Mapping[str, tuple[Behaviour, ...]] = {}
AFTER: Mapping[str, tuple[Behaviour, ...]] = {}
REMOVED: Mapping[str, tuple[Removal, ...]] = {}
