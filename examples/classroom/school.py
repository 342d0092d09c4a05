"""How clever_roster is put on the product: its store over our tables, the two logins, and the school's rosters."""

import json
import secrets
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import create_engine, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from classroom import people, tables
from classroom.grants import Grants
from classroom.rosters import NAMES, Rosters
from classroom.tries import Tries
from clever_roster import CleverLogin, crossing, linking, roster
from clever_roster.duplicates import Decision, ReviewQueue
from clever_roster.model import CLEVER, AccountId, Role
from clever_roster.oauth import GoogleLogin
from clever_roster.storage.sqlalchemy import SqlStore


class School:
    """Everything that pages need.

    `app` is a CleverApp, `google` a GoogleApp; `database` an SQLAlchemy address; `districts` names for the picker, by
    id; `tenant` the rosters that are of one school: only between these does a class move.
    """

    def __init__(self, app, google, database, *, districts=None, tenant=()):
        self.tenant = frozenset(tenant)
        engine = create_engine(database, hide_parameters=True)
        tables.metadata.create_all(engine)
        self.store = SqlStore(engine, accounts=people.OUR_ACCOUNTS)
        self.store.create_tables()
        self.grants = Grants()
        self.login = CleverLogin(app, store=self.store)
        self.google = GoogleLogin(google, store=self.store, keeper=self.grants)
        self.rosters = Rosters(self.login, self.google, self.grants, opened=self.opened, now=self.now)
        self.tries = Tries(self.now)
        with self.opened() as (_, connection):
            for district, name in (districts or {}).items():
                self.remember_district(connection, district, name)

    def close(self):
        self.login.close()
        self.google.close()
        self.store.close()

    def now(self):
        return datetime.now(UTC)

    @contextmanager
    def opened(self):
        """One transaction for the library's tables and ours: its ports, and the connection they are on."""
        with self.store.engine.begin() as connection:
            yield self.store.ports(connection), connection

    # --- Who may do what ---

    def rights(self, ports, connection, account):
        """By their roles at school today, and what the product itself granted."""
        roles = {role for link in ports.links.of(account) for role in link.roles}
        granted = people.row(connection, account).granted.split()
        return linking.hold(people.RIGHTS, roles, by_hand=granted)

    def ids(self, ports, account, provider=CLEVER, role=None):
        """This account's identities at Clever, or Google; those with a role, if one is named."""
        return [
            link.key
            for link in ports.links.of(account)
            if link.key.provider == provider and (role is None or role in link.roles)
        ]

    def own_district(self, ports, account):
        """The district that somebody administers; None if they administer none."""
        ids = self.ids(ports, account, role=Role.DISTRICT_ADMIN)
        return ids[0].district if ids else None

    # --- What would change ---

    def plan(self, ports, snapshot, **wish):
        """`roster.plan`; what would make a second class of the same people, or a second account of a child, waits."""
        return crossing.guard(ports, roster.plan(ports, snapshot, **wish), tenant=self.tenant)

    def synced(self, ports, district):
        """The sections here that follow this district's roster, by Clever's id."""
        return {key.section: one for key, one in ports.sections.attached_in(CLEVER, district).items()}

    # --- Plans that wait for somebody ---

    def keep_plan(self, connection, plan, title, by):
        """Keep a plan to be looked at; older ones about the same sections are out of date."""
        scope = set(plan.snapshot.scope)
        waiting = select(tables.plans.c.digest, tables.plans.c.scope).where(
            tables.plans.c.district == plan.snapshot.district, tables.plans.c.state == "open"
        )
        for digest, held in connection.execute(waiting).all():
            if not scope.isdisjoint(json.loads(held)):
                self.mark_plan(connection, digest, "replaced")
        values = {
            "digest": plan.digest,
            "district": plan.snapshot.district,
            "title": title,
            "scope": json.dumps(sorted(scope)),
            "letter": roster.plan_to_json(plan),
            "made_by": by,
            "made_at": self.now(),
            "held": len(plan.held),
            "waiting_since": min((s.hold.since for s in plan.held if s.hold.since), default=None),
            "state": "open",
        }
        _put(connection, tables.plans, values, "digest")
        return plan.digest

    def mark_plan(self, connection, digest, state):
        connection.execute(update(tables.plans).where(tables.plans.c.digest == digest).values(state=state))

    def find_plan(self, connection, digest):
        """The row and the plan itself; None if there is none."""
        kept = connection.execute(select(tables.plans).where(tables.plans.c.digest == digest)).one_or_none()
        return kept and (kept, roster.plan_from_json(kept.letter))

    # --- Moves from one roster to another, likewise ---

    def keep_move(self, connection, move, by):
        values = {
            "digest": move.digest,
            "title": f"Move to {NAMES[move.to.provider]}",
            "letter": crossing.migration_to_json(move),
            "made_by": by,
            "state": "open",
        }
        _put(connection, tables.moves, values, "digest")
        return move.digest

    def mark_move(self, connection, digest, state):
        connection.execute(update(tables.moves).where(tables.moves.c.digest == digest).values(state=state))

    def find_move(self, connection, digest):
        """The row and the move itself; None if there is none."""
        kept = connection.execute(select(tables.moves).where(tables.moves.c.digest == digest)).one_or_none()
        return kept and (kept, crossing.migration_from_json(kept.letter))

    # --- Beside the library's sections ---

    def open_class(self, connection, section, login_type):
        """Note how its students sign in, and a code to join by; once."""
        values = {"section": section, "login_type": login_type, "code": secrets.token_hex(3).upper()}
        connection.execute(upsert(tables.classes).values(values).on_conflict_do_nothing(index_elements=["section"]))

    def set_login_type(self, connection, section, login_type):
        mine = tables.classes.c.section == section
        connection.execute(update(tables.classes).where(mine).values(login_type=login_type))

    def class_of(self, connection, section):
        return connection.execute(select(tables.classes).where(tables.classes.c.section == section)).one_or_none()

    def section_by_code(self, connection, code):
        found = select(tables.classes).where(tables.classes.c.code == code.strip().upper())
        return connection.execute(found).one_or_none()

    def remember_district(self, connection, district, name):
        _put(connection, tables.districts, {"id": district, "name": name}, "id")

    def districts(self, connection):
        return dict(connection.execute(select(tables.districts).order_by(tables.districts.c.name)).all())

    # --- What was said about pairs of accounts ---

    def reviewed(self, connection):
        said = connection.execute(select(tables.decisions).order_by("first", "second")).all()
        return ReviewQueue(
            tuple(
                Decision(accounts=(AccountId(one.first), AccountId(one.second)), weight=one.weight, same=bool(one.same))
                for one in said
            )
        )

    def remember_decision(self, connection, pair, *, same, by):
        first, second = pair.accounts
        values = {"first": first, "second": second, "weight": pair.weight, "same": int(same), "said_by": by}
        _put(connection, tables.decisions, values, "first", "second")

    def remember_merge(self, connection, source, into, by):
        values = {"source": source, "into": into, "said_by": by, "at": self.now()}
        connection.execute(insert(tables.merges).values(values))


def _put(connection, table, values, *key):
    """Insert a row, or overwrite the one of the same key."""
    kept = upsert(table).values(values)
    connection.execute(kept.on_conflict_do_update(index_elements=key, set_=values))
