"""`Reports`: saved reports of an org, described and run for a user."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from local_org.reports import cells, documents
from local_org.reports.columns import report_types
from local_org.reports.dates import bucket
from local_org.reports.definitions import Definition, Definitions
from local_org.reports.errors import bad_request, not_found
from local_org.reports.facts import MAX_ROWS, Bucket, Facts, Item, compute
from local_org.reports.filters import Context, quote
from local_org.reports.formats import EMPTY, Formatter
from local_org.reports.instances import Instances
from local_org.reports.request import Runner, merge, plan, prune
from local_org.soql.run import run_query

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from local_org.org import Org
    from local_org.reports.columns import Column, ReportType
    from local_org.reports.request import Grouping, Plan
    from local_org.security import User

Json = dict[str, Any]
_PAGE = 2000
_QUERY_VERSION = "60.0"


@dataclass(frozen=True, slots=True)
class Result:
    """A finished run.

    Attributes:
        definition: the report; its Id is empty when it was never saved.
        plan: what was run.
        facts: groups and summaries.
        cells: `dataCells` of the detail rows, by record Id.
        document: the API's answer without `attributes`.
    """

    definition: Definition
    plan: Plan
    facts: Facts
    cells: Mapping[str, Json]
    document: Json


class Reports:
    """The reports of one org.

    Attributes:
        definitions: the saved ones.
        instances: asynchronous runs, and the hourly limits of both kinds of runs.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self.definitions = Definitions(org)
        self.instances = Instances(org)

    def types(self, user: User) -> dict[str, ReportType]:
        """Report types whose object the user may read, with the columns he may see, by API name."""
        access = self._org.access(user)
        found = {}
        for name, full in report_types(self._org.schema).items():
            if access.can_read(self._org.schema.object(full.sobject)):
                found[name] = full.seen_by(access.readable)
        return found

    def describe(self, user: User, report_id: str, version: float) -> Json:
        """Metadata of a report and of its type, without `attributes`.

        Raises:
            ReportError: 404 for an unknown report.
        """
        definition = self._current(user, report_id)
        metadata = definition.metadata
        full, seen = self._type(user, metadata)
        # what a run would refuse (joined formats, filters on lost fields) can still be described
        calm: Json = {"reportFilters": [], "reportBooleanFilter": None, "sortBy": []}
        if metadata["reportFormat"] == "MULTI_BLOCK":
            calm["reportFormat"] = "TABULAR"
        made = plan({**metadata, **calm}, full, seen, self._runner(user))
        return {
            "reportExtendedMetadata": documents.extended(made, version),
            "reportMetadata": {**made.metadata, **{key: metadata[key] for key in calm}},
            "reportTypeMetadata": documents.type_metadata(seen, self.today(user), version),
        }

    def run(
        self,
        user: User,
        report_id: str,
        *,
        details: bool | None,
        version: float,
        body: Any = None,
        most: int = MAX_ROWS,
    ) -> Result:
        """Runs a saved report.

        Args:
            user: sees only what he may.
            report_id: which.
            details: with detail rows; None: as the metadata's `hasDetailRows` says.
            version: API version, decides which keys the answer has.
            body: the request's JSON with changed `reportMetadata`; None runs the report as saved.
            most: detail rows at most; exports give more than the API does.

        Raises:
            ReportError: in every case the API says no.
        """
        definition = self._current(user, report_id)
        metadata = definition.metadata if body is None else merge(definition.metadata, body)
        changed = replace(definition, metadata=metadata)
        result = self._run(user, changed, details, version, most=most)
        self.definitions.ran(definition.id)
        return result

    def run_unsaved(self, user: User, body: Any, *, details: bool | None, version: float) -> Result:
        """Runs metadata that was never saved (`POST reports/query`)."""
        metadata = merge({}, body)
        return self._run(user, Definition("", str(metadata.get("name") or ""), metadata), details, version)

    def formatter(self, user: User) -> Formatter:
        """How labels are written for a user."""
        row = self._org.store.read().execute(
            'SELECT "LocaleSidKey", "TimeZoneSidKey" FROM "User" WHERE "Id" = ?', (user.id,)
        )
        locale, zone = row.fetchone() or (None, None)
        return Formatter(locale or "en_US", "USD", zone or "GMT")

    def today(self, user: User) -> dt.date:
        """The day it is for a user."""
        return self.formatter(user).local_date(self._org.now())

    def _current(self, user: User, report_id: str) -> Definition:
        """A saved report as far as the org still has its columns."""
        definition = self.definitions.get(report_id)
        full, _ = self._type(user, definition.metadata)
        return replace(definition, metadata=prune(definition.metadata, full))

    def _run(
        self,
        user: User,
        definition: Definition,
        details: bool | None,  # noqa: FBT001 - a value passed through
        version: float,
        *,
        most: int = MAX_ROWS,
    ) -> Result:
        full, seen = self._type(user, definition.metadata)
        runner = self._runner(user)
        made = plan(definition.metadata, full, seen, runner)
        wanted = bool(made.metadata.get("hasDetailRows", True)) if details is None else details
        query = _Query(self._org, user, seen.sobject, made, runner.context)
        facts = query.facts(most)
        rows = query.rows(facts, escaped=version >= 47.0) if wanted else {}
        document = documents.run(made, facts, rows, details=wanted, version=version, fmt=runner.context.fmt)
        return Result(definition, made, facts, rows, document)

    def _type(self, user: User, metadata: Mapping[str, Any]) -> tuple[ReportType, ReportType]:
        chosen = metadata.get("reportType")
        name = chosen.get("type") if isinstance(chosen, dict) else chosen
        full = report_types(self._org.schema).get(str(name))
        if full is None:
            raise bad_request(f"Specify a valid report type because {name} is invalid.")
        access = self._org.access(user)
        if not access.can_read(self._org.schema.object(full.sobject)):
            raise not_found()
        return full, full.seen_by(access.readable)

    def _runner(self, user: User) -> Runner:
        fmt = self.formatter(user)
        context = Context(fmt.local_date(self._org.now()), fmt)
        own = quote(user.id)
        team = ", ".join([own, *(quote(other) for other in self._subordinates(user))])
        return Runner(context, {"user": f"OwnerId = {own}", "team": f"OwnerId IN ({team})"})

    def _subordinates(self, user: User) -> list[str]:
        """Users whose role is below the user's own."""
        found = self._org.store.read().execute(
            'WITH RECURSIVE below(id) AS (SELECT r."Id" FROM "UserRole" r JOIN "User" u ON u."UserRoleId" ='
            ' r."ParentRoleId" WHERE u."Id" = ? UNION SELECT r."Id" FROM "UserRole" r JOIN below b'
            ' ON r."ParentRoleId" = b.id) SELECT u."Id" FROM "User" u JOIN below b ON u."UserRoleId" = b.id'
            ' ORDER BY u."Id"',
            (user.id,),
        )
        return [row[0] for row in found]


