"""What is particular to `DjangoStore`: statements, the project's own transaction, users, checks and admin pages."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DataError, connections, transaction
from django.db.models import Q, Value
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import path
from test_sql_store import import_class

import django_project
from clever_roster.errors import AccountNotFound, ConfigurationError, SectionNotFound, StoreError
from clever_roster.model import AccountId, HostSection, HostSectionId
from clever_roster.storage.django import AccountFields, DjangoStore
from clever_roster.storage.django.checks import check_database, check_settings
from clever_roster.testing.contracts.samples import identity, link, newcomer, open_section, seat, undo
from databases import HOW, POSTGRES

needs_postgres = pytest.mark.skipif(POSTGRES is None, reason=f"PostgreSQL {HOW}")
ALIASES = ["default", pytest.param("postgres", marks=needs_postgres)]


@pytest.fixture(params=ALIASES)
def alias(request) -> str:
    return django_project.emptied(request.param)


@pytest.fixture
def store(alias) -> DjangoStore:
    return DjangoStore(database=alias)


def statements(store, size) -> list[str]:
    with CaptureQueriesContext(connections[store._database]) as queries:
        import_class(store, size)
    return [query["sql"] for query in queries.captured_queries]


def test_a_class_of_300_takes_as_many_statements_as_a_class_of_30(store):
    """Issue 7: query counts are asserted, on either database; never a query per row."""
    small, large = statements(store, 30), statements(store, 300)
    assert len(small) == len(large)
    assert len(small) < 40


# --- The project's own transaction and connections --------------------------------------------------------------------


def test_inside_a_transaction_of_the_project_ours_is_undone_alone_and_committed_with_it(store, alias):
    """What raises in ours leaves the project's own work; what the project undoes takes ours with it."""

    def sign_up():
        with store.transaction() as ports:
            ports.accounts.create([newcomer()])

    with transaction.atomic(using=alias):
        undo(store, lambda ports: ports.accounts.create([newcomer()]))
        sign_up()
    with transaction.atomic(using=alias):
        sign_up()
        transaction.set_rollback(True, using=alias)
    with store.transaction() as ports:
        assert len(list(ports.accounts.all())) == 1


def test_a_worker_thread_leaves_no_connection_behind(store, alias):
    """A thread that Django does not clean up after, as under `AsyncCleverLogin`, closes what it opened."""
    left = []

    def work():
        with store.transaction() as ports:
            ports.accounts.create([newcomer()])
        left.append(connections[alias].connection)

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert left == [None]


# --- People -----------------------------------------------------------------------------------------------------------


def test_new_people_cannot_sign_in_with_a_password(store, alias):
    """Somebody imported has no way in but their identity; somebody with a password is seen to have one."""
    own = get_user_model().objects.db_manager(alias).create_user("ana", password="correct horse")
    with store.transaction() as ports:
        (new,) = ports.accounts.create([newcomer()])
        found = ports.accounts.find([new, AccountId(str(own.pk)), AccountId(f"0{own.pk}"), AccountId("x")])
    assert {account.id: account.has_password for account in found.values()} == {new: False, str(own.pk): True}
    assert not get_user_model().objects.using(alias).get(pk=new).has_usable_password()


def test_fields_may_be_expressions_and_a_name_may_stand_in_one(alias):
    """A project with fields of its own says which mean what; "has a password" and "active" may be conditions."""
    mine = AccountFields(
        first_name=None,
        last_name=None,
        name="first_name",
        active=Q(last_login=None),
        activity=Value(7),
        further=lambda new: {"username": new.email, "password": ""},
    )
    store = DjangoStore(accounts=mine, database=alias)
    with store.transaction() as ports:
        (new,) = ports.accounts.create([newcomer(email="zoe@school.example")])
        account = ports.accounts.lock(new)
    assert (account.name.display(), account.active, account.activity) == (newcomer().name.display(), True, 7)
    assert get_user_model().objects.using(alias).get(pk=new).username == "zoe@school.example"


def test_account_fields_say_what_is_wrong_with_them():
    """A name needs one field or two, and every field is one of the user model."""
    with pytest.raises(ConfigurationError, match="where a name is kept"):
        DjangoStore(accounts=AccountFields(name="username"))
    with pytest.raises(ConfigurationError, match="no field 'joined'"):
        DjangoStore(accounts=AccountFields(created_at="joined"))


def test_a_refused_person_is_not_quoted(alias):
    """The user model's own constraints speak with ids and counts; the driver would quote the row."""
    store = DjangoStore(accounts=AccountFields(further=lambda _: {"username": "zoe"}), database=alias)
    with pytest.raises(StoreError) as refused, store.transaction() as ports:
        ports.accounts.create([newcomer(), newcomer()])
    assert "zoe" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_rows_for_nobody_are_refused(store):
    """Foreign keys are judged at once, and the errors are ours."""
    section, owner = open_section(store)
    for nobody in (AccountId("987654"), AccountId("nobody")):
        with pytest.raises(AccountNotFound), store.transaction() as ports:
            ports.links.add([link(identity("p1"), nobody)])
        with pytest.raises(AccountNotFound), store.transaction() as ports:
            ports.sections.save([HostSection(name="C", owner=nobody)])
        with pytest.raises(AccountNotFound), store.transaction() as ports:
            ports.sections.save_enrollments([seat(section, nobody)])
    with pytest.raises(SectionNotFound), store.transaction() as ports:
        ports.sections.save_enrollments([seat(HostSectionId("987654"), owner)])


