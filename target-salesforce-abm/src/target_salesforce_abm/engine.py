"""One run of the target.

It buffers rows, takes them through the pipeline, ends mirrors and windows, and keeps the books.
The Singer side (`target`, `sinks`) talks to this class only.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from salesforce_abm.collections import WriteOptions
from salesforce_abm.errors import ConfigError
from target_salesforce_abm import report
from target_salesforce_abm.accounting import Accounting
from target_salesforce_abm.companies import Companies
from target_salesforce_abm.current import Current
from target_salesforce_abm.ending import expire_all, mirror_all
from target_salesforce_abm.find import Finder
from target_salesforce_abm.loads import loads_for
from target_salesforce_abm.mirror import Mirror
from target_salesforce_abm.pipeline import Pipeline
from target_salesforce_abm.plan import Plan, PlanBox
from target_salesforce_abm.rejects import Rejects
from target_salesforce_abm.resolve import Resolver
from target_salesforce_abm.routes import Routes
from target_salesforce_abm.rows import Outcome, Problem, Row, Stream, Verdict
from target_salesforce_abm.state import States
from target_salesforce_abm.write.bulk import BulkWriter
from target_salesforce_abm.write.collections import CollectionsWriter
from target_salesforce_abm.write.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from salesforce_abm.session import Session
    from target_salesforce_abm.bind import BoundLoad
    from target_salesforce_abm.box import Box
    from target_salesforce_abm.settings import Options

__all__ = ["Engine"]

logger = logging.getLogger("target-salesforce-abm")


class Engine:
    """One run.

    Args:
        options: the settings.
        connect: makes the session; called when it is first needed.
    """

    def __init__(self, options: Options, connect: Callable[[], Session]) -> None:
        self.options = options
        self.accounting = Accounting()
        self.states = States()
        self._started = datetime.now(UTC)
        self._connect = connect
        self._org: _Org | None = None
        self._rejects = Rejects(options.rejects_path, read_only=options.dry_run)
        self._buffer: list[Row] = []
        self._skipped: dict[str, bool] = {}
        self._numbered = 0
        self._refusals: list[str] = []

    # Input

    def announce(self, stream: str, schema: Mapping[str, Any], key_properties: tuple[str, ...]) -> None:
        """Take a SCHEMA: find the stream's loads and check that the org has what they need.

        Args:
            stream: stream name.
            schema: JSON Schema of its records.
            key_properties: the properties that identify a record.

        Raises:
            ConfigError: no load takes the stream, or the org lacks what the loads need: all of it, one line
                each.
        """
        self.accounting.of(stream)
        loads = loads_for(stream, self.options.loads)
        if stream in self.options.off or (not loads and self.options.skip_unknown):
            why = "a switch turns it off" if stream in self.options.off else "no load takes it"
            logger.warning("Rows of stream %s are skipped: %s", stream, why)
            self._skipped[stream] = True
            return
        if not loads:
            known = ", ".join(dict.fromkeys(load.stream for load in self.options.loads)) or "none"
            raise ConfigError(
                f"no load takes stream {stream!r}; known streams: {known}",
                remedy="Add it to `loads`, or set `on_unknown_stream: skip`.",
            )
        self.org.routes.announce(Stream(stream, key_properties), loads, schema)

    def add(
        self, stream: str, record: Mapping[str, Any], *, deleted: bool = False, problem: Problem | None = None
    ) -> None:
        """Take a record.

        Args:
            stream: an announced stream.
            record: property to value.
            deleted: its source says that it is deleted.
            problem: it does not fit its schema; it is rejected.
        """
        tally = self.accounting.of(stream)
        if stream in self._skipped:
            tally.received += 1
            tally.outcomes[Outcome.SKIPPED] += 1
            return
        org = self.org
        for load in org.routes.of(stream):
            tally.received += 1
            self._numbered += 1
            row = Row(
                org.routes.stream(stream), load, self._numbered, record, deleted=deleted, problem=problem
            )
            mirror = org.mirrors.get(load)
            if mirror is not None:
                mirror.rows += 1
                self.states.held = True
            self._rejects.seen(row)
            self._buffer.append(row)

    @property
    def is_full(self) -> bool:
        """Whether the rows in memory should be processed."""
        return len(self._buffer) >= self.options.batch_size

    @property
    def pending(self) -> int:
        """Rows that are not durable yet."""
        return len(self._buffer) + (self._org.box.waiting if self._org else 0)

    def wants_draining(self) -> bool:
        """Whether the STATE that has just come is worth settling everything for; may process rows."""
        if self.states.wants_processing(len(self._buffer)):
            self.process()
        return bool(self._org) and self.states.wants_settling(self.org.box.waiting)

    # Work

    def process(self) -> None:
        """Take the rows in memory through the pipeline; some changes may wait for a Bulk job afterwards."""
        rows, self._buffer = self._buffer, []
        if rows:
            org = self.org
            org.pipeline.process(rows, org.session.server_now())
            self._rejects.sync()
            self.states.settled += len(rows)

    def drain(self) -> None:
        """Settle every row received so far."""
        self.process()
        if self._org is not None:
            self._org.pipeline.settle(self._org.session.server_now())
        self._rejects.sync()

    def finish(self) -> None:
        """End a run whose input is through: retry old rejects, clear what is too old, remove what is gone.

        Raises:
            DataError: the books do not balance.
        """
        self.drain()
        if self.options.retry_rejects and not self.options.dry_run:
            self._retry_rejects()
        if self._org is None and not any(load.expire for load in self.options.loads):
            self.accounting.check()
            return
        org = self.org
        expire_all(org.session, org.routes.all_bound(), org.current, org.box, self.accounting)
        self._refusals = mirror_all(org.session, org.mirrors.values(), org.box, self.accounting)
        for refusal in self._refusals:
            logger.error("%s", refusal)
        self.accounting.check()
        self._rejects.finish()

    def _retry_rejects(self) -> None:
        for old in self._rejects.left():
            bound = self._loads_of_reject(old.stream)
            if not bound:
                continue  # no load takes it in this run: it stays in the file
            self._rejects.retried(old)
            for load in bound:
                self._numbered += 1
                self._buffer.append(
                    Row(self.org.routes.stream(old.stream), load, self._numbered, old.record, retried=True)
                )
            if self.is_full:
                self.process()
        self.drain()

    def _loads_of_reject(self, stream: str) -> tuple[BoundLoad, ...]:
        """A mirror needs its whole set in each run: what it could not take earlier is no part of it."""
        if self._org is None or not self._org.routes.knows(stream):
            return ()
        return tuple(load for load in self._org.routes.of(stream) if load not in self._org.mirrors)

    # The end

    def outcome(self) -> tuple[int, str]:
        """Decide the exit code of a run that went to its end, and say why."""
        if self._refusals:
            return 1, self._refusals[0]
        if failed := self.accounting.failed():
            return 1, f"{failed:,} records could not be cleared or removed; the log says which"
        limit, percent = self.options.reject_limit, self.accounting.rejected_percent()
        if limit is not None and percent > limit:
            where = "" if self.options.dry_run else f"; see {self.options.rejects_path}"
            return (
                1,
                f"{self.accounting.rejected():,} rows rejected, {percent:.1f} % (limit {limit} %){where}",
            )
        return 0, "done"

    def close(self, exit_code: int, reason: str) -> None:
        """Write the report and the plan, and let go of everything.

        Args:
            exit_code: of the process.
            reason: why it ends.
        """
        self._rejects.close()
        usage = self._org.session.usage if self._org else None
        told = report.document(
            self.accounting,
            usage,
            started=self._started,
            ended=datetime.now(UTC),
            exit_code=exit_code,
            reason=reason,
            dry_run=self.options.dry_run,
        )
        if self.options.report_path is not None:
            report.write(self.options.report_path, told)
        if self._org is not None:
            self._org.close(told)
        for name, tally in self.accounting.streams.items():
            logger.info("%s", report.line(name, tally))
        if usage is not None:
            requests = told["api_requests"]
            logger.info("API requests: %s", ", ".join(f"{count} {kind}" for kind, count in requests.items()))

    @property
    def org(self) -> _Org:
        """The org; connected to when first asked for."""
        if self._org is None:
            self._org = _Org(self.options, self._connect(), self.accounting, self._take)
        return self._org

    def _take(self, verdict: Verdict) -> None:
        """Keep the books: count every verdict, put what is not in Salesforce into the rejects file."""
        self.accounting.take(verdict)
        if verdict.outcome in _SET_ASIDE and verdict.problem is not None:
            self._rejects.add(verdict.row, verdict.problem)


_SET_ASIDE = frozenset({Outcome.UNMATCHED, Outcome.AMBIGUOUS, Outcome.REJECTED})


class _Org:
    """Everything that talks to Salesforce."""

    def __init__(
        self, options: Options, session: Session, accounting: Accounting, take: Callable[[Verdict], None]
    ) -> None:
        self.session = session
        self.mirrors: dict[BoundLoad, Mirror] = {}
        self.current = Current(session)
        finder = Finder(session, self.current)
        companies = Companies(session, options.domain_rules)
        self._plan = Plan(options.plan_path) if options.dry_run else None
        self.box = self._box(options, finder)
        self.routes = Routes(session, options, self._bound)
        self.pipeline = Pipeline(
            finder=finder,
            companies=companies,
            resolver=Resolver(finder, companies),
            current=self.current,
            box=self.box,
            mirrors=self.mirrors,
            accounting=accounting,
            take=take,
            everything=options.full_load,
        )

    def close(self, told: Mapping[str, Any]) -> None:
        self.box.close()
        if self._plan is not None:
            self._plan.close(told["api_requests"], told["streams"])
        self.session.close()

    def _bound(self, load: BoundLoad, stream: str | None) -> None:
        self.current.wants(load)
        if load.converted is not None:
            self.current.wants(load.converted)
        if load.load.removed is not None:
            self.mirrors[load] = Mirror(load, stream or load.load.stream)

    def _box(self, options: Options, finder: Finder) -> Box:
        if self._plan is not None:
            return PlanBox(self._plan, options.api_type, self.current, finder)
        headers = WriteOptions(options.assignment_rules, options.allow_duplicates, repeat=False)
        rest = CollectionsWriter(self.session, self.current.codecs, headers, concurrency=options.concurrency)
        rest_only = options.allow_duplicates or options.assignment_rules
        return Outbox(
            options.api_type, rest, BulkWriter(self.session, self.current.codecs, rest), rest_only=rest_only
        )
