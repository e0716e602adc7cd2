"""What the Analytics API says no with.

Messages are the documented ones:
<https://developer.salesforce.com/docs/atlas.en-us.api_analytics.meta/api_analytics/sforce_analytics_rest_api_error_codes.htm>
"""

from __future__ import annotations

_APOSTROPHE = "\u2019"  # Salesforce's texts are typographic here and there


class ReportError(Exception):
    """A refusal of the reports resource.

    Attributes:
        status: HTTP status code.
        code: `errorCode` of the answer.
        message: the text Salesforce sends with it.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def bad_request(message: str) -> ReportError:
    """400: the request says something the report cannot do."""
    return ReportError(400, "BAD_REQUEST", message)


def forbidden(message: str) -> ReportError:
    """403: no permission, or a limit is reached."""
    return ReportError(403, "FORBIDDEN", message)


def not_found() -> ReportError:
    """404: no such report, instance or type, or not for this user."""
    return ReportError(404, "NOT_FOUND", f"The data you{_APOSTROPHE}re trying to access is unavailable.")


def unsupported_format() -> ReportError:
    """501: joined reports cannot be run through the API."""
    message = f"You{_APOSTROPHE}re requesting data for an unsupported report format."
    return ReportError(501, "NOT_IMPLEMENTED", message)


def invalid_body() -> ReportError:
    """500: the body cannot be read. Permanent although the status says otherwise."""
    return ReportError(500, "INTERNAL_ERROR", "The request body is either invalid or incomplete.")


def bad_column(name: object) -> ReportError:
    """400: a filter names a column the report type does not have, or one that cannot be filtered."""
    return bad_request(f"Specify a valid filterable column because {name} is invalid.")


def bad_condition(text: object) -> ReportError:
    """400: an operator or a filter logic that does not work."""
    return bad_request(f"Specify a valid condition because {text} is invalid.")
