"""Host names out of what people type into a web-site or e-mail field.

Pure text work, no lists: `domains` decides what a host is worth. The same host always comes out in the same
spelling: lower case, no scheme, credentials, port, path, leading `www.` or trailing dot, and
internationalised labels in punycode (IDNA 2008 with the UTS 46 mapping browsers use).
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote

import idna

if TYPE_CHECKING:
    from collections.abc import Iterator

# Names that never reach the public internet (RFC 6761, RFC 8375, RFC 9476, and the usual office networks).
# `.example` and `.test` are not here: they belong to nobody either, and sample data is full of them.
_PRIVATE_TOP_LEVEL = frozenset(
    (
        "alt",
        "arpa",
        "corp",
        "home",
        "internal",
        "intranet",
        "invalid",
        "lan",
        "local",
        "localdomain",
        "localhost",
        "onion",
        "private",
    ),
)

_SEPARATORS = re.compile(r"[\s,;|]+")
_IN_ANGLE_BRACKETS = re.compile(r"<([^<>]*@[^<>]*)>")
_AROUND = "\"'`()[]{}<>*_~!?.,:“”‘’„«»‹›"  # noqa: RUF001 - the typographic quotes are meant
# `http://`, `https:/`, `http//`, `//`, `mailto:`, `Website:`; again and again, for `http://https://acme.com`.
_SCHEME = re.compile(
    r"(?:[a-z][a-z0-9+-]*:/+|https?/+|(?:https?|ftp|mailto|e-?mail|url|web|website|site):+|/+)+",
)
_AFTER_HOST = re.compile(r"[/?#\"'<>&].*", re.DOTALL)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_DOTS = str.maketrans("。\\", "./")  # an ideographic full stop is a dot in a host; a backslash a slash


def hosts_in(text: str, *, mail_only: bool = False) -> Iterator[str | None]:
    """Give each host named in a text, in the order written.

    Args:
        text: a web address, a host, an e-mail address, or several of them separated by blanks, commas,
            semicolons or bars; `Name <a@b.com>` counts for its address only.
        mail_only: look at e-mail addresses only.

    Yields:
        A canonical host, or None for a piece of text that names none (`n/a`, `10.0.0.1`, `localhost`).
    """
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = text.lower().translate(_DOTS)
    bracketed = _IN_ANGLE_BRACKETS.findall(text)
    for piece in _SEPARATORS.split(" ".join(bracketed) if bracketed else text):
        if piece and (not mail_only or "@" in piece):
            yield _host_of(piece)


def canonical_host(text: str) -> str | None:
    """Give the only host in a text, or None when there is none or more than one."""
    hosts = list(hosts_in(text))
    return hosts[0] if len(hosts) == 1 else None


def _host_of(piece: str) -> str | None:
    if "%" in piece:
        piece = unquote(piece)
    piece = piece.strip(_AROUND)
    scheme = _SCHEME.match(piece)
    if scheme:
        piece = piece[scheme.end() :]
    authority = _AFTER_HOST.sub("", piece)
    host = authority.rpartition("@")[2].partition(":")[0].strip(".")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    while host.startswith("www."):
        host = host[4:]
    if len(host) > 253 or not _HOST.fullmatch(host):
        return None
    return None if host.rpartition(".")[2] in _PRIVATE_TOP_LEVEL else host
