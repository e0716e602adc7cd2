"""What a configuration needs of the org, for the `salesforce-abm` command: it checks and makes these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.checks.findings import Finding
from salesforce_abm.field_types import FieldType
from salesforce_abm.plugins import Plugin
from salesforce_abm.requirements import Collector, FieldNeed, Requirements, Right
from target_salesforce_abm.loads import Deleted, Load, MatchStep, Operation, Overwrite
from target_salesforce_abm.preflight import Preflight
from target_salesforce_abm.settings import TARGET_SETTINGS, Options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from salesforce_abm.session import Session
    from target_salesforce_abm.recipe import Names

__all__ = ["PLUGIN", "probe", "requirements"]

_READ: Final = frozenset({Right.READ})
_WRITE: Final = frozenset({Right.READ, Right.CREATE, Right.EDIT})
_TEXT: Final = FieldType.parse("Text(255)")
_NUMBER: Final = FieldType.parse("Number(18,2)")
_MOMENT: Final = FieldType.parse("DateTime")
_MEMORY: Final = FieldType.parse("LongTextArea(32768)")
_COMPANY_FIELDS: Final = (("Account", "Website"), ("Contact", "AccountId"), ("Contact", "Email"))


def requirements(config: Mapping[str, Any]) -> Requirements:
    """Work out what a configuration needs.

    Args:
        config: of the target; connection settings may be among it.

    Raises:
        ConfigError: everything that is wrong with it.
    """
    options = Options.from_config(config)
    needs = _Needs(options.names)
    for load in options.loads:
        needs.take(load)
    name = f"{options.names.prefix.rstrip('_')}_Integration"
    return needs.collector.done(permission_set=name, notes=needs.notes)


def probe(session: Session, config: Mapping[str, Any]) -> Sequence[Finding]:
    """Do what the target does before its first write: bind the loads to the org's describes.

    Raises:
        ConfigError: the configuration is wrong by itself.
    """
    options = Options.from_config(config)
    preflight = Preflight(session, options.names.memory)
    sure = [load for load in options.loads if not load.is_glob and load.fields is not None]
    _, findings = preflight.bind([(load, load.stream, None) for load in sure])
    return [_finding(line) for line in preflight.tell(findings.values())]


def _finding(line: str) -> Finding:
    subject, _, words = line.partition(": ")
    path = f"Setup > Object Manager > {subject.partition('.')[0]}"
    return Finding.failed(subject, words, f"Change it in {path}, or the setting named in brackets.")


class _Needs:
    """Walks through loads and collects what each needs."""

    def __init__(self, names: Names) -> None:
        self.collector = Collector()
        self.notes: list[str] = []
        self._memory = names.memory
        self._types = {
            names.engagement_score: (_NUMBER, "How much this company has engaged with us."),
            names.last_engaged: (_MOMENT, "When anybody of this company last engaged with us."),
            names.intent_score: (_NUMBER, "How likely this company is to buy now."),
            names.intent_topics: (_TEXT, "What this company reads about."),
            names.segment_id: (_TEXT, "The segment's own Id."),
            names.segment_name: (_TEXT, "The segment, as people call it."),
            names.segment_status: (_TEXT, "Where the company stands in the segment."),
            names.segment_account: (FieldType.parse("Lookup(Account)"), "The company in the segment."),
        }
        self._types = {name.lower(): known for name, known in self._types.items()}

    def take(self, load: Load) -> None:
        """Collect what one load needs."""
        sobject = load.object or load.stream
        if load.object is None and load.is_glob:
            self.notes.append(f"{load.where}: which objects {load.stream} means shows only when streams come")
            return
        makeable = sobject.lower().endswith("__c") and load.operation.creates
        label = sobject[: -len("__c")].replace("_", " ") if makeable else ""
        self.collector.object(sobject, *self._rights(load), label=label, where=load.where)
        self._match(sobject, load.match, load)
        self._key(sobject, load)
        self._fields(sobject, load)
        if load.removed is not None and load.removed.field is not None:
            self._write(sobject, load.removed.field, f"{load.where}.removed", load)
        if any(mapped.overwrite is Overwrite.TRACKED for mapped in load.fields or ()) or (
            load.fields is None and load.overwrite is Overwrite.TRACKED
        ):
            need = FieldNeed(
                sobject,
                self._memory,
                _WRITE if load.operation.creates else frozenset({Right.READ, Right.EDIT}),
                _MEMORY,
                exact=True,
                help="What the integration wrote last. Clear it to let the integration forget.",
                shown=False,
                where=f"{load.where}, overwrite: tracked",
            )
            self.collector.field(need)

    @staticmethod
    def _rights(load: Load) -> list[Right]:
        deletes = load.operation is Operation.DELETE or (
            load.deleted is Deleted.DELETE and (load.removed is None or load.removed.field is None)
        )
        wanted = (
            (load.operation.creates, Right.CREATE),
            (load.operation.updates, Right.EDIT),
            (deletes, Right.DELETE),
        )
        return [right for needed, right in wanted if needed]

    def _match(self, sobject: str, steps: Iterable[MatchStep], load: Load) -> None:
        for step in steps:
            if step.by_domain:
                self._companies(f"{load.where}.match, by: domain")
            elif step.field != "Id":
                self.collector.field(FieldNeed(sobject, str(step.field), _READ, where=f"{load.where}.match"))

    def _companies(self, where: str) -> None:
        for sobject, name in _COMPANY_FIELDS:
            self.collector.object(sobject, Right.READ, where=where)
            self.collector.field(FieldNeed(sobject, name, _READ, where=where))

    def _key(self, sobject: str, load: Load) -> None:
        name, type_ = load.key, _TEXT
        if name is None and load.operation is Operation.UPSERT:
            # The last unique field it matches on becomes the key of new records.
            name = next((step.field for step in reversed(load.match) if step.field not in (None, "Id")), None)
        if name is not None:
            # A key may be a number too, when it is not built from parts.
            need = FieldNeed(
                sobject,
                name,
                _WRITE,
                type_,
                exact=bool(load.key_from),
                key=True,
                help="Tells which row of which stream this record is.",
                shown=False,
                where=f"{load.where}.key",
            )
            self.collector.field(need)

    def _fields(self, sobject: str, load: Load) -> None:
        if load.pivot is not None:
            for segment, name in load.pivot.fields.items():
                self._write(sobject, name, f"{load.where}.pivot.fields.{segment}", load)
        if load.fields is None and load.operation is not Operation.DELETE:
            self.notes.append(
                f"{load.where}: which fields of {sobject} are written shows only when rows come"
            )
        for mapped in load.fields or ():
            known = self._types.get(mapped.field.lower())
            is_date = load.expire is not None and load.expire.source == mapped.source
            type_, help_ = known or (_MOMENT if is_date else _TEXT, "")
            looks_up = bool(mapped.match) or "." in mapped.field
            if looks_up and known is None:
                self._lookup(sobject, mapped.field, mapped.match, mapped.where, load)
                continue
            if mapped.match:
                self._match(type_.reference_to, mapped.match, load)
                self.collector.object(type_.reference_to, Right.READ, where=mapped.where)
            never = mapped.overwrite is Overwrite.NEVER
            need = FieldNeed(
                sobject,
                mapped.field,
                _READ if never else self._field_rights(load),
                type_,
                exact=is_date or bool(type_.reference_to),
                help=help_,
                where=mapped.where,
            )
            self.collector.field(need)

    def _lookup(self, sobject: str, name: str, steps: Sequence[MatchStep], where: str, load: Load) -> None:
        """A lookup of the user's own: what it points at can be told when domains find it."""
        target = FieldType.parse("Lookup(Account)") if any(step.by_domain for step in steps) else None
        if target is not None:
            self._match("Account", steps, load)
        need = FieldNeed(sobject, name, self._field_rights(load), target, exact=True, where=where)
        self.collector.field(need)

    def _write(self, sobject: str, name: str, where: str, load: Load) -> None:
        known = self._types.get(name.lower())
        type_, help_ = known or (_TEXT, "")
        self.collector.field(
            FieldNeed(sobject, name, self._field_rights(load), type_, help=help_, where=where)
        )

    @staticmethod
    def _field_rights(load: Load) -> frozenset[Right]:
        if load.operation is Operation.DELETE:
            return _READ
        if load.operation is Operation.INSERT:
            return frozenset({Right.READ, Right.CREATE})
        return _WRITE if load.operation.creates else frozenset({Right.READ, Right.EDIT})


PLUGIN: Final = Plugin("target-salesforce-abm", TARGET_SETTINGS, requirements, probe)