class _Query:
    """Fetches what a plan needs through SOQL, with the user's rights."""

    def __init__(self, org: Org, user: User, sobject: str, made: Plan, context: Context) -> None:
        self._org = org
        self._user = user
        self._sobject = sobject
        self._plan = made
        self._context = context

    def facts(self, most: int) -> Facts:
        """Groups and summaries of all rows, and the Ids of the first `most`."""
        made = self._plan
        functions = [aggregate.function for aggregate in made.aggregates]
        if not made.down and not made.across and set(functions) <= {"count"} and made.limit is None:
            return self._counted(functions, most)
        return compute(self._items(), functions, made.down, made.across, most=most)

    def _counted(self, functions: list[str], most: int) -> Facts:
        """A list without sums: its size and its first rows are enough."""
        counted = run_query(self._org, self._user, f"SELECT COUNT() FROM {self._sobject}{self._where()}")
        size = counted.total_size
        first = compute(self._items(limit=most), functions, most=most)
        first.facts["T!T"].values = [size for _ in functions]
        return Facts(first.down, first.across, first.facts, size)

    def rows(self, facts: Facts, *, escaped: bool) -> dict[str, Json]:
        """The cells of the detail rows, by record Id; `escaped` adds the HTML spelling of labels."""
        wanted = [record_id for fact in facts.facts.values() for record_id in fact.record_ids]
        columns = self._plan.details
        found: dict[str, Json] = {}
        for start in range(0, len(wanted), 500):
            listed = ", ".join(quote(record_id) for record_id in wanted[start : start + 500])
            for record in self._records(columns, f" WHERE Id IN ({listed})"):
                shown = [self._cell(column, record, escaped=escaped) for column in columns]
                found[record["Id"]] = {"dataCells": shown}
        return found

    def _cell(self, column: Column, record: Json, *, escaped: bool) -> Json:
        context = self._context
        return cells.cell(column, record, context.today, context.fmt, escaped=escaped)

    def _items(self, limit: int | None = None) -> Iterator[Item]:
        made = self._plan
        summarised = [aggregate.column for aggregate in made.aggregates]
        levels = (*made.down, *made.across)
        columns = [*(level.column for level in levels), *(column for column in summarised if column)]
        at_most = made.limit if limit is None else limit
        tail = self._where() + self._order() + (f" LIMIT {at_most}" if at_most else "")
        today, fmt = self._context.today, self._context.fmt
        for record in self._records(columns, tail):
            yield Item(
                record["Id"],
                tuple(_bucket(level, record, today, fmt) for level in made.down),
                tuple(_bucket(level, record, today, fmt) for level in made.across),
                tuple(column and cells.raw(column, record, today, fmt) for column in summarised),
            )

    def _records(self, columns: Iterable[Column], tail: str) -> Iterator[Json]:
        paths = {"id": "Id"}
        for column in columns:
            paths |= {path.lower(): path for path in column.paths}
        text = f"SELECT {', '.join(paths.values())} FROM {self._sobject}{tail}"
        result = run_query(self._org, self._user, text)
        for start in range(0, result.total_size, _PAGE):
            yield from result.records(start, _PAGE, version=_QUERY_VERSION)

    def _where(self) -> str:
        return f" WHERE {self._plan.where}" if self._plan.where else ""

    def _order(self) -> str:
        column = self._plan.sort
        if column is None:
            return " ORDER BY Id"
        # an age grows as its start goes back
        reverse = column.kind in {"age", "days_since"}
        direction = "DESC NULLS LAST" if self._plan.descending != reverse else "ASC NULLS FIRST"
        tie = "" if column.path == "Id" else ", Id"
        return f" ORDER BY {column.path} {direction}{tie}"


def _bucket(level: Grouping, record: Json, today: dt.date, fmt: Formatter) -> Bucket:
    column = level.column
    value = cells.raw(column, record, today, fmt)
    if value is None:
        return Bucket(None, EMPTY)
    if column.data_type in {"date", "datetime"}:
        day = fmt.local_date(value) if hasattr(value, "hour") else value
        granularity = "Month" if column.kind == "month" else level.granularity
        shown, label = bucket(day, granularity, fmt)
        return Bucket(shown, label, shown)
    shown, label = cells.spell(column, value, fmt)
    if column.kind == "fiscal_quarter":
        return Bucket(shown, label, label.partition("-")[::-1])
    if column.data_type == "currency":
        return Bucket(value, label, value)
    if column.id_path:
        shown = cells.at(record, column.id_path)
    return Bucket(shown, label, _order_of(column, value, label))


def _order_of(column: Column, value: Any, label: str) -> Any:
    """Groups of a picklist come in the picklist's order, others by number or by letter."""
    if isinstance(value, (int, float)):
        return (0, value, "")
    values = [item.value for item in column.field.picklist]
    if column.data_type == "picklist" and value in values:
        return (0, values.index(value), "")
    return (1, 0, label.casefold())
