"""sObject Collections: up to 200 rows written, or 2000 read, for one API call.

<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm>
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from local_org.api import rows
from local_org.dml import errors
from local_org.dml.outcome import RowError, RowOutcome
from local_org.http import ApiError, Request, Response, Routes
from local_org.ids import MalformedIdError, normalise
from local_org.security import SETUP_OBJECTS
from local_org.soql import SoqlError, run_query
from local_org.store import Rollback

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local_org.schema import ObjectDef

routes = Routes()

_MOST, _MOST_READ, _MOST_RUNS = 200, 2000, 10

Record = dict[str, Any]


@routes.post("/services/data/v{version}/composite/sobjects")
def create(request: Request) -> Response:
    """Insert rows of one or several objects."""
    records, all_or_none = _body(request)
    dml, user, options = request.org.dml, request.user, rows.write_options(request)

    def write(item: ObjectDef, run: list[Record]) -> list[RowOutcome]:
        return dml.create_many(user, item.name, run, options=options)

    return _answer(_by_runs(request, records, write, all_or_none=all_or_none))


@routes.patch("/services/data/v{version}/composite/sobjects")
def update(request: Request) -> Response:
    """Change rows of one or several objects; each brings its id."""
    records, all_or_none = _body(request)
    dml, user, options = request.org.dml, request.user, rows.write_options(request)

    def write(item: ObjectDef, run: list[Record]) -> list[RowOutcome]:
        return dml.update_many(user, item.name, run, options=options)

    return _answer(_by_runs(request, records, write, all_or_none=all_or_none))


@routes.patch("/services/data/v{version}/composite/sobjects/{object}/{field}")
def upsert(request: Request) -> Response:
    """Change or insert rows of one object by an external id. `Id` works too, whatever the guide says."""
    item = rows.object_of(request)
    name = request.params["field"]
    field = request.org.access(request.user).field(item, name)
    if field is None or not (field.external_id or field.id_lookup or field.type == "id"):
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        raise ApiError(404, "NOT_FOUND", message)
    records, all_or_none = _body(request)
    for record in records:
        if _type(record).lower() != item.name.lower():
            raise ApiError(400, "INVALID_INPUT", f"All records must be of the type {item.name}")
    dml, user, options = request.org.dml, request.user, rows.write_options(request)

    def write(item: ObjectDef, run: list[Record]) -> list[RowOutcome]:
        return dml.upsert_many(user, item.name, field.name, run, options=options)

    return _answer(_by_runs(request, records, write, all_or_none=all_or_none))


@routes.delete("/services/data/v{version}/composite/sobjects")
def delete(request: Request) -> Response:
    """Delete rows of one or several objects."""
    ids = [text.strip() for text in request.query.get("ids", "").split(",") if text.strip()]
    if not ids:
        raise ApiError(400, "REQUIRED_FIELD_MISSING", "At least 1 record is required")
    if len(ids) > _MOST:
        raise _too_many()
    all_or_none = request.query.get("allOrNone", "false").lower() == "true"
    outcomes = request.org.dml.delete_many(request.user, ids, all_or_none=all_or_none)
    return Response.json([rows.in_collection(outcome, keep_id=_shows_id(outcome)) for outcome in outcomes])


@routes.get("/services/data/v{version}/composite/sobjects/{object}")
def retrieve(request: Request) -> Response:
    """Read rows of one object by id; ids and fields in the URL."""
    ids = request.query.get("ids", "").split(",")
    return _retrieve(request, ids, request.query.get("fields", "").split(","))


@routes.post("/services/data/v{version}/composite/sobjects/{object}")
def retrieve_by_post(request: Request) -> Response:
    """Read rows of one object by id; ids and fields in the body."""
    body = rows.body_object(request)
    ids, fields = body.get("ids"), body.get("fields")
    if not isinstance(ids, list) or not isinstance(fields, list):
        raise ApiError(400, "REQUIRED_FIELD_MISSING", "ids and fields are required")
    return _retrieve(request, [str(text) for text in ids], [str(name) for name in fields])


def _retrieve(request: Request, ids: Sequence[str], fields: Sequence[str]) -> Response:
    item = rows.object_of(request)
    ids = [text.strip() for text in ids if text.strip()]
    names = [name.strip() for name in fields if name.strip()]
    if not ids or not names:
        missing = "ids" if not ids else "fields"
        raise ApiError(400, "REQUIRED_FIELD_MISSING", f"The parameter {missing} is required")
    if len(ids) > _MOST_READ:
        raise ApiError(
            400,
            "EXCEEDED_ID_LIMIT",
            f"record limit reached. cannot retrieve more than {_MOST_READ} records in this call",
        )
    known = {text: record_id for text in ids if (record_id := _normalised(text)) is not None}
    found: dict[str, Record] = {}
    wanted = list(dict.fromkeys(known.values()))
    listed = ", ".join(dict.fromkeys([*names, "Id"]))
    if wanted:
        values = ", ".join(f"'{record_id}'" for record_id in wanted)
        records = _query(request, item, names, f"SELECT {listed} FROM {item.name} WHERE Id IN ({values})")
        found = {record["Id"]: record for record in records}
    else:
        _query(request, item, names, f"SELECT {listed} FROM {item.name} LIMIT 1")
    return Response.json([found.get(known.get(text, "")) for text in ids])


def _query(request: Request, item: ObjectDef, names: Sequence[str], text: str) -> list[Record]:
    try:
        result = run_query(request.org, request.user, text)
    except SoqlError as error:
        if error.code != "INVALID_FIELD":
            raise
        access = request.org.access(request.user)
        unknown = next(
            (name for name in names if "." not in name and access.field(item, name) is None), names[0]
        )
        message = f"No such column '{unknown}' on sobject of type {item.name}"
        raise ApiError(400, "INVALID_FIELD", message) from None
    return result.records(0, _MOST_READ, version=request.version)


def _normalised(text: str) -> str | None:
    try:
        return normalise(text)
    except MalformedIdError:
        return None


# --- writing ----------------------------------------------------------------------------------------


def _body(request: Request) -> tuple[list[Record], bool]:
    """The records of the body, with the flag.

    Raises:
        ApiError: 400 when there are none, too many, or something else.
    """
    body = rows.body_object(request)
    records = body.get("records")
    if not isinstance(records, list) or not records:
        raise ApiError(400, "REQUIRED_FIELD_MISSING", "At least 1 record is required")
    if len(records) > _MOST:
        raise _too_many()
    for record in records:
        if not isinstance(record, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "A record must be a JSON object")
        _type(record)
    return records, body.get("allOrNone") is True


def _too_many() -> ApiError:
    message = "record limit reached. cannot submit more than 200 records into this call"
    return ApiError(400, "EXCEEDED_ID_LIMIT", message)


def _type(record: Record) -> str:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str) or not name:
        raise ApiError(400, "INVALID_INPUT", "Each record needs attributes with a type")
    return name


def _by_runs(
    request: Request,
    records: Sequence[Record],
    write: Callable[[ObjectDef, list[Record]], list[RowOutcome]],
    *,
    all_or_none: bool,
) -> list[RowOutcome]:
    """Write runs of records of equal type one after the other, in one transaction."""
    runs = [(name, list(run)) for name, run in groupby(records, key=lambda record: _type(record).lower())]
    if len(runs) > _MOST_RUNS:
        raise ApiError(400, "INVALID_INPUT", "Cannot have more than 10 chunks in a single operation")
    items = {name: _known(request, name) for name, _ in runs}
    setup_first = items[runs[0][0]].name in SETUP_OBJECTS
    outcomes: list[RowOutcome] = []
    with request.org.store.write():
        for name, run in runs:
            item = items[name]
            if (item.name in SETUP_OBJECTS) is not setup_first:
                mixed = _mixed(item, items[runs[0][0]])
                outcomes += [RowOutcome(None, success=False, errors=(mixed,)) for _ in run]
            else:
                outcomes += write(item, run)
        if all_or_none and not all(outcome.success for outcome in outcomes):
            raise Rollback
    if all_or_none and not all(outcome.success for outcome in outcomes):
        undone = RowOutcome(None, success=False, errors=(errors.ROLLED_BACK,))
        return [undone if outcome.success else outcome for outcome in outcomes]
    return outcomes


def _known(request: Request, name: str) -> ObjectDef:
    item = request.org.schema.get(name)
    if item is None or not request.org.access(request.user).can_read(item):
        raise ApiError(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return item


def _mixed(item: ObjectDef, first: ObjectDef) -> RowError:
    kinds = "a non-setup object" if item.name in SETUP_OBJECTS else "a setup object"
    this = "setup object" if item.name in SETUP_OBJECTS else "non-setup object"
    return RowError(
        "MIXED_DML_OPERATION",
        f"DML operation on {this} is not permitted after you have updated {kinds} (or vice versa):"
        f" {item.name}, original object: {first.name}",
    )


def _answer(outcomes: Sequence[RowOutcome]) -> Response:
    return Response.json([rows.in_collection(outcome) for outcome in outcomes])


def _shows_id(outcome: RowOutcome) -> bool:
    """Rolled-back deletes keep their id, as recorded; refused ones have none."""
    return any(error.status_code == errors.ROLLED_BACK.status_code for error in outcome.errors)
