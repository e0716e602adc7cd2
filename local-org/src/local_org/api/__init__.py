"""The APIs of the org, one module per Salesforce resource; each has its `routes`."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from local_org.http.router import Router

# Order does not matter: the router prefers fixed segments to named ones.
MODULES = (
    "local_org.api.versions",
    "local_org.api.limits",
    "local_org.api.oauth_token",
    "local_org.api.oauth_web",
    "local_org.api.identity",
    "local_org.api.soap_login",
    "local_org.api.metadata_soap",
    "local_org.api.tooling",
    "local_org.api.admin",
    "local_org.api.query",
    "local_org.api.sobjects",
    "local_org.api.describe",
    "local_org.api.replication",
    "local_org.api.collections",
    "local_org.api.composite",
    "local_org.api.graph",
    "local_org.api.tree",
    "local_org.api.batch",
    "local_org.api.bulk_query",
    "local_org.api.bulk_ingest",
    "local_org.api.bulk1",
    "local_org.api.analytics",
    "local_org.pages.routes",
)


@cache
def router() -> Router:
    """All routes of the org. They hold no state, so every org of the process shares them."""
    return Router(import_module(name).routes for name in MODULES)
