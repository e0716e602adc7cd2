"""The built-in recipe, from Singer messages to the org and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from target.lab import NAMES, stream

if TYPE_CHECKING:
    from target.lab import Lab

SCORE, ENGAGED = NAMES.engagement_score, NAMES.last_engaged


def test_engagement_intent_and_segments_reach_the_accounts_they_are_verified_for(lab: Lab) -> None:
    lab.recipe()
    acme, beta = lab.company("acme.com"), lab.company("beta.com")
    run = lab.run(
        stream(
            "account_engagement",
            [
                {"domain": "acme.com", "engagement_score": 12.5, "last_engaged_at": "2126-11-20T10:00:00Z"},
                {"account_id": beta[:15], "engagement_score": 0},
                {"domain": "nobody.com", "engagement_score": 1},
            ],
            state={"engagement": 1},
        )
        + stream(
            "account_intent", [{"domain": "acme.com", "intent_score": 80, "intent_topics": ["ads", "crm"]}]
        )
        + stream(
            "account_segments",
            [
                {"domain": "acme.com", "segment_id": "s1", "segment_name": "One", "status": "active"},
                {"account_id": beta, "segment_id": "s1", "segment_name": "One", "status": "active"},
            ],
            state={"engagement": 1, "segments": 1},
        )
    )
    assert run.code == 0, run.log
    assert run.numbers("account_engagement") == {"received": 3, "written": 2, "unmatched": 1}
    assert lab.row("Account", acme, SCORE, ENGAGED) == (12.5, "2126-11-20T10:00:00.000+0000")
    assert lab.row("Account", beta, SCORE, ENGAGED) == (0.0, None)
    assert lab.row("Account", acme, NAMES.intent_score, NAMES.intent_topics) == (80.0, "ads; crm")
    segments = lab.rows(f"SELECT {NAMES.segment_key}, {NAMES.segment_account} FROM {NAMES.segment_object}")
    assert {row[NAMES.segment_account] for row in segments} == {acme, beta}
    assert {row[NAMES.segment_key] for row in segments} == {
        f"account_segments|{acme}|s1",
        f"account_segments|{beta}|s1",
    }
    assert run.states == [{"engagement": 1, "segments": 1}]
    [reject] = run.rejects
    assert reject["code"] == "unmatched"
    assert reject["key"] == {"domain": "nobody.com"}
    assert reject["record"] == {"domain": "nobody.com", "engagement_score": 1}
    assert reject["retryable"] is True


def test_the_same_500_records_twice_write_nothing_the_second_time(lab: Lab) -> None:
    lab.engagement_fields()
    accounts = [lab.create("Account", Name=f"Account {n}") for n in range(500)]
    records = [
        {
            "account_id": account,
            "engagement_score": n / 8,
            "last_engaged_at": f"2126-01-01T00:{n % 60:02}:00.987Z",
        }
        for n, account in enumerate(accounts)
    ]
    first = lab.run(stream("account_engagement", records, key=["account_id"], state=1))
    assert first.numbers("account_engagement") == {"received": 500, "written": 500}
    assert len(first.writes()) == 3
    again = lab.run(stream("account_engagement", records, key=["account_id"], state=1))
    assert again.numbers("account_engagement") == {"received": 500, "unchanged": 500}
    assert again.writes() == []
    assert again.states == [1]
    assert again.report["api_requests"] == {"auth": 1, "describe": 1, "query": 1, "retrieve": 1}


@pytest.mark.parametrize(
    ("push", "skipped", "kept"),
    [
        ("push_engagement", "account_engagement", "account_segments"),
        ("push_segments", "account_segments", "account_engagement"),
    ],
    ids=["engagement off", "segments off"],
)
def test_a_switch_skips_its_streams_and_touches_nothing_of_theirs(
    lab: Lab, push: str, skipped: str, kept: str
) -> None:
    lab.recipe()
    acme = lab.company("acme.com", **{SCORE: 5, ENGAGED: "2020-01-01T00:00:00Z"})
    messages = stream("account_engagement", [{"account_id": acme, "engagement_score": 9}])
    messages += stream("account_segments", [{"account_id": acme, "segment_id": "s"}])
    run = lab.run(messages, **{push: False})
    assert run.code == 0, run.log
    assert run.numbers(skipped) == {"received": 1, "skipped": 1}
    assert run.numbers(kept) == {"received": 1, "written": 1}
    if push == "push_engagement":
        assert lab.row("Account", acme, SCORE, ENGAGED) == (5.0, "2020-01-01T00:00:00.000+0000")
    else:
        assert lab.count(NAMES.segment_object) == 0


def test_another_prefix_renames_every_field_and_the_object(lab: Lab) -> None:
    lab.field("Account.Ily_Engagement_Score__c", type="Number", precision=18, scale=0)
    lab.field("Account.Ily_Last_Engaged__c", type="DateTime")
    account = lab.create("Account", Name="A")
    run = lab.run(
        stream("account_engagement", [{"account_id": account, "engagement_score": 3}]), field_prefix="Ily_"
    )
    assert run.code == 0, run.log
    assert lab.row("Account", account, "Ily_Engagement_Score__c") == (3.0,)


def test_what_the_recipe_lacks_in_the_org_is_told_before_anything_is_written(lab: Lab) -> None:
    lab.field(f"Account.{SCORE}", type="Number", precision=18, scale=0)
    account = lab.create("Account", Name="A")
    run = lab.run(stream("account_engagement", [{"account_id": account, "engagement_score": 3}], state=1))
    assert run.code == 1
    assert f"Account.{ENGAGED}:" in run.log
    assert "no such field" in run.log
    assert "salesforce-abm provision" in run.log
    assert run.states == []
    assert lab.row("Account", account, SCORE) == (None,)


def test_a_part_of_the_recipe_that_no_stream_asks_for_may_be_missing(lab: Lab) -> None:
    lab.engagement_fields()
    account = lab.create("Account", Name="A")
    run = lab.run(stream("account_engagement", [{"account_id": account, "engagement_score": 3}]))
    assert run.code == 0, run.log
    assert lab.row("Account", account, SCORE) == (3.0,)
