"""Which objects there are to extract.

Costs one request per 25 objects, and one more only when there are globs to match or a name is wrong. With a
catalog given, only the objects it selects are described.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from salesforce_abm.describe import COMPOSITE_SIZE, nearest_name
from salesforce_abm.errors import ApiError, ConfigError, DataError, TransientError
from tap_salesforce_abm.parents import PARENTS

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Sequence

    from salesforce_abm.describe import Describer, SObject, SObjectSummary
    from salesforce_abm.errors import SalesforceAbmError

__all__ = ["describe", "find_objects", "why_not"]

# Objects that describe calls queryable and that refuse every query without a filter on certain fields, or
# every query at all. Globs pass over them; named outright, an object is tried: Salesforce's rules change.
_FILTER_ONLY: Final = frozenset(
    (
        "Announcement AppTabMember CollaborationGroupRecord ColorDefinition ContentDocumentLink "
        "ContentFolderItem ContentFolderMember DataStatistics DatacloudAddress DatacloudDandBCompany "
        "EntityParticle FieldDefinition FieldHistoryArchive FlexQueueItem FlowTestView FlowVariableView "
        "FlowVersionView IconDefinition IdeaComment NetworkUserHistoryRecent OwnerChangeOptionInfo "
        "PicklistValueInfo PlatformAction RecordActionHistory RelatedListColumnDefinition "
        "RelatedListDefinition RelationshipDomain RelationshipInfo SearchLayout SiteDetail UserEntityAccess "
        "UserFieldAccess Vote ApexTypeImplementor"
    ).split()
)
_NEVER: Final = frozenset(
    (
        "ActivityHistory AggregateResult AttachedContentDocument AttachedContentNote CombinedAttachment "
        "ContentBody DataType EmailStatus FeedLike FeedSignal FeedTrackedChange FolderedContentDocument "
        "ListViewChartInstance LookedUpFromActivity Name NoteAndAttachment OpenActivity OutgoingEmail "
        "OutgoingEmailRelation OwnedContentDocument ProcessInstanceHistory QuoteTemplateRichTextData "
        "UserRecordAccess"
    ).split()
)
_GLOB: Final = frozenset("*?[")
_STUMBLES: Final = (ApiError, DataError, TransientError)


def why_not(summary: SObjectSummary) -> str | None:
    """Say why an object cannot be extracted whole, or None when it can."""
    if not summary.queryable:
        return "Salesforce does not allow queries on it"
    if summary.deprecated_and_hidden:
        return "it is deprecated"
    if summary.name in _NEVER:
        return "it can only be read as part of another object's query"
    if summary.name.endswith("__b"):
        return "a big object can only be read by its index fields"
    if summary.name in _FILTER_ONLY and summary.name not in PARENTS:
        return "it can only be read through a filter on its parent"
    return None


def describe(
    describer: Describer, names: Iterable[str], log: logging.Logger
) -> tuple[dict[str, SObject], dict[str, SalesforceAbmError]]:
    """Describe objects; one that Salesforce stumbles over does not take the others with it.

    Args:
        describer: asks Salesforce.
        names: API names.
        log: told which objects could not be described.

    Returns:
        The objects under the names as given, without those that do not exist; what went wrong with others.
    """
    wanted = list(names)
    found: dict[str, SObject] = {}
    failed: dict[str, SalesforceAbmError] = {}
    for start in range(0, len(wanted), COMPOSITE_SIZE):
        some = wanted[start : start + COMPOSITE_SIZE]
        try:
            found |= describer.sobjects(some)
        except _STUMBLES as stumble:
            if not _is_about_one_object(stumble):
                raise
            for name in some:
                try:
                    found |= describer.sobjects([name])
                except _STUMBLES as error:
                    log.warning("%s could not be described: %s", name, error)
                    failed[name] = error
    if failed and not found:
        raise next(iter(failed.values()))
    return found, failed


def _is_about_one_object(error: SalesforceAbmError) -> bool:
    """Tell a broken object from an org that cannot be reached: that one gave no answer at all."""
    return not isinstance(error, TransientError) or error.status is not None


def find_objects(
    describer: Describer, wanted: Sequence[str], log: logging.Logger, *, lenient: bool = False
) -> list[SObject]:
    """Describe the objects that the settings name.

    Args:
        describer: asks Salesforce.
        wanted: API names and globs in any letter case.
        log: told what globs passed over.
        lenient: names that do not exist are passed over too: for the default list, which no org need have
            in full.

    Returns:
        The objects, each once, in alphabetical order.

    Raises:
        ConfigError: a name that does not exist (with the nearest one), an object that cannot be queried, or a
            glob that matches nothing; all of them at once.
    """
    names = [name for name in wanted if not _GLOB.intersection(name)]
    globs = [name for name in wanted if _GLOB.intersection(name)]
    listed = describer.global_() if globs else ()
    problems: list[str] = []
    passed_over: dict[str, str] = {}
    for glob in globs:
        matching = [s for s in listed if fnmatchcase(s.name.lower(), glob.lower())]
        usable = [s.name for s in matching if not why_not(s)]
        passed_over |= {s.name: reason for s in matching if (reason := why_not(s))}
        if not usable:
            problems.append(f"`objects`: {glob} matches no object that can be queried")
        names += usable
    found, failed = describe(describer, _each_once(names), log)
    known = {name.lower() for name in (*found, *failed)}
    missing = [name for name in names if name.lower() not in known]
    if missing and not lenient:
        listed = listed or describer.global_()
        problems += [_no_such(name, listed) for name in missing]
    for name, sobject in found.items():
        reason = why_not(sobject)
        if reason and sobject.name not in _FILTER_ONLY and not lenient:
            problems.append(f"`objects`: {name} cannot be extracted: {reason}")
    if problems:
        raise ConfigError.of(problems)
    if passed_over:
        log.info("Passed over: %s", "; ".join(f"{name} ({why})" for name, why in sorted(passed_over.items())))
    if missing:
        log.info("This org has no %s, or the user may not see it", ", ".join(missing))
    usable_now = {s.name: s for s in found.values() if not why_not(s) or s.name in _FILTER_ONLY}
    return [usable_now[name] for name in sorted(usable_now)]


def _each_once(names: Iterable[str]) -> list[str]:
    return list({name.lower(): name for name in names}.values())


def _no_such(name: str, listed: Iterable[SObjectSummary]) -> str:
    nearest = nearest_name(name, (summary.name for summary in listed))
    hint = f"did you mean {nearest}?" if nearest else "check the API name in Setup > Object Manager."
    return (
        f"`objects`: {name} does not exist, or the connected user may not see it: {hint} "
        "(Setup > Permission Sets > Object Settings)"
    )
