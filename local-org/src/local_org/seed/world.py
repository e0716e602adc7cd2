"""What every part of the demo data knows: today's date, the users, and how to make Ids and time stamps."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.seed.dice import Dice

Row = dict[str, Any]
"""One record as the store keeps it: field name to value; absent means null."""


@dataclass(frozen=True)
class Company:
    """An Account of the demo and the facts its Contacts and Opportunities follow.

    Attributes:
        row: the Account's record.
        country: index into `words.COUNTRIES`.
        domain: the company's registrable web domain, in ASCII.
        mail_domain: the domain its people's e-mail addresses mostly have.
        created: days before today the Account was created.
    """

    row: Row
    country: int
    domain: str
    mail_domain: str
    created: int

    @property
    def id(self) -> str:
        """The Account's Id."""
        return str(self.row["Id"])

    @property
    def deleted(self) -> bool:
        """Whether the Account is in the recycle bin."""
        return bool(self.row.get("IsDeleted"))


@dataclass(frozen=True)
class World:
    """The surroundings of the demo data.

    Attributes:
        today: all dates and times of the demo are before this day's midnight (UTC) or whole days from it.
        new_id: gives the next Id of an object.
        admin_id: the user that set up the org; owns what nobody else does.
        profile_id: the profile of ordinary users.
        role_ids: Ids of roles, filled by the part that makes users.
        user_ids: active users that own records.
        all_user_ids: these and users that have left.
    """

    today: dt.date
    new_id: Callable[[str], str]
    admin_id: str
    profile_id: str
    user_ids: list[str] = field(default_factory=list)
    all_user_ids: list[str] = field(default_factory=list)
    role_ids: list[str] = field(default_factory=list)

    def date(self, days_ago: int) -> str:
        """The date so many days before today (negative: after), `YYYY-MM-DD`."""
        return (self.today - dt.timedelta(days=days_ago)).isoformat()

    def moment(self, days_ago: int, second: int) -> str:
        """A moment on an earlier day, as the store keeps it: `YYYY-MM-DDTHH:MM:SSZ`.

        Args:
            days_ago: at least 1, so that nothing in the demo lies in the future.
            second: of that day, UTC.
        """
        time = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        return f"{(self.today - dt.timedelta(days=days_ago)).isoformat()}T{time}Z"

    def stamps(self, dice: Dice, created: int, *, by: str | None = None) -> Row:
        """The audit fields of a record made on a day.

        Most records were changed after they were made; some had their SystemModstamp moved by the system
        without a change a person made, as happens in every org (mass recalculations, role changes).

        Args:
            dice: the part's dice.
            created: days before today, at least 1.
            by: the creating user's Id; one of all users by default.
        """
        created = max(created, 1)
        modified = created if dice.chance(30) else dice.between(1, created)
        touched = dice.between(1, modified) if dice.chance(6) else modified
        made_at = self.moment(created, dice.between(6 * 3600, 18 * 3600))
        changed_at = (
            made_at if modified == created else self.moment(modified, dice.between(6 * 3600, 18 * 3600))
        )
        touched_at = changed_at if touched == modified else self.moment(touched, 2 * 3600)
        users = self.all_user_ids
        return {
            "IsDeleted": False,
            "CreatedDate": made_at,
            "CreatedById": by or dice.pick(users),
            "LastModifiedDate": changed_at,
            "LastModifiedById": by or dice.pick(users),
            "SystemModstamp": touched_at,
        }


def discard(row: Row, stamp: str) -> None:
    """Puts a record into the recycle bin at a moment; a record is never younger than its deletion."""
    row.update(IsDeleted=True, LastModifiedDate=stamp, SystemModstamp=stamp)
    row["CreatedDate"] = min(row["CreatedDate"], stamp)
