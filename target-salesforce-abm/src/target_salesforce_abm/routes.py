"""Stage 0: which loads take a stream, bound to the org."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from salesforce_abm.errors import ConfigError
from target_salesforce_abm.preflight import Preflight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from salesforce_abm.session import Session
    from target_salesforce_abm.bind import BoundLoad
    from target_salesforce_abm.loads import Load
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
        self._problems: dict[Load, list[str]] = {}
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
        self._start(stream.name, loads, schema)
        problems = [problem for load in loads for problem in self._problems.get(load, ())]
        bound = []
        for load in loads:
            made = self._bound.get(load)
            if made is None and load not in self._problems:
                made = self._late(load, stream.name, schema, problems)
            if made is not None:
                bound.append(made)
                problems += self._preflight.misfits(made, schema)
        if problems:
            raise _refusal(problems, provision=all(load.builtin for load in loads))
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
        self, stream: str = "", loads: Iterable[Load] = (), schema: Mapping[str, Any] | None = None
    ) -> None:
        """Bind what can be bound before any row, and check the loads of the first stream with it."""
        if self._started:
            return
        self._started = True
        first = set(loads)
        early = [load for load in self._options.loads if not _needs_schema(load)]
        wanted = [(load, load.stream, None) for load in early]
        bound, problems = self._preflight.bind(wanted)
        late = [load for load in first if _needs_schema(load)]
        late_problems: list[str] = []
        if late and schema is not None:
            _, wrong = self._preflight.bind([(load, stream, schema) for load in late])
            late_problems = [line for lines in wrong.values() for line in lines]
        for load, made in bound.items():
            self._bound[load] = made
            self._on_bound(made, None)
        fatal = [
            line for load, lines in problems.items() if not load.builtin or load in first for line in lines
        ]
        for load, lines in problems.items():
            self._problems[load] = lines
            if load.builtin and load not in first and not fatal:
                logger.info("The stream %s could not be loaded now: %s", load.stream, "; ".join(lines))
        if fatal or late_problems:
            raise _refusal([*fatal, *late_problems], provision=all(load.builtin for load in problems))

    def _late(
        self, load: Load, stream: str, schema: Mapping[str, Any], problems: list[str]
    ) -> BoundLoad | None:
        bound, wrong = self._preflight.bind([(load, stream, schema)])
        problems += wrong.get(load, [])
        made = bound.get(load)
        if made is not None:
            self._on_bound(made, stream)
        return made


def _needs_schema(load: Load) -> bool:
    """Whether the load says too little to be bound before its stream is known."""
    return load.fields is None or (load.is_glob and load.object is None)


def _refusal(problems: list[str], *, provision: bool) -> ConfigError:
    lines = list(dict.fromkeys(problems))
    if provision:
        lines.append(
            "Run `salesforce-abm provision --apply` to make the fields and the object of the built-in recipe."
        )
    return ConfigError.of(lines)
