"""What a reader does about a refusal: it changes the way it reads, and reads the window again.

* a query that times out is cut in two and read in halves, by time and in the end by Id;
* an object or query that Bulk refuses is read by REST, and one too wide for a REST request by Bulk;
* columns too many for one query are read in parts;
* a field that is gone since it was described is dropped with one warning and stays null;
* a window whose counts do not agree is read once more before the stream fails.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from salesforce_abm.errors import (
    ApiError,
    DataError,
    InvalidField,
    InvalidLocator,
    NotSupported,
    QueryTimeout,
    RequestTooLong,
)

if TYPE_CHECKING:
    import logging
    from collections.abc import Sequence

    from tap_salesforce_abm.fetch import Source
    from tap_salesforce_abm.reader import Tools
    from tap_salesforce_abm.settings import ApiType
    from tap_salesforce_abm.windows import Window

__all__ = ["Way"]

_MOST_PARTS: Final = 16
_NO_SUCH_COLUMN: Final = re.compile(r"No such column '([^']+)'")


class Way:
    """How one object is read at the moment.

    Args:
        tools: what the reader works with.
        source: what to read.
        api: how, if that goes.
        log: the stream's log.

    Attributes:
        source: what is read, without the fields that are gone.
        api: how it may still be read.
        bulk: whether the windows at hand are read by Bulk.
        parts: in how many parts the columns are read.
    """

    def __init__(self, tools: Tools, source: Source, api: ApiType, log: logging.Logger) -> None:
        self.source = source
        self.api = api
        self.bulk = False
        self.parts = 1
        self._tools = tools
        self._log = log
        self._read_again: set[Window] = set()
        self._bounds: tuple[str, str] | None = None

    def cure(self, error: ApiError | DataError, window: Window) -> Sequence[Window]:
        """Change what is wrong.

        Returns:
            The windows to read in place of the failed one.

        Raises:
            The error itself, when there is no cure.
        """
        if isinstance(error, QueryTimeout) or error.code == "OPERATION_TOO_LARGE":
            # The second is what Tasks and Events answer to users without View All Data.
            return self._halves(error, window)
        if isinstance(error, InvalidField):
            self._drop_fields(error)
        elif isinstance(error, NotSupported) and (self.bulk or self.api != "REST"):
            self._turn_to_rest(error)
        elif isinstance(error, RequestTooLong) and not self.bulk and self.api != "REST":
            self._log.info("%s: too many fields for a REST request, reading by Bulk", window)
            self.api = "BULK2"
            self.bulk = True
        elif self._is_too_wide(error):
            self.parts *= 2
            self._log.warning("Too many columns for one query (%s): reading them in parts", error.code)
        elif isinstance(error, InvalidLocator | DataError) and window not in self._read_again:
            self._read_again.add(window)
            self._log.warning("Reading %s again: %s", window, error)
        else:
            raise error
        return (window,)

    def _is_too_wide(self, error: ApiError | DataError) -> bool:
        complicated = error.code == "QUERY_TOO_COMPLICATED" or isinstance(error, RequestTooLong)
        return complicated and self.parts < _MOST_PARTS and not self.source.layout.has_bodies

    def _halves(self, error: ApiError | DataError, window: Window) -> Sequence[Window]:
        by_time = self.source.key is not None and window.ids == (None, None)
        halves = (window.halves() if by_time else None) or self._halves_by_id(window)
        if halves is None:
            raise error
        self._log.warning("The query for %s was too much (%s): reading it in halves", window, error.code)
        return halves

    def _halves_by_id(self, window: Window) -> tuple[Window, Window] | None:
        sobject = self.source.layout.sobject
        if self._bounds is None:
            self._bounds = self._tools.planner.first_and_last_id(sobject)
        return window.halves_by_id(*self._bounds) if self._bounds else None

    def _turn_to_rest(self, error: NotSupported) -> None:
        if error.code == "LIMIT_EXCEEDED":
            self._tools.allowance.no_more_jobs = True
        self._log.warning("Bulk API 2.0 does not serve this, reading by REST: %s", error.detail)
        self.api = "REST"
        self.bulk = False

    def _drop_fields(self, error: InvalidField) -> None:
        layout = self.source.layout
        present = self._tools.fields_of(layout.sobject)
        lost = [name for name in layout.fields if name.lower() not in present]
        named = _NO_SUCH_COLUMN.search(error.detail)
        if not lost and named:
            # Described, and refused all the same: believe the refusal.
            lost = [name for name in layout.fields if name.lower() == named[1].lower()]
        if not lost or self.source.key in lost or "Id" in lost:
            raise error
        self._log.warning(
            "%s: gone or hidden since it was discovered, its values are null from here on: %s",
            layout.sobject,
            ", ".join(lost),
        )
        self.source = replace(self.source, layout=layout.without(lost))
