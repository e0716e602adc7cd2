"""Keep secrets out of every log line.

The library never puts a secret into a message on purpose; this is the second fence, for text that comes from
elsewhere (a proxy's error page, another library's debug log). Sessions register what they know, `install`
filters all logging.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from typing import Any, Final
from urllib.parse import quote, quote_plus

__all__ = ["clean", "install", "register", "uninstall"]

_MASK: Final = "[secret]"
# Shorter texts occur in ordinary words, and masking those would make logs unreadable without protecting
# anything.
_SHORTEST: Final = 4
_KEY_LINE: Final = 20

_lock = threading.Lock()
_known: set[str] = set()
_pattern: re.Pattern[str] | None = None
_plain_factory: Any = None


def register(*secrets: str | None) -> None:
    """Remember secrets in every form in which they travel: plain, URL-encoded, escaped, keys by line."""
    global _pattern  # noqa: PLW0603 - one set of secrets for the process, like logging itself
    forms: set[str] = set()
    for secret in secrets:
        if not secret:
            continue
        lines = [line.strip() for line in secret.splitlines()] if "\n" in secret else []
        forms |= {line for line in lines if len(line) >= _KEY_LINE and not line.startswith("-----")}
        forms |= {secret, quote(secret, safe=""), quote_plus(secret)}
        forms |= {json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    with _lock:
        _known.update(form for form in forms if len(form) >= _SHORTEST)
        # Longest first, so that a password inside "password + token" does not leave the token standing.
        alternatives = sorted(_known, key=len, reverse=True)
        _pattern = re.compile("|".join(map(re.escape, alternatives))) if alternatives else None


def clean(text: str) -> str:
    """Replace every registered secret in a text."""
    pattern = _pattern
    return pattern.sub(_MASK, text) if pattern else text


def install() -> None:
    """Clean every log record of the process, whatever logger or handler it goes through.

    A record factory rather than a filter: a filter on the root logger does not see the records of its
    children.
    """
    global _plain_factory  # noqa: PLW0603
    with _lock:
        if _plain_factory is None:
            _plain_factory = logging.getLogRecordFactory()
            logging.setLogRecordFactory(_clean_record)


def uninstall() -> None:
    """Undo `install` and forget all secrets."""
    global _plain_factory, _pattern  # noqa: PLW0603
    with _lock:
        if _plain_factory is not None:
            logging.setLogRecordFactory(_plain_factory)
            _plain_factory = None
        _known.clear()
        _pattern = None


def _clean_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record: logging.LogRecord = _plain_factory(*args, **kwargs)
    if _pattern is None:
        return record
    try:
        text = record.getMessage()
    except (TypeError, ValueError):
        # A wrong format string is reported by logging itself, with the arguments: so those are cleaned too.
        text = f"{record.msg} {record.args}"
    cleaned = clean(text)
    if cleaned != text:
        record.msg, record.args = cleaned, None
    if record.exc_info and record.exc_info[0] is not None:
        # Formatters use this text when it is there instead of making their own.
        record.exc_text = clean(logging.Formatter().formatException(record.exc_info))
    return record
