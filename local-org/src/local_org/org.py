"""`Org`: one Salesforce org, the facade everything else hangs on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self

from local_org import bootstrap, defaults, facts, grants
from local_org.apps import Apps
from local_org.behaviour import Behaviour
from local_org.classic import ClassicJobs
from local_org.clock import Clock, from_stored
from local_org.cursors import Cursors
from local_org.customise import Customiser
from local_org.dml import Dml
from local_org.faults.catalog import Faults
from local_org.jobs import Jobs
from local_org.kept_logins import KeptLogins
from local_org.limits import Limits
from local_org.locks import Locks
from local_org.reports.engine import Reports
from local_org.rules import Rules
from local_org.schema import Schema
from local_org.security import Access, Security, User
from local_org.sessions import Session, Sessions
from local_org.store import Store
from local_org.users import Users

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from local_org.customise import CustomField, CustomObject


class Org:
    """A whole org in one process. Several can live side by side.

    Args:
        data: File to keep the org in; None keeps it in a temporary file that goes with the org.
        clock: The org's time; by default the machine's.

    Attributes:
        id: 18-character organization id.
        name: Organization name.
        instance_name: What `Organization.InstanceName` says.
        clock: The org's time.
        store: The rows.
        schema: Objects and fields.
        security: Computes what users may do; `access(user)` is the shortcut.
        users: The people.
        sessions: Access tokens, refresh tokens, codes.
        apps: Connected apps.
        limits: Allowances.
        customiser: Objects and fields made at run time.
        locks: Rows that another transaction holds.
        rules: Validation, duplicate and assignment rules.
        dml: Every write.
        faults: What goes wrong on purpose.
        behaviour: Switches where Salesforce leaves itself room.
        cursors: Queries with further pages.
        jobs: Bulk jobs.
        classic: Jobs of Bulk API 1.0.
        reports: Saved reports and their runs.
    """

    def __init__(self, *, data: Path | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.store = Store(
            data, template=bootstrap.template(), instance=defaults.ID_INSTANCE, setup=(self._functions,)
        )
        self.schema = Schema(facts.objects(), facts.relationships(), from_stored(defaults.BORN))
        self.id, self.name, self.instance_name = self._organization()
        self.security = Security(self.schema, self.store)
        self.users = Users(self.store)
        kept_logins = KeptLogins(self.store)
        self.sessions = Sessions(self.id, self.clock, kept_logins)
        self.sessions.opened = self._logged_in
        self.apps = Apps(kept_logins)
        self.limits = Limits()
        self.customiser = Customiser(self)
        self.locks = Locks()
        self.rules = Rules()
        self.dml = Dml(self)
        self.faults = Faults(self)
        self.behaviour = Behaviour()
        self.cursors = Cursors(self.clock, self.store.ids)
        self.jobs = Jobs(self)
        self.classic = ClassicJobs(self)
        self.reports = Reports(self)

    def access(self, user: User) -> Access:
        """Return what a user may do now."""
        return self.security.access(user)

    @property
    def admin(self) -> User:
        """The system administrator the org was born with."""
        return self.users.require(defaults.ADMIN_USERNAME)

    @property
    def reader(self) -> User:
        """The user the org was born with who may only read."""
        return self.users.require(defaults.READER_USERNAME)

    def create_custom_field(
        self, full_name: str, *, grant_to: tuple[User | str, ...] | None = None, **metadata: Any
    ) -> CustomField:
        """Make a custom field and let people see it.

        Args:
            full_name: `Account.Score__c`.
            grant_to: Users or permission set ids that may read and write it; by default the administrator.
            metadata: Attributes of the Metadata API's CustomField (`type`, `length`, ...); `label` by default
                follows from the name.

        Raises:
            MetadataError: The metadata is wrong.
        """
        name = full_name.rpartition(".")[2]
        metadata.setdefault("label", name.removesuffix("__c").replace("_", " ")[:40])
        made = self.customiser.create_field(full_name, metadata)
        owner = "Task" if made.object == "Activity" else made.object
        if self.schema.object(owner)[made.name].permissionable:
            for receiver in (self.admin,) if grant_to is None else grant_to:
                self.grant(made.full_name, receiver)
        return made

    def create_custom_object(
        self, name: str, *, grant_to: tuple[User | str, ...] | None = None, **metadata: Any
    ) -> CustomObject:
        """Make a custom object and let people use it.

        Args:
            name: `Invoice__c`.
            grant_to: Users or permission set ids that may read and write it; by default the administrator.
            metadata: Attributes of the Metadata API's CustomObject; what is missing has usual values.

        Raises:
            MetadataError: The metadata is wrong.
        """
        label = name.removesuffix("__c").replace("_", " ")
        usual = {
            "label": label,
            "pluralLabel": f"{label}s",
            "nameField": {"type": "Text", "label": f"{label} Name"},
            "deploymentStatus": "Deployed",
            "sharingModel": "ReadWrite",
        }
        made = self.customiser.create_object(name, {**usual, **metadata})
        for receiver in (self.admin,) if grant_to is None else grant_to:
            self.grant(made.name, receiver)
        return made

    def grant(self, target: str, to: User | str, *, read: bool = True, edit: bool = True) -> None:
        """Let a user's profile, or a permission set by id, read and edit an object or a field.

        See `local_org.grants.grant`.
        """
        grants.grant(self, target, to, read=read, edit=edit)

    def now(self) -> datetime:
        """Return the org's current moment."""
        return self.clock.now()

    def close(self) -> None:
        """End the jobs and close the store; a temporary one is removed."""
        self.jobs.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _logged_in(self, session: Session) -> None:
        app = self.apps.get(session.client_id)
        self.users.record_login(
            self.schema.object("LoginHistory"),
            session.user_id,
            self.clock.stamp(),
            application=app.name if app is not None else "N/A",
            login_type="Remote Access 2.0" if session.client_id else "Other Apex API",
        )

    def _functions(self, connection: sqlite3.Connection) -> None:
        connection.create_function("org_today", 0, lambda: self.clock.today().isoformat())
        connection.create_function("org_now", 0, self.clock.stamp)
        # Not every build of SQLite has the mathematical functions formulas need.
        connection.create_function("org_pow", 2, _null_or(pow), deterministic=True)
        connection.create_function("org_ceil", 1, _null_or(math.ceil), deterministic=True)
        connection.create_function("org_floor", 1, _null_or(math.floor), deterministic=True)

    def _organization(self) -> tuple[str, str, str]:
        row = self.store.read().execute('SELECT "Id", "Name", "InstanceName" FROM "Organization"').fetchone()
        return row[0], row[1], row[2]


def _null_or(function: Callable[..., float]) -> Callable[..., float | None]:
    """Return the function as SQL wants it: null in, null out, and floats."""

    def made(*values: float | None) -> float | None:
        return None if None in values else float(function(*values))

    return made
