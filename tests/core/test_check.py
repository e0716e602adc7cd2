"""Every way to set an org up wrongly is found, and the fix is named."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from core.commands import flat

from local_org import defaults, grants
from local_org.soql.run import run_query
from salesforce_abm.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.commands import Desk

    from local_org.org import Org
    from local_org.testing import RunningOrg

SEGMENTS = "ABM_Account_Segment__c"
TEXT: dict[str, Any] = {"type": "Text", "length": 80}


def make(org: Org, full_name: str, *, grant: bool = True, edit: bool = True, **metadata: Any) -> None:
    org.customiser.create_field(full_name, {"label": full_name[-40:].replace("__c", ""), **metadata})
    if grant:
        grants.grant(org, full_name, org.admin, edit=edit)


def rights_of_the_set(org: Org, table: str, condition: str) -> list[str]:
    where = f"Parent.Name = 'ABM_Integration' AND {condition}"
    result = run_query(org, org.admin, f"SELECT Id FROM {table} WHERE {where}")
    return [row["Id"] for row in result.records(0, 100, version="66.0")]


def take_back(org: Org, table: str, condition: str, **left: bool) -> None:
    """Take a right out of the permission set that provision made, or leave a part of it."""
    for row in rights_of_the_set(org, table, condition):
        done = org.dml.update(org.admin, table, row, left) if left else org.dml.delete(org.admin, table, row)
        assert done.success, done


def without_profile(org: Org, target: str) -> None:
    """What the profile itself grants goes, so that the permission set alone decides."""
    grants.grant(org, target, org.admin, read=False, edit=False)


def hide(org: Org, name: str) -> None:
    take_back(org, "FieldPermissions", f"Field = '{name}'")


def account_not_readable(org: Org) -> None:
    without_profile(org, "Account")
    take_back(org, "ObjectPermissions", "SobjectType = 'Account'")


def account_not_editable(org: Org) -> None:
    grants.grant(org, "Account", org.admin, edit=False)
    take_back(org, "ObjectPermissions", "SobjectType = 'Account'", PermissionsEdit=False)


def no_api(org: Org) -> None:
    with org.store.write() as connection:
        connection.execute('UPDATE "PermissionSet" SET "PermissionsApiEnabled" = 0')
    org.security.changed()


def sandbox_secret(org: Org) -> None:
    app = org.apps.get(defaults.CLIENT_ID)
    assert app is not None
    app.client_secret = "another"


def no_run_as(org: Org) -> None:
    app = org.apps.get(defaults.CLIENT_ID)
    assert app is not None
    app.run_as = None


def flow_off(org: Org) -> None:
    app = org.apps.get(defaults.CLIENT_ID)
    assert app is not None
    app.flows.discard("client_credentials")


def contact_email_hidden(org: Org) -> None:
    without_profile(org, "Contact.Email")
    hide(org, "Contact.Email")


def segments_not_deletable(org: Org) -> None:
    take_back(org, "ObjectPermissions", f"SobjectType = '{SEGMENTS}'", PermissionsDelete=False)


def key_not_unique(org: Org) -> None:
    change(org, f"{SEGMENTS}.ABM_Key__c", unique=False)


def key_no_external_id(org: Org) -> None:
    change(org, f"{SEGMENTS}.ABM_Key__c", externalId=False, unique=False)


def change(org: Org, full_name: str, **attributes: Any) -> None:
    known = org.customiser.field(full_name)
    assert known is not None
    org.customiser.update_field(full_name, {**known.metadata, **attributes})


def required_field(org: Org) -> None:
    make(org, f"{SEGMENTS}.Region__c", grant=False, required=True, **TEXT)


def wrong_type(org: Org) -> None:
    org.customiser.delete_field("Account.ABM_Last_Engaged__c")
    make(org, "Account.ABM_Last_Engaged__c", **TEXT)


def formula(org: Org) -> None:
    org.customiser.delete_field("Account.ABM_Intent_Score__c")
    make(org, "Account.ABM_Intent_Score__c", type="Number", precision=18, scale=2, formula="1 + 1")


def gone(full_name: str) -> Callable[[Org], None]:
    return lambda org: org.customiser.delete_field(full_name)


def read_only(org: Org) -> None:
    take_back(org, "FieldPermissions", "Field = 'Account.ABM_Intent_Topics__c'", PermissionsEdit=False)


@dataclass(frozen=True)
class Seed:
    """A way to set an org up wrongly.

    Attributes:
        name: of the test.
        break_it: does it; None when only the settings are wrong.
        subject: the line of the table that must fail.
        fix: words that must be in its remedy.
        settings: of the target.
    """

    name: str
    break_it: Callable[[Org], None] | None
    subject: str
    fix: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)


SEEDS = [
    Seed("wrong secret", sandbox_secret, "Sign-in", ("`client_secret`", "Consumer Key and Secret")),
    Seed("no run-as user", no_run_as, "Sign-in", ("'Run As'", "Policies")),
    Seed("flow switched off", flow_off, "Sign-in", ("Setup > External Client App Manager",)),
    Seed("API disabled", no_api, "API access", ("'API Enabled'", "Setup > Permission Sets")),
    Seed(
        "version too new", None, "API version", ("Set `api_version` to 67.0 or lower",), {"api_version": "99.0"}
    ),
    Seed("quota used up", lambda org: org.limits.maxima.update(DailyApiRequests=90), "API requests",
         ("`quota_percent_total`",), {"quota_percent_total": 10}),
    Seed("object hidden", account_not_readable, "Account", ("Read, Edit", "Object Settings > Account")),
    Seed("object not editable", account_not_editable, "Account", ("Give the user Edit on Account",)),
    Seed("object missing", lambda org: org.customiser.delete_object(SEGMENTS), SEGMENTS,
         ("Run `salesforce-abm provision --apply`",)),
    Seed("custom object hidden", lambda org: take_back(org, "ObjectPermissions", f"SobjectType = '{SEGMENTS}'"),
         SEGMENTS, ("Give the user Read, Create, Edit, Delete on it",)),
    Seed("rows not deletable", segments_not_deletable, SEGMENTS, ("Give the user Delete on ABM Account Segment",)),
    Seed("field missing", gone("Account.ABM_Intent_Score__c"), "Account.ABM_Intent_Score__c",
         ("Run `salesforce-abm provision --apply`",)),
    Seed("field hidden", lambda org: hide(org, "Account.ABM_Intent_Score__c"), "Account.ABM_Intent_Score__c",
         ("Give the user Read and Edit on it", "Set Field-Level Security")),
    Seed("field read-only", read_only, "Account.ABM_Intent_Topics__c",
         ("Give the user Edit on it", "ABM Intent Topics > Set Field-Level Security")),
    Seed("field of the wrong type", wrong_type, "Account.ABM_Last_Engaged__c", ("Change its type",)),
    Seed("formula field", formula, "Account.ABM_Intent_Score__c", ("Map another field",)),
    Seed("key not unique", key_not_unique, f"{SEGMENTS}.ABM_Key__c", ("Tick Unique",)),
    Seed("key no external Id", key_no_external_id, f"{SEGMENTS}.ABM_Key__c", ("Tick External ID and Unique",)),
    Seed("standard field hidden", contact_email_hidden, "Contact.Email", ("Read", "Set Field-Level Security")),
    Seed("another field is required", required_field, f"{SEGMENTS}.Region__c", ("Setup > Object Manager",)),
    Seed(
        "field misspelt",
        None,
        "Account.ABM_Intnt_Score__c",
        ("or correct `loads[0].fields.score`",),
        {
            "loads": [
                {
                    "stream": "s",
                    "object": "Account",
                    "match": [{"source": "id", "field": "Id"}],
                    "fields": {"score": "ABM_Intnt_Score__c"},
                }
            ]
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_a_misconfiguration_is_found_and_its_fix_is_named(seed: Seed, org: RunningOrg, desk: Desk) -> None:
    assert desk.run("provision", "--apply").exit_code == 0
    if seed.break_it is not None:
        seed.break_it(org.org)
    done = desk.run("check target", "--json", **seed.settings)
    assert done.exit_code == 1, done.output
    found = {
        line["subject"]: line for line in json.loads(done.stdout)["findings"] if line["state"] == "FAILED"
    }
    assert list(found) == [seed.subject], done.stdout
    for words in seed.fix:
        assert words in found[seed.subject]["remedy"]


def test_the_table_shows_the_remedies_and_ends_with_exit_code_1(org: RunningOrg, desk: Desk) -> None:
    done = desk.run("check target")
    assert done.exit_code == 1
    assert done.stderr == "Error: 5 checks failed\n"
    assert "FAILED ABM_Account_Segment__c does not exist -> Run `salesforce-abm provision --apply`." in flat(
        done.stdout
    )


def test_all_is_well_after_provision(desk: Desk) -> None:
    desk.run("provision", "--apply")
    done = desk.run("check target")
    assert done.exit_code == 0, done.output
    assert "Account.ABM_Engagement_Score__c double; read, write" in flat(done.stdout)
    assert "ABM_Account_Segment__c.ABM_Key__c string; read, write, unique external Id" in flat(done.stdout)


def test_hidden_and_missing_are_one_to_who_may_not_see_the_setup(org: RunningOrg, desk: Desk) -> None:
    org.faults.status(403, "INSUFFICIENT_ACCESS", "no", path="/tooling/query")
    done = desk.run("check target")
    assert "Account.ABM_Intent_Score__c missing, or hidden from the user" in flat(done.stdout)


def test_check_of_the_tap_looks_at_objects_patterns_reports_and_hidden_fields(
    org: RunningOrg, desk: Desk
) -> None:
    make(org.org, "Account.Secret_Score__c", grant=False, **TEXT)
    done = desk.run(
        "check tap", objects=["Account", "Contact", "Opportunity*", "Acount", "x*"], reports=["Nope", "No*"]
    )
    assert done.exit_code == 1
    said = flat(done.stdout)
    assert "ok Account read" in said
    assert "objects Opportunity*" in said
    assert "FAILED Acount missing, or hidden from the user (nearest: Account)" in said
    assert "FAILED objects x* no object the user can read" in said
    assert "FAILED report Nope" in said
    assert "FAILED reports No*" in said
    assert "note Account 1 custom field hidden from the user: Secret_Score__c" in said
    assert done.stderr == "Error: 4 checks failed\n"


def test_the_taps_default_objects_need_not_all_be_there(org: RunningOrg, desk: Desk) -> None:
    without_profile(org.org, "Campaign")
    done = desk.run("check tap")
    assert done.exit_code == 0, done.output
    assert "note Campaign missing, or hidden" in flat(done.stdout)


def test_check_leaves_the_org_as_it_is(org: RunningOrg, desk: Desk) -> None:
    desk.run("check target")
    assert {entry.method for entry in org.requests if "/oauth2/" not in entry.path} <= {"GET", "POST"}
    posts = {entry.path for entry in org.requests if entry.method == "POST" and "/oauth2/" not in entry.path}
    assert posts == {"/services/data/v66.0/composite"}


def test_meltano_gives_the_loads_as_json_in_the_environment(desk: Desk) -> None:
    loads = [
        {
            "stream": "s",
            "object": "Account",
            "match": [{"source": "id", "field": "Id"}],
            "fields": {"score": "ABM_Tier__c"},
        }
    ]
    settings = {**desk.settings, "loads": json.dumps(loads), "push_segments": "false"}
    env = {f"TARGET_SALESFORCE_ABM_{name.upper()}": value for name, value in settings.items()}
    checked = CliRunner(env=env).invoke(main, ["check", "target", "--config", "ENV"])
    assert "FAILED Account.ABM_Tier__c does not exist" in flat(checked.stdout)
    planned = CliRunner(env=env).invoke(main, ["provision", "--config", "ENV"])
    assert planned.exit_code == 0, planned.output
    assert "make field Account.ABM_Tier__c Text(255)" in flat(planned.stdout)
