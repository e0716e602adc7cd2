"""What Salesforce's answer to one row means, the same for both APIs."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Final

from salesforce_abm.codes import Action as Advised
from salesforce_abm.errors import QuotaError, api_error
from target_salesforce_abm.rows import Action, Problem, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from salesforce_abm.results import RowResult
    from target_salesforce_abm.rows import Change

__all__ = ["Next", "judge", "problem_of", "stop_if_hopeless"]

# Limits of one transaction: automation of the org that cannot take 200 records at a time may take ten.
# https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/apex_gov_limits.htm
_GOVERNOR: Final = re.compile(r"LimitException|Too many |CPU time limit|heap size", re.IGNORECASE)
_ALREADY_GONE: Final = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND"})


class Next(enum.Enum):
    """What to do with a row that is not settled by its answer."""

    RETRY = "retry"
    """It was locked, or something else that passes."""
    LOOK = "look"
    """A record with this key is there already: see what it holds."""


def judge(change: Change, answer: RowResult) -> Result | Next:
    """Read the answer to one change.

    Args:
        change: what was sent.
        answer: what came back; a success may carry errors, a failure always does.

    Returns:
        The result, or what to do to get one.
    """
    if answer.success:
        return Result(change, answer.id or change.id)
    if not answer.errors:
        return Result(change, change.id, Problem("UNKNOWN", "Salesforce refused the record without a reason"))
    error = answer.errors[0]
    if error.action is Advised.RETRY or _GOVERNOR.search(error.message):
        return Next.RETRY
    if change.action is Action.DELETE and error.code in _ALREADY_GONE:
        return Result(change, change.id)
    if change.action is Action.CREATE and error.code == "DUPLICATE_VALUE":
        return _duplicate(change, answer)
    return Result(change, change.id, problem_of(answer))


def _duplicate(change: Change, answer: RowResult) -> Result | Next:
    """A record that is there already."""
    if change.key is not None:
        return Next.LOOK
    if change.sobject == "CampaignMember":  # "Already a campaign member."
        return Result(change, existed=True)
    return Result(change, None, problem_of(answer))


def problem_of(answer: RowResult, *, retryable: bool = False) -> Problem:
    """Word the refusal of a row; several errors are joined."""
    first = answer.errors[0]
    message = "; ".join(" ".join(error.message.split()) for error in answer.errors)
    return Problem(first.code, message, first.fields[0] if first.fields else None, retryable)


def stop_if_hopeless(answers: Sequence[RowResult]) -> None:
    """Stop when every row of a request fails for a reason that is no row's own.

    Such as a full org, or a permission taken away.

    Raises:
        ApiError: that reason.
        QuotaError: the org's allowance is used up.
    """
    errors = [answer.errors[0] for answer in answers if not answer.success and answer.errors]
    if not errors or len(errors) < len(answers):
        return
    first = errors[0]
    if any(error.code != first.code for error in errors):
        return
    if first.action is Advised.WAIT:
        raise QuotaError(f"Salesforce stopped the write: {first.code}: {first.message}", code=first.code)
    if first.action is Advised.FAIL:
        raise api_error(400, first.code, first.message, first.fields, operation="every record of a write")
