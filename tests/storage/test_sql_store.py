"""What is particular to `SqlStore`: the number of statements, the host's own table and transaction, files, refusals."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from traceback import format_exception
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, Uuid, create_engine, event, insert, select
from sqlalchemy.exc import DataError, OperationalError

from clever_roster.errors import AccountNotFound, ConfigurationError, SectionNotFound, StoreError
from clever_roster.model import (
    CLEVER,
    AccountId,
    HostSection,
    HostSectionId,
    NewAccount,
    Person,
    PersonId,
    PersonName,
    ProfileUpdate,
    Section,
    SectionId,
)
from clever_roster.storage.sqlalchemy import AccountTable, SqlStore
from clever_roster.testing.contracts import StoreContract
from clever_roster.testing.contracts.samples import (
    DISTRICT,
    NOW,
    described,
    identity,
    link,
    login,
    newcomer,
    seat,
    source,
)
from databases import HOW, POSTGRES


@pytest.fixture
def store():
    made = SqlStore("sqlite://")
    made.create_tables()
    yield made
    made.close()


@contextmanager
def counted(store):
    """The statements that reach the driver."""
    statements = []

    def note(*event):
        statements.append(event[2])

    event.listen(store._engine, "before_cursor_execute", note)
    yield statements
    event.remove(store._engine, "before_cursor_execute", note)


def import_class(store, size):
    """What importing a section of that size asks of the ports."""
    people = [Person(id=PersonId(f"{size}-{n}"), district=DISTRICT, name=PersonName("A", "B")) for n in range(size)]
    listed = Section(id=SectionId(f"{size}"), district=DISTRICT, name="C", students=tuple(each.id for each in people))
    keys = [identity(person.id) for person in people]
    with store.transaction() as ports:
        assert not ports.links.find(keys)
        ids = ports.accounts.create([NewAccount(name=person.name) for person in people])
        ports.links.add([link(key, account) for key, account in zip(keys, ids, strict=True)])
        section = ports.sections.save([HostSection(name="C", owner=ids[0], source=source(listed.id))])[0]
        ports.sections.save_enrollments([seat(section.id, account) for account in ids])
        ports.accounts.update([ProfileUpdate(account=account, name=PersonName("C", "D")) for account in ids])
        assert len(ports.accounts.find(ids)) == len(ports.sections.enrollments([section.id])) == size
        ports.roster.save(CLEVER, DISTRICT, people=people, sections=[listed], gone=[SectionId("old")])
        assert len(ports.roster.people(CLEVER, DISTRICT, [person.id for person in people])) == size
        ports.roster.sections([source(listed.id)])


def test_a_class_of_300_takes_as_many_statements_as_a_class_of_30(store):
    """Issue 7: query counts are asserted; never a query per row."""
    with counted(store) as small:
        import_class(store, 30)
    with counted(store) as large:
        import_class(store, 300)
    assert len(small) == len(large)
    assert len(small) < 20


@pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}")
def test_so_it_is_on_postgresql_and_a_row_of_many_costs_no_statement():
    """Rows travel in statements of constant number; `schema` keeps this store's tables apart from all others."""
    engine, schema = create_engine(POSTGRES), "clever_roster_counted"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    store = SqlStore(engine, schema=schema)
    store.create_tables()
    counts = []
    for size in (30, 300, 1_500, 3_000):
        with counted(store) as statements:
            import_class(store, size)
        counts.append(len(statements))
    engine.dispose()
    small, large, many, more = counts
    assert small == large < 20
    assert many == more < 40, "from a thousand rows on a few statements say how they are planned"


def test_a_file_is_still_there_when_it_is_opened_again(tmp_path):
    """What was committed is read by a new store over the same file; creating the tables again keeps them."""
    url = f"sqlite:///{tmp_path / 'school.db'}"
    first = SqlStore(url)
    first.create_tables()
    with first.transaction() as ports:
        (account,) = ports.accounts.create([newcomer()])
        ports.links.add([link(identity("p1"), account)])
    first.close()
    second = SqlStore(url)
    second.create_tables()
    with second.transaction() as ports:
        assert ports.links.find([identity("p1")])[identity("p1")].account == account
        assert ports.accounts.lock(account).created_at.utcoffset() is not None
    second.close()


# --- The host's own user table ----------------------------------------------------------------------------------------

host = MetaData()
users = Table(
    "users",
    host,
    Column("user_id", Integer, primary_key=True),
    Column("full_name", String, nullable=False),
    Column("mail", String),
    Column("password_hash", String),
    Column("closed_at", DateTime),
    Column("joined", DateTime, nullable=False),
)
members = Table(
    "members",
    host,
    Column("id", Uuid, primary_key=True, default=uuid4),
    Column("given", String, key="given_key"),
    Column("middle", String),
    Column("family", String),
    Column("mail", String),
)


