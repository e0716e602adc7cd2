from __future__ import annotations

import pytest

from salesforce_abm.urls import PRODUCTION, SANDBOX, audiences, instance_base, is_loopback, login_base

LOGIN = [
    ("login", "https://login.salesforce.com"),
    ("TEST", "https://test.salesforce.com"),
    (" acme.my ", "https://acme.my.salesforce.com"),
    ("ACME.MY", "https://acme.my.salesforce.com"),
    ("acme", "https://acme.my.salesforce.com"),
    ("acme--uat", "https://acme--uat.sandbox.my.salesforce.com"),
    ("acme--uat.sandbox", "https://acme--uat.sandbox.my.salesforce.com"),
    ("acme--uat.sandbox.my", "https://acme--uat.sandbox.my.salesforce.com"),
    ("acme-dev-ed.develop.my", "https://acme-dev-ed.develop.my.salesforce.com"),
    ("acme.my.salesforce.com", "https://acme.my.salesforce.com"),
    ("Acme.my.salesforce.com.", "https://acme.my.salesforce.com"),
    ("https://acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
    ("HTTPS://ACME.my.salesforce.com/lightning/r/Account/1", "https://acme.my.salesforce.com"),
    ("acme.lightning.force.com", "https://acme.my.salesforce.com"),
    ("https://acme--uat.sandbox.lightning.force.com/x", "https://acme--uat.sandbox.my.salesforce.com"),
    ("acme.my.salesforce-setup.com", "https://acme.my.salesforce.com"),
    ("na139", "https://na139.salesforce.com"),
    ("acme.my.salesforce.mil", "https://acme.my.salesforce.mil"),
    ("127.0.0.1:8765", "http://127.0.0.1:8765"),
    ("http://localhost:8765/services", "http://localhost:8765"),
    ("localhost", "http://localhost"),
    ("https://[::1]:8443", "https://[::1]:8443"),
]


@pytest.mark.parametrize(("pasted", "expected"), LOGIN, ids=[pasted for pasted, _ in LOGIN])
def test_whatever_people_paste_becomes_a_login_address(pasted: str, expected: str) -> None:
    assert login_base(pasted) == expected


@pytest.mark.parametrize(
    "pasted",
    [
        "http://acme.my.salesforce.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "ftp://acme.my.salesforce.com",
        "https://user:pw@acme.my.salesforce.com",
        "https://",
        "acme my",
        "acme.my.salesforce.com:notaport",
        "-acme.example",
        "",
    ],
)
def test_an_address_that_is_unsafe_or_none_is_refused(pasted: str) -> None:
    with pytest.raises(ValueError, match=r"address|unencrypted|user name"):
        instance_base(pasted)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("org.localhost", True),
        ("localhost.example.com", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("acme.my.salesforce.com", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("url", "first"),
    [
        (PRODUCTION, PRODUCTION),
        (SANDBOX, SANDBOX),
        ("https://acme.my.salesforce.com", PRODUCTION),
        ("https://acme-dev-ed.develop.my.salesforce.com", PRODUCTION),
        ("https://acme--uat.sandbox.my.salesforce.com", SANDBOX),
        ("https://x-1.scratch.my.salesforce.com", SANDBOX),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
    ],
)
def test_the_likeliest_audience_comes_first_and_the_own_address_is_among_them(url: str, first: str) -> None:
    assert audiences(url)[0] == first
    assert url in audiences(url)
