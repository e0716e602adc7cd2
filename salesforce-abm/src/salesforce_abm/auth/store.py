"""The file that keeps a rotated refresh token: its owner's alone, replaced in one step, locked in use."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from salesforce_abm.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TokenStore"]


class TokenStore:
    """A JSON file `{"refresh_token": ..., "configured": ...}`.

    `configured` is a digest of the refresh token in the settings from which the kept one stems. When the
    settings hold another one (somebody signed in anew), the kept one is out of date and not used.

    Args:
        path: the file; its folder must exist. A link is followed.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))

    def read(self, configured: str | None) -> str | None:
        """Give the refresh token to use: the kept one, unless the settings hold a newer one.

        Args:
            configured: the refresh token of the settings.

        Raises:
            ConfigError: the file cannot be read or is no token store.
        """
        try:
            document: Any = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return configured
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not a token store"
            raise ConfigError(f"`token_store_path`: cannot read {self._path}: {reason}") from None
        kept = document.get("refresh_token") if isinstance(document, dict) else None
        if not isinstance(kept, str) or not kept:
            raise ConfigError(f"`token_store_path`: {self._path} is not a token store")
        if configured is not None and document.get("configured") != _digest(configured):
            return configured
        return kept

    def write(self, refresh_token: str, *, configured: str | None) -> None:
        """Keep a refresh token; when this returns it is on disk.

        Args:
            refresh_token: the new one.
            configured: the one in the settings, if any.

        Raises:
            ConfigError: the file cannot be written.
        """
        document = {"refresh_token": refresh_token, "configured": _digest(configured) if configured else None}
        try:
            # mkstemp gives mode 0600, and the name changes hands only when every byte is on disk.
            handle, name = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(document, file)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise ConfigError(f"`token_store_path`: cannot write {self._path}: {error.strerror}") from None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process out; waits for one that is in.

        The lock file lies beside the store, so taking it also proves that the store can be written.

        Raises:
            ConfigError: the folder cannot be written.
        """
        lock = self._path.with_name(self._path.name + ".lock")
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigError(
                f"`token_store_path`: cannot write beside {self._path}: {error.strerror}"
            ) from None
        try:
            _lock(handle)
            yield
        finally:
            os.close(handle)  # gives the lock back


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
