"""One district in one night: what every recipe of this folder calls, whoever hands out the tasks.

Reads its settings from the environment: SCHOOL_DATABASE (a SQLAlchemy URL), CLEVER_CLIENT_ID, CLEVER_CLIENT_SECRET,
CLEVER_REDIRECT_URI, and CLEVER_URL for a simulator only.
"""

import os
from datetime import UTC, datetime

from clever_roster import CleverApp, CleverClient, CleverLogin, Secret
from clever_roster.model import CLEVER, DistrictId
from clever_roster.scale import Outcome, Task, sync_district
from clever_roster.storage.sqlalchemy import SqlStore


def sync(district: str, night: str, holder: str) -> Outcome:
    """Give one district its turn; `holder` is the worker's own name."""
    store = SqlStore(os.environ["SCHOOL_DATABASE"])
    try:
        return sync_district(
            store,
            Task(CLEVER, DistrictId(district), night),
            read=lambda: read(store, DistrictId(district)),
            actor="nightly",
            holder=holder,
            clock=lambda: datetime.now(UTC),
        )
    finally:
        store.close()


def read(store, district):
    app = CleverApp(
        client_id=os.environ["CLEVER_CLIENT_ID"],
        client_secret=Secret(os.environ["CLEVER_CLIENT_SECRET"]),
        redirect_uri=os.environ["CLEVER_REDIRECT_URI"],
        **({"oauth_url": url, "api_url": url} if (url := os.environ.get("CLEVER_URL")) else {}),
    )
    with CleverLogin(app, store=store) as login:
        token = login.fetch_district_token(district)
    with CleverClient(token, url=app.api_url) as client:
        return client.fetch_district(district)
