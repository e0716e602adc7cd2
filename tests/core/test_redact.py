from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from core.keys import private_pem

from salesforce_abm import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = 'p@ss word+"quoted"/é'


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    redact.uninstall()
    yield
    redact.uninstall()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("elsewhere.deep")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield stream
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "form",
    [SECRET, quote(SECRET, safe=""), quote_plus(SECRET), json.dumps(SECRET)[1:-1], repr(SECRET)[1:-1]],
    ids=["plain", "percent", "form", "json", "repr"],
)
def test_a_secret_is_found_in_every_form_it_travels_in(form: str) -> None:
    redact.register(SECRET)
    assert redact.clean(f"before {form} after") == "before [secret] after"


def test_a_private_key_is_found_line_by_line() -> None:
    pem = private_pem()
    redact.register(pem)
    for shown in (pem, pem.replace("\n", "\\n"), pem.splitlines()[3], repr(pem)):
        cleaned = redact.clean(shown)
        assert not any(line in cleaned for line in pem.splitlines()[1:-2])


def test_a_password_inside_a_longer_secret_leaves_nothing_standing() -> None:
    redact.register("password", "passwordTOKEN")
    assert redact.clean("passwordTOKEN password") == "[secret] [secret]"


def test_too_short_secrets_do_not_make_logs_unreadable() -> None:
    redact.register("a", "", None)
    assert redact.clean("a banana") == "a banana"


def test_every_logger_and_argument_is_cleaned(logged: io.StringIO) -> None:
    redact.register("planted-secret")
    redact.install()
    redact.install()
    logger = logging.getLogger("elsewhere.deep")
    logger.debug("plain planted-secret")
    logger.info("argument %s and %d", "planted-secret", 7)
    logger.warning("mapping %(a)s", {"a": "planted-secret"})
    logger.error("nothing %s", "here")
    assert logged.getvalue().splitlines() == [
        "DEBUG plain [secret]",
        "INFO argument [secret] and 7",
        "WARNING mapping [secret]",
        "ERROR nothing here",
    ]


def test_tracebacks_are_cleaned(logged: io.StringIO) -> None:
    redact.register("planted-secret")
    redact.install()
    try:
        int("planted-secret")
    except ValueError:
        logging.getLogger("elsewhere.deep").exception("failed")
    assert "Traceback" in logged.getvalue()
    assert "ValueError: invalid literal for int() with base 10: '[secret]'" in logged.getvalue()
    assert "planted" not in logged.getvalue()


def test_a_wrong_format_string_does_not_break_logging_or_leak(logged: io.StringIO) -> None:
    redact.register("planted-secret")
    redact.install()
    wrong = "%d of %s"
    logging.getLogger("elsewhere.deep").info(wrong, "planted-secret")
    assert logged.getvalue() == "INFO %d of %s ('[secret]',)\n"


def test_uninstalling_gives_the_former_factory_back(logged: io.StringIO) -> None:
    before = logging.getLogRecordFactory()
    redact.register("planted-secret")
    redact.install()
    redact.uninstall()
    assert logging.getLogRecordFactory() is before
    logging.getLogger("elsewhere.deep").info("planted-secret")
    assert logged.getvalue() == "INFO planted-secret\n"
