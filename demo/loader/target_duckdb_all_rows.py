"""target-duckdb 0.8.0 with the correction its main branch has: no first row taken for a header.

It writes CSV without a header and leaves it to DuckDB to find that out, which takes the first row of a batch for a
header when all columns are text or a time in it has a zone (jwills/target-duckdb#58). The row is lost without a word.
Drop this package when a release has the correction; it says so itself then.
"""

from __future__ import annotations

from typing import Any

import target_duckdb

WRONG = "WITH (new_line "
connect = target_duckdb.duckdb_connect


class Connection:
    """DuckDB's connection, told that there is no header."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._inner = connect(config)

    def execute(self, sql: str, *values: Any) -> Any:
        """A statement; one that copies from a file loses no row."""
        if sql.startswith("COPY ") and WRONG not in sql:
            raise RuntimeError(
                "this version of target-duckdb copies in another way: use it without the correction"
            )
        return self._inner.execute(sql.replace(WRONG, "WITH (header false, new_line "), *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def main() -> None:
    """The loader's command."""
    target_duckdb.duckdb_connect = Connection
    target_duckdb.main()


if __name__ == "__main__":
    main()
