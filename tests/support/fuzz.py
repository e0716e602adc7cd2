"""Requests nobody should send: every route of the org, with values, headers and bodies that are right, wrong or cut off.

All from one `random.Random`, so a number names a run.
"""

from __future__ import annotations

import gzip
import http.client
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

from support.fuzz_values import (
    CSV,
    ENVELOPE,
    FIELDS,
    FORMS,
    HEADERS,
    OBJECTS,
    SOAP,
    SOQL,
    TEXTS,
    TYPES,
    VALUES,
    VERSIONS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from local_org.http.router import Route


@dataclass(frozen=True)
class Shot:
    """One request.

    Attributes:
        target: path and query as they go over the wire.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None

    def __str__(self) -> str:
        return f"{self.method} {self.target[:300]} {self.headers} {(self.body or b'')[:600]!r}"


class Fuzzer:
    """Makes requests for routes.

    Args:
        routes: what to aim at.
        token: an access token that works.
        ids: ids of things there are; `learn` adds those the org tells.
    """

    def __init__(self, random: Random, routes: Sequence[Route], token: str, ids: Sequence[str]) -> None:
        self.random = random
        self.routes = routes
        self.token = token
        self.ids = list(ids)

    def learn(self, body: bytes) -> None:
        """Remember ids of jobs, batches, cursors and rows that were answered."""
        found = re.findall(
            rb"\b(?:750|751|752|01g|0LG|001|003)[0-9A-Za-z]{12}(?:[A-Z0-5]{3})?(?:-\d+)?\b", body[:3000]
        )
        self.ids = (self.ids + [item.decode() for item in found[:3]])[-60:]

    def shot(self) -> Shot:
        """The next request."""
        pick = self.random.choice
        route = pick(self.routes)
        path = re.sub(
            r"\{(\w+)(?::path)?\}",
            lambda part: quote(self.segment(part[1]), safe="", errors="replace"),
            route.pattern,
        )
        if self.random.random() < 0.05:
            path = self.damaged(path.encode()).decode("latin-1")
        method = (
            route.method
            if self.random.random() < 0.9
            else pick(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "NOPE"])
        )
        target = path + self.query()
        headers = {"Authorization": f"Bearer {self.token}", "X-SFDC-Session": self.token}
        for name in self.random.sample(list(HEADERS), self.random.choice([0, 0, 1, 2])):
            headers[name] = pick(HEADERS[name])
        body = None
        if method in ("POST", "PUT", "PATCH") or self.random.random() < 0.05:
            body = self.body(route.pattern, headers)
        safe = re.sub(r"[\x00-\x20\x7f-\xff]", lambda found: quote(found[0].encode("latin-1")), target)
        return Shot(method, safe[:17_000], headers, body)

    def segment(self, name: str) -> str:
        """Something for a named part of a path."""
        pick = self.random.choice
        pool: dict[str, Callable[[], str]] = {
            "version": lambda: pick(VERSIONS),
            "object": lambda: pick(OBJECTS),
            "field": lambda: pick(FIELDS),
        }
        if name in pool:
            return pool[name]()
        return pick(self.ids) if self.random.random() < 0.7 else pick([*TEXTS, *OBJECTS])

    def query(self) -> str:
        """A query string, often none."""
        pick, known = self.random.choice, []
        special: dict[str, Callable[[], str]] = {
            "q": self.soql,
            "explain": self.soql,
            "ids": lambda: ",".join(self.random.choices(self.ids, k=pick([1, 3, 300]))),
            "fields": lambda: ",".join(self.random.choices(FIELDS[:4], k=3)),
            "_HttpMethod": lambda: pick(["PATCH", "DELETE", "X"]),
            "maxRecords": lambda: pick(["1", "0", "-5", "1e3", "9" * 30]),
            "columns": lambda: "true",
        }
        for name in self.random.sample(
            ["q", "explain", "columns", "ids", "fields", "start", "end", "locator", "maxRecords", "updateOnly", "allOrNone", "sObjects", "queryLocator", "isPkChunkingEnabled", "jobType", "includeDetails", "cloneId", "_HttpMethod", "export", "search", "page", "sort"],
            pick([0, 0, 1, 2, 3]),
        ):  # fmt: skip
            value = special[name]() if name in special else pick(TEXTS)
            known.append(
                f"{name}={quote(value, errors='replace') if self.random.random() < 0.95 else '%E9%'}"
            )
        return "?" + "&".join(known) if known else ""

    def soql(self) -> str:
        """A query, whole or damaged."""
        text = self.random.choice(SOQL)
        return text if self.random.random() < 0.5 else self.damaged(text.encode()).decode("utf-8", "replace")

    def body(self, pattern: str, headers: dict[str, str]) -> bytes:
        """A body that mostly suits its route, and its Content-Type."""
        pick = self.random.choice
        suited = (
            "xml"
            if "/Soap/" in pattern
            else "form"
            if "/oauth2/" in pattern
            else "csv"
            if "batch" in pattern and "composite" not in pattern
            else "json"
        )
        kind = suited if self.random.random() < 0.85 else pick(["json", "csv", "xml", "form", "bytes"])
        types = {
            "json": "application/json",
            "csv": "text/csv",
            "xml": "text/xml",
            "form": "application/x-www-form-urlencoded",
        }
        headers["Content-Type"] = types.get(kind, "") if self.random.random() < 0.85 else pick(TYPES)
        if kind == "json":
            encoding = pick(["utf-8"] * 12 + ["utf-16", "utf-8-sig", "latin-1", "utf-32"])
            made = json.dumps(self.document(pattern), ensure_ascii=False).encode(encoding, "replace")
        elif kind == "csv":
            made = pick(CSV).encode()
        elif kind == "xml":
            made = (
                ENVELOPE.replace("{token}", self.token)
                .replace("{body}", pick(SOAP).replace("{n}", str(self.random.randrange(9))))
                .encode()
            )
        elif kind == "form":
            made = pick(FORMS).encode()
        else:
            made = self.random.randbytes(pick([0, 1, 50, 5000]))
        if self.random.random() < 0.3:
            made = self.damaged(made)
        if headers.get("Content-Encoding") == "gzip" and self.random.random() < 0.8:
            made = gzip.compress(made)[: None if self.random.random() < 0.7 else -5]
        return made

    def document(self, pattern: str) -> Any:
        """JSON that suits a route, with a part replaced now and then."""
        made = _document(pattern, self)
        while self.random.random() < 0.4:
            made = self.changed(made)
        if self.random.random() < 0.01:
            for _ in range(400):
                made = [made]
        return made

    def changed(self, value: Any) -> Any:
        """The value with one of its parts, or itself, replaced."""
        pick = self.random.choice
        if isinstance(value, dict) and value and self.random.random() < 0.85:
            key = pick(list(value))
            return (
                {**value, key: self.changed(value[key])}
                if self.random.random() < 0.8
                else {name: item for name, item in value.items() if name != key}
            )
        if isinstance(value, list) and value and self.random.random() < 0.85:
            at = self.random.randrange(len(value))
            return [*value[:at], self.changed(value[at]), *value[at + 1 :]]
        return pick([*VALUES, *TEXTS])

    def damaged(self, data: bytes) -> bytes:
        """Cut off, with bytes changed, doubled or mixed in."""
        if not data:
            return data
        at = self.random.randrange(len(data))
        return self.random.choice(
            [
                data[:at],
                data[at:],
                data[:at] + self.random.randbytes(3) + data[at:],
                data[:at] + b"\x00\xff" + data[at + 1 :],
                data * 2,
                data[: at // 2] + data[at:],
            ]
        )


def _document(pattern: str, fuzz: Fuzzer) -> Any:
    pick, one = fuzz.random.choice, fuzz.random.randrange
    row = {
        "attributes": {"type": pick(OBJECTS[:6])},
        "Id": pick(fuzz.ids),
        "Name": pick(TEXTS),
        "LastName": "x",
        "Email": pick(TEXTS),
        "CloseDate": pick(TEXTS),
        "AnnualRevenue": pick(VALUES),
    }
    reference = {
        "method": pick(["GET", "POST", "PATCH", "DELETE"]),
        "url": pick(
            [
                "/services/data/v60.0/sobjects/Account/@{a.id}",
                "/services/data/v60.0/query?q=" + quote(fuzz.soql(), errors="replace"),
                "/services/data/v60.0/composite",
                "x",
                "/services/data/v60.0/sobjects/Contact",
            ]
        ),
        "referenceId": pick(["a", "b", "", "a.b", "@{a}"]),
        "body": row,
    }
    if pattern.endswith("/composite"):
        return {
            "allOrNone": pick([True, False]),
            "compositeRequest": [reference | {"referenceId": pick("abc")} for _ in range(one(1, 4))],
        }
    if "composite/graph" in pattern:
        return {"graphs": [{"graphId": pick("12"), "compositeRequest": [reference] * one(1, 3)}]}
    if "composite/batch" in pattern:
        return {
            "haltOnError": pick([True, False]),
            "batchRequests": [
                {
                    "method": reference["method"],
                    "url": str(reference["url"]).removeprefix("/services/data/"),
                    "richInput": row,
                }
            ],
        }
    if "composite/tree" in pattern:
        return {
            "records": [
                {
                    **row,
                    "attributes": {"type": "Account", "referenceId": pick("ab")},
                    "Contacts": {
                        "records": [{"attributes": {"type": "Contact", "referenceId": "c"}, "LastName": "x"}]
                    },
                }
            ]
        }
    if "composite/sobjects" in pattern:
        return {
            "allOrNone": pick([True, False]),
            "records": [row] * pick([1, 2, 201]),
            "ids": fuzz.random.choices(fuzz.ids, k=3),
            "fields": fuzz.random.choices(FIELDS, k=2),
        }
    if "jobs/" in pattern:
        return {
            "operation": pick(["query", "queryAll", "insert", "upsert", "delete", "hardDelete", "x"]),
            "query": fuzz.soql(),
            "object": pick(OBJECTS),
            "externalIdFieldName": pick(FIELDS),
            "contentType": pick(["CSV", "x"]),
            "columnDelimiter": pick(["COMMA", "TAB", "x"]),
            "lineEnding": pick(["LF", "CRLF", "x"]),
            "state": pick(["UploadComplete", "Aborted", "x"]),
        }
    if "/async/" in pattern:
        return {
            "operation": pick(["query", "insert", "upsert", "delete"]),
            "object": pick(OBJECTS),
            "contentType": pick(["CSV", "JSON", "XML", "x"]),
            "externalIdFieldName": pick(FIELDS),
            "state": pick(["Closed", "Aborted", "x"]),
        }
    if "analytics" in pattern:
        filters = [
            {
                "column": pick([*FIELDS, "EMPLOYEES"]),
                "operator": pick(["equals", "greaterThan", "x"]),
                "value": pick(TEXTS),
            }
        ]
        return {
            "reportMetadata": {
                "reportFilters": filters,
                "reportBooleanFilter": pick(["1", "1 AND 2", "((", "NOT 1"]),
                "detailColumns": fuzz.random.choices([*FIELDS, "ACCOUNT.NAME"], k=2),
                "sortBy": [{"sortColumn": pick(FIELDS), "sortOrder": pick(["Asc", "x"])}],
                "topRows": {"rowLimit": pick(VALUES), "direction": "Asc"},
                "standardDateFilter": {
                    "column": "CREATED_DATE",
                    "durationValue": pick(["CUSTOM", "THIS_YEAR", "x"]),
                    "startDate": pick(TEXTS),
                },
            }
        }
    if "tooling" in pattern:
        return {
            "FullName": pick(["Account.T__c", "Thing__c", "x", "Account.Name", "Nope.T__c"]),
            "Metadata": {
                "type": pick(["Text", "Number", "Picklist", "Formula", "Lookup", "x"]),
                "label": pick(TEXTS),
                "length": pick(VALUES),
                "precision": pick(VALUES),
                "formula": pick(TEXTS),
                "referenceTo": pick(OBJECTS),
            },
        }
    if "/local-org/" in pattern:
        return {
            "kind": pick(["status", "reset", "truncate", "latency", "job", "lock", "x"]),
            "status": pick([503, "x", -1]),
            "seconds": pick([0, "x", -1]),
            "times": pick([1, None, "x"]),
            "path": pick(["/query", "((", 7]),
            "remaining": pick([5, -1, "x"]),
            "set": pick(TEXTS),
            "shift": pick([0, "x", 1e308]),
            "id": pick(fuzz.ids),
            "page_size": pick([200, -1, "x"]),
        }
    return {name: value for name, value in row.items() if name not in ("attributes", "Id")}


class Gun:
    """Sends shots over one connection, and opens another where the org closed it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), parts.port
        self._connection = http.client.HTTPConnection(self._host, self._port, timeout=60)

    def fire(self, shot: Shot) -> tuple[int, bytes]:
        """Status and body; status 0 where the org dropped the connection without a word."""
        connection = self._connection
        try:
            connection.putrequest(
                shot.method, shot.target, skip_host="Host" in shot.headers, skip_accept_encoding=True
            )
            for name, text in shot.headers.items():
                connection.putheader(name, text.encode("latin-1", "replace"))
            if shot.body is not None:
                connection.putheader("Content-Length", str(len(shot.body)))
            connection.endheaders(shot.body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (http.client.HTTPException, ConnectionError):
            self.close()
            return 0, b""

    def close(self) -> None:
        """Close the connection; the next shot opens one."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_failure(shot: Shot, status: int, body: bytes) -> bool:
    """Whether an answer tells that the org broke.

    SOAP sends its faults with 500, Analytics refuses bodies it cannot read with 500, and verbs that HTTP does not
    know, or nobody serves, get 501.
    """
    if status == 501:
        return shot.method not in ("TRACE", "NOPE")
    documented = b"<soapenv:Fault>" in body or b"The request body is either invalid or incomplete." in body
    return status >= 500 and not documented