def joined(new):
    return {"joined": datetime(2026, 9, 1, 8, 0, 0)}  # noqa: DTZ001 - this host keeps naive UTC


USERS = AccountTable(
    table=users,
    id=users.c.user_id,
    name=users.c.full_name,
    email=users.c.mail,
    has_password=users.c.password_hash,
    active=users.c.closed_at.is_(None),
    created_at=users.c.joined,
    further=joined,
)
MEMBERS = AccountTable(
    table=members,
    id=members.c.id,
    first_name=members.c.given_key,
    middle_name=members.c.middle,
    last_name=members.c.family,
    email=members.c.mail,
)


@pytest.fixture
def engine():
    made = create_engine("sqlite://")
    host.create_all(made)
    yield made
    made.dispose()


def test_a_host_plugs_in_its_own_users(engine):
    """Integer ids, one name column, a password column, a soft end, naive UTC times and a NOT NULL column of its own."""
    store = SqlStore(engine, accounts=USERS)
    store.create_tables()
    with engine.begin() as connection:
        row = {"user_id": 41, "full_name": "Ana Nova", "mail": "ana@school.example", "password_hash": "x"}
        closed = {"user_id": 42, "full_name": "B", "closed_at": datetime(2026, 1, 1)}  # noqa: DTZ001
        connection.execute(insert(users), row | joined(None))
        connection.execute(insert(users), closed | joined(None))
    with store.transaction() as ports:
        ana, gone = ports.accounts.find([AccountId("41"), AccountId("42"), AccountId("041"), AccountId("x")]).values()
        assert (ana.name.display(), ana.has_password, ana.active) == ("Ana Nova", True, True)
        assert (gone.has_password, gone.active) == (False, False)
        assert ana.created_at == datetime(2026, 9, 1, 8, 0, 0, tzinfo=UTC)
        new = ports.accounts.create([newcomer(email="ana@school.example"), newcomer()])
        ports.accounts.update([ProfileUpdate(account=new[0], name=PersonName("Zoe", "Nova"))])
        ports.links.add([link(identity("p1"), new[0])])
        assert ports.links.of(new[0])[0].account == new[0] == "43"
        assert ports.accounts.lock(new[0]).name.display() == "Zoe Nova"
        assert [account.id for account in ports.accounts.all()] == ["41", "42", *new]
    with engine.connect() as connection:
        assert connection.scalar(select(users.c.full_name).where(users.c.user_id == 43)) == "Zoe Nova"


def test_the_host_may_number_its_people_with_uuids(engine):
    """UUID ids travel as text, and only in the spelling that the column itself would write."""
    store = SqlStore(engine, accounts=MEMBERS)
    store.create_tables()
    with store.transaction() as ports:
        first, second = ports.accounts.create([newcomer(0), newcomer(2)])
        assert UUID(first) != UUID(second)
        assert ports.accounts.lock(second).name.first == newcomer(2).name.first
        assert not ports.accounts.find([AccountId(first.upper()), AccountId(first.replace("-", ""))])
        section = ports.sections.save([HostSection(name="C", owner=first)])[0]
        ports.sections.save_enrollments([seat(section.id, second)])
        assert ports.sections.enrollments()[0].account == second


class TestUuidHost(StoreContract):
    """Over a host's own table every law is kept as well."""

    skipped: ClassVar = {"ten_thousand_rows_are_no_trouble": "slow, and run on SQLite by tests/contracts"}

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path

    def make_store(self):
        self.engine = create_engine(f"sqlite:///{self.folder / uuid4().hex}.db")
        host.create_all(self.engine)
        store = SqlStore(self.engine, accounts=MEMBERS)
        store.create_tables()
        return store

    def end_store(self, store):
        self.engine.dispose()


@pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}")
class TestUuidHostOnPostgres(StoreContract):
    """So it is where the database knows UUIDs itself."""

    skipped: ClassVar = {"ten_thousand_rows_are_no_trouble": "slow, and run on PostgreSQL by tests/contracts"}

    def make_store(self):
        self.engine, schema = create_engine(POSTGRES), "clever_roster_uuids"
        with self.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        theirs = MetaData(schema=schema)
        people = members.to_metadata(theirs, schema=schema)
        theirs.create_all(self.engine)
        names = {"first_name": "given_key", "middle_name": "middle", "last_name": "family", "email": "mail"}
        columns = {ours: people.c[theirs] for ours, theirs in names.items()}
        store = SqlStore(self.engine, accounts=AccountTable(table=people, id=people.c.id, **columns), schema=schema)
        store.create_tables()
        return store

    def end_store(self, store):
        self.engine.dispose()


@pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}")
def test_an_id_too_long_for_its_column_is_refused_and_never_cut():
    """Two ids that begin alike would be one. Rows sent as arrays are cast, and a cast to varchar(255) cuts."""
    engine, schema = create_engine(POSTGRES), "clever_roster_long"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    store = SqlStore(engine, schema=schema)
    store.create_tables()
    with store.transaction() as ports:
        (account,) = ports.accounts.create([newcomer()])
    with pytest.raises(DataError), store.transaction() as ports:
        ports.links.add([link(identity("p" * 256), account)])
    engine.dispose()


def test_the_host_may_hold_the_transaction(engine):
    """`ports(connection)` works in the host's own transaction: what the host undoes is undone."""
    store = SqlStore(engine, accounts=USERS)
    store.create_tables()
    with engine.connect() as connection:
        ports = store.ports(connection)
        ports.accounts.create([newcomer()])
        connection.execute(insert(users), {"full_name": "By the host"} | joined(None))
        assert len(list(ports.accounts.all())) == 2
        connection.rollback()
        assert list(ports.accounts.all()) == []


def test_an_account_table_says_what_is_wrong_with_it():
    """A name needs one column or two, and every column comes from the same table."""
    with pytest.raises(ConfigurationError, match="where a name is kept"):
        AccountTable(table=users, id=users.c.user_id)
    with pytest.raises(ConfigurationError, match="where a name is kept"):
        AccountTable(table=members, id=members.c.id, first_name=members.c.given_key)
    with pytest.raises(ConfigurationError, match="family belongs to members, not to users"):
        AccountTable(table=users, id=users.c.user_id, name=members.c.family)


# --- What is refused --------------------------------------------------------------------------------------------------


def test_rows_for_nobody_are_refused(store):
    """Foreign keys hold on SQLite too, and the errors are ours."""
    with pytest.raises(AccountNotFound), store.transaction() as ports:
        ports.links.add([link(identity("p1"), AccountId("77"))])
    with pytest.raises(StoreError), store.transaction() as ports:
        ports.sections.save([HostSection(name="C", owner=AccountId("77"))])
    with store.transaction() as ports:
        (owner,) = ports.accounts.create([newcomer()])
        section = ports.sections.save([HostSection(name="C", owner=owner)])[0].id
    for nobody in (AccountId("77"), AccountId("nobody")):
        with pytest.raises(AccountNotFound), store.transaction() as ports:
            ports.sections.save_enrollments([seat(section, nobody)])
    with pytest.raises(SectionNotFound), store.transaction() as ports:
        ports.sections.save_enrollments([seat(HostSectionId("77"), owner)])


def test_errors_do_not_quote_rows(store):
    """An exception carries ids at most: never the name or the address of a person, nor the statement's parameters."""
    with store.transaction() as ports:
        ports.roster.save(CLEVER, DISTRICT, people=[pupil := described(1)], sections=[])
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE clever_roster_mirror_people")
    with pytest.raises(OperationalError) as broken, store.transaction() as ports:
        ports.roster.save(CLEVER, DISTRICT, people=[pupil], sections=[])
    told = "".join(format_exception(broken.value))
    assert pupil.email not in told
    assert pupil.name.last not in told


def test_expired_rows_are_swept_when_a_code_is_claimed(store):
    """The tables of attempts and codes do not grow for ever; what has not expired stays."""
    with store.transaction() as ports:
        ports.attempts.save(login("old"))
        ports.attempts.save(login("new", lasts=2 * (login().expires_at - NOW)))
        ports.attempts.claim_code(code_digest="old", now=NOW, expires_at=login().expires_at)
    end = login().expires_at
    with store.transaction() as ports:
        ports.attempts.claim_code(code_digest="new", now=end, expires_at=2 * (end - NOW) + NOW)
    with store._engine.connect() as connection:
        assert len(connection.execute(select(store.tables.attempts)).all()) == 1
        assert connection.scalars(select(store.tables.codes.c.code_digest)).all() == ["new"]


def test_other_databases_are_refused_at_once():
    """A dialect whose SQL we have not proven is a ConfigurationError, before anything is sent."""
    engine = create_engine("sqlite://")
    engine.dialect.name = "mysql"
    with pytest.raises(ConfigurationError, match="does not know mysql"):
        SqlStore(engine)
    engine.dispose()
