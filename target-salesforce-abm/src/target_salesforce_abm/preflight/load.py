"""Bind one load to its object."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from target_salesforce_abm.bind import BoundExpire, BoundLoad, BoundStep, Column, KeyField
from target_salesforce_abm.loads import Deleted, Load, MatchStep, Moved, Operation, Overwrite
from target_salesforce_abm.preflight.columns import bind_columns
from target_salesforce_abm.preflight.findings import Findings, Objects
from target_salesforce_abm.preflight.fit import schema_problems
from target_salesforce_abm.preflight.keys import bind_key, source_of_key, step_key
from target_salesforce_abm.preflight.steps import bind_step
from target_salesforce_abm.values import BadValueError, codec_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from salesforce_abm.describe import SObject
    from target_salesforce_abm.values import Codec, Value

__all__ = ["Draft"]

_DATES: Final = frozenset({"date", "datetime"})
_SHORTEST_MEMORY: Final = 1_000


@dataclass
class Draft:
    """One load on its way to being bound.

    Attributes:
        load: the load.
        name: its object.
        stream: the stream it is bound for; None when it says enough by itself.
        schema: that stream's JSON Schema.
        objects: what was described.
        memory_field: API name of the field that `tracked` needs.
        findings: what is wrong.
    """

    load: Load
    name: str
    stream: str | None
    schema: Mapping[str, Any] | None
    objects: Objects
    memory_field: str
    findings: Findings = field(default_factory=Findings)

    def bind(self, number: int) -> BoundLoad | None:
        """Bind the load; None when there are findings."""
        load, findings = self.load, self.findings
        sobject = self.objects.get(self.name)
        if sobject is None:
            findings.lack(self.name, None, load.where)
            return None
        self._check_object(sobject)
        columns = bind_columns(load, sobject, self.schema, self.objects, findings)
        key = bind_key(load, sobject, self.stream, columns, findings)
        steps = self._steps(sobject, key)
        if load.key is None and load.operation is Operation.UPSERT:
            key = step_key(load, sobject, steps, findings)
        elif key is not None and not key.parts:
            made = source_of_key(key, sobject, self.schema, columns, steps)
            if made is None:
                problem = "no property is mapped to the key: add it to fields or match, or give key_from"
                findings.say(sobject, sobject.field(key.field), problem, f"{load.where}.key")
            key = made
        if load.operation.creates:
            self._check_required(sobject, columns, key)
        memory, removed, parent = self._memory(sobject, columns), self._removed(sobject), _parent(sobject)
        expire = self._expire(sobject, columns)
        if self.schema is not None:
            findings.problems += schema_problems(sobject, columns, steps, self.schema, load.where)
        bound = BoundLoad(
            number=number,
            load=load,
            sobject=sobject.name,
            columns=columns,
            steps=steps,
            key=key,
            memory=memory,
            memory_codec=_codec(sobject, memory),
            expire=expire,
            removed=removed,
            removed_codec=_codec(sobject, removed and removed[0]),
            parent=parent,
            parent_codec=_codec(sobject, parent),
            references=_references(sobject, columns),
            extra=_conversion(sobject),
            converted=self._converted(sobject, number),
            by_segment={c.segment: n for n, c in enumerate(columns) if c.segment is not None} or None,
        )
        return None if findings else bound

    def _steps(self, sobject: SObject, key: KeyField | None) -> tuple[BoundStep, ...]:
        load = self.load
        match = load.match
        if not match and key is not None and not key.parts:
            match = (MatchStep(self._key_source(key), key.field),)
        elif not match and key is None and load.operation is not Operation.INSERT:
            match = (MatchStep("Id", "Id"),)
        made = (bind_step(sobject, m, self.objects, self.findings, f"{load.where}.match") for m in match)
        return tuple(step for step in made if step is not None)

    def _key_source(self, key: KeyField) -> str:
        """With no `match`, records are found by the key: the property mapped to it, or of its name."""
        mapped = (one.source for one in self.load.fields or () if one.field.lower() == key.field.lower())
        return next(mapped, key.field)

    def _converted(self, sobject: SObject, number: int) -> BoundLoad | None:
        """For Leads that are followed when they are converted: the same load, into Contact."""
        if sobject.name != "Lead" or self.load.moved is not Moved.FOLLOW:
            return None
        plain = replace(
            self.load, object="Contact", operation=Operation.UPDATE, match=(), key=None, key_from=()
        )
        schema = self.schema if self.load.fields is None else None
        return Draft(
            plain, "Contact", self.stream, schema, self.objects, self.memory_field, self.findings
        ).bind(number)

    def _check_object(self, sobject: SObject) -> None:
        load = self.load
        deletes = load.operation is Operation.DELETE or (
            load.deleted is Deleted.DELETE and (load.removed is None or load.removed.field is None)
        )
        needs = (
            (load.operation.updates, sobject.updateable, "edit"),
            (load.operation.creates, sobject.createable, "create"),
            (deletes, sobject.deletable, "delete"),
        )
        for needed, allowed, verb in needs:
            if needed and not allowed:
                problem = f"the connected user may not {verb} records of this object"
                self.findings.say(sobject, None, problem, load.where)

    def _check_required(self, sobject: SObject, columns: Sequence[Column], key: KeyField | None) -> None:
        written = {column.field for column in columns if column.createable}
        written |= {key.field} if key else set()
        for one in sobject.fields:
            needed = one.createable and not one.nillable and not one.defaulted_on_create
            if needed and one.type != "boolean" and one.name not in written and one.name != "OwnerId":
                problem = "required for new records, but nothing is mapped to it"
                self.findings.say(sobject, one, problem, self.load.where)

    def _memory(self, sobject: SObject, columns: Sequence[Column]) -> str | None:
        if not any(column.overwrite is Overwrite.TRACKED for column in columns):
            return None
        found = sobject.field(self.memory_field)
        where = f"{self.load.where}, overwrite: tracked"
        if found is None:
            self.findings.lack(sobject.name, self.memory_field, where)
            return None
        if (
            found.type not in ("string", "textarea")
            or found.length < _SHORTEST_MEMORY
            or not found.updateable
        ):
            problem = "must be a long text field that the connected user may edit"
            self.findings.say(sobject, found, problem, where)
        return found.name

    def _expire(self, sobject: SObject, columns: Sequence[Column]) -> BoundExpire | None:
        expire = self.load.expire
        if expire is None:
            return None
        where = f"{self.load.where}.expire"
        for number, column in enumerate(columns):
            if column.source == expire.source:
                if column.codec.kind in _DATES:
                    return BoundExpire(number, expire.after_days, column.codec.kind == "date")
                found = sobject.field(column.field)
                self.findings.say(sobject, found, "expire needs a date, or a date and time", where)
                return None
        if not self.findings:
            self.findings.say(sobject, None, f"expire: no field is mapped from {expire.source}", where)
        return None

    def _removed(self, sobject: SObject) -> tuple[str, Value] | None:
        removed = self.load.removed
        if removed is None or removed.field is None:
            return None
        where = f"{self.load.where}.removed"
        found = sobject.field(removed.field)
        if found is None:
            self.findings.lack(sobject.name, removed.field, where)
            return None
        codec = codec_for(found)
        if codec is None or not found.updateable:
            self.findings.say(sobject, found, "the connected user may not update this field", where)
            return None
        try:
            return found.name, codec.read(removed.value)
        except BadValueError as error:
            self.findings.say(sobject, found, error.message, where)
            return None


def _conversion(sobject: SObject) -> dict[str, Codec]:
    """Name the fields that tell what became of a Lead."""
    if sobject.name != "Lead":
        return {}
    names = ("IsConverted", "ConvertedContactId")
    return {name: codec for name in names if (codec := _codec(sobject, name)) is not None}


def _references(sobject: SObject, columns: Sequence[Column]) -> frozenset[str]:
    """Name the objects whose records these fields point at."""
    found = [name for column in columns if (f := sobject.field(column.field)) for name in f.reference_to]
    return frozenset(found)


def _parent(sobject: SObject) -> str | None:
    """Name the lookup whose target Salesforce locks together with a record: its master, or its Account."""
    ours = [f for f in sobject.fields if f.type == "reference" and (f.createable or f.updateable)]
    masters = [f.name for f in ours if f.relationship_order is not None]
    lookups = [f.name for f in ours if f.reference_to == ("Account",)]
    return next(iter(masters + lookups), None)


def _codec(sobject: SObject, name: str | None) -> Codec | None:
    found = sobject.field(name) if name else None
    return codec_for(found) if found else None
