"""SOQL over REST: pages of up to 2,000 rows, each checked against what Salesforce said it would send.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm

The first page is asked for with the query in the URL, later ones with `nextRecordsUrl` exactly as Salesforce
gave it (it is opaque and lives two days). A query too long for a URL goes as the one subrequest of a
`POST /composite`, which carries URLs in its body and counts as one API call too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote_plus

import msgspec

from salesforce_abm.composite import MOST_QUERIES, get_together
from salesforce_abm.errors import ApiError, DataError, InvalidLocator, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from salesforce_abm.session import Session

MAX_URL = 14_000
"""Longest URL sent. The front end refuses URL and headers together above 16,384 bytes (414, 431)."""

MIN_BATCH, MAX_BATCH = 200, 2000
"""Page sizes Salesforce takes; a hint to it, real pages can be smaller."""

_COUNT_QUERY = re.compile(r"\s*SELECT\s+COUNT\s*\(\s*\)\s+FROM\b", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^()]*\)")
_FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)
_NEXT_KEY = b'"nextRecordsUrl"'
_T = TypeVar("_T")


@dataclass(frozen=True)
class QueryPage:
    """One page of a query's answer.

    Attributes:
        raw: the body as it came (UTF-8 JSON), for callers with a faster decoder of their own. Child rows
            that Salesforce cut off are not in it; see `records`.
        total_size: rows of the whole query.
        count: rows on this page.
        done: whether this is the last page.
        next_url: where the next page is, verbatim.
    """

    raw: bytes = field(repr=False)
    total_size: int
    count: int
    done: bool
    next_url: str | None = field(default=None, repr=False)
    _children: Callable[[str], list[dict[str, Any]]] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The rows as Salesforce's JSON, with `attributes`; decimals exact, subqueries complete."""
        records: list[dict[str, Any]] = _DECODER.decode(self.raw)["records"]
        if self._children is not None and self.raw.count(_NEXT_KEY) > (self.next_url is not None):
            for record in records:
                _complete(record, self._children)
        return records


