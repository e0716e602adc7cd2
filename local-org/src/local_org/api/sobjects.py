"""Single rows: create, read, update, delete, upsert by an external id.

<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/using_resources_working_with_records.htm>
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from local_org.api import rows
from local_org.api.rows import RowRefusal
from local_org.clock import http_date
from local_org.dml.outcome import RowError
from local_org.http import ApiError, Request, Response, Routes
from local_org.ids import MalformedIdError, normalise
from local_org.soql import SoqlError, run_query

if TYPE_CHECKING:
    from local_org.dml.outcome import RowOutcome
    from local_org.schema import FieldDef, ObjectDef

routes = Routes()

# `"created"` came with this version; older ones told by the status alone.
_CREATED_KEY_FROM = 46.0
_DELETED = RowError("ENTITY_IS_DELETED", "entity is deleted", http_status=404)


@routes.post("/services/data/v{version}/sobjects/{object}")
def create(request: Request) -> Response:
    """Insert a row."""
    item = rows.object_of(request)
    options = rows.write_options(request)
    outcome = request.org.dml.create(request.user, item.name, rows.body_object(request), options=options)
    if not outcome.success:
        raise RowRefusal(outcome.errors)
    return rows.created(request, item, outcome)


@routes.route("POST PATCH", "/services/data/v{version}/sobjects/{object}/Id")
def create_by_upsert(request: Request) -> Response:
    """Insert a row through the upsert path, from version 37.0 on."""
    return create(request)


@routes.get("/services/data/v{version}/sobjects/{object}/{id}")
def read(request: Request) -> Response:
    """Read a row: all fields the user may see, or those in `fields`."""
    item = rows.object_of(request)
    record_id = _record_id(item, request.params["id"])
    return _conditional(request, item, _read(request, item, record_id))


@routes.patch("/services/data/v{version}/sobjects/{object}/{id}")
def update(request: Request) -> Response:
    """Change a row."""
    item = rows.object_of(request)
    text = request.params["id"]
    if len(text) not in {15, 18}:
        raise _no_external_id(text)
    _check_unmodified(request, item, text)
    options = rows.write_options(request)
    outcome = request.org.dml.update(
        request.user, item.name, text, rows.body_object(request), options=options
    )
    if not outcome.success:
        raise RowRefusal(outcome.errors)
    return Response.empty()


@routes.delete("/services/data/v{version}/sobjects/{object}/{id}")
def delete(request: Request) -> Response:
    """Put a row into the recycle bin."""
    item = rows.object_of(request)
    record_id = _record_id(item, request.params["id"])
    outcome = request.org.dml.delete(request.user, item.name, record_id)
    if not outcome.success:
        raise RowRefusal(outcome.errors)
    return Response.empty()


@routes.get("/services/data/v{version}/sobjects/{object}/{field}/{value}")
def read_by_external_id(request: Request) -> Response:
    """Read a row by an external id; below a row's id: a blob, or what a relationship leads to."""
    item = rows.object_of(request)
    try:
        record_id = _record_id(item, request.params["field"])
    except ApiError:
        field = _external_id(request, item)
        return Response.json(_read(request, item, _matching(request, item, field)))
    return _follow(request, item, record_id)


@routes.patch("/services/data/v{version}/sobjects/{object}/{field}/{value}")
def upsert(request: Request) -> Response:
    """Change the row with this external id, or insert it."""
    item = rows.object_of(request)
    field = _external_id(request, item)
    body = rows.body_object(request)
    only = request.query.get("updateOnly", "").lower() == "true"
    dml, options = request.org.dml, rows.write_options(request)
    if field.name == "Id":
        outcome = dml.update(request.user, item.name, request.params["value"], body, options=options)
        if not outcome.success:
            raise RowRefusal(outcome.errors)
        return _upserted(request, item, outcome, new=False)
    outcome = dml.upsert(
        request.user, item.name, field.name, request.params["value"], body, update_only=only, options=options
    )
    if not outcome.success:
        error = outcome.errors[0]
        if error.http_status == 300:
            return _several(request, item, error.extra["ids"])
        if only and error.http_status == 404:
            raise rows.not_found()
        raise RowRefusal(outcome.errors)
    return _upserted(request, item, outcome, new=bool(outcome.created))


