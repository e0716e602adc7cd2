"""Names and secrets every fresh org starts with. They open nothing but an org on this machine."""

# ruff: noqa: S105 - published defaults, not secrets

from __future__ import annotations

ORG_ID = "00D5g000004DEMOEA4"
ORG_NAME = "Local Org"
INSTANCE_NAME = "LOCAL1"
ID_INSTANCE = "5g"

ADMIN_USERNAME = "admin@example.com"
READER_USERNAME = "reader@example.com"
PASSWORD = "local-org"
SECURITY_TOKEN = "TOKEN"

CLIENT_ID = "local-org-app"
CLIENT_SECRET = "local-org-secret"
REFRESH_TOKEN = "local-org-refresh-token"
APP_NAME = "Local Org App"

DAILY_API_REQUESTS = 100_000
OLDEST_VERSION = 31
NEWEST_VERSION = 67
API_VERSIONS = tuple(range(OLDEST_VERSION, NEWEST_VERSION + 1))
NEWEST_API_VERSION = f"{NEWEST_VERSION}.0"
PORT = 8765

# The template rows (users, profiles, stages) of every org carry this moment, so that a clock set into the
# past still reads them as old.
BORN = "2024-01-15T09:00:00Z"
