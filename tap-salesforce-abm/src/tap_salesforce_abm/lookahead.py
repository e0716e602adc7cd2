"""Making the first requests of streams before their turn, and several of them for one API call.

A run over many objects is mostly a run over many small answers. Streams that will be read by REST share a
request in fives (`POST /composite` takes five queries), the group that comes next being asked for while this
one is emitted; streams that will be read by Bulk have their first job started. What goes wrong ahead of time
is not acted on: the stream meets it again in its turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesforce_abm.composite import MOST_QUERIES
from salesforce_abm.errors import SalesforceAbmError

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future

    from tap_salesforce_abm.fetch_rest import RestFetcher
    from tap_salesforce_abm.parents import ParentReader
    from tap_salesforce_abm.reader import Reader, Tools

__all__ = ["LookAhead"]


class LookAhead:
    """Prepares readers.

    Args:
        tools: what the readers work with.
        rest: fetches first pages together.
        readers: the run's readers by stream name, in the order of their turns.
        log: where failures are noted.
    """

    def __init__(
        self,
        tools: Tools,
        rest: RestFetcher,
        readers: Mapping[str, Reader | ParentReader],
        log: logging.Logger,
    ) -> None:
        self._tools = tools
        self._rest = rest
        self._readers = readers
        self._log = log
        self._order = list(readers)
        sharing = [name for name, reader in readers.items() if reader.may_share]
        self._groups = [sharing[at : at + MOST_QUERIES] for at in range(0, len(sharing), MOST_QUERIES)]
        self._group_of = {name: at for at, group in enumerate(self._groups) for name in group}
        self._started: dict[int, Future[None]] = {}
        self._prepared: dict[str, Future[None]] = {}

    def ready(self, name: str) -> Reader | ParentReader | None:
        """Give a stream's reader when its turn has come, and set the next ones off."""
        if name not in self._readers:
            return None
        at = self._order.index(name)
        following = self._order[at + 1 : at + 1 + self._tools.ahead]
        for other in (name, *following):
            group = self._group_of.get(other)
            if group is not None:
                self._start_group(group)
            elif other != name and other not in self._prepared:
                self._prepared[other] = self._tools.workers.submit(self._readers[other].prepare)
        own = self._group_of.get(name)
        waiting = self._started[own] if own is not None else self._prepared.get(name)
        if waiting is not None:
            waiting.result()
        return self._readers[name]

    def _start_group(self, group: int) -> None:
        if group not in self._started:
            readers = [self._readers[name] for name in self._groups[group]]
            self._started[group] = self._tools.workers.submit(self._prepare_group, readers)

    def _prepare_group(self, readers: Sequence[Reader | ParentReader]) -> None:
        try:
            if len(readers) > 1:
                self._rest.prefetch([reader.first_query() for reader in readers])
        except SalesforceAbmError as error:
            self._log.debug("Reading ahead failed; it is tried again in turn: %s", error)
        if self._tools.ahead:
            for reader in readers:
                reader.prepare()