class Query:
    """Runs SOQL over REST.

    Args:
        session: the signed-in session.
        tooling: ask the Tooling API, which has objects of its own (`EntityDefinition`, `CustomField`).
    """

    def __init__(self, session: Session, *, tooling: bool = False) -> None:
        self._session = session
        self._root = f"/services/data/v{session.api_version}/{'tooling/' if tooling else ''}"

    def pages(
        self,
        soql: str,
        *,
        all_rows: bool = False,
        batch_size: int = MAX_BATCH,
        first: QueryPage | None = None,
    ) -> Iterator[QueryPage]:
        """Run a query and give its pages as they come.

        Args:
            soql: the query.
            all_rows: deleted and archived rows too (`queryAll`).
            batch_size: rows a page, 200 to 2,000; Salesforce takes it as a hint.
            first: its first page, when `first_pages` has fetched that already.

        Raises:
            ApiError: Salesforce refused (`InvalidField`, `InvalidType`, `QueryTimeout`, ...).
            InvalidLocator: the cursor died between two pages; start again.
            DataError: fewer or more rows came than `totalSize` said.
        """
        headers = {"Sforce-Query-Options": f"batchSize={min(max(batch_size, MIN_BATCH), MAX_BATCH)}"}
        page = first or self._page(self._first(soql, all_rows=all_rows, headers=headers))
        received = page.count
        yield page
        while page.next_url is not None:
            page = self._page(self._next(page.next_url, headers))
            received += page.count
            yield page
        if received != page.total_size and not _COUNT_QUERY.match(soql):
            raise DataError(
                f"{object_of(soql)}: {received} rows came, Salesforce said {page.total_size}",
                remedy="Rows were deleted while they were read, or an answer was incomplete: run again.",
            )

    def first_pages(self, queries: Sequence[str], *, all_rows: bool = False) -> list[QueryPage | None]:
        """Run several queries as far as their first pages, five for one API call.

        Args:
            queries: any number.
            all_rows: as in `pages`.

        Returns:
            In the order of the queries, the page, to go on from with `pages`; None for a query that was
            refused: run alone it says why.
        """
        path = f"{self._root}{'queryAll' if all_rows else 'query'}"
        urls = [f"{path}?q={quote_plus(soql)}" for soql in queries]
        headers = {"Sforce-Query-Options": f"batchSize={MAX_BATCH}"}
        answers: list[bytes | ApiError] = []
        for start in range(0, len(urls), MOST_QUERIES):
            some = urls[start : start + MOST_QUERIES]
            answers += get_together(self._session, some, kind="query", headers=headers)
        return [None if isinstance(answer, ApiError) else self._page(answer) for answer in answers]

    def records(
        self, soql: str, *, all_rows: bool = False, batch_size: int = MAX_BATCH
    ) -> Iterator[dict[str, Any]]:
        """Run a query and give its rows one by one; arguments and errors as in `pages`."""
        for page in self.pages(soql, all_rows=all_rows, batch_size=batch_size):
            yield from page.records

    def count(self, soql: str, *, all_rows: bool = False) -> int:
        """Run a `SELECT COUNT() FROM ...` (or any query) and give the number of rows, reading none.

        Returns:
            `totalSize`, which is where Salesforce puts the answer to `COUNT()`.
        """
        return self._page(self._first(soql, all_rows=all_rows, headers={})).total_size

    def _first(self, soql: str, *, all_rows: bool, headers: dict[str, str]) -> bytes:
        path = f"{self._root}{'queryAll' if all_rows else 'query'}"
        url = f"{path}?q={quote_plus(soql)}"
        if len(url) > MAX_URL:
            return self._by_composite(url, headers)
        answer = self._session.request("GET", path, kind="query", params={"q": soql}, headers=headers)
        return answer.content

    def _next(self, url: str, headers: dict[str, str]) -> bytes:
        try:
            return self._session.request("GET", url, kind="query", headers=headers).content
        except NotFound as error:  # a dead cursor is a 400 INVALID_QUERY_LOCATOR, but 404 has been seen
            raise InvalidLocator(
                error.status, error.code, error.detail, request_id=error.request_id, operation="the next page"
            ) from error

    def _by_composite(self, url: str, headers: dict[str, str]) -> bytes:
        [answer] = get_together(self._session, [url], kind="query", headers=headers)
        if isinstance(answer, ApiError):
            raise answer
        return answer

    def _page(self, body: bytes) -> QueryPage:
        envelope = _decode(body, _Envelope)
        next_url = None if envelope.done else envelope.next_records_url
        return QueryPage(
            raw=body,
            total_size=envelope.total_size,
            count=len(envelope.records),
            done=next_url is None,
            next_url=next_url,
            _children=self._child_rows,
        )

    def _child_rows(self, url: str) -> list[dict[str, Any]]:
        """Read the rest of a cut-off child list."""
        rows: list[dict[str, Any]] = []
        next_url: str | None = url
        while next_url is not None:
            page = self._page(self._next(next_url, {}))
            rows += page.records
            next_url = page.next_url
        return rows


def object_of(soql: str) -> str:
    """Name the object a query reads, for messages: a query's filter may hold record values."""
    flat, replaced = soql, 1
    while replaced:
        flat, replaced = _BRACKETS.subn("", flat)
    found = _FROM.search(flat)
    return found[1] if found else "query"


_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class _Envelope(msgspec.Struct, rename="camel"):
    total_size: int
    done: bool
    records: list[msgspec.Raw]
    next_records_url: str | None = None


def _decode(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise DataError(f"the answer to a query is not what it should be: {error}") from error


def _complete(record: dict[str, Any], children: Callable[[str], list[dict[str, Any]]]) -> None:
    """Fetch the missing rows of every child list below a record, in place."""
    for name, value in record.items():
        if not isinstance(value, dict):
            continue
        if not isinstance(value.get("records"), list):
            _complete(value, children)  # a parent record may have child lists of its own
            continue
        url = value.pop("nextRecordsUrl", None)
        if url and not value.get("done"):
            value["records"] += children(url)
            value["done"] = True
        if len(value["records"]) != value.get("totalSize"):
            raise DataError(f"{name}: {len(value['records'])} child rows came, not {value.get('totalSize')}")
        for child in value["records"]:
            _complete(child, children)
