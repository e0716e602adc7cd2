from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local_org import describe
from local_org.clock import Clock
from local_org.customise import MetadataError
from local_org.org import Org

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local_org.security import User

    Rows = Callable[..., list[tuple[Any, ...]]]
    Make = Callable[..., str]

VALUES = {
    "restricted": True,
    "valueSetDefinition": {
        "sorted": False,
        "value": [
            {"fullName": "a", "label": "Alpha", "default": False},
            {"fullName": "b", "label": "Beta", "default": True},
        ],
    },
}


def described(org: Org, full_name: str) -> dict[str, Any]:
    owner, name = full_name.split(".")
    made = describe.sobject(org, org.admin, org.schema.object(owner), "60.0", "http://x")
    return next(f for f in made["fields"] if f["name"] == name)


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        pytest.param(
            {"type": "Text", "length": 30},
            {
                "type": "string",
                "length": 30,
                "byteLength": 90,
                "groupable": True,
                "externalId": False,
                "nillable": True,
            },
            id="Text",
        ),
        pytest.param(
            {"type": "Text", "length": 30, "externalId": "true", "unique": "true", "caseSensitive": True},
            {"externalId": True, "unique": True, "caseSensitive": True, "idLookup": True},
            id="external id",
        ),
        pytest.param(
            {"type": "TextArea"}, {"type": "textarea", "length": 255, "sortable": True}, id="TextArea"
        ),
        pytest.param(
            {"type": "LongTextArea", "length": 444, "visibleLines": 39},
            {"type": "textarea", "length": 444, "filterable": False, "sortable": False},
            id="LongTextArea",
        ),
        pytest.param(
            {"type": "Html", "length": 32_768, "visibleLines": 25},
            {"type": "textarea", "htmlFormatted": True, "extraTypeInfo": "richtextarea"},
            id="Html",
        ),
        pytest.param(
            {"type": "Number", "precision": 10, "scale": 0},
            {"type": "double", "precision": 10, "scale": 0, "soapType": "xsd:double", "groupable": False},
            id="Number",
        ),
        pytest.param(
            {"type": "Currency", "precision": 18, "scale": 2},
            {"type": "currency", "precision": 18},
            id="Currency",
        ),
        pytest.param(
            {"type": "Percent", "precision": 5, "scale": 2}, {"type": "percent", "scale": 2}, id="Percent"
        ),
        pytest.param(
            {"type": "Checkbox", "defaultValue": "true"},
            {"type": "boolean", "nillable": False, "defaultValue": True, "defaultedOnCreate": True},
            id="Checkbox",
        ),
        pytest.param({"type": "Date"}, {"type": "date", "soapType": "xsd:date"}, id="Date"),
        pytest.param({"type": "DateTime"}, {"type": "datetime", "groupable": False}, id="DateTime"),
        pytest.param({"type": "Time"}, {"type": "time", "soapType": "xsd:time"}, id="Time"),
        pytest.param({"type": "Email"}, {"type": "email", "length": 80, "byteLength": 240}, id="Email"),
        pytest.param({"type": "Phone"}, {"type": "phone", "length": 40}, id="Phone"),
        pytest.param({"type": "Url"}, {"type": "url", "length": 255}, id="Url"),
        pytest.param(
            {"type": "Picklist", "valueSet": VALUES},
            {"type": "picklist", "length": 255, "restrictedPicklist": True, "defaultValue": "b"},
            id="Picklist",
        ),
        pytest.param(
            {"type": "MultiselectPicklist", "visibleLines": 10, "valueSet": VALUES},
            {
                "type": "multipicklist",
                "length": 4099,
                "byteLength": 4099,
                "precision": 10,
                "groupable": False,
            },
            id="MultiselectPicklist",
        ),
        pytest.param(
            {"type": "Lookup", "referenceTo": "Contact", "relationshipName": "Things"},
            {
                "type": "reference",
                "referenceTo": ["Contact"],
                "relationshipName": "F__r",
                "nillable": True,
                "cascadeDelete": False,
            },
            id="Lookup",
        ),
        pytest.param(
            {"type": "MasterDetail", "referenceTo": "Contact", "relationshipName": "Things"},
            {"nillable": False, "updateable": False, "permissionable": False, "cascadeDelete": True},
            id="MasterDetail",
        ),
        pytest.param(
            {"type": "AutoNumber", "displayFormat": "A-{000}", "externalId": True},
            {"type": "string", "autoNumber": True, "createable": False, "length": 30, "externalId": True},
            id="AutoNumber",
        ),
        pytest.param(
            {"type": "Text", "formula": "Name"},
            {
                "calculated": True,
                "createable": False,
                "updateable": False,
                "length": 1300,
                "calculatedFormula": "Name",
            },
            id="text formula",
        ),
        pytest.param(
            {"type": "Number", "formula": "1 + 1", "precision": 18, "scale": 2},
            {"calculated": True, "type": "double", "scale": 2, "formulaTreatNullNumberAsZero": True},
            id="number formula",
        ),
        pytest.param(
            {"type": "Text", "length": 5, "required": True},
            {"nillable": False, "permissionable": False},
            id="required everywhere",
        ),
        pytest.param(
            {"type": "Number", "precision": 3, "scale": 0, "defaultValue": "18"},
            {"defaultValue": 18.0, "defaultedOnCreate": True},
            id="default",
        ),
        pytest.param(
            {"type": "Date", "defaultValue": "TODAY()"},
            {"defaultValue": None, "defaultValueFormula": "TODAY()", "defaultedOnCreate": True},
            id="default formula",
        ),
        pytest.param(
            {"type": "Text", "length": 5, "inlineHelpText": "Help!", "description": "For admins"},
            {"inlineHelpText": "Help!", "custom": True},
            id="help",
        ),
    ],
)
def test_a_field_is_described_by_its_type(
    org: Org, metadata: dict[str, Any], expected: dict[str, Any]
) -> None:
    made = org.create_custom_field("Account.F__c", **metadata)
    assert made.id.startswith("00N")
    field = described(org, "Account.F__c")
    assert {key: field[key] for key in expected} == expected
    assert field["label"] == "F"