@routes.delete("/services/data/v{version}/sobjects/{object}/{field}/{value}")
def delete_by_external_id(request: Request) -> Response:
    """Delete the row with this external id."""
    item = rows.object_of(request)
    field = _external_id(request, item)
    outcome = request.org.dml.delete(request.user, item.name, _matching(request, item, field))
    if not outcome.success:
        raise RowRefusal(outcome.errors)
    return Response.empty()


# --- reading ----------------------------------------------------------------------------------------


def _read(request: Request, item: ObjectDef, record_id: str) -> dict[str, Any]:
    """One row as JSON.

    Raises:
        ApiError: 404 when it is not there, 400 for unknown `fields`.
    """
    wanted = [name.strip() for name in request.query.get("fields", "").split(",") if name.strip()]
    names = wanted or [field.name for field in request.org.access(request.user).fields(item)]
    if not any(name.lower() == "id" for name in names):
        names.append("Id")
    text = f"SELECT {', '.join(names)} FROM {item.name} WHERE Id = '{record_id}'"
    try:
        result = run_query(request.org, request.user, text, all_rows=True)
    except SoqlError as error:
        if error.code != "INVALID_FIELD" or not wanted:
            raise
        unknown = next((name for name in wanted if "." not in name and name not in item), wanted[0])
        message = f"No such column '{unknown}' on sobject of type {item.name}"
        raise ApiError(400, "INVALID_FIELD", message) from None
    found = result.records(0, 1, version=request.version)
    if not found:
        raise rows.not_found()
    if "IsDeleted" in item and _is_deleted(request, item, record_id):
        raise RowRefusal([_DELETED])
    return found[0]


def _is_deleted(request: Request, item: ObjectDef, record_id: str) -> bool:
    read = request.org.store.read()
    row = read.execute(f'SELECT "IsDeleted" FROM "{item.name}" WHERE "Id" = ?', (record_id,)).fetchone()
    return row is not None and bool(row[0])


def _follow(request: Request, item: ObjectDef, record_id: str) -> Response:
    """`/sobjects/X/{id}/{name}`: the bytes of a blob field, the parent or the children of a relationship."""
    name = request.params["value"]
    org, user = request.org, request.user
    field = org.access(user).field(item, name)
    if field is not None and field.type == "base64":
        return _blob(request, item, field, record_id)
    parent = item.relationship(name)
    if parent is not None:
        return _parent(request, item, parent, record_id)
    child = org.schema.child(item.name, name)
    if child is None:
        raise rows.not_found()
    target = rows.object_of(request, child.child)
    names = ", ".join(f.name for f in org.access(user).fields(target))
    result = run_query(org, user, f"SELECT {names} FROM {target.name} WHERE {child.field} = '{record_id}'")
    records = result.records(0, 2000, version=request.version)
    return Response.json({"totalSize": result.total_size, "done": True, "records": records})


def _blob(request: Request, item: ObjectDef, field: FieldDef, record_id: str) -> Response:
    read = request.org.store.read()
    row = read.execute(f'SELECT "{field.name}" FROM "{item.name}" WHERE "Id" = ?', (record_id,)).fetchone()
    if row is None:
        raise rows.not_found()
    content = row[0] or b""
    return Response.raw(
        content if isinstance(content, bytes) else str(content).encode(),
        content_type="application/octet-stream",
    )


def _parent(request: Request, item: ObjectDef, field: FieldDef, record_id: str) -> Response:
    read = request.org.store.read()
    row = read.execute(f'SELECT "{field.name}" FROM "{item.name}" WHERE "Id" = ?', (record_id,)).fetchone()
    target = request.org.schema.by_prefix(row[0]) if row and row[0] else None
    if target is None:
        raise rows.not_found()
    return Response.json(_read(request, target, row[0]))


# --- conditions on Account rows ---------------------------------------------------------------------


