"""The rows every org is born with: organisation, profiles and their rights, two users, statuses, stages.

They are written once per process into a template file that each new org copies, which makes an empty org
cheap.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_org import defaults, facts
from local_org.dml.remove import CREATE as CREATE_DELETE_LOG
from local_org.security import ACTIONS
from local_org.store import Store
from local_org.users import CREATE as CREATE_CREDENTIALS
from local_org.users import Users

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local_org.schema import FieldDef, ObjectDef

_lock = threading.Lock()
_template: Path | None = None

_ALL = frozenset(ACTIONS)
_WRITE = frozenset({"Read", "Create", "Edit", "Delete"})
_STANDARD = frozenset({"ApiEnabled", "RunReports", "ViewSetup", "EditTask", "EditEvent", "ExportReport"})


@dataclass(frozen=True)
class _Profile:
    name: str
    label: str
    actions: frozenset[str]
    # None means every user permission there is.
    permissions: frozenset[str] | None


_PROFILES = (
    _Profile("System Administrator", "X00ex00000018ozh_128_09_04_12_1", _ALL, None),
    _Profile("Standard User", "X00ex00000018ozj_128_09_04_12_3", _WRITE, _STANDARD),
    _Profile(
        "Read Only",
        "X00ex00000018ozt_128_09_04_12_6",
        frozenset({"Read"}),
        frozenset({"ApiEnabled", "ViewSetup"}),
    ),
)
# Name, closed, won, forecast category, its label, probability.
_STAGES = (
    ("Prospecting", 0, 0, "Pipeline", "Pipeline", 10),
    ("Qualification", 0, 0, "Pipeline", "Pipeline", 10),
    ("Needs Analysis", 0, 0, "Pipeline", "Pipeline", 20),
    ("Value Proposition", 0, 0, "Pipeline", "Pipeline", 50),
    ("Id. Decision Makers", 0, 0, "Pipeline", "Pipeline", 60),
    ("Perception Analysis", 0, 0, "Pipeline", "Pipeline", 70),
    ("Proposal/Price Quote", 0, 0, "Pipeline", "Pipeline", 75),
    ("Negotiation/Review", 0, 0, "Pipeline", "Pipeline", 90),
    ("Closed Won", 1, 1, "Closed", "Closed", 100),
    ("Closed Lost", 1, 0, "Omitted", "Omitted", 0),
)
# Object, its special flag, and (value, is default, special).
_STATUSES: Mapping[str, tuple[str | None, tuple[tuple[str, int, int], ...]]] = {
    "TaskStatus": (
        "IsClosed",
        (
            ("Not Started", 1, 0),
            ("In Progress", 0, 0),
            ("Completed", 0, 1),
            ("Waiting on someone else", 0, 0),
            ("Deferred", 0, 0),
        ),
    ),
    "TaskPriority": ("IsHighPriority", (("High", 0, 1), ("Normal", 1, 0), ("Low", 0, 0))),
    "LeadStatus": (
        "IsConverted",
        (
            ("Open - Not Contacted", 1, 0),
            ("Working - Contacted", 0, 0),
            ("Closed - Converted", 0, 1),
            ("Closed - Not Converted", 0, 0),
        ),
    ),
    "CaseStatus": ("IsClosed", (("New", 1, 0), ("Working", 0, 0), ("Escalated", 0, 0), ("Closed", 0, 1))),
}


def template() -> Path:
    """Return the file a new org starts from, building it on first use."""
    global _template  # noqa: PLW0603 - one template per process
    with _lock:
        if _template is None:
            folder = Path(tempfile.mkdtemp(prefix="local-org-template-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            path = folder / "template.sqlite"
            _build(path)
            _template = path
    return _template


def _build(path: Path) -> None:
    # Kept out of WAL mode until the end: the file is copied alone.
    store = Store(path, instance=defaults.ID_INSTANCE, durable=False)
    with store.write() as connection:
        for item in facts.objects().values():
            store.create_table(item)
        for statement in (CREATE_CREDENTIALS, *CREATE_DELETE_LOG):
            connection.execute(statement)
        _Builder(store, facts.objects()).run()
    store.read().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()


class _Builder:
    def __init__(self, store: Store, objects: Mapping[str, ObjectDef]) -> None:
        self.store = store
        self.objects = objects
        self.admin_id = store.ids.next("005")
        self.reader_id = store.ids.next("005")

    def run(self) -> None:
        self.insert("Organization", [self._organization()])
        license_id = self.new("UserLicense")
        self.insert(
            "UserLicense",
            [
                {
                    "Id": license_id,
                    "LicenseDefinitionKey": "SFDC",
                    "Name": "Salesforce",
                    "MasterLabel": "Salesforce",
                    "Status": "Active",
                    "TotalLicenses": 100,
                    "UsedLicenses": 2,
                    "UsedLicensesLastUpdated": defaults.BORN,
                }
            ],
        )
        profiles = {profile.name: self._profile(profile, license_id) for profile in _PROFILES}
        self.insert(
            "User",
            [
                self._user(
                    self.admin_id, defaults.ADMIN_USERNAME, "Ada", "Admin", profiles["System Administrator"]
                ),
                self._user(self.reader_id, defaults.READER_USERNAME, "Rhea", "Reader", profiles["Read Only"]),
            ],
        )
        users = Users(self.store)
        for user_id in (self.admin_id, self.reader_id):
            users.set_password(user_id, defaults.PASSWORD, defaults.SECURITY_TOKEN)
        self._sales()
        self._picklist_tables()
        self.insert(
            "Group", [{"Id": self.new("Group"), "Name": "All Internal Users", "Type": "Organization"}]
        )
        self.insert(
            "BusinessHours",
            [
                {
                    "Id": self.new("BusinessHours"),
                    "Name": "Default",
                    "IsActive": 1,
                    "IsDefault": 1,
                    "TimeZoneSidKey": "GMT",
                }
            ],
        )

    def new(self, name: str) -> str:
        return self.store.ids.next(self.objects[name].id_prefix)

    def insert(self, name: str, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        columns = list(rows[0])
        values = ([row[column] for column in columns] for row in rows)
        self.store.bulk_insert(
            self.objects[name], columns, values, stamp=defaults.BORN, user_id=self.admin_id
        )

    def _organization(self) -> dict[str, Any]:
        return {
            "Id": defaults.ORG_ID,
            "Name": defaults.ORG_NAME,
            "Country": "US",
            "PrimaryContact": "Ada Admin",
            "DefaultLocaleSidKey": "en_US",
            "TimeZoneSidKey": "America/Los_Angeles",
            "LanguageLocaleKey": "en_US",
            "FiscalYearStartMonth": 1,
            "DefaultAccountAccess": "Edit",
            "DefaultContactAccess": "ControlledByParent",
            "DefaultOpportunityAccess": "Edit",
            "DefaultLeadAccess": "ReadEditTransfer",
            "DefaultCaseAccess": "ReadEditTransfer",
            "DefaultCalendarAccess": "HideDetailsInsert",
            "DefaultPricebookAccess": "ReadSelect",
            "DefaultCampaignAccess": "All",
            "UiSkin": "Theme3",
            "OrganizationType": "Developer Edition",
            "InstanceName": defaults.INSTANCE_NAME,
            "IsSandbox": 0,
        }

    def _profile(self, profile: _Profile, license_id: str) -> str:
        profile_id, set_id = self.new("Profile"), self.new("PermissionSet")
        self.insert(
            "Profile",
            [
                {"Id": profile_id, "Name": profile.name, "UserLicenseId": license_id, "UserType": "Standard"}
                | self._flags("Profile", profile.permissions)
            ],
        )
        self.insert(
            "PermissionSet",
            [
                {
                    "Id": set_id,
                    "Name": profile.label,
                    "Label": profile.label,
                    "LicenseId": license_id,
                    "ProfileId": profile_id,
                    "IsOwnedByProfile": 1,
                    "Type": "Profile",
                }
                | self._flags("PermissionSet", profile.permissions)
            ],
        )
        self.insert("ObjectPermissions", list(self._object_rows(set_id, profile.actions)))
        self.insert("FieldPermissions", list(self._field_rows(set_id, edit="Edit" in profile.actions)))
        return profile_id

    def _flags(self, name: str, held: frozenset[str] | None) -> dict[str, int]:
        flags = [f.name for f in self.objects[name].fields if f.name.startswith("Permissions")]
        # An API-only user could not log in to the web page, even as administrator.
        withheld = {"PermissionsApiUserOnly"}
        return {
            flag: int(flag not in withheld if held is None else flag.removeprefix("Permissions") in held)
            for flag in flags
        }

    def _object_rows(self, set_id: str, actions: frozenset[str]) -> Iterator[dict[str, Any]]:
        for item in self.objects.values():
            if item.permission_object == item.name:
                grants = {f"Permissions{action}": int(action in actions) for action in ACTIONS}
                yield {
                    "Id": self.new("ObjectPermissions"),
                    "ParentId": set_id,
                    "SobjectType": item.name,
                } | grants

    def _field_rows(self, set_id: str, *, edit: bool) -> Iterator[dict[str, Any]]:
        for item in self.objects.values():
            for field in item.fields:
                if field.permissionable and not _granted_with_compound(item, field):
                    yield {
                        "Id": self.new("FieldPermissions"),
                        "ParentId": set_id,
                        "SobjectType": item.name,
                        "Field": f"{item.name}.{field.name}",
                        "PermissionsRead": 1,
                        "PermissionsEdit": int(
                            edit and (field.updateable or field.createable or field.is_compound)
                        ),
                    }

    def _user(self, user_id: str, username: str, first: str, last: str, profile_id: str) -> dict[str, Any]:
        return {
            "Id": user_id,
            "Username": username,
            "FirstName": first,
            "LastName": last,
            "Email": username,
            "Alias": first.lower(),
            "CommunityNickname": username.partition("@")[0],
            "CompanyName": defaults.ORG_NAME,
            "IsActive": 1,
            "ProfileId": profile_id,
            "UserType": "Standard",
            "TimeZoneSidKey": "America/Los_Angeles",
            "LocaleSidKey": "en_US",
            "EmailEncodingKey": "UTF-8",
            "DigestFrequency": "D",
            "DefaultGroupNotificationFrequency": "N",
            "LanguageLocaleKey": "en_US",
            "UserPermissionsMarketingUser": 1,
        }

    def _sales(self) -> None:
        rows = []
        for order, (name, closed, won, category, label, probability) in enumerate(_STAGES, 1):
            rows.append(
                {
                    "Id": self.new("OpportunityStage"),
                    "MasterLabel": name,
                    "ApiName": name,
                    "IsActive": 1,
                    "SortOrder": order,
                    "IsClosed": closed,
                    "IsWon": won,
                    "ForecastCategory": category,
                    "ForecastCategoryName": label,
                    "DefaultProbability": float(probability),
                }
            )
        self.insert("OpportunityStage", rows)
        self.insert(
            "Pricebook2",
            [{"Id": self.new("Pricebook2"), "Name": "Standard Price Book", "IsActive": 1, "IsStandard": 1}],
        )

    def _picklist_tables(self) -> None:
        for name, (flag, values) in _STATUSES.items():
            rows = []
            for order, (value, default, special) in enumerate(values, 1):
                row = {"Id": self.new(name), "MasterLabel": value, "ApiName": value, "SortOrder": order}
                rows.append(row | {"IsDefault": default} | ({flag: special} if flag else {}))
            self.insert(name, rows)


def _granted_with_compound(item: ObjectDef, field: FieldDef) -> bool:
    whole = item.field(field.compound) if field.compound else None
    return whole is not None and whole.is_compound