@pytest.mark.parametrize(
    ("metadata", "code", "message"),
    [
        pytest.param(
            {"type": "Checkbox", "defaultValue": False, "required": False},
            "FIELD_INTEGRITY_EXCEPTION",
            "Can not specify 'required' for a CustomField of type Checkbox",
            id="required checkbox",
        ),
        pytest.param(
            {"type": "Checkbox"},
            "FIELD_INTEGRITY_EXCEPTION",
            "Must specify 'defaultValue' for a CustomField of type Checkbox",
            id="checkbox without default",
        ),
        pytest.param(
            {"type": "Text"},
            "FIELD_INTEGRITY_EXCEPTION",
            "Must specify 'length' for a CustomField of type Text",
            id="no length",
        ),
        pytest.param(
            {"type": "Text", "length": 256},
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Value for 'length' must be between 1 and 255",
            id="too long",
        ),
        pytest.param(
            {"type": "LongTextArea", "length": 255, "visibleLines": 3},
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Value for 'length' must be between 256 and 131072",
            id="long text too short",
        ),
        pytest.param(
            {"type": "LongTextArea", "length": 444},
            "FIELD_INTEGRITY_EXCEPTION",
            "Must specify 'visibleLines' for a CustomField of type LongTextArea",
            id="no lines",
        ),
        pytest.param(
            {"type": "Number", "precision": 19, "scale": 0},
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Value for 'precision' must be between 1 and 18",
            id="too many digits",
        ),
        pytest.param(
            {"type": "Number", "precision": 3},
            "FIELD_INTEGRITY_EXCEPTION",
            "Must specify 'scale' for a CustomField of type Number",
            id="no scale",
        ),
        pytest.param(
            {"type": "Date", "unique": True},
            "FIELD_INTEGRITY_EXCEPTION",
            "Can not specify 'unique' for a CustomField of type Date",
            id="unique date",
        ),
        pytest.param(
            {"type": "Email", "caseSensitive": True},
            "FIELD_INTEGRITY_EXCEPTION",
            "Can not specify 'caseSensitive' for a CustomField of type Email",
            id="e-mail with case",
        ),
        pytest.param(
            {"type": "Url", "externalId": True},
            "FIELD_INTEGRITY_EXCEPTION",
            "Can not specify 'externalId' for a CustomField of type Url",
            id="external url",
        ),
        pytest.param(
            {"type": "Picklist"},
            "FIELD_INTEGRITY_EXCEPTION",
            "Must specify 'valueSet' for a CustomField of type Picklist",
            id="no values",
        ),
        pytest.param(
            {"type": "Lookup", "referenceTo": "Nope__c"},
            "FIELD_INTEGRITY_EXCEPTION",
            "referenceTo value of 'Nope__c' does not resolve to a valid sObject type",
            id="lookup to nothing",
        ),
        pytest.param(
            {"type": "MasterDetail", "referenceTo": "Contact"},
            "FIELD_INTEGRITY_EXCEPTION",
            "Must specify 'relationshipName' for a CustomField of type MasterDetail",
            id="detail without a name for its parent",
        ),
        pytest.param(
            {"type": "Blob"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "bad value for restricted picklist field: Blob",
            id="no such type",
        ),
        pytest.param(
            {"type": "Date", "label": " "},
            "FIELD_INTEGRITY_EXCEPTION",
            "Must specify a non-empty label for the CustomField",
            id="no label",
        ),
        pytest.param(
            {"type": "Date", "label": "x" * 41},
            "STRING_TOO_LONG",
            f"Label: data value too large: {'x' * 41} (max length=40)",
            id="long label",
        ),
    ],
)
def test_metadata_that_cannot_be_is_refused(
    org: Org, metadata: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(MetadataError) as caught:
        org.create_custom_field("Account.F__c", **metadata)
    assert (caught.value.code, caught.value.message) == (code, message)
    assert "F__c" not in org.schema.object("Account")


@pytest.mark.parametrize(
    "name",
    [
        "Account.1st__c",
        "Account.A__B__c",
        "Account.A___c",
        "Account.A B__c",
        "Account.",
        "Account",
        "Account.Ä__c",
    ],
)
def test_names_follow_the_rules(org: Org, name: str) -> None:
    with pytest.raises(MetadataError) as caught:
        org.create_custom_field(name, type="Date", label="D")
    assert caught.value.code == "FIELD_INTEGRITY_EXCEPTION"


def test_names_have_40_characters_before_the_suffix(org: Org) -> None:
    org.create_custom_field(f"Account.{'a' * 40}__c", type="Date")
    with pytest.raises(MetadataError) as caught:
        org.create_custom_field(f"Account.{'b' * 41}__c", type="Date")
    assert caught.value.code == "STRING_TOO_LONG"


def test_a_name_is_taken_in_any_case(org: Org) -> None:
    org.create_custom_field("Account.Customer_Code__c", type="Date")
    with pytest.raises(MetadataError) as caught:
        org.create_custom_field("account.CUSTOMER_CODE__c", type="Date")
    assert caught.value.code == "DUPLICATE_DEVELOPER_NAME"
    assert caught.value.message == "There is already a field named CUSTOMER_CODE on Account."


def test_an_object_that_is_not_there_has_no_fields(org: Org) -> None:
    with pytest.raises(MetadataError) as caught:
        org.create_custom_field("Nope__c.X__c", type="Date")
    assert caught.value.code == "INVALID_CROSS_REFERENCE_KEY"


def test_25_external_ids_are_enough(org: Org) -> None:
    for number in range(25):
        org.customiser.create_field(
            f"Account.K{number}__c", {"label": "K", "type": "Text", "length": 5, "externalId": True}
        )
    with pytest.raises(MetadataError, match="maximum of 25 External Ids"):
        org.create_custom_field("Account.K26__c", type="Text", length=5, externalId=True)


def test_existing_rows_get_the_default_of_a_checkbox_and_numbers(org: Org, make: Make, rows: Rows) -> None:
    make("Account", Name="A")
    make("Account", Name="B")
    org.create_custom_field("Account.On__c", type="Checkbox", defaultValue=True)
    org.create_custom_field("Account.No__c", type="AutoNumber", displayFormat="A-{000}", startingNumber=7)
    make("Account", Name="C")
    assert rows("SELECT Name, On__c, No__c FROM Account ORDER BY Name") == [
        ("A", 1, "A-007"),
        ("B", 1, "A-008"),
        ("C", 1, "A-009"),
    ]


def test_a_geolocation_has_two_parts(org: Org, make: Make, rows: Rows) -> None:
    org.create_custom_field("Account.Place__c", type="Location", scale=4, displayLocationInDecimal=True)
    account = org.schema.object("Account")
    assert [part.name for part in account.parts("Place__c")] == ["Place__Latitude__s", "Place__Longitude__s"]
    make("Account", Name="A", Place__Latitude__s=48.85661, Place__Longitude__s=2.3522)
    assert rows("SELECT Place__Latitude__s, Place__Longitude__s FROM Account") == [(48.8566, 2.3522)]
    org.customiser.delete_field("Account.Place__c")
    assert "Place__Latitude__s" not in org.schema.object("Account")


class TestChangingAField:
    def test_labels_and_values_change_and_rows_stay(
        self, org: Org, admin: User, make: Make, rows: Rows
    ) -> None:
        made = org.create_custom_field("Account.F__c", type="Picklist", valueSet=VALUES)
        make("Account", Name="A", F__c="a")
        wider = {**VALUES, "valueSetDefinition": {"value": [{"fullName": "c"}]}}
        changed = org.customiser.update_field(
            "account.f__C", {"label": "Neu", "type": "Picklist", "valueSet": wider}
        )
        assert (changed.id, changed.created) == (made.id, made.created)
        assert described(org, "Account.F__c")["label"] == "Neu"
        assert org.dml.create(admin, "Account", {"Name": "B", "F__c": "c"}).success
        assert rows("SELECT F__c FROM Account ORDER BY Name") == [("a",), ("c",)]

    @pytest.mark.parametrize(
        ("metadata", "message"),
        [
            (
                {"type": "Number", "precision": 3, "scale": 0},
                "Cannot change the type of Account.F__c from string to double",
            ),
            ({"type": "Text", "length": 2}, "Stored values are longer than the new length"),
            ({"type": "Text", "length": 9, "unique": True}, "Stored values are not unique"),
        ],
        ids=["type", "length", "unique"],
    )
    def test_stored_values_must_fit(
        self, org: Org, make: Make, metadata: dict[str, Any], message: str
    ) -> None:
        org.create_custom_field("Account.F__c", type="Text", length=9)
        for _ in range(2):
            make("Account", Name="A", F__c="abc")
        with pytest.raises(MetadataError) as caught:
            org.customiser.update_field("Account.F__c", {"label": "F", **metadata})
        assert caught.value.message == message
        assert org.schema.object("Account")["F__c"].length == 9

    def test_case_comes_to_matter(self, org: Org, admin: User, make: Make) -> None:
        key: dict[str, Any] = {"label": "K", "type": "Text", "length": 9, "unique": True, "externalId": True}
        org.create_custom_field("Account.K__c", **key)
        make("Account", Name="A", K__c="abc")
        assert not org.dml.create(admin, "Account", {"Name": "B", "K__c": "ABC"}).success
        org.customiser.update_field("Account.K__c", {**key, "caseSensitive": True})
        assert org.dml.create(admin, "Account", {"Name": "B", "K__c": "ABC"}).success

    def test_a_field_that_is_not_there_cannot_change(self, org: Org) -> None:
        for change in (
            lambda: org.customiser.update_field("Account.No__c", {}),
            lambda: org.customiser.delete_field("Account.No__c"),
        ):
            with pytest.raises(MetadataError, match="does not exist or is not accessible"):
                change()


def test_a_deleted_field_takes_values_and_permissions_along(
    org: Org, admin: User, make: Make, rows: Rows
) -> None:
    made = org.create_custom_field("Account.F__c", type="Text", length=9, externalId=True)
    make("Account", Name="A", F__c="x")
    org.customiser.delete_field("Account.F__c")
    assert org.customiser.field(made.id) is None
    assert (
        org.dml.create(admin, "Account", {"Name": "B", "F__c": "x"}).errors[0].status_code == "INVALID_FIELD"
    )
    assert rows("SELECT count(*) FROM FieldPermissions WHERE Field = 'Account.F__c'") == [(0,)]
    org.create_custom_field("Account.F__c", type="Number", precision=3, scale=0)
    assert rows("SELECT F__c FROM Account") == [(None,)]


def test_a_field_that_a_formula_needs_stays(org: Org) -> None:
    org.create_custom_field("Account.F__c", type="Text", length=9)
    org.create_custom_field("Account.G__c", type="Text", formula="F__c & '!'")
    with pytest.raises(MetadataError) as caught:
        org.customiser.delete_field("Account.F__c")
    assert caught.value.code == "DEPENDENCY_EXISTS"
    org.customiser.delete_field("Account.G__c")
    org.customiser.delete_field("Account.F__c")


class TestObjects:
    def test_prefixes_follow_the_order_of_creation(self, org: Org, make: Make) -> None:
        for name in ("First__c", "Second__c"):
            org.create_custom_object(name)
        assert make("First__c", Name="x").startswith("a00")
        assert make("Second__c", Name="x").startswith("a01")
        assert [made.name for made in org.customiser.objects()] == ["First__c", "Second__c"]

    def test_a_row_without_a_name_is_called_by_its_id(self, org: Org, make: Make, rows: Rows) -> None:
        org.create_custom_object("Thing__c")
        made = make("Thing__c")
        assert rows("SELECT Name, OwnerId FROM Thing__c") == [(made, org.admin.id)]

    def test_names_can_be_numbers(self, org: Org, make: Make, rows: Rows) -> None:
        org.create_custom_object(
            "Invoice__c",
            nameField={"type": "AutoNumber", "label": "No", "displayFormat": "INV-{YYYY}-{0000}"},
        )
        make("Invoice__c")
        make("Invoice__c")
        assert rows("SELECT Name FROM Invoice__c ORDER BY Id") == [("INV-2026-0001",), ("INV-2026-0002",)]
        assert not described(org, "Invoice__c.Name")["createable"]

    def test_fields_come_along_and_details_have_no_owner(
        self, org: Org, admin: User, make: Make, rows: Rows
    ) -> None:
        org.create_custom_object(
            "Line__c",
            sharingModel="ControlledByParent",
            fields=[
                {
                    "fullName": "Account__c",
                    "label": "Account",
                    "type": "MasterDetail",
                    "referenceTo": "Account",
                    "relationshipName": "Lines",
                }
            ],
        )
        account = make("Account", Name="A")
        make("Line__c", Account__c=account)
        assert "OwnerId" not in org.schema.object("Line__c")
        child = org.schema.child("Account", "Lines__r")
        assert child is not None
        assert child.cascade_delete
        assert not org.dml.create(admin, "Line__c", {}).success
        org.dml.delete(admin, "Account", account)
        assert rows("SELECT IsDeleted FROM Line__c") == [(1,)]

    def test_a_lookup_can_clear_restrict_or_cascade(
        self, org: Org, admin: User, make: Make, rows: Rows
    ) -> None:
        org.create_custom_object("Thing__c")
        for constraint in ("SetNull", "Restrict", "Cascade"):
            org.create_custom_field(
                f"Thing__c.{constraint}__c",
                type="Lookup",
                referenceTo="Account",
                relationshipName=constraint,
                deleteConstraint=constraint,
            )
        accounts = {name: make("Account", Name=name) for name in ("SetNull", "Restrict", "Cascade")}
        for name, account in accounts.items():
            make("Thing__c", Name=name, **{f"{name}__c": account})
        answers = {
            name: org.dml.delete(admin, "Account", account).success for name, account in accounts.items()
        }
        assert answers == {"SetNull": True, "Restrict": False, "Cascade": True}
        assert rows("SELECT Name, IsDeleted, SetNull__c FROM Thing__c ORDER BY Name") == [
            ("Cascade", 1, None),
            ("Restrict", 0, None),
            ("SetNull", 0, None),
        ]

    def test_a_deleted_object_takes_everything_along(
        self, org: Org, admin: User, make: Make, rows: Rows
    ) -> None:
        org.create_custom_object("Thing__c")
        org.create_custom_field(
            "Contact.Thing__c", type="Lookup", referenceTo="Thing__c", relationshipName="People"
        )
        org.create_custom_field(
            "Thing__c.Account__c", type="Lookup", referenceTo="Account", relationshipName="Things"
        )
        org.create_custom_field(
            "Account.Count__c",
            type="Summary",
            summaryForeignKey="Thing__c.Account__c",
            summaryOperation="count",
        )
        org.customiser.delete_object("thing__C")
        assert "Thing__c" not in org.schema
        assert "Thing__c" not in org.schema.object("Contact")
        assert "Count__c" not in org.schema.object("Account")
        assert org.customiser.fields() == []
        assert rows("SELECT count(*) FROM ObjectPermissions WHERE SobjectType = 'Thing__c'") == [(0,)]
        with pytest.raises(MetadataError):
            org.customiser.delete_object("Thing__c")

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"label": ""}, "Must specify a non-empty label for the CustomObject"),
            ({"pluralLabel": None}, "Must specify a non-empty pluralLabel for the CustomObject"),
            ({"nameField": None}, "Must specify a nameField of type Text or AutoNumber for the CustomObject"),
            (
                {"nameField": {"type": "Date"}},
                "Must specify a nameField of type Text or AutoNumber for the CustomObject",
            ),
            ({"sharingModel": "Everybody"}, "Invalid sharingModel: Everybody"),
            (
                {"fields": {"fullName": "X__c", "label": "X", "type": "Text"}},
                "Must specify 'length' for a CustomField of type Text",
            ),
        ],
        ids=["label", "plural", "name field", "kind of name", "sharing", "bad field"],
    )
    def test_an_object_that_cannot_be_leaves_no_trace(
        self, org: Org, rows: Rows, changes: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(MetadataError) as caught:
            org.create_custom_object("Thing__c", **changes)
        assert caught.value.message == message
        assert "Thing__c" not in org.schema
        assert rows("SELECT count(*) FROM sqlite_master WHERE name = 'Thing__c'") == [(0,)]

    def test_an_objects_name_is_taken_once(self, org: Org) -> None:
        org.create_custom_object("Thing__c")
        with pytest.raises(MetadataError) as caught:
            org.create_custom_object("THING__c")
        assert caught.value.code == "DUPLICATE_DEVELOPER_NAME"

    def test_labels_can_change(self, org: Org) -> None:
        made = org.create_custom_object("Thing__c")
        org.create_custom_field("Thing__c.X__c", type="Date")
        changed = {
            **made.metadata,
            "label": "Ding",
            "pluralLabel": "Dinge",
            "nameField": {"type": "Text", "label": "N"},
        }
        org.customiser.update_object("Thing__c", changed)
        thing = org.schema.object("Thing__c")
        assert (thing.label, thing.label_plural, thing["Name"].label, "X__c" in thing) == (
            "Ding",
            "Dinge",
            "N",
            True,
        )
        found = org.customiser.object(made.id)
        assert found is not None
        assert found.metadata["label"] == "Ding"


def test_activity_fields_appear_on_tasks_and_events(org: Org, make: Make, rows: Rows) -> None:
    made = org.create_custom_field("Activity.Mood__c", type="Text", length=9)
    assert made.full_name == "Activity.Mood__c"
    make("Task", Subject="x", Mood__c="good")
    make("Event", Subject="x", IsAllDayEvent=True, ActivityDate="2026-01-01", Mood__c="bad")
    assert rows("SELECT Mood__c FROM Task UNION ALL SELECT Mood__c FROM Event") == [("good",), ("bad",)]
    assert org.customiser.field("Task.Mood__c") == made
    with pytest.raises(MetadataError, match="defined on Activity"):
        org.create_custom_field("Task.Other__c", type="Text", length=9)


def test_everything_made_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "org.sqlite"
    with Org(data=path, clock=Clock()) as org:
        org.create_custom_object("Thing__c")
        org.create_custom_field("Account.Base__c", type="Number", precision=5, scale=0)
        org.create_custom_field(
            "Account.Twice__c", type="Number", precision=18, scale=0, formula="Base__c * 2"
        )
        org.create_custom_field(
            "Thing__c.Account__c", type="Lookup", referenceTo="Account", relationshipName="Things"
        )
        first = org.dml.create(org.admin, "Thing__c", {"Name": "x"}).id
        before = {item.name: [f.name for f in item.fields] for item in org.schema}
    with Org(data=path, clock=Clock()) as org:
        assert {item.name: [f.name for f in item.fields] for item in org.schema} == before
        assert org.schema.object("Account")["Twice__c"].sql is not None
        assert org.access(org.admin).can_read(org.schema.object("Thing__c"))
        second = org.dml.create(org.admin, "Thing__c", {"Name": "y"}).id
        assert str(second) > str(first)
        org.create_custom_object("Other__c")
        assert org.schema.object("Other__c").key_prefix == "a01"
