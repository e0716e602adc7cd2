"""The Metadata API's SOAP calls, against the org."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from salesforce_abm.connection import Connection
from salesforce_abm.errors import AccessError, DataError, SalesforceAbmError, TransientError
from salesforce_abm.metadata import Metadata, MetadataError
from salesforce_abm.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.testing import RunningOrg


@pytest.fixture
def metadata(connection_settings: dict[str, Any]) -> Iterator[Metadata]:
    with Session(Connection.from_config(connection_settings), sleep=lambda _: None) as session:
        yield Metadata(session)


def field(name: str, **attributes: Any) -> dict[str, Any]:
    return {"fullName": f"Account.{name}__c", "label": name, "type": "Text", "length": 80, **attributes}


def soap_calls(org: RunningOrg) -> int:
    return sum("/services/Soap/m/" in entry.path for entry in org.requests)


def test_23_fields_go_in_three_calls(org: RunningOrg, metadata: Metadata) -> None:
    metadata.create("CustomField", [field(f"F{number}") for number in range(23)])
    assert len(org.org.customiser.fields()) == 23
    assert soap_calls(org) == 3
    metadata.delete("CustomField", [f"Account.F{number}__c" for number in range(23)])
    assert org.org.customiser.fields() == []


def test_a_refused_item_is_named_and_the_others_are_made(org: RunningOrg, metadata: Metadata) -> None:
    items = [field("Good"), field("Bad", length=999), field("Fine & <dandy>", fullName="Account.Fine__c")]
    with pytest.raises(MetadataError) as caught:
        metadata.create("CustomField", items)
    assert "Account.Bad__c: Salesforce refused to make this CustomField: " in str(caught.value)
    assert "Good" not in str(caught.value)
    assert {one.name for one in org.org.customiser.fields()} == {"Good__c", "Fine__c"}
    fine = org.org.customiser.field("Account.Fine__c")
    assert fine is not None
    assert fine.metadata["label"] == "Fine & <dandy>"


def test_a_session_that_ended_is_renewed_and_the_envelope_carries_the_new_one(
    org: RunningOrg, metadata: Metadata
) -> None:
    metadata.create("CustomField", [field("One")])
    org.faults.expire_all_sessions()
    metadata.create("CustomField", [field("Two")])
    assert len(org.org.customiser.fields()) == 2


def test_what_is_gone_already_counts_as_deleted(metadata: Metadata) -> None:
    metadata.delete("Layout", ["Account-Nobody Layout"])


def test_reading_gives_what_exists(metadata: Metadata) -> None:
    metadata.create("CustomField", [field("One")])
    found = metadata.read("CustomField", ["Account.One__c", "Account.Nothing__c"])
    assert list(found) == ["Account.One__c"]
    assert "Account.One__c" in metadata.names("CustomField")


def test_a_lost_answer_to_a_creation_is_not_sent_again(org: RunningOrg, metadata: Metadata) -> None:
    org.faults.reset("after", path="/Soap/m/")
    with pytest.raises(TransientError) as caught:
        metadata.create("CustomField", [field("One")])
    assert caught.value.outcome_unknown
    assert len(org.org.customiser.fields()) == 1


def test_no_permission_names_the_permissions(org: RunningOrg, connection_settings: dict[str, Any]) -> None:
    app = org.org.apps.get(connection_settings["client_id"])
    assert app is not None
    app.run_as = "reader@example.com"
    with (
        Session(Connection.from_config(connection_settings)) as session,
        pytest.raises(AccessError, match="'Customize Application'"),
    ):
        Metadata(session).create("CustomField", [field("One")])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("<!DOCTYPE x><x/>", "has a DOCTYPE"),
        ("hello", "is not XML"),
    ],
    ids=["doctype", "text"],
)
def test_an_answer_that_is_no_soap_is_not_trusted(
    org: RunningOrg, metadata: Metadata, body: str, error: str
) -> None:
    org.faults.status(200, body=body, path="/Soap/m/")
    with pytest.raises(DataError, match=error):
        metadata.names("Layout")


def test_fewer_results_than_items_are_an_error(org: RunningOrg, metadata: Metadata) -> None:
    org.faults.status(200, body="<Envelope><Body/></Envelope>", path="/Soap/m/")
    with pytest.raises(SalesforceAbmError, match="1 items sent, 0 results came"):
        metadata.create("CustomField", [field("One")])