def _conditional(request: Request, item: ObjectDef, record: dict[str, Any]) -> Response:
    """Account rows carry `Last-Modified` and `ETag`, and answer 304 to whoever has them already."""
    if item.name != "Account":
        return Response.json(record)
    modified, tag = _version_of(request, item, str(record["Id"]))
    headers = {"Last-Modified": http_date(modified), "ETag": tag}
    since = _moment(request.headers.get("If-Modified-Since"))
    known = request.headers.get("If-None-Match", "")
    if (since is not None and modified <= since) or (tag and tag in known):
        return Response.empty(304, headers=headers)
    return Response.json(record, headers=headers)


def _check_unmodified(request: Request, item: ObjectDef, text: str) -> None:
    since = _moment(request.headers.get("If-Unmodified-Since"))
    wanted = request.headers.get("If-Match", "")
    if item.name != "Account" or (since is None and not wanted):
        return
    modified, tag = _version_of(request, item, _record_id(item, text))
    if (since is not None and modified > since) or (wanted and tag not in wanted and wanted.strip() != "*"):
        raise ApiError(412, "PRECONDITION_FAILED", "The record was modified since", code_first=True)


def _version_of(request: Request, item: ObjectDef, record_id: str) -> tuple[datetime, str]:
    read = request.org.store.read()
    query = f'SELECT "SystemModstamp" FROM "{item.name}" WHERE "Id" = ?'
    row = read.execute(query, (record_id,)).fetchone()
    if row is None:
        raise rows.not_found()
    modified = datetime.strptime(row[0], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return modified, f'"{record_id[-8:]}{int(modified.timestamp()):x}--gzip"'


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# --- keys -------------------------------------------------------------------------------------------


def _record_id(item: ObjectDef, text: str) -> str:
    """The 18-character id in a URL.

    Raises:
        ApiError: 404; text that is no id is taken for the name of an external id field, as recorded.
    """
    if len(text) not in {15, 18}:
        raise _no_external_id(text)
    try:
        record_id = normalise(text)
    except MalformedIdError:
        raise _no_external_id(text) from None
    if record_id[:3] != item.id_prefix:
        raise rows.not_found()
    return record_id


def _no_external_id(name: str) -> ApiError:
    return ApiError(
        404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}"
    )


def _external_id(request: Request, item: ObjectDef) -> FieldDef:
    name = request.params["field"]
    field = request.org.access(request.user).field(item, name)
    if field is None or not (field.external_id or field.id_lookup or field.type == "id"):
        raise _no_external_id(name)
    return field


class SeveralFound(ApiError):
    """Several rows have this external id: 300 and their addresses."""

    def __init__(self, answer: Response) -> None:
        super().__init__(300, "DUPLICATE_EXTERNAL_ID", "several rows have this external id")
        self._answer = answer

    def response(self) -> Response:
        """A list of relative URLs, not of errors."""
        return self._answer


def _matching(request: Request, item: ObjectDef, field: FieldDef) -> str:
    """The id of the row with the external id in the URL.

    Raises:
        ApiError: 404 for none, 300 for several.
    """
    alive = ' AND "IsDeleted" = 0' if "IsDeleted" in item else ""
    found = request.org.store.read().execute(
        f'SELECT "Id" FROM "{item.name}" WHERE "{field.name}" = ?{alive} ORDER BY "Id"',
        (request.params["value"],),
    )
    ids = [row[0] for row in found]
    if not ids:
        raise rows.not_found()
    if len(ids) > 1:
        raise SeveralFound(_several(request, item, ids))
    return str(ids[0])


def _several(request: Request, item: ObjectDef, ids: Any) -> Response:
    return Response.json(
        [f"{request.prefix}/sobjects/{item.name}/{record_id}" for record_id in ids], status=300
    )


def _upserted(request: Request, item: ObjectDef, outcome: RowOutcome, *, new: bool) -> Response:
    location = {"Location": f"{request.prefix}/sobjects/{item.name}/{outcome.id}"} if new else {}
    status = 201 if new else 200
    if request.version_number < _CREATED_KEY_FROM:
        return Response.json(rows.saved(outcome), status=201, headers=location) if new else Response.empty()
    return Response.json(rows.saved(outcome) | {"created": new}, status=status, headers=location)
