"""Objects that Salesforce serves only through a filter on their parents.

All Ids of the parent object are read, and the children asked for by lists of them. A child's timestamp still
bounds what comes, so runs after the first bring only what changed; the requests are the same each time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from salesforce_abm.soql import any_of, split_by_length
from tap_salesforce_abm.decode import Lines
from tap_salesforce_abm.fetch import Source
from tap_salesforce_abm.layout import Layout
from tap_salesforce_abm.reader import Done, Paused, Reader
from tap_salesforce_abm.schema import Column, Kind
from tap_salesforce_abm.windows import Window

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping, Sequence

    from tap_salesforce_abm.reader import Tools
    from tap_salesforce_abm.settings import ApiType

__all__ = ["PARENTS", "ParentReader"]

PARENTS: Final[Mapping[str, tuple[str, str]]] = {
    "CollaborationGroupRecord": ("CollaborationGroupId", "CollaborationGroup"),
    "ContentDocumentLink": ("ContentDocumentId", "ContentDocument"),
    "ContentFolderItem": ("ParentContentFolderId", "ContentFolder"),
    "ContentFolderMember": ("ParentContentFolderId", "ContentFolder"),
    "IdeaComment": ("IdeaId", "Idea"),
    "Vote": ("ParentId", "Idea"),
}
"""The field to filter on, and the object that it points to."""

_IDS_IN_A_QUERY: Final = 12_000
"""Characters of Ids in a query."""


class ParentReader:
    """Reads such an object; stands where a `Reader` does.

    Args:
        tools: see `Reader`.
        source: what to read.
        windows: from where to where.
        api: how to read the parents; the children are read by REST, Bulk wanting few large jobs.
        log: the stream's log.
    """

    may_share = False
    expected: int | None = None

    def __init__(
        self, tools: Tools, source: Source, windows: Sequence[Window], api: ApiType, log: logging.Logger
    ) -> None:
        self._tools = tools
        self._source = source
        self._windows = windows
        self._api = api
        self._log = log

    def prepare(self) -> None:
        """Do nothing ahead of time: the first step is the reading of the parents, which is much."""

    def first_query(self) -> tuple[Source, Window]:
        """See `Reader.first_query`; not called, nothing being shared."""
        return self._source, self._windows[0]

    def events(self) -> Iterator[Lines | Paused | Done]:
        """Read everything; see `Reader.events`."""
        field, parent = PARENTS[self._source.layout.sobject]
        for window in self._windows:
            rows = 0
            for ids in split_by_length(self._parents(parent), _IDS_IN_A_QUERY, url=True):
                some = replace(
                    self._source, conditions=(*self._source.conditions, any_of(field, ids, "reference"))
                )
                for event in Reader(self._tools, some, [window], "REST", self._log).events():
                    if isinstance(event, Lines):
                        rows += event.count
                        yield event
            yield Done(window, rows)

    def _parents(self, sobject: str) -> Iterator[str]:
        layout = Layout(sobject, (Column("Id", Kind.ID),))
        source = Source(layout, None, all_rows=False)
        for event in Reader(self._tools, source, [Window(None, None)], self._api, self._log).events():
            if isinstance(event, Lines):
                yield from (str(record["Id"]) for record in event.records())
