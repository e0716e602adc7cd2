"""Matching requests, and the list of faults that are switched on."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_org.http.messages import Request, Response


F = TypeVar("F", bound="Fault")


@dataclass(slots=True)
class Fault:
    """Something that goes wrong with some of the requests.

    Attributes:
        method: verbs it concerns, such as `GET` or `POST PATCH`; None is any.
        path: regular expression searched in the path and query string; None is any.
        skip: let so many matching requests pass first.
        times: then strike so many times; None is for ever.
        struck: how often it did.
    """

    kind: ClassVar[str] = ""

    method: str | None = field(default=None, kw_only=True)
    path: str | None = field(default=None, kw_only=True)
    skip: int = field(default=0, kw_only=True)
    times: int | None = field(default=1, kw_only=True)
    struck: int = field(default=0, init=False)
    _seen: int = field(default=0, init=False, repr=False)

    def concerns(self, request: Request) -> bool:
        """Whether the request is of the kind this fault is about."""
        if self.method is not None and request.method not in self.method.upper().split():
            return False
        if self.path is None:
            return True
        target = f"{request.path}?{request.query_string}" if request.query_string else request.path
        return re.search(self.path, target, re.IGNORECASE) is not None

    def before(self, request: Request) -> Response | None:
        """Runs before the org looks at the request; a response ends the matter."""
        del request
        return None

    def after(self, request: Request, response: Response) -> Response:
        """Runs when the org has done what was asked; may replace or damage the answer."""
        del request
        return response

    def strike(self) -> bool:
        """Count something that matches; False while it is to be let pass."""
        self._seen += 1
        if self._seen <= self.skip:
            return False
        self.struck += 1
        return True

    @property
    def spent(self) -> bool:
        """It will not strike again."""
        return self.times is not None and self.struck >= self.times

    def describe(self) -> dict[str, Any]:
        """The fault as JSON, for the admin API."""
        names = [name for name in self.__dataclass_fields__ if not name.startswith("_")]
        return {"kind": self.kind} | {name: getattr(self, name) for name in names}


class FaultList:
    """Faults in the order they were switched on. Safe to use from several threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Switch a fault off."""
        with self._lock:
            if fault in self._faults:
                self._faults.remove(fault)

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._faults.clear()

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults))

    def __len__(self) -> int:
        return len(self._faults)

    def striking(self, request: Request) -> list[Fault]:
        """The faults that strike this request; each is counted, spent ones leave the list."""
        return self._strike(lambda fault: fault.concerns(request))

    def striking_other(self, kind: type[F], fits: Callable[[F], bool]) -> list[F]:
        """The faults of one kind that strike something else than a request, counted likewise."""
        found = self._strike(lambda fault: isinstance(fault, kind) and fits(fault))
        return [fault for fault in found if isinstance(fault, kind)]

    def _strike(self, concerns: Callable[[Fault], bool]) -> list[Fault]:
        if not self._faults:
            return []
        with self._lock:
            found = [
                fault for fault in self._faults if not fault.spent and concerns(fault) and fault.strike()
            ]
            self._faults = [fault for fault in self._faults if not fault.spent]
        return found
