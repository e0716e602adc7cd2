"""Labels of report cells: numbers, money, dates and times as the running user's locale writes them."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

EMPTY = "-"
"""The label of a null."""

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True)
class _Pattern:
    date: str  # with {y}, {m}, {d}, {mm}, {dd}
    time: str  # with {h} (12 hours), {hh} (24 hours), {mi}, {ap}
    thousands: str
    decimal: str


_PATTERNS = {
    "en_US": _Pattern("{m}/{d}/{y}", "{h}:{mi} {ap}", ",", "."),
    "en_GB": _Pattern("{dd}/{mm}/{y}", "{hh}:{mi}", ",", "."),
    "en_IE": _Pattern("{dd}/{mm}/{y}", "{hh}:{mi}", ",", "."),
    "de_DE": _Pattern("{dd}.{mm}.{y}", "{hh}:{mi}", ".", ","),
    "fr_FR": _Pattern("{dd}/{mm}/{y}", "{hh}:{mi}", "\u202f", ","),
    "es_ES": _Pattern("{d}/{m}/{y}", "{hh}:{mi}", ".", ","),
    "ja_JP": _Pattern("{y}/{mm}/{dd}", "{hh}:{mi}", ",", "."),
}
_SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€", "JPY": "¥"}


class Formatter:
    """Writes values for one user.

    Args:
        locale: the user's `LocaleSidKey`; unknown ones are written as `en_US`.
        currency: the org's currency, ISO code.
        time_zone: the user's `TimeZoneSidKey`; UTC when this machine does not know it.
    """

    def __init__(self, locale: str = "en_US", currency: str = "USD", time_zone: str = "GMT") -> None:
        self._pattern = _PATTERNS.get(locale, _PATTERNS["en_US"])
        self._symbol = _SYMBOLS.get(currency, f"{currency} ")
        try:
            self.zone: dt.tzinfo = zoneinfo.ZoneInfo(time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            self.zone = dt.UTC

    def number(self, value: float | Decimal, scale: int = 0) -> str:
        """A number with thousands separators and a fixed count of decimals."""
        exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
        whole, _, fraction = f"{exact:,f}".partition(".")
        text = whole.replace(",", self._pattern.thousands)
        return f"{text}{self._pattern.decimal}{fraction}" if fraction else text

    def money(self, value: float | Decimal, scale: int = 2) -> str:
        """An amount with the currency's symbol; negative ones are in parentheses."""
        text = f"{self._symbol}{self.number(abs(Decimal(str(value))), scale)}"
        return f"({text})" if value < 0 else text

    def percent(self, value: float | Decimal, scale: int = 0) -> str:
        """A percentage: 60 is `60%`."""
        return f"{self.number(value, scale)}%"

    def date(self, value: dt.date) -> str:
        """A date in the user's order of day, month and year."""
        return self._pattern.date.format(
            y=value.year, m=value.month, d=value.day, mm=f"{value.month:02d}", dd=f"{value.day:02d}"
        )

    def moment(self, value: dt.datetime) -> str:
        """A date and time in the user's time zone."""
        local = value.astimezone(self.zone)
        time = self._pattern.time.format(
            h=local.hour % 12 or 12,
            hh=f"{local.hour:02d}",
            mi=f"{local.minute:02d}",
            ap="AM" if local.hour < 12 else "PM",
        )
        return f"{self.date(local.date())} {time}"

    def local_date(self, value: dt.datetime) -> dt.date:
        """The day a moment falls on for the user."""
        return value.astimezone(self.zone).date()


def month_label(value: dt.date) -> str:
    """`May 2013`."""
    return f"{_MONTHS[value.month - 1]} {value.year}"


def month_name(number: int) -> str:
    """`May` for 5."""
    return _MONTHS[number - 1]
