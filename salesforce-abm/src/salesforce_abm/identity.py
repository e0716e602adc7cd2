"""Who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from salesforce_abm.errors import ApiError, DataError
from salesforce_abm.query import Query
from salesforce_abm.soql import Select, any_of

if TYPE_CHECKING:
    from salesforce_abm.session import Session

__all__ = ["Identity", "identify"]


@dataclass(frozen=True, slots=True)
class Identity:
    """The connected user, as far as the org tells.

    Attributes:
        user_id: `005...`.
        username: empty when unknown, as the rest.
        name: of the person.
        profile: name of the profile.
        licence: name of the user licence.
    """

    user_id: str
    username: str = ""
    name: str = ""
    profile: str = ""
    licence: str = ""


def identify(session: Session) -> Identity | None:
    """Find out who is signed in: at most two requests.

    A token with the `api` scope alone may not ask for its user's profile, and a user without rights on User
    may not read the licence; then less is known.

    Returns:
        None when not even the Id is known.
    """
    url = session.current().identity_url
    user_id, username, name = (url.rsplit("/", 1)[-1] if url else ""), "", ""
    try:
        me = session.get_json("/services/oauth2/userinfo", kind="other")
        user_id = str(me.get("user_id") or user_id)
        username, name = str(me.get("preferred_username") or ""), str(me.get("name") or "")
    except (ApiError, DataError, AttributeError):
        pass
    if not user_id:
        return None
    columns = ("Username", "Name", "Profile.Name", "Profile.UserLicense.Name")
    select = Select(columns, "User", (any_of("Id", [user_id]),))
    try:
        row = next(iter(Query(session).records(select.render())), {})
    except ApiError:
        return Identity(user_id, username, name)
    profile = row.get("Profile") or {}
    licence = profile.get("UserLicense") or {}
    return Identity(
        user_id,
        str(row.get("Username") or username),
        str(row.get("Name") or name),
        str(profile.get("Name") or ""),
        str(licence.get("Name") or ""),
    )
