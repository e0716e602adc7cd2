"""Objects that refuse plain queries, or Bulk; and what Bulk refuses of any query.

The lists are what public clients found out about real orgs; see "SOQL with Bulk API" and the objects' own
pages in the Object Reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.soql.ast import And, Comparison, Condition, Literal, Path, Query
from local_org.soql.errors import SoqlError

if TYPE_CHECKING:
    from local_org.schema import ObjectDef

# Only as parents or children of other objects' rows.
NOT_QUERYABLE = frozenset(
    """DataType ListViewChartInstance FeedLike OutgoingEmail OutgoingEmailRelation FeedSignal ActivityHistory
    EmailStatus UserRecordAccess Name AggregateResult OpenActivity ProcessInstanceHistory OwnedContentDocument
    FolderedContentDocument FeedTrackedChange CombinedAttachment AttachedContentDocument ContentBody
    NoteAndAttachment LookedUpFromActivity AttachedContentNote QuoteTemplateRichTextData""".lower().split()
)
NEEDS_FILTER = frozenset(
    """Announcement CollaborationGroupRecord IdeaComment FieldDefinition PlatformAction UserEntityAccess
    RelationshipInfo ContentFolderMember ContentFolderItem SearchLayout SiteDetail EntityParticle
    OwnerChangeOptionInfo DataStatistics UserFieldAccess PicklistValueInfo RelationshipDomain FlexQueueItem
    NetworkUserHistoryRecent FieldHistoryArchive RecordActionHistory FlowVersionView FlowVariableView
    AppTabMember ColorDefinition IconDefinition DatacloudDandBCompany DatacloudAddress FlowTestView
    RelatedListDefinition RelatedListColumnDefinition ApexTypeImplementor""".lower().split()
)
NO_BULK = frozenset(
    """FieldSecurityClassification WorkStepStatus ShiftStatus WorkOrderStatus WorkOrderLineItemStatus
    ServiceAppointmentStatus SolutionStatus ContractStatus RecentlyViewed DeclinedEventRelation
    AcceptedEventRelation UndecidedEventRelation TaskStatus PartnerRole TaskPriority CaseStatus
    OrderStatus""".lower().split()
)
# Objects whose rows are found only through one of these fields, and the sentence that says so.
_SINGLE_FILTERS = {
    "contentdocumentlink": (
        frozenset({"id", "contentdocumentid", "linkedentityid"}),
        (
            "Implementation restriction: ContentDocumentLink requires a filter by a single Id on"
            " ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN"
            " operator."
        ),
    ),
    "vote": (
        frozenset({"id", "parentid", "parent.type"}),
        (
            "Implementation restriction. When querying the Vote object, you must filter using the following"
            " syntax: ParentId = [single ID], Parent.Type = [single Type], Id = [single ID], or Id IN"
            " [list of IDs]."
        ),
    ),
}


def check_object(item: ObjectDef, query: Query, *, bulk: bool) -> None:
    """Refuse objects that cannot be queried, not like this, or not in bulk.

    Raises:
        SoqlError: `INVALID_TYPE_FOR_OPERATION`, `INVALIDENTITY` or `MALFORMED_QUERY`.
    """
    name = item.name.lower()
    if name in NOT_QUERYABLE or not item.allows("queryable"):
        raise SoqlError("INVALID_TYPE_FOR_OPERATION", f"entity type {item.name} does not support query")
    if bulk and (name in NO_BULK or name.endswith("__tag")):
        raise SoqlError("INVALIDENTITY", f"Entity '{item.name}' is not supported by the Bulk API.")
    single = _SINGLE_FILTERS.get(name)
    if single is not None and not _filters_by(query.where, single[0]):
        raise SoqlError("MALFORMED_QUERY", single[1])
    if name in NEEDS_FILTER and query.where is None:
        raise SoqlError(
            "MALFORMED_QUERY",
            f"Implementation restriction: {item.name} requires a filter in the WHERE clause.",
        )


def check_bulk(query: Query, *, aggregate: bool) -> None:
    """Refuse the clauses Bulk does not know.

    Raises:
        SoqlError: `FUNCTIONALITY_NOT_ENABLED`.
    """
    if aggregate:
        raise SoqlError("FUNCTIONALITY_NOT_ENABLED", "Aggregate queries are not supported in Bulk Query")
    if query.offset is not None:
        raise SoqlError("FUNCTIONALITY_NOT_ENABLED", "OFFSET clause is not supported in Bulk Query")


def _filters_by(condition: Condition | None, names: frozenset[str]) -> bool:
    if isinstance(condition, And):
        return any(_filters_by(item, names) for item in condition.items)
    if not isinstance(condition, Comparison) or not isinstance(condition.left, Path):
        return False
    name = str(condition.left).lower()
    known = name in names or name.rpartition(".")[2] in names
    if isinstance(condition.right, Literal):
        return known and condition.operator == "=" and condition.right.kind != "null"
    return known and condition.operator == "IN"
