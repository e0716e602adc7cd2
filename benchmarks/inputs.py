"""Singer input for loading: `python -m benchmarks.inputs IDS ROWS SHARE ROUND FILE`.

Records of 40 properties, 8 of which are mapped. In each round a share of the rows, in percent, has other
values than the round before; the rest repeat what they were.
"""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path

MAPPED = 8
PROPERTIES = 40


def version(number: int, share: int, turn: int) -> int:
    """How often a row's values have changed by a round; rounds count from 1, and 0 is how the org began."""
    if share == 100:
        return turn
    every = 100 // share if share else 0
    if not every:
        return 0
    # Row n changes in the rounds t with t % every == n % every; the last such round is its version.
    return max(turn - (turn - number) % every, 0)


def value(number: int, field: int, share: int, turn: int) -> str:
    """What a mapped field holds."""
    return f"Value {field} of row {number}, version {version(number, share, turn)}"


def write(ids: Path, rows: int, share: int, turn: int, target: Path) -> None:
    properties = {f"p{n}": {"type": ["null", "string"]} for n in range(PROPERTIES - 1)}
    properties |= {f"p{n}": {"type": ["null", "number"]} for n in range(MAPPED, PROPERTIES - 1, 4)}
    properties |= {f"p{n}": {"type": ["null", "boolean"]} for n in range(MAPPED + 1, PROPERTIES - 1, 4)}
    properties |= {
        f"p{n}": {"type": ["null", "string"], "format": "date-time"}
        for n in range(MAPPED + 2, PROPERTIES - 1, 4)
    }
    schema = {"type": "object", "properties": {"id": {"type": "string"}, **properties}}
    with ids.open(encoding="ascii") as source, target.open("w", encoding="utf-8") as out:
        head = {"type": "SCHEMA", "stream": "rows", "schema": schema, "key_properties": ["id"]}
        out.write(json.dumps(head) + "\n")
        for number, record_id in enumerate(islice(source, rows)):
            record: dict[str, object] = {"id": record_id.strip()}
            for field in range(PROPERTIES - 1):
                if field < MAPPED:
                    record[f"p{field}"] = value(number, field, share, turn)
                else:
                    other = (number * 1.25, number % 2 == 0, "2026-05-04T03:02:01.000Z", f"Text {number}")
                    record[f"p{field}"] = other[(field - MAPPED) % 4]
            out.write(json.dumps({"type": "RECORD", "stream": "rows", "record": record}) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
