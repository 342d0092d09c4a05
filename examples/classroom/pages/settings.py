"""Account settings: the ways into an account. Connect Clever or Google, disconnect it, or read why that cannot be."""

from contextlib import suppress

from classroom import people
from classroom.pages.asking import enter, page
from classroom.pages.doors import SHORTEST
from classroom.rosters import LOGINS
from clever_roster import linking
from clever_roster.errors import SourceError
from clever_roster.linking import Conflict, ReauthRequired, Unlinked
from clever_roster.model import CLEVER, IdentityKey


def settings(asked):
    me = asked.me
    with asked.school.opened() as (ports, connection):
        names = asked.school.districts(connection)
        links = [_link(ports, me.id, link, names) for link in ports.links.of(me.id)]
    return asked.show("settings.html", links=links, connected={link["by"] for link in links})


def _link(ports, account, link, names):
    # Without a time nothing is disconnected; what it answers then is what stands in the way.
    dry_run = linking.disconnect(ports, account, link.key)
    return {
        "key": link.key,
        "by": LOGINS.get(link.key.provider, link.key.provider),
        "district": names.get(link.key.district, link.key.district) if link.key.provider == CLEVER else None,
        "roles": ", ".join(sorted(role.replace("_", " ") for role in link.roles)),
        "since": link.linked_at,
        "why_not": dry_run.sentence if isinstance(dry_run, Conflict) else None,
    }


def disconnect(asked):
    key = IdentityKey(*(asked.form.get(field, "") for field in ("provider", "district", "subject")))
    me, now = asked.me, asked.school.now()
    with asked.school.opened() as (ports, connection):
        outcome = linking.disconnect(ports, me.id, key, now=now, authenticated_at=me.since)
        if isinstance(outcome, Unlinked):
            people.end_sessions(connection, me.id)
            enter(asked.request, me.id, connection=connection)
    match outcome:
        case Unlinked():
            _give_back(asked, key)
            return asked.go("/settings", "Disconnected. Your classes and your work stay in this account.")
        case ReauthRequired():
            return asked.show("again.html", 403)
        case _:
            return asked.go("/settings", outcome.sentence, wrong=True)


def _give_back(asked, key):
    """What we were let read at Google ends with the connection."""
    grant = asked.school.grants.forget(key)
    if grant is not None:
        with suppress(SourceError):  # it is forgotten here; the person can end it at Google, too
            asked.school.google.revoke(grant.refresh_token or grant.access_token)


def password(asked):
    old, new = asked.form.get("old", ""), asked.form.get("new", "")
    if len(new) < SHORTEST:
        return asked.go("/settings", f"A password has at least {SHORTEST} characters.", wrong=True)
    me = asked.me
    with asked.school.opened() as (_, connection):
        row = people.row(connection, me.id)
        email = (row.email or asked.form.get("email", "")).strip()
        if not email:
            return asked.go("/settings", "Please fill in the email to sign in with.", wrong=True)
        if row.password_hash and people.with_password(connection, email, old) != me.id:
            return asked.go("/settings", "The present password is not right. Nothing was changed.", wrong=True)
        if not row.password_hash and not people.claim_email(connection, me.id, email):
            return asked.go("/settings", "Somebody signs in with that email already.", wrong=True)
        people.set_password(connection, me.id, new)
        enter(asked.request, me.id, connection=connection)
    return asked.go("/settings", "Your password is set.")


ROUTES = [
    page("/settings", settings, needs="account"),
    page("/settings/disconnect", disconnect, "POST", needs="account"),
    page("/settings/password", password, "POST", needs="account"),
]
