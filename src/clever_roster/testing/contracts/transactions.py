"""The laws that all ports keep together: rollback, text, time and bulk; each docstring is what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, timezone

import attrs

from clever_roster.errors import StoreError
from clever_roster.model import (
    CLEVER,
    HostSection,
    PersonId,
    PersonName,
    ProfileUpdate,
    SectionId,
)
from clever_roster.ports import JournalEntry, Ports, Store
from clever_roster.testing.contracts.samples import (
    DISTRICT,
    MINUTE,
    NAMES,
    NOW,
    Law,
    described,
    identity,
    link,
    listed,
    login,
    newcomer,
    open_section,
    refuses,
    seat,
    sign_up,
    source,
    take,
    undo,
)

__all__ = ["LAWS"]


# --- All together -----------------------------------------------------------------------------------------------------


def an_exception_undoes_everything(store: Store) -> None:
    """Whatever was done through any port is gone when the block raises, and what was there before is back."""
    section, owner = open_section(store, attached_to=source("kept"))
    with store.transaction() as ports:
        ports.attempts.save(login("kept"))
        ports.links.add([link(identity("kept"), owner)])
        ports.sections.save_enrollments([seat(section, owner)])
        ports.roster.save(CLEVER, DISTRICT, people=[described(1)], sections=[listed("kept", 2)])
        before = _everything(ports)

    def work(ports: Ports) -> None:
        (stranger,) = ports.accounts.create([newcomer()])
        ports.accounts.update([ProfileUpdate(account=owner, name=PersonName("Un", "Done"))])
        assert take(ports, login("kept")) is not None
        ports.attempts.save(login("lost"))
        ports.attempts.claim_code(code_digest="c" * 64, now=NOW, expires_at=NOW + MINUTE)
        ports.links.remove(identity("kept"))
        ports.links.add([link(identity("lost"), stranger)])
        ports.sections.save([HostSection(id=section, name="Renamed", owner=stranger, archived=True)])
        lost = ports.sections.save([HostSection(name="Lost", owner=stranger)])[0]
        ports.sections.save_enrollments([seat(section, stranger), seat(lost.id or section, stranger)])
        ports.roster.save(
            CLEVER, DISTRICT, people=[described(2)], sections=[listed("lost", 1)], gone=[SectionId("kept")]
        )
        ports.roster.record([JournalEntry(at=NOW, plan="x", actor="x", verb="x", section=section)])

    undo(store, work)
    with store.transaction() as ports:
        assert _everything(ports) == before
        assert ports.roster.journal(section) == ()
        assert take(ports, login("lost")) is None
        assert take(ports, login("kept")) == login("kept")
        assert ports.attempts.claim_code(code_digest="c" * 64, now=NOW, expires_at=NOW + MINUTE)


def _everything(ports: Ports) -> Sequence[object]:
    return (
        tuple(ports.links.all()),
        tuple(ports.accounts.all()),
        dict(ports.sections.attached([source("kept"), source("lost")])),
        ports.sections.enrollments(),
        dict(ports.roster.sections([source("kept"), source("lost")])),
        dict(ports.roster.people(CLEVER, DISTRICT)),
    )


def text_survives_byte_for_byte(store: Store) -> None:
    """Names in any script, emoji, and letters in either spelling of Unicode are neither folded nor normalised."""
    newcomers = [newcomer(number, email="ÜSER@schüle.example ") for number in range(len(NAMES))]
    with store.transaction() as ports:
        ids = ports.accounts.create(newcomers)
    with store.transaction() as ports:
        found = ports.accounts.find(ids)
    assert [(found[each].name, found[each].email) for each in ids] == [(each.name, each.email) for each in newcomers]


def times_are_instants(store: Store) -> None:
    """An aware time comes back as the same instant, to the microsecond and aware; a naive one is refused."""
    (account,) = sign_up(store, 1)
    nepal = timezone(timedelta(hours=5, minutes=45))
    there = attrs.evolve(link(identity("p1"), account), linked_at=NOW.astimezone(nepal))
    with store.transaction() as ports:
        ports.links.add([there])
        ports.attempts.save(attrs.evolve(login(), expires_at=(NOW + MINUTE).astimezone(nepal)))
    with store.transaction() as ports:
        back = ports.links.of(account)[0].linked_at
        assert back.utcoffset() is not None
        assert back == NOW
        assert take(ports, login(), now=(NOW + MINUTE).astimezone(nepal)) is None
        assert take(ports, login(), now=NOW.astimezone(nepal)) is not None
    naive = NOW.replace(tzinfo=None)
    nowhere = attrs.evolve(there, key=identity("p2"), linked_at=naive)
    refuses(StoreError, store, lambda ports: ports.links.add([nowhere]))
    refuses(StoreError, store, lambda ports: ports.attempts.save(attrs.evolve(login("n"), expires_at=naive)))


def ten_thousand_rows_are_no_trouble(store: Store) -> None:
    """Every port that takes many rows takes a district's worth of them in one call."""
    many = 10_000
    section, _ = open_section(store)
    with store.transaction() as ports:
        ids = ports.accounts.create([newcomer(number) for number in range(many)])
        keys = [identity(f"p{number:05}") for number in range(many)]
        ports.links.add([link(key, account) for key, account in zip(keys, ids, strict=True)])
        ports.sections.save_enrollments([seat(section, account) for account in ids])
        ports.roster.save(
            CLEVER, DISTRICT, people=[described(number) for number in range(many)], sections=[listed("big", many)]
        )
        ports.accounts.update([ProfileUpdate(account=account, email="x@school.example") for account in ids])
    with store.transaction() as ports:
        found = ports.links.find(keys)
        assert tuple(found[key].account for key in keys) == ids
        assert all(account.email == "x@school.example" for account in ports.accounts.find(ids).values())
        assert {row.account for row in ports.sections.enrollments([section])} == set(ids)
        assert len(ports.roster.people(CLEVER, DISTRICT, [PersonId(f"p{number}") for number in range(many)])) == many
        assert ports.roster.sections([source("big")])[source("big")] == listed("big", many)


LAWS: tuple[Law, ...] = (
    an_exception_undoes_everything,
    text_survives_byte_for_byte,
    times_are_instants,
    ten_thousand_rows_are_no_trouble,
)
