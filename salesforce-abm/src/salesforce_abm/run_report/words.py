"""Why rows are not in Salesforce, in words for people who do not know the codes."""

from __future__ import annotations

from typing import Final

from salesforce_abm.codes import advice_for

__all__ = ["ending", "explain"]

_PLAIN: Final[dict[str, tuple[str, str]]] = {
    "unmatched": (
        "No record in Salesforce",
        """Nothing in Salesforce has this Id, key or verified web domain. Rows are tried again in the next
        run: give the Account a website, and one of its contacts an e-mail address at the same domain.""",
    ),
    "ambiguous": (
        "Several records fit",
        """More than one record could be meant, so none was changed. Merge the duplicates, or set `prefer` on
        the match.""",
    ),
    "STRING_TOO_LONG": ("Text too long for its field", "Lengthen the field, or set `too_long: truncate`."),
    "REQUIRED_FIELD_MISSING": (
        "A required field is empty",
        "Map a value to the field that Salesforce requires.",
    ),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": (
        "Not a value of the picklist",
        "Add the value to the picklist in Salesforce, or send one that is there.",
    ),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": (
        "A validation rule said no",
        "Change the rule in Salesforce so that it lets the integration's user pass, or send what it wants.",
    ),
    "DUPLICATES_DETECTED": (
        "A duplicate rule said no",
        """Merge the records Salesforce takes for duplicates, or set `allow_duplicates` for rules that only
        alert.""",
    ),
    "DUPLICATE_VALUE": (
        "Value already taken by another record",
        "The field is unique: correct one of the records.",
    ),
    "UNABLE_TO_LOCK_ROW": (
        "The record was being changed by somebody else",
        "Nothing to do: these rows are tried again in the next run.",
    ),
    "INSUFFICIENT_ACCESS_OR_READONLY": (
        "The user may not change the record",
        """Share the records with the integration's user: `salesforce-abm check target` names what is
        missing.""",
    ),
}


def explain(code: str) -> tuple[str, str]:
    """Give a heading and what to do about it."""
    if code in _PLAIN:
        return _PLAIN[code]
    advice = advice_for(code)
    heading = code.replace("_", " ").capitalize()
    return heading, (
        advice.remedy if advice and advice.remedy else "Salesforce's message says what is wrong."
    )


def ending(exit_code: int) -> tuple[str, str]:
    """Say how a run ended: a word, and its class of good, warning or bad."""
    if exit_code == 0:
        return "done", "good"
    if exit_code == 2:
        return "stopped at the API limit", "warn"
    return ("interrupted", "warn") if exit_code >= 128 else ("failed", "bad")
