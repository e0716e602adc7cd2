"""The stream `account_domain`; the verdicts are made in `tap_salesforce_abm.account_domain`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from salesforce_abm.domains import DomainRules
from salesforce_abm.soql import any_of
from tap_salesforce_abm.account_domain import SCHEMA, Verdicts
from tap_salesforce_abm.decode import Lines, encode_rows
from tap_salesforce_abm.digests import Digests
from tap_salesforce_abm.fetch import Source
from tap_salesforce_abm.layout import Layout
from tap_salesforce_abm.reader import Reader
from tap_salesforce_abm.streams.base import AbmStream, Checkpoint
from tap_salesforce_abm.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_salesforce_abm.schema import ObjectSchema
    from tap_salesforce_abm.tap import TapSalesforceAbm

__all__ = ["NAME", "NEEDED", "AccountDomainStream"]

NAME: Final = "account_domain"
NEEDED: Final = {"Account": ("Id", "Website"), "Contact": ("AccountId", "Email")}
"""The fields it is derived from."""

_ROWS_AT_A_TIME: Final = 1000
_LIVE: Final = ("AccountId != null", "Email != null")


class AccountDomainStream(AbmStream):
    """The web domain each Account is verified for.

    Args:
        tap: the tap.
        accounts: what Account looks like.
        contacts: what Contact looks like.
    """

    def __init__(self, tap: TapSalesforceAbm, accounts: ObjectSchema, contacts: ObjectSchema) -> None:
        super().__init__(tap, NAME, SCHEMA)
        self.primary_keys = ["AccountId"]
        self._layouts = {
            schema.name: Layout(schema.name, schema.columns).only(NEEDED[schema.name])
            for schema in (accounts, contacts)
        }

    @override
    def events(self) -> Iterator[Lines | Checkpoint]:
        settings = self._tap.settings
        if settings.shard is not None and settings.shard.index:
            return  # The verdicts need all Accounts: the first part takes them.
        with Verdicts(DomainRules(settings.excluded_domains)) as verdicts:
            self._collect(verdicts)
            digests = verdicts.digests()
            # With versions, what is not sent again is taken for gone.
            kept = None if self.emit_activate_version_messages else self.stream_state.get("digests")
            earlier = Digests.parse(kept)
            rows = verdicts.rows(digests.changed_since(earlier))
            while batch := list(islice(rows, _ROWS_AT_A_TIME)):
                yield encode_rows({name: row[name] for name in self._wanted()} for row in batch)
        yield Checkpoint(lambda state: state.update(digests=str(digests)), whole=True)

    def _wanted(self) -> list[str]:
        return [name for name in self.effective_schema["properties"] if self.mask["properties", name]]

    def _collect(self, verdicts: Verdicts) -> None:
        if self.ABORT_AT_RECORD_COUNT is not None:
            # A test run looks at a few Accounts only.
            some = list(self._read("Account", limit=self.ABORT_AT_RECORD_COUNT))[: _ROWS_AT_A_TIME // 10]
            if some:
                mine = any_of("AccountId", [row["Id"] for row in some], "reference")
                contacts = self._read("Contact", (*_LIVE, mine))
                verdicts.add_contacts((row["AccountId"], row["Email"]) for row in contacts)
            accounts: Iterable[dict[str, Any]] = some
        else:
            contacts = self._read("Contact", _LIVE)
            verdicts.add_contacts((row["AccountId"], row["Email"]) for row in contacts)
            accounts = self._read("Account", all_rows=self._tap.settings.include_deleted)
        verdicts.add_accounts((row["Id"], row["Website"]) for row in accounts)

    def _read(
        self,
        sobject: str,
        conditions: tuple[str, ...] = (),
        *,
        all_rows: bool = False,
        limit: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Read the few fields that are needed of an object's rows, by whichever API suits their number."""
        source = Source(self._layouts[sobject], None, all_rows, conditions, limit)
        reader = Reader(
            self._tap.tools, source, [Window(None, None)], self._tap.settings.api_type, self.logger
        )
        for event in reader.events():
            if isinstance(event, Lines):
                yield from event.records()
