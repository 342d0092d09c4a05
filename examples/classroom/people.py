"""Accounts of the product: passwords, pictures, stars. Each function takes an open connection; nothing commits here."""

import secrets
from datetime import UTC
from hashlib import scrypt
from hmac import compare_digest

from sqlalchemy import func, insert, select, update

from classroom.tables import accounts, star_count, stars
from clever_roster.model import AccountId, Role
from clever_roster.storage.sqlalchemy import AccountTable

TEACH, DISTRICT = "teach", "district"
RIGHTS = {Role.TEACHER: {TEACH}, Role.DISTRICT_ADMIN: {DISTRICT}}
"""What a role at school grants here; `linking.hold` reads it."""

PICTURES = ("🐙 octopus", "🦊 fox", "🐢 turtle", "🦉 owl", "🐳 whale", "🦋 butterfly", "🦔 hedgehog", "🐝 bee")
WORDS = ("maple", "river", "cloud", "pebble", "meadow", "lantern", "harbor", "willow", "comet", "acorn", "island")

OUR_ACCOUNTS = AccountTable(
    table=accounts,
    id=accounts.c.id,
    first_name=accounts.c.first_name,
    last_name=accounts.c.last_name,
    email=accounts.c.email,
    has_password=accounts.c.password_hash,
    active=accounts.c.closed_at.is_(None),
    created_at=accounts.c.created_at,
    last_active_at=accounts.c.last_seen_at,
    activity=star_count,
)
"""What the columns mean to clever_roster. All it takes to keep your own user table."""


# --- Ways in ----------------------------------------------------------------------------------------------------------


def hashed(password, salt=None):
    salt = salt or secrets.token_bytes(16)
    return f"{salt.hex()}${scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1).hex()}"


NOBODYS = hashed("nobody has this one")


def with_password(connection, email, password):
    """The account that this email and password open; None if they open none. Takes as long either way."""
    found = connection.execute(
        select(accounts.c.id, accounts.c.password_hash).where(
            func.lower(accounts.c.email) == email.strip().lower(),
            accounts.c.password_hash.is_not(None),
            accounts.c.closed_at.is_(None),
        )
    ).first()
    kept = found.password_hash if found else NOBODYS
    right = compare_digest(kept, hashed(password, bytes.fromhex(kept.partition("$")[0])))
    return AccountId(str(found.id)) if found and right else None


def sign_up(connection, first, last, email, password, *, granted="", picture=None, created_at=None):
    """A new account; None if there is one already that signs in with this email and a password."""
    if email and password:
        taken = select(accounts.c.id).where(
            func.lower(accounts.c.email) == email.strip().lower(), accounts.c.password_hash.is_not(None)
        )
        if connection.execute(taken).first():
            return None
    values = {
        "first_name": first.strip(),
        "last_name": last.strip(),
        "email": (email or "").strip() or None,
        "password_hash": hashed(password) if password else None,
        "granted": granted,
        "picture": picture,
        **({"created_at": created_at} if created_at else {}),
    }
    return AccountId(str(connection.execute(insert(accounts).values(values).returning(accounts.c.id)).scalar_one()))


def claim_email(connection, account, email):
    """The address to sign in with; False if somebody else does already."""
    signs_in = (func.lower(accounts.c.email) == email.lower()) & accounts.c.password_hash.is_not(None)
    if connection.execute(select(accounts.c.id).where(signs_in, accounts.c.id != int(account))).first():
        return False
    connection.execute(update(accounts).where(accounts.c.id == int(account)).values(email=email))
    return True


def set_password(connection, account, password):
    """A new password ends every other session of theirs."""
    connection.execute(update(accounts).where(accounts.c.id == int(account)).values(password_hash=hashed(password)))
    end_sessions(connection, account)


def end_sessions(connection, account):
    connection.execute(update(accounts).where(accounts.c.id == int(account)).values(round=accounts.c.round + 1))


def row(connection, account):
    return connection.execute(select(accounts).where(accounts.c.id == int(account))).one_or_none()


def first_password():
    """Easy to read to a child, and good enough until it is changed."""
    return "-".join((*(secrets.choice(WORDS) for _ in range(3)), str(secrets.randbelow(90) + 10)))


# --- Work -------------------------------------------------------------------------------------------------------------


def finish_lesson(connection, account, lesson):
    connection.execute(insert(stars).values(account=int(account), lesson=lesson))
    connection.execute(update(accounts).where(accounts.c.id == int(account)).values(last_seen_at=func.now()))


def star_counts(connection, wanted):
    """How many stars each of these accounts has."""
    counted = select(stars.c.account, func.count()).where(stars.c.account.in_([int(one) for one in wanted]))
    found = dict(connection.execute(counted.group_by(stars.c.account)).all())
    return {one: found.get(int(one), 0) for one in wanted}


def move_work(connection):
    """The product's part of a merge, in the same transaction: stars follow, and remember whose they were."""

    def move(_, source, into):
        mine = stars.c.account == int(source)
        connection.execute(
            update(stars).where(mine).values(account=int(into), came_from=func.coalesce(stars.c.came_from, int(source)))
        )

    return move


def return_work(connection):
    """The way back; what was earned since stays where it was earned."""

    def give_back(_, source, into):
        theirs = (stars.c.account == int(into)) & (stars.c.came_from == int(source))
        connection.execute(update(stars).where(theirs).values(account=int(source), came_from=None))

    return give_back


def aware(moment):
    """SQLite gives times back without a zone; ours are all UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
