"""Which reports there are to extract."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from salesforce_abm.errors import ConfigError
from salesforce_abm.query import Query
from salesforce_abm.reports import ReportRef, Reports

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Sequence

    from salesforce_abm.session import Session
    from tap_salesforce_abm.settings import ReportSetting

__all__ = ["FoundReport", "find_reports"]

_GLOB: Final = frozenset("*?[")
_FORMATS: Final = {"MultiBlock": "MULTI_BLOCK"}
_JOINED: Final = "a joined report, which Salesforce does not run through its API"


@dataclass(frozen=True, slots=True)
class FoundReport:
    """A report to extract.

    Attributes:
        stream: stream name.
        report: which report.
        key: columns that identify a row, as the settings name them.
    """

    stream: str
    report: ReportRef
    key: tuple[str, ...] = ()


def find_reports(
    session: Session, settings: Sequence[ReportSetting], log: logging.Logger
) -> list[FoundReport]:
    """Find the reports of the settings: one request each, and one for all globs together.

    A glob is matched against the name, the developer name, and both with the folder before them
    (`Sales/*`), in any letter case.

    Args:
        session: the signed-in session.
        settings: names, Ids and globs.
        log: told which reports of a glob cannot be extracted.

    Returns:
        The reports, each once, those of globs last.

    Raises:
        AccessError: there is no such report; the nearest name is in the remedy.
        ConfigError: a glob that matches nothing, a joined report, or two streams of one name.
    """
    reports = Reports(session)
    found: list[FoundReport] = []
    for setting in settings:
        if not _is_glob(setting):
            report = reports.find(setting.find)
            if report.format == "MULTI_BLOCK":
                raise ConfigError(f"report {report.name!r} is {_JOINED}: extract its blocks as reports")
            found.append(FoundReport(setting.stream or _stream_name(report), report, setting.key))
    globs = [setting for setting in settings if _is_glob(setting)]
    if globs:
        found += _matching(list(_listed(session)), globs, {one.report.id for one in found}, log)
    _check_names(found)
    return found


def _is_glob(setting: ReportSetting) -> bool:
    return bool(_GLOB.intersection(setting.find))


def _stream_name(report: ReportRef) -> str:
    return f"report_{report.developer_name.lower()}"


def _listed(session: Session) -> Iterator[tuple[ReportRef, str]]:
    """List every report the user may see, with its folder."""
    soql = "SELECT Id, Name, DeveloperName, FolderName, Format FROM Report"
    for record in Query(session).records(soql):
        shape = str(record["Format"])
        report = ReportRef(
            record["Id"],
            record["Name"] or "",
            record["DeveloperName"] or "",
            _FORMATS.get(shape, shape.upper()),
        )
        yield report, record["FolderName"] or ""


def _matching(
    listed: Sequence[tuple[ReportRef, str]],
    globs: Sequence[ReportSetting],
    taken: set[str],
    log: logging.Logger,
) -> Iterator[FoundReport]:
    for setting in globs:
        pattern, matched = setting.find.lower(), False
        for report, folder in listed:
            names = (report.name, report.developer_name)
            texts = [text.lower() for name in names for text in (name, f"{folder}/{name}")]
            if not any(fnmatchcase(text, pattern) for text in texts):
                continue
            matched = True
            if report.format == "MULTI_BLOCK":
                log.info("Passed over report %r: it is %s", report.name, _JOINED)
            elif report.id not in taken:
                taken.add(report.id)
                yield FoundReport(_stream_name(report), report)
        if not matched:
            raise ConfigError(f"`reports`: {setting.find} matches no report the connected user may see")


def _check_names(found: Sequence[FoundReport]) -> None:
    names: set[str] = set()
    for one in found:
        if one.stream in names:
            raise ConfigError(
                f"`reports`: there are two streams named {one.stream}: give one another `stream`"
            )
        names.add(one.stream)
