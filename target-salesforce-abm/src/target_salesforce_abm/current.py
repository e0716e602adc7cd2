"""What Salesforce holds now: values of the mapped fields, read in bulk, 2,000 records a request.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_retrieve.htm
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.collections import Collections
from target_salesforce_abm.rows import Action

if TYPE_CHECKING:
    from salesforce_abm.session import Session
    from target_salesforce_abm.bind import BoundLoad
    from target_salesforce_abm.rows import Change
    from target_salesforce_abm.values import Codec, Value

__all__ = ["Codecs", "Current"]

Codecs = Mapping[str, Mapping[str, "Codec"]]
"""Object to field to codec."""
_READ_SIZE: Final = 2_000


class Current:
    """Values in Salesforce, remembered for one batch.

    Args:
        session: the signed-in session.
    """

    def __init__(self, session: Session) -> None:
        self._collections = Collections(session)
        self._codecs: dict[str, dict[str, Codec]] = {}
        self._values: dict[str, dict[str, Mapping[str, Value] | None]] = {}
        self._assumed: dict[str, dict[str, dict[str, Value] | None]] = {}

    def wants(self, load: BoundLoad) -> None:
        """Read what the diff of this load needs from now on."""
        self._codecs.setdefault(load.sobject, {}).update(load.codecs)

    @property
    def codecs(self) -> Codecs:
        """Every field that any load reads or writes, with its codec."""
        return self._codecs

    def fields(self, sobject: str) -> tuple[str, ...]:
        """Name the fields that are read of an object, besides its Id."""
        return tuple(self._codecs.get(sobject, ()))

    def load(self, sobject: str, ids: Iterable[str]) -> None:
        """Read the records that are not known yet; those that do not exist become known as missing."""
        known = self._values.setdefault(sobject, {})
        new = [record_id for record_id in dict.fromkeys(ids) if record_id not in known]
        fields = ("Id", *self.fields(sobject))
        for chunk in _batches(new, _READ_SIZE):
            answers = self._collections.retrieve(sobject, chunk, fields)
            for record_id, answer in zip(chunk, answers, strict=True):
                known[record_id] = None if answer is None else self._decoded(sobject, answer)

    def put(self, sobject: str, record: Mapping[str, Any]) -> None:
        """Take over a record that a query brought with all `fields`."""
        self._values.setdefault(sobject, {})[str(record["Id"])] = self._decoded(sobject, record)

    def get(self, sobject: str, record_id: str) -> Mapping[str, Value] | None:
        """Give the values of a record, None when it does not exist.

        Raises:
            KeyError: it was not read.
        """
        assumed = self._assumed.get(sobject, {})
        if record_id in assumed:
            changed = assumed[record_id]
            known = self._values.get(sobject, {}).get(record_id) or {}
            return None if changed is None else {**known, **changed}
        return self._values[sobject][record_id]

    def of(self, sobject: str) -> Mapping[str, Mapping[str, Value]]:
        """Give every known record of an object that exists."""
        known = self._values.get(sobject, {})
        names = [*known, *(name for name in self._assumed.get(sobject, {}) if name not in known)]
        return {name: values for name in names if (values := self.get(sobject, name)) is not None}

    def assume(self, change: Change, record_id: str) -> None:
        """For a dry run: from now on the record counts as changed, to the end of the run."""
        assumed = self._assumed.setdefault(change.sobject, {})
        if change.action is Action.DELETE:
            assumed[record_id] = None
        else:
            assumed[record_id] = {**(assumed.get(record_id) or {}), **change.values}

    def forget(self) -> None:
        """Drop what was read: the next batch sees what Salesforce holds then."""
        self._values.clear()

    def _decoded(self, sobject: str, answer: Mapping[str, Any]) -> Mapping[str, Value]:
        return {name: codec.stored(answer.get(name)) for name, codec in self._codecs.get(sobject, {}).items()}


def _batches(items: list[str], size: int) -> Iterable[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
