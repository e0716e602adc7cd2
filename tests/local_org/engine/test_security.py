from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local_org import defaults

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.org import Org
    from local_org.security import User

    Make = Callable[..., str]


def test_the_administrator_may_do_everything_with_standard_objects(org: Org, admin: User) -> None:
    access = org.access(admin)
    account = org.schema.object("Account")
    assert access.can_read(account)
    assert access.can_create(account)
    assert access.can_edit(account)
    assert access.can_delete(account)
    assert access.fields(account) == account.fields
    assert access.has("ModifyAllData")


def test_the_reader_may_only_read(org: Org) -> None:
    access = org.access(org.reader)
    account = org.schema.object("Account")
    assert access.can_read(account)
    assert not access.can_create(account)
    assert not access.can_edit(account)
    assert not access.can_delete(account)
    assert access.fields(account) == account.fields
    assert access.has("ApiEnabled")
    assert not access.has("ModifyAllData")


@pytest.mark.parametrize(
    ("name", "parent"), [("CampaignMember", "Campaign"), ("OpportunityLineItem", "Opportunity")]
)
def test_children_follow_their_parents_permissions(org: Org, admin: User, name: str, parent: str) -> None:
    item = org.schema.object(name)
    assert org.access(admin).can_create(item)
    org.grant(parent, admin, read=False)
    assert not org.access(admin).can_read(item)
    assert org.access(admin).fields(item) == ()


def test_a_new_field_is_nobodys_until_it_is_granted(org: Org, admin: User) -> None:
    org.customiser.create_field("Account.New__c", {"label": "New", "type": "Text", "length": 5})
    account = org.schema.object("Account")
    assert org.access(admin).field(account, "New__c") is None
    org.grant("account.new__C", admin)
    assert org.access(admin).field(account, "new__c") is account["New__c"]
    assert org.access(org.reader).field(account, "New__c") is None


def test_a_required_field_cannot_be_hidden(org: Org, admin: User) -> None:
    org.customiser.create_field(
        "Account.Must__c", {"label": "M", "type": "Text", "length": 5, "required": True}
    )
    assert org.access(org.reader).field(org.schema.object("Account"), "Must__c") is not None
    with pytest.raises(ValueError, match="visible to whoever sees Account"):
        org.grant("Account.Must__c", admin)


def test_an_address_is_granted_with_its_parts(org: Org, admin: User) -> None:
    account = org.schema.object("Account")
    org.grant("Account.BillingAddress", admin, edit=False)
    access = org.access(admin)
    assert access.readable(account, account["BillingCity"])
    assert not access.editable(account, account["BillingCity"])
    assert access.editable(account, account["ShippingCity"])


def test_custom_activity_fields_are_granted_on_tasks_for_events_too(org: Org, admin: User) -> None:
    org.customiser.create_field("Activity.Mood__c", {"label": "Mood", "type": "Text", "length": 5})
    org.grant("Task.Mood__c", admin)
    for name in ("Task", "Event"):
        item = org.schema.object(name)
        assert org.access(admin).readable(item, item["Mood__c"]), name


def test_a_permission_set_adds_to_the_profile(org: Org, make: Make) -> None:
    extra = make("PermissionSet", Name="Extra", Label="Extra")
    org.grant("Account", extra)
    assert not org.access(org.reader).can_create(org.schema.object("Account"))
    assignment = make("PermissionSetAssignment", AssigneeId=org.reader.id, PermissionSetId=extra)
    assert org.access(org.reader).can_create(org.schema.object("Account"))
    assert org.security.permission_sets(org.reader)[1:] == [extra]
    org.dml.delete(org.admin, "PermissionSetAssignment", assignment)
    assert not org.access(org.reader).can_create(org.schema.object("Account"))


def test_a_change_that_is_undone_leaves_rights_as_they_were(org: Org, admin: User, make: Make) -> None:
    extra = make("PermissionSet", Name="Extra", Label="Extra")
    row = {"ParentId": extra, "SobjectType": "Account", "PermissionsRead": True, "PermissionsCreate": True}
    make("PermissionSetAssignment", AssigneeId=org.reader.id, PermissionSetId=extra)
    outcomes = org.dml.create_many(admin, "ObjectPermissions", [row, {"ParentId": extra}], all_or_none=True)
    assert not any(outcome.success for outcome in outcomes)
    assert not org.access(org.reader).can_create(org.schema.object("Account"))


def test_setup_objects_are_read_by_all_and_written_by_administrators(org: Org) -> None:
    users = org.schema.object("PermissionSet")
    assert org.access(org.reader).can_read(users)
    assert not org.access(org.reader).can_create(users)
    row = {"Name": "X", "Label": "X"}
    (error,) = org.dml.create(org.reader, "PermissionSet", row).errors
    assert error.status_code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_access_is_remembered_until_something_changes(org: Org, admin: User) -> None:
    first = org.access(admin)
    assert org.access(admin) is first
    heard: list[int] = []
    org.security.on_change(lambda: heard.append(1))
    org.grant("Account.Phone", admin, read=False)
    assert heard
    assert org.access(admin) is not first


