"""`Dml`: every way to write rows, one at a time or many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.dml import errors, keys, merge, remove
from local_org.dml.batch import Batch, Draft
from local_org.dml.outcome import Refused, RowError, RowOutcome, UnreadableError, WriteOptions
from local_org.dml.parse import RowParser, given_id
from local_org.dml.save import load, save
from local_org.security import GOVERNING
from local_org.store import Rollback

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from local_org.org import Org
    from local_org.schema import ObjectDef
    from local_org.security import User

    Row = Mapping[str, Any]
    Preparer = Callable[[Batch, Sequence[tuple[int, Row]]], None]

CHUNK = 200
"""Rows that pass through triggers and checks together, here as on Salesforce."""
_DEFAULTS = WriteOptions()


class Dml:
    """Writes rows as a user, with every check an org makes.

    Batch forms keep the order of their rows, work in one transaction, and either keep what succeeds or, with
    `all_or_none`, nothing unless all succeed. They raise `UnreadableError` when a JSON value has a form that
    makes Salesforce refuse the whole request.

    Objects are named in any case; an unknown name raises `UnknownObjectError`. Ids may have 15 or 18
    characters.
    """

    def __init__(self, org: Org) -> None:
        self._org = org

    # --- one row ----------------------------------------------------------------------------------

    def create(
        self, user: User, sobject: str, values: Row, *, options: WriteOptions = _DEFAULTS, csv: bool = False
    ) -> RowOutcome:
        """Insert one row."""
        return _single(lambda: self.create_many(user, sobject, [values], options=options, csv=csv))

    def update(
        self,
        user: User,
        sobject: str,
        record_id: str,
        values: Row,
        *,
        options: WriteOptions = _DEFAULTS,
        csv: bool = False,
    ) -> RowOutcome:
        """Change one row. The id must not be among the values."""
        if given_id(values) is not None or any(key.lower() == "id" for key in values):
            return _refused(errors.in_body("Id"))
        row = {**values, "Id": record_id}
        return _single(lambda: self.update_many(user, sobject, [row], options=options, csv=csv))

    def upsert(
        self,
        user: User,
        sobject: str,
        ext_field: str,
        key: Any,
        values: Row,
        *,
        update_only: bool = False,
        options: WriteOptions = _DEFAULTS,
        csv: bool = False,
    ) -> RowOutcome:
        """Change the row whose external id is `key`, or insert it; `values` must not repeat the key."""
        if any(name.lower() == ext_field.lower() for name in values):
            return _refused(errors.in_body(ext_field))
        row = {**values, ext_field: key}
        return _single(
            lambda: self.upsert_many(
                user, sobject, ext_field, [row], update_only=update_only, options=options, csv=csv
            )
        )

    def delete(self, user: User, sobject: str, record_id: str) -> RowOutcome:
        """Put one row, and what hangs on it, into the recycle bin."""
        return self.delete_many(user, [record_id], sobject=sobject)[0]

    def undelete(self, user: User, record_id: str) -> RowOutcome:
        """Take one row, and what went with it, out of the recycle bin."""
        return self.undelete_many(user, [record_id])[0]

    def hard_delete(self, user: User, sobject: str, record_id: str) -> RowOutcome:
        """Remove one row past the recycle bin."""
        return self.delete_many(user, [record_id], sobject=sobject, hard=True)[0]

    # --- many rows --------------------------------------------------------------------------------

    def create_many(
        self,
        user: User,
        sobject: str,
        rows: Sequence[Row],
        *,
        all_or_none: bool = False,
        options: WriteOptions = _DEFAULTS,
        csv: bool = False,
        system: bool = False,
    ) -> list[RowOutcome]:
        """Insert rows.

        Args:
            user: Who writes.
            sobject: API name of the object.
            rows: Values by field name; references also as `{"Account": {"Key__c": "5"}}` or, in CSV,
                `Account.Key__c`.
            all_or_none: Keep nothing unless all rows succeed.
            options: What request headers ask for.
            csv: Values are CSV text: blank leaves alone, `#N/A` is null.
            system: The org itself writes, past permissions and read-only fields.
        """
        item = self._org.schema.object(sobject)
        barred = None if system else _bar_create(item, allowed=self._org.access(user).can_create(item))

        def prepare(batch: Batch, chunk: Sequence[tuple[int, Row]]) -> None:
            parser = self._parser(batch, creating=True, csv=csv)
            for draft, (_, row) in zip(batch.drafts, chunk, strict=True):
                if given_id(row) not in (None, ""):
                    draft.errors.append(errors.ID_ON_INSERT)
                else:
                    parser.parse(draft, row, _SKIPPED)

        return self._run(
            user,
            item,
            rows,
            prepare=prepare,
            all_or_none=all_or_none,
            options=options,
            barred=barred,
            system=system,
        )

    def update_many(
        self,
        user: User,
        sobject: str,
        rows: Sequence[Row],
        *,
        all_or_none: bool = False,
        options: WriteOptions = _DEFAULTS,
        csv: bool = False,
        system: bool = False,
    ) -> list[RowOutcome]:
        """Change rows; each brings its `Id`. Arguments as in `create_many`."""
        item = self._org.schema.object(sobject)
        barred = None if system else self._bar_update(user, item)

        def prepare(batch: Batch, chunk: Sequence[tuple[int, Row]]) -> None:
            parser = self._parser(batch, creating=False, csv=csv)
            seen: dict[str, Draft] = {}
            for draft, (_, row) in zip(batch.drafts, chunk, strict=True):
                keys.identify(batch.item, draft, given_id(row))
                parser.parse(draft, row, _SKIPPED)
                keys.once(seen, draft, draft.id)

        return self._run(
            user,
            item,
            rows,
            prepare=prepare,
            all_or_none=all_or_none,
            options=options,
            barred=barred,
            system=system,
        )

    def upsert_many(
        self,
        user: User,
        sobject: str,
        ext_field: str,
        rows: Sequence[Row],
        *,
        all_or_none: bool = False,
        update_only: bool = False,
        options: WriteOptions = _DEFAULTS,
        csv: bool = False,
    ) -> list[RowOutcome]:
        """Change rows found by an external id (or `Id`), insert the others.

        Each row brings a value for `ext_field`. With `update_only` rows that would be inserted are refused.
        The other arguments are those of `create_many`.
        """
        item = self._org.schema.object(sobject)
        access = self._org.access(user)
        field = access.field(item, ext_field)
        if field is None or not (field.external_id or field.id_lookup):
            return [_refused(errors.external_id_unknown(ext_field)) for _ in rows]
        by = field
        can_create, bar_update = access.can_create(item), self._bar_update(user, item)

        def prepare(batch: Batch, chunk: Sequence[tuple[int, Row]]) -> None:
            keys.find(batch, by, chunk, csv=csv)
            for draft in batch.good:
                problem = bar_update if draft.id else _bar_create(item, allowed=can_create)
                if draft.id is None and update_only:
                    problem = errors.NO_SUCH_ROW
                if problem is not None:
                    draft.errors.append(problem)
            parsers = {new: self._parser(batch, creating=new, csv=csv) for new in (True, False)}
            skip = _SKIPPED | {by.name.lower()}
            for draft, (_, row) in zip(batch.drafts, chunk, strict=True):
                if not draft.errors:
                    parsers[draft.id is None].parse(draft, row, skip)
                    if draft.id is None and by.type != "id":
                        draft.new[by.name] = draft.key
                        draft.given.add(by.name.lower())

        return self._run(user, item, rows, prepare=prepare, all_or_none=all_or_none, options=options)

    def delete_many(
        self,
        user: User,
        record_ids: Sequence[str],
        *,
        sobject: str | None = None,
        hard: bool = False,
        all_or_none: bool = False,
    ) -> list[RowOutcome]:
        """Delete rows of one or several objects.

        Args:
            user: Who deletes.
            record_ids: Ids, of any objects unless `sobject` is given.
            sobject: The one object the ids must belong to.
            hard: Remove for good instead of into the recycle bin.
            all_or_none: Delete nothing unless all rows can be deleted.
        """
        item = self._org.schema.object(sobject) if sobject else None
        return self._removing(
            lambda: remove.delete(self._org, user, record_ids, item, hard=hard), all_or_none=all_or_none
        )

    def undelete_many(
        self, user: User, record_ids: Sequence[str], *, all_or_none: bool = False
    ) -> list[RowOutcome]:
        """Take rows out of the recycle bin, with what was deleted together with them."""
        return self._removing(lambda: remove.undelete(self._org, user, record_ids), all_or_none=all_or_none)

    def merge(
        self, user: User, sobject: str, master_id: str, loser_ids: Sequence[str], values: Row | None = None
    ) -> RowOutcome:
        """Merge up to two rows into another, which gets their children and `values`."""
        item = self._org.schema.object(sobject)
        try:
            with self._org.store.write():
                merge.run(self._org, user, item, master_id, loser_ids)
                outcome = self.update(user, sobject, master_id, values or {})
                if not outcome.success:
                    raise Rollback
        except Refused as refusal:
            return _refused(refusal.error)
        return outcome

    # --- the common way ---------------------------------------------------------------------------

    def _run(
        self,
        user: User,
        item: ObjectDef,
        rows: Sequence[Row],
        *,
        prepare: Preparer,
        all_or_none: bool,
        options: WriteOptions,
        barred: RowError | None = None,
        system: bool = False,
    ) -> list[RowOutcome]:
        if barred is not None:
            return [_refused(barred) for _ in rows]
        outcomes: list[RowOutcome] = []
        with self._org.store.write() as connection:
            for chunk in _chunks(rows):
                batch = self._batch(connection, user, item, options, len(chunk), system=system)
                prepare(batch, chunk)
                load(batch)
                save(batch)
                outcomes += [_outcome(draft) for draft in batch.drafts]
            if item.name in GOVERNING:
                self._org.store.after_commit(self._org.security.changed)
            if all_or_none and not all(outcome.success for outcome in outcomes):
                outcomes = _undone(outcomes, keep_ids=False)
                raise Rollback
        return outcomes

    def _removing(self, work: Callable[[], list[RowOutcome]], *, all_or_none: bool) -> list[RowOutcome]:
        outcomes: list[RowOutcome] = []
        with self._org.store.write():
            outcomes = work()
            self._org.store.after_commit(self._org.security.changed)
            if all_or_none and not all(outcome.success for outcome in outcomes):
                outcomes = _undone(outcomes, keep_ids=True)
                raise Rollback
        return outcomes

    def _batch(
        self,
        connection: sqlite3.Connection,
        user: User,
        item: ObjectDef,
        options: WriteOptions,
        count: int,
        *,
        system: bool,
    ) -> Batch:
        return Batch(
            org=self._org,
            connection=connection,
            user=user,
            access=self._org.access(user),
            item=item,
            options=options,
            stamp=self._org.clock.stamp(),
            drafts=[Draft(position) for position in range(count)],
            system=system,
        )

    def _parser(self, batch: Batch, *, creating: bool, csv: bool) -> RowParser:
        return RowParser(
            self._org.schema, batch.item, batch.access, creating=creating, csv=csv, system=batch.system
        )

    def _bar_update(self, user: User, item: ObjectDef) -> RowError | None:
        if not item.allows("updateable"):
            return errors.cannot_update(item)
        if not self._org.access(user).can_edit(item):
            return errors.NO_ACCESS
        return None


_SKIPPED = frozenset({"id", "attributes"})


def _bar_create(item: ObjectDef, *, allowed: bool) -> RowError | None:
    return None if allowed else errors.cannot_insert(item)


def _chunks(rows: Sequence[Row]) -> Iterator[list[tuple[int, Row]]]:
    numbered = list(enumerate(rows))
    for start in range(0, len(numbered), CHUNK):
        yield numbered[start : start + CHUNK]


def _outcome(draft: Draft) -> RowOutcome:
    if draft.errors:
        existing = draft.id if draft.old is not None else None
        return RowOutcome(
            existing,
            success=False,
            created=False if draft.created is not None else None,
            errors=tuple(draft.errors),
        )
    return RowOutcome(draft.id, success=True, created=draft.created)


def _refused(error: RowError) -> RowOutcome:
    return RowOutcome(None, success=False, errors=(error,))


def _single(work: Callable[[], list[RowOutcome]]) -> RowOutcome:
    try:
        return work()[0]
    except UnreadableError as problem:
        return _refused(problem.error)


def _undone(outcomes: list[RowOutcome], *, keep_ids: bool) -> list[RowOutcome]:
    return [
        RowOutcome(outcome.id if keep_ids else None, success=False, errors=(errors.ROLLED_BACK,))
        if outcome.success
        else outcome
        for outcome in outcomes
    ]
