"""The verdict on every Account: which web domain is it verified for? `salesforce_abm.domains` has the rule.

Accounts and Contacts come in any order and may be many, so the Contacts' addresses wait in a temporary SQLite
file, not in memory. A verdict changes for reasons no timestamp of the Account shows (a Contact was deleted,
or moved to another Account), so all are worked out on every run, and only those that changed are emitted: the
Accounts are dealt into buckets by Id, STATE keeps one checksum a bucket, and buckets whose checksum is as it
was stay silent.
"""

from __future__ import annotations

import base64
import hashlib
import sqlite3
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from salesforce_abm.domains import account_domain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from salesforce_abm.domains import DomainRules

__all__ = ["BUCKETS", "SCHEMA", "Digests", "Verdicts"]

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

BUCKETS: Final = 256
_SIZE: Final = 8
_MODULUS: Final = 1 << (8 * _SIZE)
_ENCODER: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Digests:
    """One checksum a bucket, as STATE keeps them.

    The checksum of a bucket is the sum of those of its rows, so their order does not matter.
    """

    values: tuple[int, ...] = (0,) * BUCKETS

    @classmethod
    def parse(cls, text: Any) -> Digests | None:
        """Read them from STATE; None when there are none, or of another making."""
        try:
            data = base64.b64decode(str(text), validate=True)
        except ValueError:
            return None
        if len(data) != BUCKETS * _SIZE:
            return None
        return cls(tuple(int.from_bytes(data[at : at + _SIZE], "big") for at in range(0, len(data), _SIZE)))

    def __str__(self) -> str:
        return base64.b64encode(b"".join(value.to_bytes(_SIZE, "big") for value in self.values)).decode()

    def changed_since(self, earlier: Digests | None) -> list[int]:
        """Name the buckets that differ; all of them when there is nothing to compare with."""
        if earlier is None:
            return list(range(BUCKETS))
        return [at for at in range(BUCKETS) if self.values[at] != earlier.values[at]]


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
        return zlib.crc32(account.encode()) % BUCKETS, account, record

    def digests(self) -> Digests:
        """Give the checksums of all verdicts."""
        sums = [0] * BUCKETS
        for bucket, record in self._database.execute("SELECT bucket, record FROM verdict"):
            digest = hashlib.blake2b(record, digest_size=_SIZE).digest()
            sums[bucket] = (sums[bucket] + int.from_bytes(digest, "big")) % _MODULUS
        return Digests(tuple(sums))

    def rows(self, buckets: Iterable[int]) -> Iterator[dict[str, Any]]:
        """Give the verdicts of some buckets."""
        for bucket in buckets:
            found = self._database.execute(
                "SELECT record FROM verdict WHERE bucket = ? ORDER BY account", (bucket,)
            )
            for (record,) in found:
                yield msgspec.json.decode(record)
