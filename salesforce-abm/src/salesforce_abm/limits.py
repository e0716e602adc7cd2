"""The org's allowances, and roughly how many records each object has.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_limits.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_record_count.htm
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from salesforce_abm.session import Session

URL_SHARE = 8_000
"""Characters of object names asked about at a time: they travel in the URL, which has 16,384 at most."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One allowance. The numbers lag up to some minutes behind.

    Attributes:
        max: what the org may use, in whatever the name says (requests, megabytes, events).
        remaining: what is left of it.
    """

    max: int
    remaining: int

    @property
    def used(self) -> int:
        """What is gone."""
        return self.max - self.remaining


class Limits:
    """Asks for allowances and record counts.

    Args:
        session: the signed-in session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> dict[str, Limit]:
        """Give every allowance the user may see, by name (`DailyApiRequests`): one API call."""
        answer = self._session.get_json("limits", kind="limits")
        return {
            name: Limit(int(value["Max"]), int(value["Remaining"]))
            for name, value in answer.items()
            if isinstance(value, dict) and "Max" in value and "Remaining" in value
        }

    def record_counts(self, names: Iterable[str]) -> dict[str, int]:
        """Count the records of objects, roughly and whoever may see them: one call for some hundred objects.

        Args:
            names: API names.

        Returns:
            Counts by name as Salesforce spells it; objects it has no count of are absent. Good for
            choosing an API, not for checking anything: recently created rows may be missing.
        """
        counts: dict[str, int] = {}
        for some in _chunks(dict.fromkeys(names)):
            answer = self._session.get_json(
                "limits/recordCount", kind="limits", params={"sObjects": ",".join(some)}
            )
            counts.update((entry["name"], int(entry["count"])) for entry in answer.get("sObjects") or ())
        return counts


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    length = 0
    for name in names:
        if chunk and length + len(name) > URL_SHARE:
            yield chunk
            chunk, length = [], 0
        chunk.append(name)
        length += len(name) + 3  # a comma is three characters in a URL
    if chunk:
        yield chunk
