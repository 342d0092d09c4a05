"""What is particular to `MemoryStore`: accounts put in by the host, and one transaction at a time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from clever_roster.errors import StoreError
from clever_roster.model import Account, AccountId, PersonName
from clever_roster.storage import MemoryStore
from clever_roster.testing.contracts.samples import newcomer

OLD = Account(
    id=AccountId("2"),
    name=PersonName("Ana", "Nova"),
    has_password=True,
    active=False,
    created_at=datetime(2020, 1, 1, tzinfo=UTC),
    activity=12,
)


def test_whole_accounts_are_put_and_overwritten():
    """A host's own accounts come back with every field; new ids do not meet theirs."""
    store = MemoryStore(accounts=[OLD])
    store.put_accounts([Account(id=AccountId("anna"), name=PersonName("B", "C"))])
    store.put_accounts([Account(id=AccountId("anna"), name=PersonName("B", "D"))])
    with store.transaction() as ports:
        new = ports.accounts.create([newcomer() for _ in range(9)])
        found = ports.accounts.find([OLD.id, AccountId("anna")])
        assert found[OLD.id] == OLD
        assert found[AccountId("anna")].name.last == "D"
        assert len({OLD.id, "anna", *new}) == 11


def test_a_transaction_inside_a_transaction_is_refused():
    """It would work on a copy of its own, and one of the two would be lost."""
    store = MemoryStore()
    with store.transaction() as ports:
        ports.accounts.create([newcomer()])
        with pytest.raises(StoreError, match="transaction is open"), store.transaction():
            pass
        with pytest.raises(StoreError, match="transaction is open"):
            store.put_accounts([OLD])
    with store.transaction() as ports:
        assert len(list(ports.accounts.all())) == 1
