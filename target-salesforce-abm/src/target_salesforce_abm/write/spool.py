"""Changes that wait for a Bulk job, on disk: memory holds only their names."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

import msgspec

from target_salesforce_abm.rows import Action, Change, Row, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_salesforce_abm.bind import BoundLoad
    from target_salesforce_abm.values import Value

__all__ = ["Spool"]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(list[Any], float_hook=Decimal)


class Spool:
    """Changes of one object and one action, in the order they came.

    Args:
        sobject: API name of the object.
        action: what is done to the records.
        key_field: external Id field of new records; None for the other actions.
    """

    def __init__(self, sobject: str, action: Action, key_field: str | None) -> None:
        self.sobject = sobject
        self.action = action
        self.key_field = key_field
        self.names: set[str] = set()
        self.fields: dict[str, None] = {}
        self.size = 0
        self.rows = 0
        self._loads: dict[BoundLoad, int] = {}
        self._streams: dict[str, Stream] = {}
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()

    def __len__(self) -> int:
        return len(self.names)

    def append(self, change: Change) -> None:
        """Add a change for a record that has none here yet."""
        rows = []
        for row, contributed in change.rows:
            self._streams[row.stream.name] = row.stream
            load = self._loads.setdefault(row.load, len(self._loads))
            marks = (row.deleted, row.retried, contributed)
            rows.append((row.stream.name, load, row.number, row.record, row.target, *marks))
        values = {
            name: [f"{value}"] if isinstance(value, Decimal) else value
            for name, value in change.values.items()
        }
        line = _ENCODER.encode((change.id, change.key and change.key[1], values, change.parent, rows)) + b"\n"
        self._file.write(line)
        self.size += len(line)
        self.rows += len(change.rows)
        self.names.add(change.name)
        self.fields.update(dict.fromkeys(change.values))

    def changes(self) -> Iterator[Change]:
        """Give the changes, in order; values before the change are not kept."""
        loads = list(self._loads)
        self._file.seek(0)
        for line in self._file:
            record_id, key, values, parent, rows = _DECODER.decode(line)
            yield Change(
                self.sobject,
                self.action,
                record_id,
                None if self.key_field is None or key is None else (self.key_field, key),
                {name: _value(value) for name, value in values.items()},
                {},
                tuple((self._row(row, loads), bool(row[-1])) for row in rows),
                parent,
            )

    def close(self) -> None:
        """Forget everything."""
        self._file.close()

    def _row(self, row: list[Any], loads: list[BoundLoad]) -> Row:
        stream, load, number, record, target, deleted, retried, _ = row
        return Row(
            self._streams[stream],
            loads[load],
            number,
            record,
            deleted=deleted,
            retried=retried,
            target=target,
        )


def _value(value: Any) -> Value:
    plain: Value = Decimal(value[0]) if isinstance(value, list) else value
    return plain
