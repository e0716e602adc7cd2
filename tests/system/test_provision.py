"""From an empty org to rows in it: `provision --apply`, the target, and `provision` again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from target.lab import NAMES, Lab, stream

from salesforce_abm import redact
from salesforce_abm.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_org.testing import RunningOrg


@pytest.fixture
def lab(org: RunningOrg, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Lab]:
    yield Lab(org, tmp_path, caplog)
    redact.uninstall()


def provision(lab: Lab, *arguments: str, **settings: Any) -> Result:
    path = lab.directory / "provision.json"
    path.write_text(json.dumps(lab.config(**settings)), encoding="utf-8")
    return CliRunner().invoke(main, ["provision", "--config", str(path), *arguments])


def test_the_recipe_works_on_an_empty_org_after_provision(lab: Lab) -> None:
    done = provision(lab, "--apply")
    assert done.exit_code == 0, done.output
    acme = lab.company("acme.com")
    run = lab.run(
        stream(
            "account_engagement",
            [{"domain": "acme.com", "engagement_score": 12.5, "last_engaged_at": "2126-11-20T10:00:00Z"}],
        )
        + stream("account_intent", [{"domain": "acme.com", "intent_score": 80, "intent_topics": ["ads"]}])
        + stream(
            "account_segments",
            [{"domain": "acme.com", "segment_id": "s1", "segment_name": "One", "status": "active"}],
        )
    )
    assert run.code == 0, run.log
    assert [run.numbers(name) for name in run.report["streams"]] == [{"received": 1, "written": 1}] * 3
    assert lab.row("Account", acme, NAMES.engagement_score, NAMES.intent_topics) == (12.5, "ads")
    [segment] = lab.rows(f"SELECT {NAMES.segment_account}, {NAMES.segment_key} FROM {NAMES.segment_object}")
    assert segment == {NAMES.segment_account: acme, NAMES.segment_key: f"account_segments|{acme}|s1"}

    lab.running.requests.clear()
    again = provision(lab, "--apply")
    assert again.exit_code == 0
    assert "Nothing to do." in again.output
    assert not any(
        "/Soap/" in entry.path or "/composite/sobjects" in entry.path for entry in lab.running.requests
    )


def test_what_holds_data_is_removed_only_by_force(lab: Lab) -> None:
    provision(lab, "--apply")
    lab.create("Account", Name="A", **{NAMES.engagement_score: 0})
    refused = provision(lab, "--remove")
    assert refused.exit_code == 1
    assert f"Account.{NAMES.engagement_score}: holds a value in 1 record" in refused.stderr
    assert "nothing was removed" in refused.stderr
    assert lab.org.customiser.field(f"Account.{NAMES.intent_score}") is not None
    forced = provision(lab, "--remove", "--force")
    assert forced.exit_code == 0, forced.output
    assert lab.org.customiser.fields() == []
    assert lab.org.customiser.objects() == []
    assert lab.rows("SELECT Id FROM PermissionSet WHERE Name = 'ABM_Integration'") == []


def test_every_kind_of_load_gets_what_it_needs_and_runs(lab: Lab) -> None:
    loads = [
        {
            "stream": "tiers",
            "object": "Account",
            "operation": "upsert",
            "match": [{"source": "key", "field": "Crm_Key__c"}],
            "fields": {
                "name": "Name",
                "tier": {"field": "ABM_Tier__c", "overwrite": "tracked"},
                "until": "ABM_Until__c",
                "notes": "ABM_Notes__c",
            },
            "expire": {"source": "until", "after_days": 30},
        },
        {
            "stream": "people",
            "object": "Contact",
            "match": [{"source": "id", "field": "Id"}],
            "pivot": {"name": "segment", "value": "status", "fields": {"s1": "s1_seg__c", "s2": "s2_seg__c"}},
        },
    ]
    options = ("--type", "Account.ABM_Notes__c=LongTextArea(4000)")
    done = provision(lab, "--apply", *options, loads=loads)
    assert done.exit_code == 0, done.output
    assert "Nothing to do." in provision(lab, *options, loads=loads).output
    contact = lab.create("Contact", LastName="Doe")
    run = lab.run(
        stream(
            "tiers",
            [{"key": "k1", "name": "A", "tier": "gold", "until": "2126-01-01T00:00:00Z", "notes": "n"}],
        )
        + stream("people", [{"id": contact, "segment": "s2", "status": "in"}]),
        loads=loads,
    )
    assert run.code == 0, run.log
    [account] = lab.rows("SELECT Crm_Key__c, ABM_Tier__c, ABM_Memory__c, ABM_Notes__c FROM Account")
    assert account == {
        "Crm_Key__c": "k1",
        "ABM_Tier__c": "gold",
        "ABM_Memory__c": '{"ABM_Tier__c":"gold"}',
        "ABM_Notes__c": "n",
    }
    assert lab.row("Contact", contact, "s2_seg__c") == ("in",)
    notes = lab.org.schema.object("Account")["ABM_Notes__c"]
    assert (notes.type, notes.length) == ("textarea", 4000)
