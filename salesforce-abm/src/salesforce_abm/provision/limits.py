"""Is there room for what is to be made? Salesforce counts external Ids, custom fields and long text.

https://help.salesforce.com/s/articleView?id=sf.custom_field_allocations.htm
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from salesforce_abm.tooling import owner_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from salesforce_abm.provision.survey import Survey
    from salesforce_abm.requirements import FieldNeed

__all__ = ["MOST_EXTERNAL_IDS", "too_many"]

MOST_EXTERNAL_IDS: Final = 25
_MOST_LONG_TEXT: Final = 1_638_400
_MOST_FIELDS: Final = {
    "Contact Manager Edition": 25,
    "Group Edition": 100,
    "Team Edition": 100,
    "Essentials Edition": 100,
    "Professional Edition": 100,
    "Enterprise Edition": 500,
    "Developer Edition": 500,
    "Unlimited Edition": 800,
    "Performance Edition": 800,
}
"""Custom fields of an object by `OrganizationType`; what packages bring has its own allowance."""


def too_many(survey: Survey, make: Sequence[FieldNeed]) -> list[str]:
    """Say where the fields to be made do not fit: one sentence an object and limit."""
    problems = []
    new = Counter(owner_of(need.sobject) for need in make)
    most = _MOST_FIELDS.get(survey.edition)
    for sobject, count in new.items():
        there = sum(1 for owner, name in survey.fields if owner == sobject.lower() and name.count("__") == 1)
        if most is not None and there + count > most:
            problems.append(
                f"{sobject}: has {there} of the {most} custom fields its edition ({survey.edition}) allows, "
                f"so {count} more do not fit: delete fields nobody needs (Setup > Object Manager > "
                f"{sobject} > Fields & Relationships), deleted ones for good too"
            )
    for sobject in dict.fromkeys(need.sobject for need in make):
        described = survey.described.get(sobject.lower())
        fields = described.fields if described else ()
        wanted = [need for need in make if need.sobject == sobject]
        keys, known = sum(need.key for need in wanted), sum(f.external_id for f in fields)
        if keys and known + keys > MOST_EXTERNAL_IDS:
            problems.append(
                f"{sobject}: has {known} of the {MOST_EXTERNAL_IDS} external Ids an object can have, so "
                f"{keys} more do not fit: take External ID off fields that need it no more"
            )
        long = sum(f.length for f in fields if f.custom and f.type == "textarea" and f.length > 255)
        more = sum(n.type.length for n in wanted if n.type and n.type.kind == "LongTextArea")
        if more and long + more > _MOST_LONG_TEXT:
            problems.append(
                f"{sobject}: its long text fields hold {long:,} characters already, and {more:,} more pass "
                f"the {_MOST_LONG_TEXT:,} of an object: give shorter lengths with --type"
            )
    return problems
