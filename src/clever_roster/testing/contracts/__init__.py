"""The published contract of stores: one small class asks whether yours keeps the laws of `clever_roster.ports`.

One test per law::

    class TestMyStore(StoreContract):
        def make_store(self) -> Store:
            return MyStore(...)  # fresh and empty


    TestMyStoreModel = machine_for(lambda: MyStore(...))

Without a test framework: `for case in cases(): case.run(make_store())`. The ids of cases stay the same from release to
release. The laws of one caller are in `logins`, `rosters` and `transactions`, those of many in `races`; `machine`
compares a store with `MemoryStore` over random histories. Needs the extra `clever-roster[test]`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from inspect import getdoc
from typing import ClassVar

import attrs
import pytest

ROOMS = ("logins", "rosters", "transactions", "races", "machine")
pytest.register_assert_rewrite(*(f"{__name__}.{room}" for room in ROOMS))

from clever_roster.errors import ConfigurationError  # noqa: E402 - the laws' asserts explain themselves from here on
from clever_roster.ports import Store  # noqa: E402
from clever_roster.testing.contracts import logins, races, rosters, transactions  # noqa: E402
from clever_roster.testing.contracts.machine import machine_for  # noqa: E402
from clever_roster.testing.contracts.samples import Law  # noqa: E402

__all__ = ["UNSKIPPABLE", "Case", "StoreContract", "cases", "machine_for"]


def __dir__() -> list[str]:
    return __all__


UNSKIPPABLE = frozenset(
    {
        "an_attempt_is_consumed_once",
        "an_identity_belongs_to_one_account",
        "creating_inserts_and_never_finds",
        "identities_are_compared_byte_for_byte",
        "one_of_many_consumes_the_attempt",
        "the_last_link_stays",
    }
)
"""Without these a store cannot be used: unique identity, atomic take, insert-only create, the last way in."""


@attrs.frozen
class Case:
    """One law, to be run on a fresh store; it raises AssertionError when the law is broken."""

    run: Law

    @property
    def id(self) -> str:
        """What the case is called in every release."""
        return self.run.__name__

    @property
    def law(self) -> str:
        """What the port promised."""
        return getdoc(self.run) or ""


def cases() -> tuple[Case, ...]:
    """All laws, those of one caller first."""
    return tuple(Case(law) for law in (*logins.LAWS, *rosters.LAWS, *transactions.LAWS, *races.LAWS))


class StoreContract(ABC):
    """One test per law; subclass it, name it `Test...` and say how a store is made.

    Attributes:
        skipped: laws that this store does not keep, by id, each with the reason that the report shows.
    """

    skipped: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def make_store(self) -> Store:
        """Make a fresh store with nothing in it, called once per test."""

    def end_store(self, store: Store) -> None:  # noqa: B027 - most stores have nothing to let go of
        """Let go of what `make_store` opened; nothing to do by default."""

    @pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
    def test_law(self, case: Case) -> None:
        """The store keeps this law."""
        forbidden = UNSKIPPABLE & self.skipped.keys()
        if forbidden:
            raise ConfigurationError(
                f"Not skippable: {', '.join(sorted(forbidden))}.", next_step="Mend the store: logins rest on these."
            )
        if case.id in self.skipped:
            pytest.skip(self.skipped[case.id])
        store = self.make_store()
        try:
            case.run(store)
        except AssertionError as broken:
            broken.add_note(f"The law: {case.law}")
            raise
        finally:
            self.end_store(store)
