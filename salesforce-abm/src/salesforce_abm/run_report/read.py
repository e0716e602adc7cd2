"""Read run reports (JSON), logs with the tap's METRIC line, and rejects files (JSON Lines)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from salesforce_abm.errors import ConfigError
from salesforce_abm.run_report.model import OUTCOMES, Material, Reject, Run, StreamCounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["read_files"]

_SUFFIXES = frozenset({".json", ".jsonl", ".log", ".txt"})
_SUMMARY = re.compile(r'METRIC: (\{"type":"summary","metric":"run".*\})')
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?")


def read_files(paths: Iterable[Path]) -> Material:
    """Read everything there is.

    Args:
        paths: files of any of the three kinds, and folders of such files.

    Raises:
        ConfigError: a file cannot be read or is none of these, or there is no run at all.
    """
    runs: list[Run] = []
    rejects: list[Reject] = []
    for path, named in _files(paths):
        try:
            text = path.read_text("utf-8", errors="replace")
        except OSError as error:
            raise ConfigError(f"cannot read {path}: {error.strerror}") from None
        found_runs, found_rejects = _read(text, path)
        if named and not found_runs and not found_rejects and text.strip():
            raise ConfigError(
                f"{path} is neither a run report, nor a log with the tap's METRIC line, nor a rejects file"
            )
        runs += found_runs
        rejects += found_rejects
    if not runs:
        raise ConfigError(
            "there is no run to report",
            remedy="Give the file of the target's setting `report_path`, or a log of the tap.",
        )
    return Material(tuple(sorted(runs, key=lambda run: run.started)), tuple(rejects))


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """List the files, and whether each was named or only lay in a folder."""
    for path in paths:
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                if found.is_file() and found.suffix in _SUFFIXES:
                    yield found, False
        else:
            yield path, True


def _read(text: str, path: Path) -> tuple[list[Run], list[Reject]]:
    try:
        document: Any = json.loads(text)
    except ValueError:
        lines = text.splitlines()
        runs = [run for line in lines if (run := _from_log(line, path)) is not None]
        return runs, [reject for line in lines if (reject := _reject(line)) is not None]
    if isinstance(document, dict) and isinstance(document.get("streams"), dict) and "exit_code" in document:
        try:
            return [_from_report(document, path)], []
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path} is not a run report: {type(error).__name__} {error}") from None
    one = _reject(text)
    return [], [one] if one is not None else []


def _from_report(document: dict[str, Any], path: Path) -> Run:
    usage = document.get("api_usage") or {}
    return Run(
        source=str(path),
        direction="in",
        started=_aware(datetime.fromisoformat(document["started_at"])),
        seconds=float(document["seconds"]),
        exit_code=int(document["exit_code"]),
        reason=str(document.get("exit_reason") or ""),
        dry_run=bool(document.get("dry_run")),
        streams={name: _counts(counts) for name, counts in document["streams"].items()},
        requests={str(kind): int(count) for kind, count in (document.get("api_requests") or {}).items()},
        daily_used=usage.get("daily_used"),
        daily_max=usage.get("daily_max"),
    )


def _counts(counts: dict[str, Any]) -> StreamCounts:
    return StreamCounts(
        received=int(counts.get("received", 0)),
        outcomes={name: int(counts.get(name, 0)) for name in OUTCOMES},
        reasons={str(code): int(count) for code, count in (counts.get("reasons") or {}).items()},
        expired=int(counts.get("expired", 0)),
        removed=int(counts.get("removed", 0)),
    )


def _from_log(line: str, path: Path) -> Run | None:
    """Read the tap's summary; its log line says when the run ended."""
    found = _SUMMARY.search(line)
    if found is None:
        return None
    try:
        tags = json.loads(found[1])["tags"]
        seconds = float(tags.get("seconds") or 0.0)
        daily = tags.get("daily_api_requests") or {}
        failed = [str(name) for name in tags.get("failed") or ()]
        # Streams that were read and brought nothing are up to date too.
        rows = {str(name): int(read.get("rows", 0)) for name, read in (tags.get("streams") or {}).items()}
        rows |= {str(name): int(count) for name, count in tags["rows"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Run(
        source=str(path),
        direction="out",
        started=_ended(line, path) - timedelta(seconds=seconds),
        seconds=seconds,
        exit_code=1 if failed else 0,
        reason=f"failed: {', '.join(failed)}" if failed else "done",
        dry_run=False,
        streams={name: StreamCounts(count) for name, count in rows.items()},
        requests={str(kind): int(count) for kind, count in (tags.get("api_requests") or {}).items()},
        daily_used=daily.get("used"),
        daily_max=daily.get("max"),
    )


def _ended(line: str, path: Path) -> datetime:
    found = _MOMENT.search(line.partition("METRIC")[0])
    if found is None:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return _aware(datetime.fromisoformat(f"{found[1]}T{found[2]}{(found[3] or '').replace('Z', '+00:00')}"))


def _aware(moment: datetime) -> datetime:
    # Times without a zone are this machine's: the logs of the SDK are written like that.
    return moment if moment.tzinfo is not None else moment.astimezone()


def _reject(line: str) -> Reject | None:
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
        key = entry["key"]
        record = entry["record"]
        code = str(entry["code"])
    except (ValueError, KeyError, TypeError):
        return None
    named = key if isinstance(key, dict) and key else record if isinstance(record, dict) else {}
    words = ", ".join(f"{name} {value}" for name, value in list(named.items())[:3])
    return Reject(
        str(entry.get("stream") or ""),
        words,
        code,
        str(entry.get("message") or ""),
        str(entry.get("field") or ""),
    )
