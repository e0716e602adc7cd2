"""Run the target in a process of its own that dies, without a word, at one of its requests."""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
from typing import TYPE_CHECKING, Any

from salesforce_abm.session import Session
from target_salesforce_abm.cli import run
from target_salesforce_abm.target import TargetSalesforceAbm

if TYPE_CHECKING:
    from pathlib import Path

    import requests

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["target_salesforce_abm.target"])  # what takes long to import
KILLED = 9


class _MortalSession(Session):
    """Dies before its n-th request, or after Salesforce has carried it out."""

    left = 0
    when = "before"

    def request(self, *arguments: Any, **more: Any) -> requests.Response:
        type(self).left -= 1
        last = type(self).left == 0
        if last and self.when == "before":
            os._exit(KILLED)
        answer = super().request(*arguments, **more)
        if last:
            os._exit(KILLED)
        return answer


class _MortalTarget(TargetSalesforceAbm):
    def make_session(self) -> Session:
        return _MortalSession(self.connection, sleep=lambda _seconds: None)


def _child(config: str, messages: str, states: str, at: int, when: str) -> None:
    _MortalSession.left, _MortalSession.when = at, when
    logging.disable(logging.CRITICAL)
    out = os.open(states, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, sys.stdout.fileno())
    code = run(_MortalTarget, ["--config", config, "--input", messages])
    sys.stdout.flush()
    os._exit(code)


def run_until(config: Path, messages: Path, states: Path, at: int, when: str) -> int:
    """Run the target on files until it dies at a request.

    Args:
        config: its configuration.
        messages: its input.
        states: where its standard output goes.
        at: the request, from 1; 0 lets it live.
        when: `before` Salesforce gets the request, or `after` it has carried it out.

    Returns:
        The exit code; `KILLED` when it died.
    """
    process = _CONTEXT.Process(target=_child, args=(str(config), str(messages), str(states), at, when))
    process.start()
    process.join(60)
    assert process.exitcode is not None, "the target hangs"
    return process.exitcode
