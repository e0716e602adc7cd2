"""What a user may not see is answered as if it were not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_org.schema import FieldDef
from local_org.soql import SoqlError, run_query

if TYPE_CHECKING:
    from .conftest import Sample


def revoke(sample: Sample, sobject: str, field: str | None = None) -> None:
    with sample.org.store.write() as connection:
        if field is None:
            connection.execute('DELETE FROM "ObjectPermissions" WHERE "SobjectType" = ?', (sobject,))
        else:
            connection.execute('DELETE FROM "FieldPermissions" WHERE "Field" = ?', (f"{sobject}.{field}",))
    sample.org.security.changed()


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Industry FROM Account",
        "SELECT Id FROM Account WHERE Industry = 'x'",
        "SELECT Id FROM Account ORDER BY Industry",
        "SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry",
        "SELECT Account.Industry FROM Contact",
        "SELECT TYPEOF What WHEN Account THEN Industry END FROM Task",
    ],
    ids=["select", "where", "order", "group", "parent", "typeof"],
)
def test_a_hidden_field_is_no_such_column(own_sample: Sample, soql: str) -> None:
    assert own_sample.ask(soql) is not None
    revoke(own_sample, "Account", "Industry")
    hidden = own_sample.refusal(soql)
    assert hidden.code == "INVALID_FIELD"
    assert "No such column 'Industry' on entity 'Account'" in hidden.message


def test_fields_functions_leave_hidden_fields_out(own_sample: Sample) -> None:
    revoke(own_sample, "Account", "Industry")
    assert "Industry" not in own_sample.ask("SELECT FIELDS(ALL) FROM Account LIMIT 1")[0]


def test_a_hidden_object_is_not_supported(own_sample: Sample) -> None:
    revoke(own_sample, "Account")
    missing = own_sample.refusal("SELECT Id FROM Nothing")
    hidden = own_sample.refusal("SELECT Id FROM Account")
    assert hidden.code == missing.code == "INVALID_TYPE"
    assert hidden.message == missing.message.replace("Nothing", "Account")
    assert (
        "Didn't understand relationship 'Account'"
        in own_sample.refusal("SELECT Account.Name FROM Contact").message
    )
    assert (
        own_sample.refusal("SELECT Id FROM User WHERE Id IN (SELECT OwnerId FROM Account)").code
        == "INVALID_TYPE"
    )


def test_hidden_children_and_lookups_are_unknown_relationships(own_sample: Sample) -> None:
    revoke(own_sample, "Contact", "AccountId")
    assert own_sample.refusal("SELECT Account.Name FROM Contact").code == "INVALID_FIELD"
    assert own_sample.refusal("SELECT (SELECT Id FROM Contacts) FROM Account").code == "INVALID_TYPE"


def test_names_do_not_tell_hidden_fields(own_sample: Sample) -> None:
    ask = "SELECT Who.Email FROM Task WHERE Subject = 'Call'"
    assert own_sample.ask(ask)[0]["Who"]["Email"] == "ann@acme.com"
    revoke(own_sample, "Contact", "Email")
    assert own_sample.ask(ask)[0]["Who"]["Email"] is None


def test_a_new_field_is_invisible_until_granted(own_sample: Sample) -> None:
    org = own_sample.org
    item = org.schema.object("Account")
    field = FieldDef("Score__c", "Score", "double", precision=18, custom=True)
    org.schema.put(item.with_field(field), org.now())
    org.store.add_column(item, field)
    with pytest.raises(SoqlError, match="No such column 'Score__c'"):
        run_query(org, own_sample.user, "SELECT Score__c FROM Account")


def test_formulas_are_computed_when_read(own_sample: Sample) -> None:
    org = own_sample.org
    item = org.schema.object("Account")
    field = FieldDef(
        "Double__c", "Double", "double", precision=18, custom=True, calculated=True, permissionable=False,
        createable=False, updateable=False, groupable=False, sql='({t}."NumberOfEmployees" * 2)',
    )  # fmt: skip
    org.schema.put(item.with_field(field), org.now())
    assert own_sample.ask("SELECT Double__c FROM Account WHERE Name = 'Acme'") == [{"Double__c": 20.0}]
    assert own_sample.names("Double__c > 11") == ["100%_Pure", "Acme"]
    assert (
        own_sample.ask("SELECT Account.Double__c FROM Contact WHERE LastName = 'Lee'")[0]["Account"][
            "Double__c"
        ]
        == 20
    )
    assert own_sample.ask("SELECT SUM(Double__c) s FROM Account") == [{"s": 44.0}]
    result = run_query(
        org, own_sample.user, "SELECT Double__c FROM Account ORDER BY Double__c NULLS LAST", bulk=True
    )
    assert list(result.csv_rows()) == [["10.0"], ["14.0"], ["20.0"], [""]]


def test_a_field_that_goes_away_between_pages_ends_the_cursor(own_sample: Sample) -> None:
    org = own_sample.org
    result = run_query(org, own_sample.user, "SELECT Website FROM Account")
    org.store.drop_column(org.schema.object("Account"), org.schema.object("Account")["Website"])
    with pytest.raises(SoqlError) as caught:
        result.records(0, 2, version="60.0")
    assert caught.value.code == "INVALID_QUERY_LOCATOR"
