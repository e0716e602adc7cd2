"""Requests side by side never share a parent, and nothing is lost in the cutting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from target.lab import stream

from target_salesforce_abm.rows import Action, Change
from target_salesforce_abm.write.lanes import lanes, requests_of

if TYPE_CHECKING:
    from target.lab import Lab

CHANGES = st.lists(
    st.builds(
        lambda number, action, parent, keyed: Change(
            "Contact", action, f"{number}", ("Key__c", "k") if keyed else None, {}, {}, (), parent
        ),
        st.integers(0, 10_000),
        st.sampled_from(Action),
        st.sampled_from(["", "", "a", "b", "c"]),
        st.booleans(),
    ),
    max_size=60,
)


@given(changes=CHANGES, size=st.integers(1, 8))
def test_lanes_hold_every_change_once_in_requests_of_one_kind_and_share_no_parent(
    changes: list[Change], size: int
) -> None:
    kinds = lanes(changes, size)
    flat = [change for kind in kinds for lane in kind for request in lane for change in request]
    assert sorted(map(id, flat)) == sorted(map(id, changes))
    for kind in kinds:
        seen: set[str] = set()
        for lane in kind:
            parents = {change.parent for request in lane for change in request} - {""}
            assert not parents & seen
            seen |= parents
            for request in lane:
                assert 0 < len(request) <= size
                assert len({(change.action, change.key) for change in request}) == 1


@given(changes=CHANGES, size=st.integers(1, 8))
def test_requests_are_as_few_as_the_kinds_allow(changes: list[Change], size: int) -> None:
    kinds: dict[object, int] = {}
    for change in changes:
        kind = (change.action, change.key)
        kinds[kind] = kinds.get(kind, 0) + 1
    assert len(requests_of(changes, size)) == sum(-(-count // size) for count in kinds.values())


def test_many_contacts_of_few_accounts_are_written_side_by_side_without_a_lock(lab: Lab) -> None:
    accounts = [lab.create("Account", Name=f"A{n}") for n in range(5)]
    contacts = [lab.create("Contact", LastName=f"C{n}", AccountId=accounts[n % 5]) for n in range(450)]
    loads = [
        {
            "stream": "rows",
            "object": "Contact",
            "match": [{"source": "id", "field": "Id"}],
            "fields": {"text": "Title"},
        }
    ]
    run = lab.run(
        stream("rows", [{"id": contact, "text": "x"} for contact in contacts]), loads=loads, api_type="REST"
    )
    assert run.numbers("rows") == {"received": 450, "written": 450}
    assert run.report["api_requests"]["write"] == 3
    assert {row["Title"] for row in lab.rows("SELECT Title FROM Contact")} == {"x"}
