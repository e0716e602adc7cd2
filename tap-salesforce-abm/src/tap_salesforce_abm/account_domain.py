"""The verdict on every Account: which web domain is it verified for? `salesforce_abm.domains` has the rule.

Accounts and Contacts come in any order and may be many, so the Contacts' addresses wait in a temporary SQLite
file, not in memory. A verdict changes for reasons no timestamp of the Account shows (a Contact was deleted,
or moved to another Account), so all are worked out on every run, and only those that changed are emitted: the
Accounts are dealt into buckets by Id, and buckets whose checksum is as it was stay silent (see `digests`).
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from salesforce_abm.domains import account_domain
from tap_salesforce_abm.digests import Digests, Tally, bucket_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from salesforce_abm.domains import DomainRules

__all__ = ["SCHEMA", "Verdicts"]

SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "AccountId": {"type": "string", "maxLength": 18, "title": "Account ID"},
        "Website": {"type": ["string", "null"], "title": "Website", "description": "As the Account has it."},
        "WebsiteDomain": {
            "type": ["string", "null"],
            "title": "Website Domain",
            "description": "Registrable domain of the website.",
        },
        "ContactDomains": {
            "type": "array",
            "items": {"type": "string"},
            "title": "Contact Domains",
            "description": "Company domains of the e-mail addresses of its Contacts.",
        },
        "Domain": {
            "type": ["string", "null"],
            "title": "Domain",
            "description": "The domain that website and Contacts agree on; null unless Status is verified.",
        },
        "Status": {
            "type": "string",
            "title": "Status",
            "description": "verified, no_website, invalid_website, not_a_company_domain, no_contact_email or "
            "mismatch.",
        },
    },
    "required": ["AccountId"],
}

_ENCODER: Final = msgspec.json.Encoder()


class Verdicts:
    """Works the verdicts out.

    Contacts first, then Accounts, then the changed rows are read back.

    Args:
        rules: which hosts identify no company.
    """

    def __init__(self, rules: DomainRules) -> None:
        self._rules = rules
        self._directory = tempfile.TemporaryDirectory(prefix="tap-salesforce-abm-")
        self._database = sqlite3.connect(Path(self._directory.name) / "account_domain.sqlite")
        # The file lives as long as this object: nothing needs to survive a crash.
        self._database.executescript(
            """
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            CREATE TABLE contact (account TEXT, email TEXT, PRIMARY KEY (account, email)) WITHOUT ROWID;
            CREATE TABLE verdict (bucket INTEGER, account TEXT, record BLOB, PRIMARY KEY (bucket, account))
            WITHOUT ROWID;
            """
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._directory.cleanup()

    def add_contacts(self, contacts: Iterable[tuple[str | None, str | None]]) -> None:
        """Note the Account Id and address of some Contacts."""
        self._database.executemany(
            "INSERT OR IGNORE INTO contact VALUES (?, ?)",
            ((account, email) for account, email in contacts if account and email),
        )

    def add_accounts(self, accounts: Iterable[tuple[str, str | None]]) -> None:
        """Judge some Accounts, given as Id and Website; all Contacts are known by now."""
        self._database.executemany(
            "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?)",
            (self._judge(account, website) for account, website in accounts),
        )

    def _judge(self, account: str, website: str | None) -> tuple[int, str, bytes]:
        emails = self._database.execute("SELECT email FROM contact WHERE account = ?", (account,))
        verdict = account_domain(website, (email for (email,) in emails), self._rules)
        record = _ENCODER.encode(
            {
                "AccountId": account,
                "Website": website,
                "WebsiteDomain": verdict.website_domain,
                "ContactDomains": verdict.contact_domains,
                "Domain": verdict.domain,
                "Status": verdict.status,
            }
        )
        return bucket_of(account), account, record

    def digests(self) -> Digests:
        """Give the checksums of all verdicts."""
        tally = Tally()
        for bucket, record in self._database.execute("SELECT bucket, record FROM verdict"):
            tally.add(bucket, record)
        return tally.digests()

    def rows(self, buckets: Iterable[int]) -> Iterator[dict[str, Any]]:
        """Give the verdicts of some buckets."""
        for bucket in buckets:
            found = self._database.execute(
                "SELECT record FROM verdict WHERE bucket = ? ORDER BY account", (bucket,)
            )
            for (record,) in found:
                yield msgspec.json.decode(record)
