"""Find the Account of a web domain, on two pieces of evidence.

Its Website and the address of one of its Contacts must agree on the domain.

For a few domains the candidates are asked for; for many, all Accounts with a Website and all Contacts with an
address are read once a run, whichever costs fewer requests. The verdict is
`salesforce_abm.domains.account_domain` either way.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.domains import DomainRules, account_domain, registrable
from salesforce_abm.query import Query
from salesforce_abm.soql import Select, any_of, quote, split_by_length
from target_salesforce_abm.loads import Prefer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from salesforce_abm.session import Session

__all__ = ["Companies", "Company", "DomainMatch"]

_PAGE: Final = 2_000
_LIKES: Final = 100
"""Domains looked for in one query; each is a scan of the Website column."""
_LIST_BUDGET: Final = 80_000
_ACCOUNT_FIELDS: Final = ("Id", "Website", "ParentId", "CreatedDate")


@dataclass(frozen=True, slots=True)
class Company:
    """An Account and the evidence for its domain.

    Attributes:
        id: the Account.
        parent: the Account it belongs to, or None.
        created: CreatedDate, as text that sorts.
        contacts: Contacts with an address at the domain.
        domain: the registrable domain of its Website; None when it has none.
        status: verdict of `account_domain`.
    """

    id: str
    parent: str | None
    created: str
    contacts: int
    domain: str | None
    status: str


@dataclass(frozen=True, slots=True)
class DomainMatch:
    """What was found for a domain.

    Attributes:
        companies: Accounts verified for it.
        reason: when there are none, why.
    """

    companies: tuple[Company, ...]
    reason: str

    def ids(self, prefer: Prefer | None) -> tuple[str, ...]:
        """Give the Accounts meant; one, when there is one or `prefer` decides between several."""
        if len(self.companies) < 2 or prefer is None:
            return tuple(company.id for company in self.companies)
        return tuple(company.id for company in _PREFER[prefer](self.companies))


class Companies:
    """Finds Accounts by verified web domain.

    Args:
        session: the signed-in session.
        rules: which hosts are not a company's.
    """

    def __init__(self, session: Session, rules: DomainRules) -> None:
        self._query = Query(session)
        self._rules = rules
        self._known: dict[str, tuple[Company, ...]] = {}
        self._all_read = False

    def find(self, texts: Iterable[str]) -> dict[str, DomainMatch]:
        """Look web domains up.

        Args:
            texts: domains, web addresses or e-mail addresses.

        Returns:
            For each text, the Accounts verified for its registrable domain.
        """
        parts = {text: registrable(text, self._rules) for text in texts}
        self._read({part.domain for part in parts.values() if part.domain} - set(self._known))
        found: dict[str, DomainMatch] = {}
        for text, part in parts.items():
            if part.domain is None:
                found[text] = DomainMatch((), _NO_DOMAIN[part.problem or "invalid"].format(text[:80]))
            else:
                companies = self._known.get(part.domain, ())
                verified = tuple(company for company in companies if company.status == "verified")
                found[text] = DomainMatch(verified, "" if verified else _why_not(part.domain, companies))
        return found

    def forget(self) -> None:
        """Look again from now on: Websites or addresses were written."""
        self._known.clear()
        self._all_read = False

    def _read(self, domains: set[str]) -> None:
        if not domains or self._all_read:
            return
        if len(domains) > _LIKES and self._reading_all_costs_less(len(domains)):
            accounts = self._accounts(Select(_ACCOUNT_FIELDS, "Account", ("Website != null",)))
            contacts = Select(("AccountId", "Email"), "Contact", ("AccountId != null", "Email != null"))
            self._known = self._judged(accounts, self._query.records(contacts.render()))
            self._all_read = True
            return
        accounts = {}
        for chunk in _chunks(sorted(domains), _LIKES):
            # A domain has no character that LIKE or SOQL would take for something else.
            where = " OR ".join(f"Website LIKE {quote(f'%{name}%')}" for d in chunk for name in _spellings(d))
            accounts |= self._accounts(Select(_ACCOUNT_FIELDS, "Account", (where,)))
        judged = self._judged(accounts, self._contacts_of(accounts))
        # Of domains that were not asked for, only some of the Accounts came along: not to be remembered.
        self._known |= {domain: judged.get(domain, ()) for domain in domains}

    def _accounts(self, select: Select) -> dict[str, dict[str, Any]]:
        return {str(record["Id"]): record for record in self._query.records(select.render())}

    def _contacts_of(self, accounts: Iterable[str]) -> Iterator[dict[str, Any]]:
        for group in split_by_length(accounts, _LIST_BUDGET):
            where = (any_of("AccountId", group), "Email != null")
            yield from self._query.records(Select(("AccountId", "Email"), "Contact", where).render())

    def _reading_all_costs_less(self, domains: int) -> bool:
        accounts = self._query.count("SELECT COUNT() FROM Account WHERE Website != null")
        contacts = self._query.count("SELECT COUNT() FROM Contact WHERE AccountId != null AND Email != null")
        everything = accounts // _PAGE + contacts // _PAGE + 2
        contacts_each = contacts / max(accounts, 1)
        candidates = domains / _LIKES + domains * contacts_each / _PAGE + 1
        return everything <= 2 * candidates

    def _judged(
        self, accounts: Mapping[str, Mapping[str, Any]], contacts: Iterable[Mapping[str, Any]]
    ) -> dict[str, tuple[Company, ...]]:
        emails: dict[str, list[str]] = defaultdict(list)
        for contact in contacts:
            emails[str(contact["AccountId"])].append(str(contact["Email"]))
        companies: dict[str, list[Company]] = defaultdict(list)
        for record_id, record in accounts.items():
            addresses = emails.get(record_id, [])
            verdict = account_domain(record.get("Website"), addresses, self._rules)
            domain = verdict.domain or verdict.website_domain
            if domain is None:
                continue
            at_domain = sum(registrable(address, self._rules).domain == domain for address in addresses)
            companies[domain].append(
                Company(
                    record_id,
                    record.get("ParentId"),
                    str(record.get("CreatedDate")),
                    at_domain,
                    domain,
                    verdict.status,
                )
            )
        return {domain: tuple(found) for domain, found in companies.items()}


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _spellings(domain: str) -> tuple[str, ...]:
    """A Website can hold an international domain in either spelling."""
    try:
        shown = domain.encode("ascii").decode("idna")
    except UnicodeError:
        return (domain,)
    return (domain,) if shown == domain else (domain, shown)


_NO_DOMAIN: Final[Mapping[str, str]] = {
    "empty": "no domain given",
    "invalid": "{!r} names no web domain",
    "not_a_company_domain": "{!r} is not a company's domain",
}
_STATUS_WORDS: Final[Mapping[str, str]] = {
    "no_contact_email": "no Contact with a company's e-mail address",
    "mismatch": "Contacts with other addresses only",
    "not_a_company_domain": "a Website that is not a company's",
    "invalid_website": "an unreadable Website",
}


def _why_not(domain: str, companies: Sequence[Company]) -> str:
    if not companies:
        return f"no Account has the Website {domain}"
    seen = companies[0]
    others = f", and {len(companies) - 1} more like it" if len(companies) > 1 else ""
    lack = _STATUS_WORDS.get(seen.status, seen.status)
    return f"Account {seen.id}{others} has the Website {domain}, but {lack}"


def _parents(companies: Sequence[Company]) -> Sequence[Company]:
    """The one Account that all others belong to, directly or through each other."""
    by_id = {company.id: company for company in companies}

    def top(company: Company) -> str:
        seen = {company.id}
        while company.parent in by_id and company.parent not in seen:
            company = by_id[company.parent]
            seen.add(company.id)
        return company.id

    tops = {top(company) for company in companies}
    return [by_id[next(iter(tops))]] if len(tops) == 1 else companies


def _oldest(companies: Sequence[Company]) -> Sequence[Company]:
    first = min(company.created for company in companies)
    return [company for company in companies if company.created == first]


def _most_contacts(companies: Sequence[Company]) -> Sequence[Company]:
    most = max(company.contacts for company in companies)
    return [company for company in companies if company.contacts == most]


_PREFER: Final[Mapping[Prefer, Callable[[Sequence[Company]], Sequence[Company]]]] = {
    Prefer.PARENT: _parents,
    Prefer.OLDEST: _oldest,
    Prefer.MOST_CONTACTS: _most_contacts,
}
