"""An org made ready for the target, and a way to run the target against it in this process."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local_org import defaults, grants
from local_org.soql.run import run_query
from salesforce_abm.session import Session
from target_salesforce_abm.cli import run as run_command
from target_salesforce_abm.recipe import Names
from target_salesforce_abm.target import TargetSalesforceAbm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from local_org.testing import RunningOrg

NAMES = Names()
NUMBER: dict[str, Any] = {"type": "Number", "precision": 18, "scale": 2}
TEXT: dict[str, Any] = {"type": "Text", "length": 255}
LONG: dict[str, Any] = {"type": "LongTextArea", "length": 32768, "visibleLines": 3}


class HastyTarget(TargetSalesforceAbm):
    """The target, with a session that does not sleep."""

    naps: list[float] = []  # noqa: RUF012

    def make_session(self) -> Session:
        return Session(self.connection, sleep=self.naps.append)


@dataclass
class Run:
    """What a run of the target left behind."""

    code: int
    states: list[Any]
    report: dict[str, Any]
    rejects: list[dict[str, Any]]
    log: str
    requests: list[str] = field(default_factory=list)

    def numbers(self, stream: str) -> dict[str, int]:
        """The outcomes of a stream that are not zero."""
        kept = ("received", "written", "unchanged", "unmatched", "ambiguous", "rejected", "skipped")
        return {
            name: self.report["streams"][stream][name]
            for name in kept
            if self.report["streams"][stream][name]
        }

    def writes(self) -> list[str]:
        """The requests that changed records."""
        return [line for line in self.requests if _is_write(line)]


def _is_write(line: str) -> bool:
    method, path = line.split(" ")[:2]
    if "/jobs/ingest" in path:
        return method in ("POST", "PUT", "PATCH")
    return ("/composite/sobjects" in path and method in ("PATCH", "DELETE")) or (method, path[-18:]) == (
        "POST",
        "composite/sobjects",
    )


class Lab:
    """A local org, fields made and granted, records made behind the target's back."""

    def __init__(self, running: RunningOrg, directory: Path, caplog: Any) -> None:
        self.running = running
        self.org = running.org
        self.directory = directory
        self.caplog = caplog

    # The org

    def field(self, full_name: str, *, grant: bool = True, edit: bool = True, **metadata: Any) -> None:
        """Make a custom field and let the admin see it."""
        name = full_name.partition(".")[2]
        self.org.customiser.create_field(
            full_name, {"label": name.removesuffix("__c").replace("_", " "), **metadata}
        )
        if grant:
            self.grant(full_name, edit=edit)

    def grant(self, target: str, *, edit: bool = True) -> None:
        """Give the admin a field or an object."""
        grants.grant(self.org, target, self.org.admin, edit=edit)

    def object(self, name: str, *, grant: bool = True, edit: bool = True) -> None:
        """Make a custom object and let the admin use it."""
        label = name.removesuffix("__c").replace("_", " ")
        name_field = {"type": "AutoNumber", "label": "Number", "displayFormat": "N-{0000}"}
        about = {
            "label": label,
            "pluralLabel": f"{label}s",
            "deploymentStatus": "Deployed",
            "sharingModel": "ReadWrite",
        }
        self.org.customiser.create_object(name, {**about, "nameField": name_field})
        if grant:
            self.grant(name, edit=edit)

    def engagement_fields(self) -> None:
        """Make the recipe's fields on Account."""
        self.field(f"Account.{NAMES.engagement_score}", **NUMBER)
        self.field(f"Account.{NAMES.last_engaged}", type="DateTime")
        self.field(f"Account.{NAMES.intent_score}", **NUMBER)
        self.field(f"Account.{NAMES.intent_topics}", **LONG)

    def segment_object(self) -> None:
        """Make the recipe's segment object."""
        self.object(NAMES.segment_object)
        at = NAMES.segment_object
        lookup: dict[str, Any] = {
            "type": "Lookup",
            "referenceTo": "Account",
            "relationshipName": "ABM_Segments",
            "relationshipLabel": "Segments",
        }
        self.field(f"{at}.{NAMES.segment_key}", externalId=True, unique=True, **TEXT)
        self.field(f"{at}.{NAMES.segment_account}", **lookup)
        for name in (NAMES.segment_id, NAMES.segment_name, NAMES.segment_status):
            self.field(f"{at}.{name}", **TEXT)

    def recipe(self) -> None:
        """Make everything the recipe needs."""
        self.engagement_fields()
        self.segment_object()

    def create(self, sobject: str, **values: Any) -> str:
        """Make a record."""
        outcome = self.org.dml.create(self.org.admin, sobject, values)
        assert outcome.success, outcome
        return str(outcome.id)

    def company(self, domain: str, **values: Any) -> str:
        """Make an Account that is verified for a domain."""
        account = self.create("Account", **{"Name": domain, "Website": f"https://www.{domain}", **values})
        self.create("Contact", LastName="Doe", Email=f"jane@{domain}", AccountId=account)
        return account

    def update(self, sobject: str, record_id: str, **values: Any) -> None:
        """Change a record."""
        outcome = self.org.dml.update(self.org.admin, sobject, record_id, values)
        assert outcome.success, outcome

    def rows(self, soql: str) -> list[dict[str, Any]]:
        """Query the org as the admin."""
        result = run_query(self.org, self.org.admin, soql)
        return [_plain(row) for row in result.records(0, result.total_size, version="66.0")]

    def row(self, sobject: str, record_id: str, *fields: str) -> tuple[Any, ...]:
        """Some fields of a record."""
        [found] = self.rows(f"SELECT {', '.join(fields)} FROM {sobject} WHERE Id = '{record_id}'")
        return tuple(found[name] for name in fields)

    def count(self, sobject: str) -> int:
        """How many records there are."""
        return len(self.rows(f"SELECT Id FROM {sobject}"))

    # The target

    def config(self, **settings: Any) -> dict[str, Any]:
        """A configuration that reaches the org."""
        return {
            "instance_url": self.running.url,
            "client_id": defaults.CLIENT_ID,
            "client_secret": defaults.CLIENT_SECRET,
            "rejects_path": str(self.directory / "rejects.jsonl"),
            "report_path": str(self.directory / "report.json"),
            "plan_path": str(self.directory / "plan.json"),
            **settings,
        }

    def run(self, messages: Iterable[Mapping[str, Any]] | str, *options: str, **settings: Any) -> Run:
        """Run the target's command line on these messages."""
        text = messages if isinstance(messages, str) else lines(messages)
        (self.directory / "input.singer").write_text(text, encoding="utf-8")
        (self.directory / "config.json").write_text(json.dumps(self.config(**settings)), encoding="utf-8")
        report = self.directory / "report.json"
        report.unlink(missing_ok=True)
        self.running.requests.clear()
        self.caplog.clear()
        HastyTarget.naps = []
        out = io.StringIO()
        arguments = [
            "--config",
            str(self.directory / "config.json"),
            "--input",
            str(self.directory / "input.singer"),
            *options,
        ]
        with redirect_stdout(out), self.caplog.at_level("INFO"):
            code = run_command(HastyTarget, arguments)
        rejects = self.directory / "rejects.jsonl"
        return Run(
            code=code,
            states=[json.loads(line) for line in out.getvalue().splitlines()],
            report=json.loads(report.read_text()) if report.exists() else {},
            rejects=[json.loads(line) for line in rejects.read_text().splitlines()]
            if rejects.exists()
            else [],
            log="\n".join(
                record.getMessage()
                for record in self.caplog.records
                if record.levelname in ("ERROR", "WARNING")
            ),
            requests=[f"{entry.method} {entry.path}" for entry in self.running.requests],
        )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "attributes"}


def lines(messages: Iterable[Mapping[str, Any]]) -> str:
    """Singer messages as text."""
    return "".join(json.dumps(message) + "\n" for message in messages)


_TYPES: dict[type, Any] = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}


def stream(
    name: str,
    records: Iterable[Mapping[str, Any]],
    /,
    *,
    key: Iterable[str] = (),
    state: Any = None,
    **types: Any,
) -> list[dict[str, Any]]:
    """A SCHEMA made from the records, the records, and a STATE when one is given."""
    records = list(records)
    properties: dict[str, Any] = {}
    for record in records:
        for prop, value in record.items():
            kind = _TYPES.get(type(value))
            known = properties.setdefault(prop, {"type": ["null"]})["type"]
            if kind and kind not in known:
                known.append(kind)
    properties |= {
        prop: {"type": ["null", kind]} if isinstance(kind, str) else kind for prop, kind in types.items()
    }
    schema = {"type": "object", "properties": properties}
    messages: list[dict[str, Any]] = [
        {"type": "SCHEMA", "stream": name, "schema": schema, "key_properties": list(key)}
    ]
    messages += [{"type": "RECORD", "stream": name, "record": dict(record)} for record in records]
    if state is not None:
        messages.append({"type": "STATE", "value": state})
    return messages
