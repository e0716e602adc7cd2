"""Allowances and record counts."""

from __future__ import annotations

from core.loopback import Asked, Reply, talking

from salesforce_abm.limits import Limit, Limits


def test_allowances_are_read_by_name_and_an_app_s_own_share_left_out() -> None:
    document = {
        "DailyApiRequests": {"Max": 15_000, "Remaining": 14_000, "My App": {"Max": 0, "Remaining": 0}},
        "Odd": {"Something": 1},
    }
    with talking(lambda _: Reply(document)) as (_, session):
        limits = Limits(session).all()
    assert limits == {"DailyApiRequests": Limit(15_000, 14_000)}
    assert limits["DailyApiRequests"].used == 1_000


def test_record_counts_leave_out_what_salesforce_does_not_know() -> None:
    with talking(lambda _: Reply({"sObjects": [{"count": 3, "name": "Account"}]})) as (server, session):
        assert Limits(session).record_counts(["Account", "Nope__c", "Account"]) == {"Account": 3}
    assert server.asked[0].query == {"sObjects": "Account,Nope__c"}


def test_many_names_are_asked_about_in_several_calls() -> None:
    def answer(asked: Asked) -> Reply:
        names = asked.query["sObjects"].split(",")
        return Reply({"sObjects": [{"count": 1, "name": name} for name in names]})

    names = [f"An_object_with_a_name_as_long_as_they_get_{n:04}__c" for n in range(500)]
    with talking(answer) as (server, session):
        assert list(Limits(session).record_counts(names)) == names
    assert len(server.asked) > 1
    assert max(len(asked.query["sObjects"]) for asked in server.asked) < 9_000


def test_no_names_cost_no_call() -> None:
    with talking(lambda _: Reply({})) as (server, session):
        assert Limits(session).record_counts([]) == {}
    assert server.asked == []
