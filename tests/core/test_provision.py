from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from core.commands import flat

from local_org import defaults, grants
from local_org.metadata.layouts import Layouts
from local_org.soql.run import run_query
from salesforce_abm import plugins
from salesforce_abm.provision import limits
from salesforce_abm.provision.components import MARK

if TYPE_CHECKING:
    from core.commands import Desk

    from local_org.testing import RunningOrg

ONE = [
    {
        "stream": "scores",
        "object": "Account",
        "match": [{"source": "id", "field": "Id"}],
        "fields": {"score": "ABM_Tier__c"},
    }
]
TEXT: dict[str, Any] = {"type": "Text", "length": 80}


def field(org: RunningOrg, full_name: str, *, grant: bool = True, **metadata: Any) -> None:
    org.org.customiser.create_field(full_name, {"label": "X", **metadata})
    if grant:
        grants.grant(org.org, full_name, org.org.admin)


def rows(org: RunningOrg, soql: str) -> list[dict[str, Any]]:
    result = run_query(org.org, org.org.admin, soql)
    return result.records(0, result.total_size, version="66.0")


def writes(org: RunningOrg) -> list[str]:
    return [e.path for e in org.requests if e.method == "DELETE" or "/composite/sobjects" in e.path]


def test_the_plan_changes_nothing(org: RunningOrg, desk: Desk) -> None:
    done = desk.run("provision")
    assert done.exit_code == 0, done.output
    assert "12 changes to make. Say --apply to make them." in done.output
    assert "Account.ABM_Engagement_Score__c Number(18,2)" in flat(done.output)
    assert org.org.customiser.fields() == []
    assert not any("/Soap/" in entry.path for entry in org.requests)


def test_the_permission_set_has_exactly_the_rights_needed(org: RunningOrg, desk: Desk) -> None:
    assert desk.run("provision", "--apply", loads=ONE).exit_code == 0
    [made] = rows(org, "SELECT Id, Label, Description FROM PermissionSet WHERE Name = 'ABM_Integration'")
    assert made["Label"] == "ABM Integration"
    assert made["Description"].endswith(MARK)
    columns = "SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit, PermissionsDelete"
    [granted] = rows(org, f"SELECT {columns} FROM ObjectPermissions WHERE ParentId = '{made['Id']}'")
    assert [granted[name] for name in columns.split(", ")] == ["Account", True, False, True, False]
    fields = rows(org, f"SELECT Field FROM FieldPermissions WHERE ParentId = '{made['Id']}'")
    assert [row["Field"] for row in fields] == ["Account.ABM_Tier__c"]
    [assigned] = rows(
        org, f"SELECT AssigneeId FROM PermissionSetAssignment WHERE PermissionSetId = '{made['Id']}'"
    )
    assert assigned["AssigneeId"] == org.org.admin.id


def test_rights_that_are_needed_no_more_are_taken_back(org: RunningOrg, desk: Desk) -> None:
    desk.run("provision", "--apply")
    plan = desk.run("provision", loads=ONE)
    assert "change permission set ABM_Integration grant Account.ABM_Tier__c: read, edit; take back" in flat(
        plan.output
    )
    assert desk.run("provision", "--apply", loads=ONE).exit_code == 0
    assert "Nothing to do." in desk.run("provision", loads=ONE).output
    assert len(rows(org, "SELECT Id FROM ObjectPermissions WHERE Parent.Name = 'ABM_Integration'")) == 1


def test_a_field_that_fits_is_used_whoever_made_it(org: RunningOrg, desk: Desk) -> None:
    field(org, "Account.ABM_Tier__c", **TEXT)
    done = desk.run("provision", "--apply", loads=ONE)
    assert done.exit_code == 0, done.output
    [kept] = org.org.customiser.fields()
    assert "description" not in kept.metadata
    removed = desk.run("provision", "--remove", loads=ONE)
    assert "keep Account.ABM_Tier__c not made by this command" in flat(removed.output)
    assert len(org.org.customiser.fields()) == 1


