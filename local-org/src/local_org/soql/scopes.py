"""`USING SCOPE`: the filters behind the names in an object's `supportedScopes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.soql.errors import SoqlError
from local_org.soql.sql import Sql

if TYPE_CHECKING:
    from local_org.schema import ObjectDef
    from local_org.soql.ast import Path
    from local_org.soql.names import Context

_UNFILTERED = frozenset({"everything", "allprivate"})


def scope_filter(context: Context, item: ObjectDef, scope: Path, alias: str) -> Sql | None:
    """Return the condition of a scope, None for all records.

    Raises:
        SoqlError: `INVALID_QUERY_SCOPE`.
    """
    name = str(scope).lower()
    known = {name.lower() for name, _ in item.scopes} | {"everything", "mine"}
    if item.name == "Report":
        known.add("allprivate")
    owned = item.name == "User" or "OwnerId" in item
    if name not in known or (name == "mine" and not owned):
        raise SoqlError("INVALID_QUERY_SCOPE", f"Scope '{scope}' is not supported for {item.name}")
    if name in _UNFILTERED:
        return None
    if name == "user_owned":
        return Sql(f"substr({alias}.\"OwnerId\", 1, 3) = '005'")
    if name == "queue_owned":
        return Sql(f"substr({alias}.\"OwnerId\", 1, 3) = '00G'")
    # Teams, territories and delegation are empty here: what remains of those scopes is one's own records.
    owner = "Id" if item.name == "User" else "OwnerId"
    return Sql(f'{alias}."{owner}" = ?', (context.access.user.id,)) if owned else Sql("0")
