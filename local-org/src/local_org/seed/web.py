"""Web domains, websites and e-mail addresses as people type them into a CRM."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from local_org.seed import words

if TYPE_CHECKING:
    from local_org.seed.dice import Dice

_LETTERS = {"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "æ": "ae", "å": "aa", "ł": "l", "’": ""}


def slug(text: str) -> str:
    """Text as it appears in a domain or a mailbox name: ASCII letters, digits and hyphens; may be empty."""
    text = "".join(_LETTERS.get(char, char) for char in text.lower())
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    parts = "".join(char if char.isalnum() else " " for char in ascii_text.replace("'", "")).split()
    return "-".join(parts)


def website(dice: Dice, domain: str, name: str) -> str | None:
    """A company's Website field: usually its domain in one of many spellings, sometimes something else.

    Args:
        dice: decides.
        domain: the company's registrable domain; may hold non-ASCII letters (IDN).
        name: a word for the company's page on other people's sites.
    """
    label = slug(name) or "company"
    spelling = dice.weighted(_SPELLINGS)
    return spelling.format(d=domain, D=domain.upper(), T=domain.title(), s=label) if spelling else None


_SPELLINGS: tuple[tuple[str, int], ...] = (
    ("https://www.{d}", 200),
    ("http://www.{d}", 130),
    ("www.{d}", 130),
    ("{d}", 120),
    ("https://{d}", 80),
    ("https://{d}/", 40),
    ("WWW.{D}", 20),
    ("Http://www.{T}/", 16),
    ("https://www.{d}/en/index.html?utm_source=crm&utm_medium=email", 24),
    ("https://{d}/about#team", 14),
    ("http://{d}:8080/", 8),
    ("https://www.{d}.", 7),
    ("https://shop.{d}", 14),
    ("https://eu.portal.{d}/login", 8),
    ("//{d}", 4),
    ("https:/www.{d}", 4),
    ("https://https://www.{d}", 3),
    ("https:// www.{d}", 3),
    ("{d} / www.{d}", 4),
    ("{d}, {s}.info", 3),
    # pages on other people's sites
    ("https://www.linkedin.com/company/{s}", 14),
    ("https://www.facebook.com/{s}", 10),
    ("https://{s}.wordpress.com", 5),
    ("https://{s}.wixsite.com/home", 5),
    ("https://sites.google.com/view/{s}", 4),
    ("https://{s}.myshopify.com", 4),
    ("https://www.amazon.com/stores/{s}", 3),
    ("https://linktr.ee/{s}", 3),
    ("https://bit.ly/3{s}", 2),
    # not a site at all
    ("n/a", 6),
    ("none", 4),
    ("http://", 4),
    ("www", 2),
    ("info@{d}", 4),
    ("localhost", 1),
    ("http://192.168.0.12/", 1),
    ("-", 2),
    ("", 90),
)


def mailbox(dice: Dice, first: str, last: str) -> str:
    """The part before the @ of a person's address."""
    given, family = slug(first), slug(last)
    if not given or not family:
        return f"{dice.pick(('info', 'sales', 'contact', 'user'))}{dice.between(1, 999)}"
    shape = dice.weighted(
        (
            ("{g}.{f}", 60),
            ("{i}{f}", 14),
            ("{g}", 8),
            ("{f}", 5),
            ("{g}_{f}", 5),
            ("{f}.{g}", 4),
            ("{g}.{f}{n}", 4),
        )
    )
    return shape.format(g=given, f=family, i=given[0], n=dice.between(2, 99))


def email(dice: Dice, domain: str, other_domain: str, first: str, last: str) -> str | None:
    """A person's e-mail address: at the company, at a free-mail provider, at another company, odd, or none.

    Args:
        dice: decides.
        domain: the company's mail domain (ASCII).
        other_domain: a domain of some other company: agencies, subsidiaries, people who changed jobs.
        first: given name.
        last: family name.
    """
    local = mailbox(dice, first, last)
    kind = dice.weighted(
        (("own", 660), ("free", 120), ("none", 90), ("mixed", 45), ("sub", 35), ("other", 35), ("odd", 15))
    )
    if kind == "none":
        return None
    if kind == "odd":
        return dice.pick(_ODD).format(local=local, domain=domain, word=domain.partition(".")[0])
    host = {
        "free": dice.weighted(words.FREE_MAIL),
        "mixed": domain.title(),
        "sub": f"{dice.pick(('mail', 'eu', 'us', 'corp', 'hq'))}.{domain}",
        "other": other_domain,
    }.get(kind, domain)
    return f"{local.title() if kind == 'mixed' else local}@{host}"


_ODD = (
    "{local}+newsletter@{domain}",
    "{local}@{domain}.invalid",
    "{local}@localhost.localdomain",
    "noreply@example.com",
    "{local}@{word}.c",
    "o'{local}@{domain}",
    "{local}--{local}@{domain}",
    "{local}@no-email.unknown",
)