def test_a_hidden_field_is_not_made_twice_but_granted(org: RunningOrg, desk: Desk) -> None:
    field(org, "Account.ABM_Tier__c", grant=False, **TEXT)
    plan = desk.run("provision", loads=ONE)
    assert "hidden from the user so far" in flat(plan.output)
    assert desk.run("provision", "--apply", loads=ONE).exit_code == 0
    assert len(org.org.customiser.fields()) == 1


def test_a_field_of_another_type_is_refused_and_not_touched(org: RunningOrg, desk: Desk) -> None:
    field(org, "Account.ABM_Until__c", **TEXT)
    loads = [ONE[0] | {"fields": {"until": "ABM_Until__c"}, "expire": {"source": "until", "after_days": 9}}]
    done = desk.run("provision", "--apply", loads=loads)
    assert done.exit_code == 1
    said = flat(done.output)
    assert "blocked field Account.ABM_Until__c is of type string, where DateTime is needed" in said
    assert "it was not made here, so it is not touched" in said
    assert rows(org, "SELECT Id FROM PermissionSet WHERE Name = 'ABM_Integration'") == []


def test_what_rows_are_found_by_is_not_made_up(desk: Desk) -> None:
    loads = [ONE[0] | {"match": [{"source": "id", "field": "Customer_Id__c"}]}]
    done = desk.run("provision", loads=loads)
    assert done.exit_code == 1
    assert "it has to hold what rows are found by" in flat(done.output)


def test_somebody_elses_permission_set_is_not_touched(org: RunningOrg, desk: Desk) -> None:
    values = {"Name": "ABM_Integration", "Label": "Mine"}
    assert org.org.dml.create(org.org.admin, "PermissionSet", values).success
    done = desk.run("provision", "--apply", loads=ONE)
    assert done.exit_code == 1
    assert "was not made here, so it is not touched" in flat(done.output)
    assert org.org.customiser.fields() == []
    other = desk.run("provision", "--apply", "--permission-set", "ABM_Loader", loads=ONE)
    assert other.exit_code == 0, other.output
    [mine] = rows(org, "SELECT Label FROM PermissionSet WHERE Name = 'ABM_Integration'")
    assert mine["Label"] == "Mine"


def test_the_26th_external_id_is_found_before_anything_is_made(org: RunningOrg, desk: Desk) -> None:
    for number in range(limits.MOST_EXTERNAL_IDS):
        field(org, f"Account.Key{number}__c", externalId=True, **TEXT)
    loads = [ONE[0] | {"operation": "upsert", "match": [{"source": "key", "field": "Own_Key__c"}]}]
    done = desk.run("provision", "--apply", loads=loads)
    assert done.exit_code == 1
    assert "has 25 of the 25 external Ids an object can have" in flat(done.output)
    assert org.org.customiser.field("Account.Own_Key__c") is None


def test_the_custom_field_allowance_is_that_of_the_edition(
    org: RunningOrg, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits._MOST_FIELDS, "Developer Edition", 1)
    field(org, "Account.Other__c", grant=False, **TEXT)
    done = desk.run("provision", loads=ONE)
    assert done.exit_code == 1
    assert "has 1 of the 1 custom fields its edition (Developer Edition) allows" in flat(done.output)


def test_a_refusal_inside_an_answer_with_status_200_is_told(org: RunningOrg, desk: Desk) -> None:
    # The name is free in every list, but an object without a label is refused.
    loads = [
        {
            "stream": "rows",
            "object": "x" * 38 + "toolong__c",
            "operation": "upsert",
            "match": [{"source": "key", "field": "Key__c"}],
            "fields": {"a": "A__c"},
        }
    ]
    done = desk.run("provision", "--apply", loads=loads)
    assert done.exit_code == 1
    assert "Salesforce refused to make this CustomObject: " in done.stderr
    assert [entry.status for entry in org.requests if "/Soap/" in entry.path] == [200]


