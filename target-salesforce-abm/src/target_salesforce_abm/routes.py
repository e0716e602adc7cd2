"""Stage 0: which loads take a stream, bound to the org."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from salesforce_abm.errors import ConfigError
from target_salesforce_abm.loads import Operation
from target_salesforce_abm.preflight import Preflight

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from salesforce_abm.session import Session
    from target_salesforce_abm.bind import BoundLoad
    from target_salesforce_abm.loads import Load
    from target_salesforce_abm.preflight.findings import Findings
    from target_salesforce_abm.rows import Stream
    from target_salesforce_abm.settings import Options

__all__ = ["Routes"]

logger = logging.getLogger("target-salesforce-abm")


class Routes:
    """Binds loads, and knows which take which stream.

    All loads that the settings spell out are bound before the first row, so that what is wrong with any of
    them is known before anything is written. The recipe is there without being asked for: what is wrong with
    a part of it matters only when a stream comes for that part.

    Args:
        session: the signed-in session.
        options: the settings.
        on_bound: told each bound load, and the stream it was bound for (None: for its own).
    """

    def __init__(
        self, session: Session, options: Options, on_bound: Callable[[BoundLoad, str | None], None]
    ) -> None:
        self._preflight = Preflight(session, options.names.memory)
        self._options = options
        self._on_bound = on_bound
        self._bound: dict[Load, BoundLoad] = {}
        self._wrong: dict[Load, Findings] = {}
        self._streams: dict[str, tuple[Stream, tuple[BoundLoad, ...], Mapping[str, Any]]] = {}
        self._started = False

    def announce(self, stream: Stream, loads: tuple[Load, ...], schema: Mapping[str, Any]) -> None:
        """Take a stream's SCHEMA.

        Args:
            stream: the stream.
            loads: the loads that take it.
            schema: JSON Schema of its records.

        Raises:
            ConfigError: the org lacks what the loads need, or the stream does not bring what its fields can
                take.
        """
        known = self._streams.get(stream.name)
        if known is not None and known[0] == stream and known[2] == schema:
            return
        findings: list[Findings] = []
        first = not self._started
        self._start(stream.name, loads, schema)
        if first:
            findings += (found for load, found in self._wrong.items() if not load.builtin or load in loads)
        else:
            findings += (self._wrong[load] for load in loads if load in self._wrong)
        bound = []
        for load in loads:
            made = self._bound.get(load)
            if made is None and load not in self._wrong:
                made = self._late(load, stream.name, schema, findings)
            if made is not None:
                bound.append(made)
        problems = [*self._preflight.tell(findings)] if findings else []
        problems += (problem for made in bound for problem in self._preflight.misfits(made, schema))
        problems = list(dict.fromkeys(problems))
        if problems:
            raise _refusal(problems, provision=all(load.builtin for load in self._options.loads))
        self._streams[stream.name] = stream, tuple(bound), schema

    def knows(self, stream: str) -> bool:
        """Whether the stream was announced."""
        return stream in self._streams

    def of(self, stream: str) -> tuple[BoundLoad, ...]:
        """Give the loads of an announced stream."""
        return self._streams[stream][1]

    def stream(self, stream: str) -> Stream:
        """Give an announced stream."""
        return self._streams[stream][0]

    def all_bound(self) -> list[BoundLoad]:
        """Give every load that is bound, also of streams that did not come; those that fit the org."""
        self._start()
        late = (load for _, loads, _ in self._streams.values() for load in loads)
        return list(dict.fromkeys((*self._bound.values(), *late)))

    def _start(
        self, stream: str = "", loads: tuple[Load, ...] = (), schema: Mapping[str, Any] | None = None
    ) -> None:
        """Bind what can be bound before any row; of the first stream's loads, more can be checked."""
        if self._started:
            return
        self._started = True
        early = [load for load in self._options.loads if not _needs_schema(load)]
        wanted = ((load, stream, schema) if load in loads else (load, load.stream, None) for load in early)
        bound, self._wrong = self._preflight.bind(list(wanted))
        for load, made in bound.items():
            self._bound[load] = made
            self._on_bound(made, None)

    def _late(
        self, load: Load, stream: str, schema: Mapping[str, Any], findings: list[Findings]
    ) -> BoundLoad | None:
        bound, wrong = self._preflight.bind([(load, stream, schema)])
        findings += wrong.values()
        made = bound.get(load)
        if made is not None:
            self._on_bound(made, stream)
        return made


def _needs_schema(load: Load) -> bool:
    """Whether the load says too little to be bound before its stream is known."""
    mapped = load.fields is not None or load.operation is Operation.DELETE
    return not mapped or (load.is_glob and load.object is None)


def _refusal(problems: list[str], *, provision: bool) -> ConfigError:
    lines = list(dict.fromkeys(problems))
    if provision:
        lines.append(
            "Run `salesforce-abm provision --apply` to make the fields and the object of the built-in recipe."
        )
    return ConfigError.of(lines)
