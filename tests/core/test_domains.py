"""Which domain a text names, and which Accounts are verified for one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesforce_abm.domains import AccountDomain, DomainPart, DomainRules, account_domain, registrable
from salesforce_abm.errors import ConfigError

NOT_COMPANY = "not_a_company_domain"

COMPANY = [
    # as people type web sites
    ("acme.com", "acme.com"),
    ("ACME.COM", "acme.com"),
    ("Acme.Com", "acme.com"),
    ("www.acme.com", "acme.com"),
    ("WWW.ACME.COM", "acme.com"),
    ("www.www.acme.com", "acme.com"),
    ("www2.acme.com", "acme.com"),
    ("http://acme.com", "acme.com"),
    ("https://acme.com", "acme.com"),
    ("HTTPS://ACME.COM", "acme.com"),
    ("https://www.acme.com/", "acme.com"),
    ("https://www.acme.com/about/us", "acme.com"),
    ("https://www.acme.com/about?q=1&r=2#top", "acme.com"),
    ("acme.com?utm_source=x", "acme.com"),
    ("acme.com#contact", "acme.com"),
    ("acme.com/", "acme.com"),
    ("acme.com/en/", "acme.com"),
    ("acme.com:8080", "acme.com"),
    ("acme.com:", "acme.com"),
    ("http://acme.com:443/x:y", "acme.com"),
    ("ftp://ftp.acme.com/pub", "acme.com"),
    ("//acme.com/x", "acme.com"),
    ("://acme.com", "acme.com"),
    ("http:/acme.com", "acme.com"),
    ("http//acme.com", "acme.com"),
    ("http:///acme.com", "acme.com"),
    ("http:acme.com", "acme.com"),
    ("https:www.acme.com", "acme.com"),
    ("htp://acme.com", "acme.com"),
    ("http;//acme.com", "acme.com"),
    ("http://http://acme.com", "acme.com"),
    ("http://https://www.acme.com/x", "acme.com"),
    ("https:\\\\www.acme.com\\x", "acme.com"),
    ("http:\\acme.com", "acme.com"),
    ("acme.com\\path", "acme.com"),
    ("https://user@acme.com/", "acme.com"),
    ("https://user:pass@acme.com:8443/x", "acme.com"),
    ("https://user:p%40ss@acme.com/", "acme.com"),
    ("https://acme.com/@handle", "acme.com"),
    ("https://acme.com/?next=http://other.com", "acme.com"),
    ("Website: www.acme.com", "acme.com"),
    ("url:acme.com", "acme.com"),
    # dots, blanks and what sticks to a host
    ("acme.com.", "acme.com"),
    ("acme.com...", "acme.com"),
    (".acme.com", "acme.com"),
    ("*.acme.com", "acme.com"),
    (" acme.com ", "acme.com"),
    ("\tacme.com\r\n", "acme.com"),
    ("\u00a0acme.com\u00a0", "acme.com"),
    ("\ufeffacme.com", "acme.com"),
    ("ac\u200bme.com", "acme.com"),
    ("ac\u00adme.com", "acme.com"),
    ("http:// acme.com", "acme.com"),
    ("www. acme.com", "acme.com"),
    ("<https://acme.com>", "acme.com"),
    ("(acme.com)", "acme.com"),
    ("[acme.com]", "acme.com"),
    ('"acme.com"', "acme.com"),
    ("'acme.com'", "acme.com"),
    ("“acme.com”", "acme.com"),
    ("acme.com,", "acme.com"),
    ("acme.com;", "acme.com"),
    ("acme.com!", "acme.com"),
    ("Acme Inc. (www.acme.com)", "acme.com"),
    ("see acme.com", "acme.com"),
    ("acme%2Ecom", "acme.com"),
    ("http%3A%2F%2Facme.com%2Fx", "acme.com"),
    # sub-domains and suffixes
    ("shop.acme.com", "acme.com"),
    ("a.b.c.d.acme.com", "acme.com"),
    ("my_shop.acme.com", "acme.com"),
    ("acme.co.uk", "acme.co.uk"),
    ("www.acme.co.uk", "acme.co.uk"),
    ("shop.acme.co.uk", "acme.co.uk"),
    ("acme.com.au", "acme.com.au"),
    ("acme.co.jp", "acme.co.jp"),
    ("acme.com.br", "acme.com.br"),
    ("shop.acme.k12.ca.us", "acme.k12.ca.us"),
    ("www.city.kawasaki.jp", "city.kawasaki.jp"),
    ("a.b.kawasaki.jp", "a.b.kawasaki.jp"),
    ("acme.io", "acme.io"),
    ("acme.ai", "acme.ai"),
    ("acme.app", "acme.app"),
    ("acme.museum", "acme.museum"),
    ("acme.inc", "acme.inc"),
    ("acme-corp.com", "acme-corp.com"),
    ("3m.com", "3m.com"),
    ("1-800-flowers.com", "1-800-flowers.com"),
    ("acme.example", "acme.example"),
    ("acme.test", "acme.test"),
    # private suffixes: every customer is a company of its own
    ("acme.github.io", "acme.github.io"),
    ("docs.acme.github.io", "acme.github.io"),
    ("acme.uk.com", "acme.uk.com"),
    ("acme.za.com", "acme.za.com"),
    ("acme.eu.org", "acme.eu.org"),
    ("acme.co.com", "acme.co.com"),
    ("acme.herokuapp.com", "acme.herokuapp.com"),
    # other scripts
    ("münchen.de", "xn--mnchen-3ya.de"),
    ("MÜNCHEN.DE", "xn--mnchen-3ya.de"),
    ("https://www.münchen.de/rathaus", "xn--mnchen-3ya.de"),
    ("mu\u0308nchen.de", "xn--mnchen-3ya.de"),
    ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
    ("XN--MNCHEN-3YA.DE.", "xn--mnchen-3ya.de"),
    ("straße.de", "xn--strae-oqa.de"),
    ("例え.jp", "xn--r8jz45g.jp"),
    ("例え。jp", "xn--r8jz45g.jp"),
    ("ａｃｍｅ．ｃｏｍ", "acme.com"),  # noqa: RUF001 - full width on purpose
    ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
    ("shop.пример.рф", "xn--e1afmkfd.xn--p1ai"),
    ("acme.公司.cn", "acme.xn--55qx5d.cn"),
    # e-mail forms
    ("bob@acme.com", "acme.com"),
    ("BOB@ACME.COM", "acme.com"),
    ("bob@mail.acme.com", "acme.com"),
    ("bob+tag@acme.co.uk", "acme.co.uk"),
    ("Bob <bob@acme.com>", "acme.com"),
    ("Bob Smith <bob@Mail.Acme.com>", "acme.com"),
    ('"Smith, Bob" <bob@acme.com>', "acme.com"),
    ("J.R. Smith <jr@acme.com>", "acme.com"),
    ("other.com <bob@acme.com>", "acme.com"),
    ("mailto:bob@acme.com", "acme.com"),
    ("MAILTO:bob@acme.com?subject=hi", "acme.com"),
    ("bob@acme.com (work)", "acme.com"),
    ("bob@münchen.de", "xn--mnchen-3ya.de"),
    ("email: bob@acme.com", "acme.com"),
    # several: the first that can stand for a company
    ("acme.com, acme.de", "acme.com"),
    ("acme.com,acme.de", "acme.com"),
    ("acme.de; acme.com", "acme.de"),
    ("acme.com | acme.de", "acme.com"),
    ("acme.com / acme.de", "acme.com"),
    ("www.acme.com\nwww.acme.de", "acme.com"),
    ("acme.com and acme.de", "acme.com"),
    ("n/a, acme.com", "acme.com"),
    ("linkedin.com/company/acme, www.acme.com", "acme.com"),
    ("bob@gmail.com; bob@acme.com", "acme.com"),
    # close to excluded ones, but not them
    ("mylinkedin.com", "mylinkedin.com"),
    ("linkedin.com.acme.com", "acme.com"),
    ("facebook-ads.com", "facebook-ads.com"),
    ("gmail.acme.com", "acme.com"),
    ("amazonia.com", "amazonia.com"),
    ("amazon.acme.com", "acme.com"),
    ("google.com", "google.com"),
    ("about.google", "about.google"),
]

EXCLUDED = [
    # free mail
    "gmail.com",
    "bob@gmail.com",
    "GMAIL.COM",
    "googlemail.com",
    "mail.gmail.com",
    "hotmail.com",
    "hotmail.co.uk",
    "outlook.com",
    "outlook.de",
    "live.nl",
    "yahoo.com",
    "yahoo.co.jp",
    "yahoo.com.ar",
    "icloud.com",
    "me.com",
    "hey.com",
    "proton.me",
    "tuta.com",
    "gmx.net",
    "web.de",
    "t-online.de",
    "163.com",
    "qq.com",
    "yandex.ru",
    "yandex.com.tr",
    "relay.firefox.com",
    # social, video, messaging
    "linkedin.com",
    "https://www.linkedin.com/company/acme",
    "linkedin.com/company/acme",
    "uk.linkedin.com/company/acme",
    "facebook.com/acme",
    "https://m.facebook.com/acme",
    "twitter.com/acme",
    "x.com/acme",
    "instagram.com/acme",
    "youtube.com/@acme",
    "youtu.be/abc",
    "t.me/acme",
    "medium.com/@acme",
    "acme.medium.com",
    "acme.substack.com",
    "pinterest.de/acme",
    # shorteners and link pages
    "bit.ly/abc",
    "https://t.co/abc",
    "tinyurl.com/abc",
    "linktr.ee/acme",
    "g.page/acme",
    "acme.carrd.co",
    # directories, marketplaces
    "yelp.com/biz/acme",
    "yelp.co.uk/biz/acme",
    "amazon.com/stores/acme",
    "amazon.co.uk",
    "www.amazon.de/acme",
    "ebay.com.au/str/acme",
    "etsy.com/shop/acme",
    "acme.en.alibaba.com",
    "maps.app.goo.gl/abc",
    # site builders and page hosts
    "acme.wixsite.com",
    "acme.wixsite.com/home",
    "wixsite.com",
    "acme.wordpress.com",
    "acme.blogspot.com",
    "acme.blogspot.co.uk",
    "acme.myshopify.com",
    "https://acme.myshopify.com/collections/all",
    "acme.squarespace.com",
    "acme.weebly.com",
    "acme.godaddysites.com",
    "acme.webflow.io",
    "acme.square.site",
    "acme.business.site",
    "sites.google.com/view/acme",
    "sites.google.com/site/acme",
    "acme.notion.site",
    "acme.tumblr.com",
    "acme.sharepoint.com",
    "acme.onmicrosoft.com",
    "linkedin.com/company/acme, facebook.com/acme",
    "n/a, gmail.com",
]

INVALID = [
    "n/a",
    "N/A",
    "none",
    "-",
    "--",
    ".",
    "?",
    "unknown",
    "tbd",
    "www",
    "www.",
    "http://",
    "https://www.",
    "acme",
    "http://acme",
    "bob@",
    "bob@acme",
    "@acme",
    "acme..com",
    "acme.c",
    "acme.123",
    "-acme.com",
    "acme-.com",
    "ac me",
    "+1 555 0100",
    "555.123.4567",
    "10.0.0.1",
    "http://192.168.1.10:8080/x",
    "127.0.0.1",
    "8.8.8.8",
    "[::1]",
    "http://[2001:db8::1]:80/",
    "::1",
    "localhost",
    "http://localhost:3000",
    "acme.localhost",
    "acme.local",
    "server.internal",
    "printer.lan",
    "router.home.arpa",
    "acme.invalid",
    "acme.onion",
    "com",
    "公司.cn",
    "co.uk",
    "www.co.uk",
    "github.io",
    "kawasaki.jp",
    "uk.com",
    "my_company.com",
    "a" * 64 + ".com",
    "javascript:alert(1)",
    "C:\\Users\\bob",
    "file:///etc/passwd",
]

EMPTY = [None, "", " ", "\t\r\n", "\u00a0", "\u200b\ufeff"]


def _name(value: object) -> str:
    return ascii(value)[:60]


@pytest.mark.parametrize(("text", "domain"), COMPANY, ids=_name)
def test_a_text_names_a_company_domain(text: str, domain: str) -> None:
    assert registrable(text) == DomainPart(domain, None, domain)


@pytest.mark.parametrize("text", EXCLUDED, ids=_name)
def test_a_shared_host_is_no_company_domain(text: str) -> None:
    part = registrable(text)
    assert (part.domain, part.problem) == (None, NOT_COMPANY)


@pytest.mark.parametrize("text", INVALID, ids=_name)
def test_a_text_without_a_public_host_is_invalid(text: str) -> None:
    assert registrable(text) == DomainPart(None, "invalid")


@pytest.mark.parametrize("text", EMPTY, ids=_name)
def test_nothing_is_empty(text: str | None) -> None:
    assert registrable(text) == DomainPart(None, "empty")


def test_the_truth_table_is_large_enough_to_mean_something() -> None:
    assert len(COMPANY) + len(EXCLUDED) + len(INVALID) + len(EMPTY) >= 150


def test_an_excluded_host_is_still_named() -> None:
    assert registrable("https://uk.linkedin.com/company/acme").registrable == "linkedin.com"


# --- the user's own exclusions -------------------------------------------------------------------------------


def test_users_exclude_hosts_with_their_sub_domains() -> None:
    rules = DomainRules(["reseller.com", "https://www.Partner.com/x", "agency.*", "München.de"])
    for text in ("reseller.com", "shop.reseller.com", "partner.com", "agency.co.uk", "xn--mnchen-3ya.de"):
        assert registrable(text, rules).problem == NOT_COMPANY, text
    assert registrable("acme.com", rules).domain == "acme.com"
    assert registrable("myreseller.com", rules).domain == "myreseller.com"


def test_users_may_exclude_one_site_below_a_company() -> None:
    rules = DomainRules(["jobs.acme.com"])
    assert registrable("jobs.acme.com/1", rules).problem == NOT_COMPANY
    assert registrable("www.acme.com", rules).domain == "acme.com"


@pytest.mark.parametrize("entry", ["", "   ", "acme", "10.0.0.1", "a.com, b.com", ".*"], ids=_name)
def test_an_exclusion_that_is_no_host_is_a_configuration_error(entry: str) -> None:
    with pytest.raises(ConfigError, match="excluded_domains"):
        DomainRules([entry])


def test_rules_compare_by_what_they_exclude() -> None:
    assert DomainRules(["a.com"]) == DomainRules(("a.com",))
    assert DomainRules(["a.com"]) != DomainRules()


def test_what_is_remembered_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("salesforce_abm.domains._CACHE_SIZE", 10)
    rules = DomainRules()
    assert [registrable(f"www.a{n}.com", rules).domain for n in range(30)] == [f"a{n}.com" for n in range(30)]
    assert len(rules._seen) <= 10


# --- accounts ------------------------------------------------------------------------------------------------

ACCOUNTS = [
    pytest.param(
        "acme.com", ["bob@acme.com"], ("acme.com", ("acme.com",), "acme.com", "verified"), id="agree"
    ),
    pytest.param(
        "https://shop.acme.co.uk/x",
        ["Bob <BOB@mail.ACME.co.uk>"],
        ("acme.co.uk", ("acme.co.uk",), "acme.co.uk", "verified"),
        id="agree-on-the-registrable-domain",
    ),
    pytest.param(
        "münchen.de",
        ["bob@xn--mnchen-3ya.de"],
        ("xn--mnchen-3ya.de", ("xn--mnchen-3ya.de",), "xn--mnchen-3ya.de", "verified"),
        id="agree-across-spellings",
    ),
    pytest.param(
        "acme.com",
        ["x@gmail.com", None, "", "amy@other.com", "bob@acme.com"],
        ("acme.com", ("acme.com", "other.com"), "acme.com", "verified"),
        id="one-contact-is-enough",
    ),
    pytest.param(
        "acme.com, acme.de",
        ["bob@acme.de"],
        ("acme.de", ("acme.de",), "acme.de", "verified"),
        id="the-confirmed-one-of-several-sites",
    ),
    pytest.param(
        "acme.com",
        ["bob@acme.com; bob@other.com"],
        ("acme.com", ("acme.com",), "acme.com", "verified"),
        id="several-addresses-in-one-field",
    ),
    pytest.param(None, ["bob@acme.com"], (None, ("acme.com",), None, "no_website"), id="no-website"),
    pytest.param("  ", [], (None, (), None, "no_website"), id="blank-website"),
    pytest.param("n/a", ["bob@acme.com"], (None, ("acme.com",), None, "invalid_website"), id="not-a-site"),
    pytest.param("10.0.0.1", ["b@10.0.0.1"], (None, (), None, "invalid_website"), id="ip-address"),
    pytest.param("co.uk", ["bob@co.uk"], (None, (), None, "invalid_website"), id="public-suffix"),
    pytest.param(
        "linkedin.com/company/acme",
        ["bob@linkedin.com"],
        ("linkedin.com", (), None, NOT_COMPANY),
        id="social-page",
    ),
    pytest.param(
        "acme.wixsite.com",
        ["bob@acme.wixsite.com"],
        ("acme.wixsite.com", (), None, NOT_COMPANY),
        id="site-builder",
    ),
    pytest.param("gmail.com", ["bob@gmail.com"], ("gmail.com", (), None, NOT_COMPANY), id="free-mail-site"),
    pytest.param("acme.com", [], ("acme.com", (), None, "no_contact_email"), id="no-contacts"),
    pytest.param(
        "acme.com", [None, "", " "], ("acme.com", (), None, "no_contact_email"), id="empty-addresses"
    ),
    pytest.param(
        "acme.com", ["bob@gmail.com"], ("acme.com", (), None, "no_contact_email"), id="free-mail-says-nothing"
    ),
    pytest.param(
        "acme.com", ["acme.com", "call me"], ("acme.com", (), None, "no_contact_email"), id="not-addresses"
    ),
    pytest.param(
        "acme.com", ["bob@acme.de"], ("acme.com", ("acme.de",), None, "mismatch"), id="another-domain"
    ),
    pytest.param(
        "acme.com",
        ["bob@acme.com.evil.net"],
        ("acme.com", ("evil.net",), None, "mismatch"),
        id="a-look-alike",
    ),
    pytest.param(
        "acme.github.io",
        ["bob@other.github.io"],
        ("acme.github.io", ("other.github.io",), None, "mismatch"),
        id="neighbours-under-a-private-suffix",
    ),
]


@pytest.mark.parametrize(("website", "emails", "expected"), ACCOUNTS)
def test_an_account_is_verified_only_by_two_agreeing_facts(
    website: str | None, emails: list[str | None], expected: tuple[object, ...]
) -> None:
    verdict = account_domain(website, emails)
    assert (verdict.website_domain, verdict.contact_domains, verdict.domain, verdict.status) == expected


def test_contact_domains_are_sorted_and_unique() -> None:
    emails = ["a@z.com", "b@b.com", "c@Z.com", "d@mail.b.com"]
    assert account_domain("b.com", emails) == AccountDomain("b.com", ("b.com", "z.com"), "b.com", "verified")


# --- properties ----------------------------------------------------------------------------------------------

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
hosts = st.builds(
    lambda parts, suffix: ".".join([*parts, suffix]),
    st.lists(labels, min_size=1, max_size=3),
    st.sampled_from(["com", "co.uk", "de", "com.au", "github.io", "myshopify.com", "example", "рф"]),
)
before = st.sampled_from(
    [
        "",
        "http://",
        "https://",
        "HTTPS://",
        "https://www.",
        "www.",
        " ",
        "//",
        "http://u:p@",
        "<",
        "mailto:x@",
    ]
)
after = st.sampled_from(["", "/", ".", ":8080", "/a/b?c=d#e", " ", "?x", ">", ",", "/path/www.other.com"])


@given(st.one_of(hosts, st.text(max_size=40)))
def test_a_found_domain_is_found_again(text: str) -> None:
    part = registrable(text)
    if part.domain is not None:
        assert registrable(part.domain) == part


@given(hosts, before, after)
def test_what_surrounds_a_host_does_not_matter(host: str, prefix: str, suffix: str) -> None:
    assert registrable(prefix + host + suffix) == registrable(host)


@given(hosts)
def test_letter_case_does_not_matter(host: str) -> None:
    assert registrable(host.upper()) == registrable(host) == registrable(host.title())


@given(hosts, labels)
def test_a_sub_domain_belongs_to_the_same_company(host: str, label: str) -> None:
    domain = registrable(host).domain
    if domain is not None:
        assert registrable(f"{label}.{host}").domain == domain


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_any_text_gets_an_answer(text: str) -> None:
    part = registrable(text)
    assert (part.domain is None) == (part.problem is not None)
    if part.domain is not None:
        assert part.domain == part.domain.lower()
        assert part.domain.isascii()


@given(hosts, st.lists(hosts, max_size=4))
def test_verified_means_that_both_facts_name_the_domain(host: str, contact_hosts: list[str]) -> None:
    verdict = account_domain(host, [f"x@{contact}" for contact in contact_hosts])
    agree = verdict.website_domain in verdict.contact_domains and verdict.website_domain is not None
    assert (verdict.status == "verified") == agree
    assert verdict.domain == (verdict.website_domain if agree else None)