def test_a_run_that_broke_half_way_goes_on_where_it_stopped(org: RunningOrg, desk: Desk) -> None:
    org.faults.status(500, "UNKNOWN_EXCEPTION", "oops", path="/composite/sobjects", times=20)
    assert desk.run("provision", "--apply").exit_code == 1
    assert len(org.org.customiser.fields()) == 9
    org.faults.clear()
    again = desk.run("provision", "--apply")
    assert again.exit_code == 0, again.output
    assert "1 change made." in again.output


def test_layouts_gain_a_section_once_and_lose_it_again(org: RunningOrg, desk: Desk) -> None:
    def shown() -> str:
        return json.dumps(Layouts(org.org).read("Account-Account Layout"))

    before = shown()
    assert desk.run("provision", "--apply", "--layouts", loads=ONE).exit_code == 0
    assert shown().count("ABM_Tier__c") == 1
    assert "Nothing to do." in desk.run("provision", "--layouts", loads=ONE).output
    assert desk.run("provision", "--remove", loads=ONE).exit_code == 0
    assert json.loads(shown()) == json.loads(before)


def test_who_may_not_see_the_setup_is_told_which_permissions_to_ask_for(org: RunningOrg, desk: Desk) -> None:
    org.org.apps.get(defaults.CLIENT_ID).run_as = defaults.READER_USERNAME  # type: ignore[union-attr]
    done = desk.run("provision", "--apply", loads=ONE)
    assert done.exit_code == 1
    assert "'Customize Application'" in done.stderr
    assert "'Modify Metadata Through Metadata API Functions'" in done.stderr


def test_an_administrator_provisions_for_the_integrations_user(org: RunningOrg, desk: Desk) -> None:
    arguments = ("--apply", "--assign-to", defaults.READER_USERNAME)
    done = desk.run("provision", *arguments, loads=ONE)
    assert done.exit_code == 0, done.output
    reader = org.org.users.require(defaults.READER_USERNAME)
    assigned = rows(org, "SELECT AssigneeId FROM PermissionSetAssignment")
    assert [row["AssigneeId"] for row in assigned] == [reader.id]
    assert org.org.access(reader).has("ApiEnabled")
    assert "Nothing to do." in desk.run("provision", *arguments, loads=ONE).output
    nobody = desk.run("provision", "--assign-to", "nobody@example.com", loads=ONE)
    assert "there is no active user of that name" in nobody.stderr


def test_json_says_what_is_to_do_and_what_was_done(desk: Desk) -> None:
    plan = json.loads(desk.run("provision", "--json", loads=ONE).stdout)
    assert (plan["to_do"], plan["applied"]) == (3, False)
    assert {"action": "make", "kind": "field", "name": "Account.ABM_Tier__c", "detail": "Text(255)"} in plan[
        "steps"
    ]
    assert json.loads(desk.run("provision", "--apply", "--json", loads=ONE).stdout)["applied"] is True
    removed = json.loads(desk.run("provision", "--remove", "--json", loads=ONE).stdout)
    assert removed["fields"] == ["Account.ABM_Tier__c"]
    assert removed["removed"] is True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--type", "Account.ABM_Teir__c=Text"), "nearest: Account.ABM_Tier__c"),
        (("--type", "Account.ABM_Tier__c"), "write OBJECT.FIELD=TYPE"),
        (("--type", "Account.ABM_Tier__c=Txet"), "is not a type of field"),
        (("--apply", "--remove"), "say one of them"),
    ],
    ids=["field", "form", "kind", "both"],
)
def test_wrong_options_are_named(desk: Desk, arguments: tuple[str, ...], said: str) -> None:
    done = desk.run("provision", *arguments, loads=ONE)
    assert done.exit_code != 0
    assert said in done.stderr


def test_a_plugin_that_is_not_installed_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "entry_points", lambda **_: ())
    done = desk.run("provision")
    assert done.exit_code == 1
    assert "target-salesforce-abm is not installed beside this command" in done.stderr
