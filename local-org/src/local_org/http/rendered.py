"""Answers that are rendered once: what an org serves to clients that are being measured.

With `Behaviour.prerendered` a query that was answered before is answered with the same bytes again, plain or
compressed, whatever was written since, and a Bulk query is the job that its text made before. The org then
costs next to nothing while a client reads, and the client is all that is measured. It is no way to test
anything else.
"""

from __future__ import annotations

import re
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local_org.http import jsontext
from local_org.http.body import PIECE, gzipped
from local_org.http.messages import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from local_org.http.messages import Request

_KEPT = re.compile(r"/services/data/v[\d.]+/(?:query|queryAll|jobs/query/\w+/results)(?:/|$)", re.IGNORECASE)
_OPTIONS = ("Sforce-Query-Options", "X-PrettyPrint")


@dataclass(frozen=True, slots=True)
class _Kept:
    """A whole answer; its body lies in two files."""

    content_type: str
    headers: dict[str, str]
    plain: Path
    packed: Path


class Rendered:
    """The kept answers of one org. Safe to use from several threads.

    Attributes:
        jobs: Bulk query jobs by what was asked for.
    """

    def __init__(self) -> None:
        self.jobs: dict[tuple[str, ...], str] = {}
        self._answers: dict[tuple[str, ...], _Kept] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()

    def answer(self, request: Request, make: Callable[[], Response]) -> Response:
        """Answer as before, or make the answer and keep it; only whole answers to queries are kept."""
        if request.method != "GET" or not _KEPT.match(request.path):
            return make()
        options = [request.headers.get(name, "") for name in _OPTIONS]
        key = (request.user.id, request.path, request.query_string, *options)
        with self._lock:
            kept = self._answers.get(key)
            if kept is None:
                response = make()
                if response.status != 200 or response.content_type is None:
                    return response
                kept = self._answers[key] = self._keep(response)
        return Response(
            content_type=kept.content_type,
            headers=dict(kept.headers),
            chunks=_read(kept.plain),
            packed=_read(kept.packed),
        )

    def close(self) -> None:
        """Remove the files."""
        if self._folder is not None:
            self._folder.cleanup()

    def _keep(self, response: Response) -> _Kept:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="local-org-rendered-")
        stem = Path(self._folder.name) / str(len(self._answers))
        plain, packed = stem.with_suffix(".plain"), stem.with_suffix(".gz")
        body = (jsontext.dumps(response.value),) if response.is_json else response.chunks or ()
        _write(plain, body)
        _write(packed, gzipped(_read(plain)))
        return _Kept(str(response.content_type), response.headers, plain, packed)


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(chunks)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
