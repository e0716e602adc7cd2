"""An org that is worked in: rows of every type, and rounds of everything that can happen to rows."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from support.rest import Rest

if TYPE_CHECKING:
    from local_org.dml.outcome import RowOutcome
    from local_org.testing import RunningOrg

OBJECTS = ("Account", "Contact", "Thing__c")
START = datetime(2026, 5, 20, 12, tzinfo=UTC)
LONG_AGO = datetime(2026, 5, 1, tzinfo=UTC)
VERSION = "66.0"
LOOKUP = {
    "type": "Lookup",
    "referenceTo": "Account",
    "relationshipName": "Things",
    "relationshipLabel": "Things",
}


def choices(*names: str) -> dict[str, Any]:
    """Values of a picklist."""
    values = [{"fullName": name, "default": False, "label": name} for name in names]
    return {"valueSetDefinition": {"sorted": False, "value": values}}


FIELDS: dict[str, dict[str, Any]] = {
    "Text__c": {"type": "Text", "length": 80},
    "Long__c": {"type": "LongTextArea", "length": 32000, "visibleLines": 3},
    "Rich__c": {"type": "Html", "length": 32000, "visibleLines": 10},
    "Flag__c": {"type": "Checkbox", "defaultValue": "false"},
    "Amount__c": {"type": "Currency", "precision": 18, "scale": 2},
    "Number__c": {"type": "Number", "precision": 18, "scale": 6},
    "Whole__c": {"type": "Number", "precision": 18, "scale": 0},
    "Percent__c": {"type": "Percent", "precision": 5, "scale": 2},
    "Day__c": {"type": "Date"},
    "Moment__c": {"type": "DateTime"},
    "Time__c": {"type": "Time"},
    "Mail__c": {"type": "Email"},
    "Phone__c": {"type": "Phone"},
    "Web__c": {"type": "Url"},
    "Spot__c": {"type": "Location", "scale": 5, "displayLocationInDecimal": True},
    "Account__c": LOOKUP,
    "Stage__c": {"type": "Picklist", "valueSet": choices("NULL", "New", "Élan")},
    "Many__c": {"type": "MultiselectPicklist", "visibleLines": 3, "valueSet": choices("a", "b", "ü")},
    "No__c": {"type": "AutoNumber", "displayFormat": "N-{00000}"},
    "Formula__c": {"type": "Text", "formula": "Account__r.Name"},
    "Double__c": {"type": "Number", "precision": 18, "scale": 2, "formula": "Amount__c * 2"},
}
TEXTS = (
    'He said "no",\r\n\tthen left\\ — 漢字 🚀 ;é',
    "line one\nline two",
    "None",
    "null",
    "NULL",
    "\\N",
    "0",
    "'; DROP TABLE thing__c; --",
    'ends with a quote"',
    "a\u2028b\u0085c",
    "{}",
    "true",
    "مرحبا",
    "e\u0301",
)
"""What has broken a CSV, SQL or JSON writer before."""


class BusyOrg:
    """Makes rows and works on them, the same in every run of the tests.

    Attributes:
        purged: Ids of rows that are gone for good, by object; the loader's table still has them.
    """

    def __init__(self, running: RunningOrg) -> None:
        self.running = running
        self.org = running.org
        self.purged: dict[str, set[str]] = {name: set() for name in OBJECTS}
        self._dice = random.Random(2026)
        self._made = 0
        self.org.clock.set(LONG_AGO)
        about = {"label": "Thing", "pluralLabel": "Things", "deploymentStatus": "Deployed"}
        fields = [
            {"fullName": name, "label": name.removesuffix("__c"), **more} for name, more in FIELDS.items()
        ]
        name_field = {"type": "Text", "label": "Name"}
        self.org.customiser.create_object(
            "Thing__c", {**about, "sharingModel": "ReadWrite", "nameField": name_field, "fields": fields}
        )
        self.org.grant("Thing__c", self.org.admin)
        for name in FIELDS:
            self.org.grant(f"Thing__c.{name}", self.org.admin)
        self.create(accounts=60, things=120)
        self.org.clock.set(START)

    def create(self, *, accounts: int, things: int) -> None:
        """Make Accounts with two Contacts each, and Things."""
        for _ in range(accounts):
            account = self._new("Account", self._account())
            for first in (None, "Zoë"):
                person = {"LastName": self._text() or "X", "FirstName": first, "AccountId": account}
                self._new("Contact", person | {"Birthdate": "1970-02-28", "Email": "a+b@c.example"})
        for _ in range(things):
            self._new("Thing__c", self._thing())

    def work(self) -> None:
        """An hour of creating, changing, emptying, deleting, restoring, purging and merging."""
        self.org.clock.shift(timedelta(minutes=20))
        alive = {name: self._ids(name, "IsDeleted = 0") for name in OBJECTS}
        binned = self._ids("Account", "IsDeleted = 1 AND MasterRecordId IS NULL")
        self.create(accounts=5, things=10)
        for account in self._dice.sample(alive["Account"], 8):
            self._change("Account", account, self._account())
        for contact in self._dice.sample(alive["Contact"], 8):
            self._change("Contact", contact, {"FirstName": self._text(), "Email": None})
        for thing in self._dice.sample(alive["Thing__c"], 20):
            self._change("Thing__c", thing, self._thing())
        self.org.clock.shift(timedelta(minutes=20))
        for account in binned[:2]:
            self._require(self.org.dml.undelete(self.org.admin, account))
        for account in binned[2:4]:
            self._purge("Account", account)
        chosen = self._dice.sample([row for row in alive["Account"] if row not in binned[:2]], 8)
        for account in chosen[:4]:
            self._require(self.org.dml.delete(self.org.admin, "Account", account))
        self._purge("Account", chosen[4])
        self._require(self.org.dml.merge(self.org.admin, "Account", chosen[5], chosen[6:], {"Phone": "1"}))
        doomed = self._dice.sample(self._ids("Thing__c", "IsDeleted = 0"), 6)
        for thing in doomed[:3]:
            self._require(self.org.dml.delete(self.org.admin, "Thing__c", thing))
        for thing in doomed[3:]:
            self._purge("Thing__c", thing)
        self.org.clock.shift(timedelta(minutes=20))

    def truth(self, sobject: str) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
        """What the org holds, recycle bin included.

        Returns:
            types: field name to type, as described.
            rows: by Id, as the REST API gives them.
        """
        with Rest(self.running, version=VERSION) as rest:
            described = rest.get(f"sobjects/{sobject}/describe").json()["fields"]
            types = {field["name"]: field["type"] for field in described if field["type"] != "base64"}
            rows: dict[str, dict[str, Any]] = {}
            soql = f"SELECT {', '.join(types)} FROM {sobject}"
            answer = rest.get("queryAll", params={"q": soql})
            while True:
                assert answer.status_code == 200, answer.text
                page = json.loads(answer.text, parse_float=Decimal)
                rows |= {row["Id"]: row for row in page["records"]}
                if page["done"]:
                    break
                answer = rest.get(page["nextRecordsUrl"])
        assert len(rows) == page["totalSize"]
        return types, rows

    def _account(self) -> dict[str, Any]:
        self._made += 1
        dice = self._dice
        return {
            "Name": f"{self._made} {self._text() or ''}".strip(),
            "Description": self._text(),
            "Website": dice.choice((None, "https://müller.example/ü?a=b&c=d")),
            "AnnualRevenue": dice.choice((None, 0, 1234567.89, 99999999999.99)),
            "NumberOfEmployees": dice.choice((None, 0, 7, 99_999_999)),
            "BillingStreet": dice.choice((None, "One\r\nTwo")),
            "BillingCity": dice.choice((None, "Zürich", "東京")),
            "BillingLatitude": 47.123456789,
            "BillingLongitude": dice.choice((None, -8.5)),
        }

    def _thing(self) -> dict[str, Any]:
        self._made += 1
        dice = self._dice
        empty = dict.fromkeys(
            name
            for name, field in FIELDS.items()
            if "formula" not in field and name not in ("No__c", "Spot__c")
        ) | {"Flag__c": False, "Spot__Latitude__s": None, "Spot__Longitude__s": None}
        if dice.random() < 0.2:
            return {"Name": f"empty {self._made}", **empty}
        return {
            "Name": f"thing {self._made}",
            "Text__c": (self._text() or "")[:80].replace("\r\n", " ").replace("\n", " ") or None,
            "Long__c": self._text(),
            "Rich__c": dice.choice((None, "<p>a &amp; b</p>")),
            "Flag__c": dice.random() < 0.5,
            "Amount__c": dice.choice((None, 0, -1.5, 1234567.89, 12345678901234.56)),
            "Number__c": dice.choice((0, 0.000001, -123456789.123456)),
            "Whole__c": dice.choice((None, 0, 42, 999_999_999_999_999)),
            "Percent__c": dice.choice((0, 12.5, -99.99)),
            "Day__c": dice.choice(("2024-02-29", "1900-01-01", "2999-12-31")),
            "Moment__c": dice.choice(("2024-02-29T23:59:59.000Z", "1969-12-31T23:59:59.000Z")),
            "Time__c": dice.choice(("13:05:00.000Z", "00:00:00.000Z", "23:59:59.999Z")),
            "Mail__c": "a.b+c@d-e.example",
            "Phone__c": "+41 (44) 000 00 00",
            "Web__c": "example.com/a?b=c&d=é",
            "Spot__Latitude__s": 47.37,
            "Spot__Longitude__s": dice.choice((-8.5, 0)),
            "Account__c": dice.choice(self._ids("Account", "IsDeleted = 0")),
            "Stage__c": dice.choice((None, "NULL", "New", "Élan")),
            "Many__c": dice.choice((None, "a", "a;b", "a;b;ü")),
        }

    def _text(self) -> str | None:
        return self._dice.choice((None, *TEXTS))

    def _ids(self, sobject: str, condition: str) -> list[str]:
        rows = self.org.store.read().execute(f'SELECT "Id" FROM "{sobject}" WHERE {condition} ORDER BY "Id"')
        return [row[0] for row in rows]

    def _new(self, sobject: str, values: dict[str, Any]) -> str:
        return str(self._require(self.org.dml.create(self.org.admin, sobject, values)).id)

    def _change(self, sobject: str, record: str, values: dict[str, Any]) -> None:
        self._require(self.org.dml.update(self.org.admin, sobject, record, values))

    def _purge(self, sobject: str, record: str) -> None:
        """Past the recycle bin, with all that hangs on it."""
        before = {name: set(self._ids(name, "1")) for name in OBJECTS}
        self._require(self.org.dml.hard_delete(self.org.admin, sobject, record))
        for name in OBJECTS:
            self.purged[name] |= before[name] - set(self._ids(name, "1"))

    @staticmethod
    def _require(outcome: RowOutcome) -> RowOutcome:
        assert outcome.success, outcome.errors
        return outcome
