"""Where a command keeps things: a database by its URL, or whatever store the host's own code makes.

A URL with a password in it does not belong on a command line: it is taken from the environment, or the password from
where the database's own driver looks (PGPASSWORD, ~/.pgpass). The store is asked one harmless question at each port
before anything is done with it, so that missing tables are told at the beginning, and in one line.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clever_roster.errors import CleverRosterError, ConfigurationError, StoreError
from clever_roster.model import (
    CLEVER,
    AccountId,
    DistrictId,
    HostSectionId,
    IdentityKey,
    PersonId,
    SectionId,
    SectionKey,
)
from clever_roster.ports import Ports, Store

__all__ = ["add_store", "opened_store", "probe", "refuse_password", "store_is_named"]

VARIABLE = "CLEVER_ROSTER_DB"


def add_store(parser: argparse.ArgumentParser) -> None:
    """The options that say where things are kept."""
    group = parser.add_argument_group("Where accounts and classes are kept")
    where = group.add_mutually_exclusive_group()
    where.add_argument(
        "--db",
        metavar="URL",
        help=f"a database with our own tables, as sqlite:///school.db; a URL with a password goes into {VARIABLE}",
    )
    where.add_argument(
        "--store",
        metavar="MODULE:NAME",
        help="the store of your own application: an object, or a function that makes it, as school.app:store",
    )
    group.add_argument("--create-tables", action="store_true", help="with --db: make our tables where they are missing")


def store_is_named(options: argparse.Namespace) -> bool:
    """Whether the options, or the environment, say where things are kept."""
    return bool(options.db or options.store or os.environ.get(VARIABLE))


@contextmanager
def opened_store(options: argparse.Namespace) -> Generator[Store]:
    """The store that the options name, proven to answer.

    Raises:
        ConfigurationError: none is named, or it cannot be opened.
        StoreError: it does not answer as a store does: tables are missing, or have an older shape.
    """
    store: Any = _of_host(options.store) if options.store else _of_url(options)
    try:
        if options.create_tables and not options.store:
            store.create_tables()
        with store.transaction() as ports:
            probe(ports)
    except CleverRosterError:
        raise
    except Exception as error:  # noqa: BLE001 - each adapter has its driver's own errors
        raise StoreError(
            f"The database does not answer as it should ({type(error).__name__}).",
            next_step="Is it there, and are its tables made (--create-tables) and of this release (upgrade)? "
            "If accounts are in a table of your own, name your store with --store.",
        ) from None
    try:
        yield store
    finally:
        if not options.store:
            store.close()


def probe(ports: Ports) -> None:
    """Ask each port something that nobody has; what is missing shows itself as the driver's error."""
    nobody, nowhere = PersonId("nobody"), DistrictId("nowhere")
    key = SectionKey(CLEVER, nowhere, SectionId("none"))
    ports.accounts.find([AccountId("0")])
    ports.links.find([IdentityKey(CLEVER, nowhere, nobody)])
    ports.sections.attached([key])
    ports.sections.enrollments([HostSectionId("0")])
    ports.roster.sections([key])
    ports.roster.people(CLEVER, nowhere, [nobody])
    ports.roster.journal(HostSectionId("0"))
    ports.roster.memos(["none"])


def _of_url(options: argparse.Namespace) -> object:
    url: str = options.db or os.environ.get(VARIABLE, "")
    if not url:
        raise ConfigurationError(
            "No database is named.", next_step=f"Name one with --db URL, --store MODULE:NAME, or in {VARIABLE}."
        )
    if options.db:
        refuse_password(url)
    try:
        from clever_roster.storage.sqlalchemy import SqlStore

        return SqlStore(url)
    except CleverRosterError:
        raise
    except Exception as error:  # noqa: BLE001 - a wrong URL, or a driver that is missing
        raise ConfigurationError(
            f"The database {url.partition(':')[0]!r} cannot be opened ({type(error).__name__}).",
            next_step="Use a URL such as sqlite:///school.db, and install the driver that it names.",
        ) from None


def refuse_password(url: str) -> None:
    """See that a URL which was given on the command line holds no password.

    Raises:
        ConfigurationError: it does.
    """
    try:
        found = bool(urlsplit(url).password)
    except ValueError:
        found = True
    if found:
        raise ConfigurationError(
            "A password on the command line can be seen by every process.",
            next_step=f"Put the URL into {VARIABLE}, or the password into PGPASSWORD or ~/.pgpass.",
        )


def _of_host(place: str) -> object:
    module, _, name = place.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: object = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"There is no store at {place!r} ({type(error).__name__}).",
            next_step="Name it as MODULE:NAME, from the folder in which the module can be imported.",
        ) from None
    finally:
        sys.path.remove(str(Path.cwd()))
    made = found() if callable(found) and not hasattr(found, "transaction") else found
    if not hasattr(made, "transaction"):
        raise ConfigurationError(
            f"{place} is no store: it has no `transaction`.", next_step="Name an object of your Store class."
        )
    return made
