"""Data an org starts with: `demo`, `empty`, or so many Accounts.

The same seed on the same day gives the same org, to the last letter.

    demo        a company's whole org: accounts, people, deals, campaigns, activities, custom fields, reports
    abm         the fields, object and permission set of account-based marketing (`install_abm`)
    schema      custom fields, record types and the Subscription object of the demo
    volume      any number of Accounts, fast
    reports     the demo's three reports
    accounts, people, sales, activities, custom    the demo's records, as plain rows
    web, words, dice, world                        spelling, vocabulary, numbers and time they are made of
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local_org.seed.abm import install_abm

if TYPE_CHECKING:
    from local_org.org import Org

__all__ = ["install_abm", "plant"]


def plant(org: Org, seed: str | int) -> None:
    """Fills a fresh org.

    Args:
        org: an org without records.
        seed: `demo`, `empty`, or a number of Accounts, as a number or its digits; `1000x3` gives each Account
            three Contacts.

    Raises:
        ValueError: the seed is none of these.
    """
    text = str(seed)
    if text == "empty":
        return
    if text == "demo":
        from local_org.seed.demo import plant_demo  # noqa: PLC0415 - an org of plain Accounts needs none of it

        plant_demo(org)
        return
    number = re.fullmatch(r"(\d{1,9})(?:x(\d{1,4}))?", text)
    if number is None:
        raise ValueError(f"a seed is demo, empty or a number of Accounts, not {text!r}")
    from local_org.seed.volume import plant_volume  # noqa: PLC0415

    plant_volume(org, int(number[1]), contacts=int(number[2] or 0))
