"""What a run does after its last row: clear fields past their window, remove what mirrors carry no more."""

from __future__ import annotations

import logging
from itertools import islice
from typing import TYPE_CHECKING, Final

from target_salesforce_abm.expire import expired

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from salesforce_abm.session import Session
    from target_salesforce_abm.accounting import Accounting, Tally
    from target_salesforce_abm.bind import BoundLoad
    from target_salesforce_abm.box import Box
    from target_salesforce_abm.current import Current
    from target_salesforce_abm.mirror import Mirror
    from target_salesforce_abm.rows import Change

__all__ = ["expire_all", "mirror_all"]

logger = logging.getLogger("target-salesforce-abm")

_BATCH: Final = 10_000


def expire_all(
    session: Session, loads: Iterable[BoundLoad], current: Current, box: Box, accounting: Accounting
) -> None:
    """Clear the fields of every load whose date is past its window.

    Args:
        session: the signed-in session.
        loads: bound loads, with and without `expire`.
        current: reads the values.
        box: takes the changes.
        accounting: counts records under their load's stream.
    """
    for load in loads:
        if load.expire is None:
            continue
        current.forget()
        changes = expired(session, load, current, session.server_now())
        for batch in _batches(changes, _BATCH):
            tally = accounting.of(load.load.stream)
            tally.expired += _carry_out(batch, box, tally, "clear")


def mirror_all(session: Session, mirrors: Iterable[Mirror], box: Box, accounting: Accounting) -> list[str]:
    """Remove what the streams of mirrors do not carry any more.

    Args:
        session: the signed-in session.
        mirrors: those whose stream came.
        box: takes the changes.
        accounting: counts rows under their stream.

    Returns:
        Why mirrors did not remove what was gone, one line each.
    """
    refusals: list[str] = []
    for mirror in mirrors:
        if mirror.stream not in accounting.streams:
            continue
        stale = mirror.stale(session)
        if stale.refusal is not None:
            text = f"mirror {mirror.stream}: {stale.refusal}"
            if mirror.rows:
                refusals.append(text)
            else:
                logger.warning("%s", text)
        tally = accounting.of(mirror.stream)
        for batch in _batches(iter(stale.changes), _BATCH):
            tally.removed += _carry_out(batch, box, tally, "remove")
    return refusals


def _carry_out(changes: Sequence[Change], box: Box, tally: Tally, verb: str) -> int:
    done = 0
    for results in (box.send(changes), box.settle()):
        for result in results:
            if result.problem is None:
                done += 1
            else:
                tally.failed += 1
                logger.error(
                    "Could not %s %s %s: %s: %s", verb, result.change.sobject, result.change.id,
                    result.problem.code, result.problem.message,
                )  # fmt: skip
    return done


def _batches(changes: Iterator[Change], size: int) -> Iterator[list[Change]]:
    while batch := list(islice(changes, size)):
        yield batch