def test_the_laws_hold_over_djangos_own_user_model(tmp_path):
    """`auth.User` as it comes: no middle name, and an email that cannot be NULL. A process has one user model."""
    script = Path(__file__).parent / "stock_user_laws.py"
    ran = subprocess.run([sys.executable, script, tmp_path / "stock.db"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "laws kept" in ran.stdout


@needs_postgres
def test_an_id_too_long_for_its_column_is_refused_and_never_cut():
    """Two ids that begin alike would be one."""
    store = DjangoStore(database=django_project.emptied("postgres"))
    with store.transaction() as ports:
        (account,) = ports.accounts.create([newcomer()])
    with pytest.raises(DataError), store.transaction() as ports:
        ports.links.add([link(identity("p" * 256), account)])


def test_a_user_model_with_fields_of_its_own_kind_is_written_by_django(alias, monkeypatch):
    """What `Rows` cannot send as it is, `bulk_create` can: the answer is the same."""
    field = get_user_model()._meta.get_field("middle_name")
    monkeypatch.setattr(field, "__class__", type("MiddleName", (type(field),), {}))
    store = DjangoStore(accounts=AccountFields(middle_name="middle_name"), database=alias)
    with store.transaction() as ports:
        ids = ports.accounts.create([newcomer(number) for number in range(3)])
    with store.transaction() as ports:
        assert [ports.accounts.find(ids)[each].name for each in ids] == [newcomer(number).name for number in range(3)]


# --- The app ----------------------------------------------------------------------------------------------------------


def test_migrations_say_what_the_models_say():
    """Nothing is left for makemigrations to find."""
    out = StringIO()
    call_command("makemigrations", "clever_roster", check=True, dry_run=True, stdout=out)
    assert "No changes" in out.getvalue()


def test_migrations_go_back_and_forth():
    """Our tables leave a database as they came."""
    django_project.emptied("default")
    call_command("migrate", "clever_roster", "zero", verbosity=0)
    assert not [name for name in connections["default"].introspection.table_names() if name.startswith("clever_roster")]
    call_command("migrate", verbosity=0)


def test_the_project_passes_its_checks():
    """A project set up as we advise hears nothing."""
    assert run_checks(databases=list(settings.DATABASES)) == []


def test_checks_tell_what_would_break_the_laws():
    """Naive times, readers that come to write, another isolation level, another database."""
    with override_settings(USE_TZ=False):
        assert [found.id for found in check_settings()] == ["clever_roster.E001"]
    connection = connections["default"]
    options = connection.settings_dict["OPTIONS"]
    vendor, connection.vendor = connection.vendor, "sqlite"
    try:
        connection.settings_dict["OPTIONS"] = {}
        assert [found.id for found in check_database(databases=["default"])] == ["clever_roster.W003"]
        connection.vendor, connection.settings_dict["OPTIONS"] = "postgresql", {"isolation_level": 4}
        assert [found.id for found in check_database(databases=["default"])] == ["clever_roster.W004"]
        connection.vendor = "mysql"
        assert [found.id for found in check_database(databases=["default"])] == ["clever_roster.E005"]
    finally:
        connection.vendor, connection.settings_dict["OPTIONS"] = vendor, options


def test_admin_pages_show_and_change_nothing():
    """Links, sections, enrollments and the journal are listed; nothing can be added, and nothing deleted."""
    django_project.emptied("default")
    store = DjangoStore()
    section, owner = open_section(store)
    with store.transaction() as ports:
        ports.links.add([link(identity("p1"), owner)])
        ports.sections.save_enrollments([seat(section, owner)])
    boss = get_user_model().objects.create_superuser("boss", password="correct horse")
    urls = ModuleType("admin_urls")
    urls.urlpatterns = [path("admin/", admin.site.urls)]
    client = Client()
    with override_settings(ROOT_URLCONF=urls):
        client.force_login(boss)
        for page in ("link", "section", "enrollment", "journalentry"):
            listed = client.get(f"/admin/clever_roster/{page}/")
            assert listed.status_code == 200
            assert client.get(f"/admin/clever_roster/{page}/?q=1").status_code == 200
            assert client.get(f"/admin/clever_roster/{page}/add/").status_code == 403
        for hidden in ("attempt", "code", "mirrorperson", "mirrorsection", "memo"):
            assert client.get(f"/admin/clever_roster/{hidden}/").status_code == 404
    django_project.emptied("default")