@pytest.mark.parametrize(
    ("username", "secret", "token_required", "known"),
    [
        pytest.param("admin@example.com", "local-org", False, True, id="password"),
        pytest.param("ADMIN@EXAMPLE.COM", "local-orgTOKEN", False, True, id="password and token"),
        pytest.param("admin@example.com", "local-org", True, False, id="token missing"),
        pytest.param("admin@example.com", "local-orgTOKEN", True, True, id="token given"),
        pytest.param("admin@example.com", "wrong", False, False, id="wrong password"),
        pytest.param("nobody@example.com", "local-org", False, False, id="nobody"),
        pytest.param("reader@example.com", "local-org", False, True, id="reader"),
    ],
)
def test_people_prove_who_they_are(
    org: Org, username: str, secret: str, token_required: bool, known: bool
) -> None:
    found = org.users.authenticate(username, secret, token_required=token_required)
    assert (found is not None) is known


def test_who_has_left_cannot_log_in_and_who_has_no_password_neither(
    org: Org, admin: User, make: Make
) -> None:
    org.dml.update(admin, "User", org.reader.id, {"IsActive": False})
    assert org.users.authenticate(defaults.READER_USERNAME, defaults.PASSWORD) is None
    with org.store.write() as connection:
        connection.execute("DELETE FROM _credential WHERE user_id = ?", (admin.id,))
    assert org.users.authenticate(defaults.ADMIN_USERNAME, defaults.PASSWORD) is None
    org.users.set_password(admin.id, "new", "")
    assert org.users.authenticate(defaults.ADMIN_USERNAME, "new") == org.admin


def test_users_are_listed_and_found(org: Org) -> None:
    assert [user.username for user in org.users.all()] == ["admin@example.com", "reader@example.com"]
    assert org.users.by_id(org.reader.id) == org.reader
    assert org.users.by_id("nobody") is None
    with pytest.raises(KeyError):
        org.users.require("nobody@example.com")


def test_grants_know_their_targets(org: Org, admin: User) -> None:
    for target in ("Nope__c", "Account.Nope__c"):
        with pytest.raises(KeyError):
            org.grant(target, admin)


def test_the_org_is_born_with_what_every_org_has(org: Org) -> None:
    run: Any = org.store.read().execute
    assert run("SELECT Id, Name, InstanceName, OrganizationType FROM Organization").fetchall() == [
        (defaults.ORG_ID, "Local Org", "LOCAL1", "Developer Edition")
    ]
    assert (org.id, org.name, org.instance_name) == (defaults.ORG_ID, "Local Org", "LOCAL1")
    profiles = [row[0] for row in run("SELECT Name FROM Profile ORDER BY Name")]
    assert profiles == ["Read Only", "Standard User", "System Administrator"]
    assert run(
        "SELECT count(*) FROM PermissionSet WHERE IsOwnedByProfile = 1 AND ProfileId IS NOT NULL"
    ).fetchone() == (3,)
    assert run("SELECT count(*) FROM OpportunityStage").fetchone() == (10,)
    assert run("SELECT IsStandard FROM Pricebook2").fetchall() == [(1,)]
    assert run("SELECT max(CreatedDate) FROM User").fetchone() == (defaults.BORN,)


def test_a_row_of_an_object_one_cannot_see_cannot_be_pointed_at(org: Org, admin: User, make: Make) -> None:
    account = make("Account", Name="A")
    org.grant("Account", admin, read=False)
    (error,) = org.dml.create(admin, "Contact", {"LastName": "L", "AccountId": account}).errors
    assert error.status_code == "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
    assert error.message == f"insufficient access rights on cross-reference id: {account[:15]}"


def test_every_login_is_remembered(org: Org, admin: User) -> None:
    org.sessions.open(admin.id, client_id=defaults.CLIENT_ID)
    org.sessions.open(admin.id)
    run: Any = org.store.read().execute
    assert run(
        "SELECT UserId, LoginTime, LoginType, Application, Status FROM LoginHistory ORDER BY Id"
    ).fetchall() == [
        (admin.id, "2026-03-04T05:06:07Z", "Remote Access 2.0", "Local Org App", "Success"),
        (admin.id, "2026-03-04T05:06:07Z", "Other Apex API", "N/A", "Success"),
    ]
    assert run("SELECT LastLoginDate, SystemModstamp FROM User WHERE Id = ?", (admin.id,)).fetchone() == (
        "2026-03-04T05:06:07Z",
        defaults.BORN,
    )
