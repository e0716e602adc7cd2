"""What every fresh local org knows: its users, its app and how to log in.

Nothing here is a secret: the org serves loopback only unless told otherwise.
"""

from __future__ import annotations

ADMIN_USERNAME = "admin@example.com"
READER_USERNAME = "reader@example.com"
PASSWORD = "local-org"  # noqa: S105
SECURITY_TOKEN = "TOKEN"  # noqa: S105

CLIENT_ID = "local-org-app"
CLIENT_SECRET = "local-org-secret"  # noqa: S105
REFRESH_TOKEN = "local-org-refresh-token"  # noqa: S105
APP_NAME = "Local Org App"

NEWEST_VERSION = 67
OLDEST_VERSION = 31
PORT = 8765
