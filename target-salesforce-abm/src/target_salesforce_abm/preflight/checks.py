"""Describes the objects that loads need, and binds the loads to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from salesforce_abm.describe import Describer
from salesforce_abm.presence import Presence
from target_salesforce_abm.loads import Moved
from target_salesforce_abm.preflight.findings import Findings, Objects
from target_salesforce_abm.preflight.fit import schema_problems
from target_salesforce_abm.preflight.load import Draft
from target_salesforce_abm.preflight.steps import lookup_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from salesforce_abm.session import Session
    from target_salesforce_abm.bind import BoundLoad
    from target_salesforce_abm.loads import Load

__all__ = ["Preflight"]


class Preflight:
    """Binds loads to an org.

    Args:
        session: the signed-in session.
        memory_field: API name of the long text field that `tracked` needs.
    """

    def __init__(self, session: Session, memory_field: str) -> None:
        self._session = session
        self._describer = Describer(session)
        self._memory_field = memory_field
        self._objects = Objects()
        self._bound = 0

    def bind(
        self, loads: Sequence[tuple[Load, str | None, Mapping[str, Any] | None]]
    ) -> tuple[dict[Load, BoundLoad], dict[Load, Findings]]:
        """Join loads to their objects.

        Args:
            loads: each load with its stream's name and JSON Schema, where they are known already.

        Returns:
            The loads that fit, and what is wrong with those that do not.
        """
        names = {load: load.object or stream or "" for load, stream, _ in loads}
        wanted = list(names.values())
        if any(_uses_domains(load) for load in names):
            wanted += ["Account", "Contact"]
        if any(load.moved is Moved.FOLLOW and name.lower() == "lead" for load, name in names.items()):
            wanted.append("Contact")
        self._describe(wanted)
        self._describe(self._looked_up(names))
        drafts = [
            Draft(load, names[load], stream, schema, self._objects, self._memory_field)
            for load, stream, schema in loads
        ]
        bound: dict[Load, BoundLoad] = {}
        for draft in drafts:
            made = draft.bind(self._bound)
            if made is not None:
                bound[draft.load] = made
                self._bound += 1
        return bound, {draft.load: draft.findings for draft in drafts if draft.findings}

    def tell(self, findings: Iterable[Findings]) -> list[str]:
        """Put findings into words, one line each; asks the org's setup about what is missing."""
        wrong = list(findings)
        presence = Presence(self._session, {sobject for one in wrong for sobject, _ in one.missing})
        return [line for one in wrong for line in one.told(presence, self._objects, self._all_names)]

    def misfits(self, bound: BoundLoad, schema: Mapping[str, Any]) -> list[str]:
        """Compare a bound load with its stream's JSON Schema; see `fit.schema_problems`."""
        sobject = self._objects.get(bound.sobject)
        if sobject is None:
            return []
        return schema_problems(sobject, bound.columns, bound.steps, schema, bound.load.where)

    def _describe(self, names: Iterable[str]) -> None:
        """Describe objects that are not known yet, 25 in one API call."""
        new = [name for name in dict.fromkeys(names) if name not in self._objects]
        if new:
            found = self._describer.sobjects(new)
            self._objects.known |= {name.lower(): found.get(name) for name in new}

    def _looked_up(self, names: Mapping[Load, str]) -> list[str]:
        """Objects at the other end of the lookups that are given by a key."""
        found: list[str] = []
        for load, name in names.items():
            described = self._objects.get(name)
            for mapped in (load.fields or ()) if described else ():
                lookup = lookup_field(described, mapped) if described else None
                if lookup is not None and ("." in mapped.field or mapped.match):
                    found += lookup.reference_to
        return found

    def _all_names(self) -> list[str]:
        return [summary.name for summary in self._describer.global_()]


def _uses_domains(load: Load) -> bool:
    steps = [*load.match, *(step for mapped in load.fields or () for step in mapped.match)]
    return any(step.by_domain for step in steps)
