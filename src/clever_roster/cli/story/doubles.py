"""Who exists twice: last year's class from Google Classroom, the same children from Clever, and what finds them.

Last year the teacher's class came from Google Classroom, mostly with addresses of another domain, and with names as
people type them. Nobody told the two rosters about each other. That is planted here, so the chapter knows the truth.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import timedelta

from clever_roster import duplicates
from clever_roster.cli.story.stage import Chapter, Fact, Stage
from clever_roster.duplicates import Pair, Zone
from clever_roster.model import (
    GOOGLE_CLASSROOM,
    AccountId,
    DistrictId,
    EnrollmentRole,
    EnrollmentStatus,
    HostEnrollment,
    HostSection,
    IdentityKey,
    Link,
    Origin,
    PersonId,
    SectionId,
    SectionKey,
)
from clever_roster.testing.district import SamplePerson

__all__ = ["find", "remember_last_year"]

_DOMAIN = DistrictId("classroom.example")
_CLASS = SectionKey(GOOGLE_CLASSROOM, _DOMAIN, SectionId("g-class-1"))


def remember_last_year(stage: Stage) -> None:
    """Put last year's class into the host, once: ten children at most, and their teacher."""
    if _google_accounts(stage):
        return
    then = stage.now - timedelta(days=160)
    section = stage.district.sections[stage.sections[0]]
    teacher = stage.district.people[stage.show.teacher]
    pupils = [stage.district.people[person] for person in section.students if person != stage.show.student][:10]
    accounts: dict[PersonId, AccountId] = {}
    for number, person in enumerate((teacher, *pupils)):
        first, last = _as_typed(number)(person)
        school_address = person.email if number % 3 == 0 and "@" in person.email else f"g{number:02}@{_DOMAIN}"
        accounts[person.id] = stage.host.sign_up(
            first, last, email=school_address, lessons=3 * number, when=then, password=False
        )
    with stage.host.store.transaction() as ports:
        ports.links.add([Link(key=_key(person), account=own, linked_at=then) for person, own in accounts.items()])
        host = ports.sections.save([HostSection(name=section.name, owner=accounts[teacher.id], source=_CLASS)])[0]
        if host.id is None:
            return
        ports.sections.save_enrollments(
            [
                HostEnrollment(
                    section=host.id,
                    account=own,
                    role=EnrollmentRole.TEACHER if person == teacher.id else EnrollmentRole.STUDENT,
                    origin=Origin.SOURCE,
                    status=EnrollmentStatus.ACTIVE,
                    since=then,
                    changed_at=then,
                    person=_key(person).subject,
                )
                for person, own in accounts.items()
            ]
        )


def find(stage: Stage) -> Chapter:
    """Search all accounts of the host, and compare what is found with what was planted."""
    with stage.host.store.transaction() as ports:
        findings = duplicates.find(duplicates.gather(ports))
    truth = _truth(stage)
    found = {frozenset(pair.accounts): pair for pair in findings.pairs if pair.zone in {Zone.SURE, Zone.REVIEW}}
    sure = {frozenset(pair.accounts) for pair in findings.of(Zone.SURE)}
    missed, wrong = truth - found.keys(), found.keys() - truth
    ok = bool(truth) and not sure - truth and len(missed) <= len(truth) // 3 and len(wrong) <= len(truth) // 5
    facts: dict[str, Fact] = {
        "planted": len(truth),
        "found": len(truth & found.keys()),
        "sure": len(sure),
        "missed": len(missed),
        "wrong": len(wrong),
        "wrong_and_sure": len(sure - truth),
        "suggestions": len(findings.suggestions),
    }
    shown = [pair for pair in findings.pairs if frozenset(pair.accounts) in truth][:2]
    told = (
        f"{len(truth)} people have one account from Google Classroom and another from Clever.",
        f"Found: {len(truth & found.keys())}, surely {len(sure)}; missed {len(missed)}, wrong {len(wrong)}.",
        *(f"  {line}" for pair in shown for line in _explained(pair, findings)),
        "Nothing is merged: the library suggests, the host decides.",
    )
    return Chapter(name="duplicates", title="Who exists twice is found and explained", ok=ok, facts=facts, told=told)


def _explained(pair: Pair, findings: duplicates.Findings) -> list[str]:
    lines = pair.explain(names=True).splitlines()
    for suggestion in findings.suggestions:
        if suggestion.keep in pair.accounts:
            merged = ", ".join(move.account for move in suggestion.merge)
            lines.append(
                f"  suggestion: keep account {suggestion.keep}, merge {merged}. {' '.join(suggestion.because)}"
            )
    return lines


def _truth(stage: Stage) -> set[frozenset[AccountId]]:
    """Pairs of accounts of one planted person, as far as the person has an account from Clever by now."""
    clever = ((own, stage.account_of(person)) for person, own in _google_accounts(stage).items())
    return {frozenset({own, other}) for own, other in clever if other is not None}


def _google_accounts(stage: Stage) -> dict[PersonId, AccountId]:
    with stage.host.store.transaction() as ports:
        links = [link for link in ports.links.all() if link.key.provider == GOOGLE_CLASSROOM]
    return {PersonId(link.key.subject.removeprefix("g-")): link.account for link in links}


def _key(person: PersonId) -> IdentityKey:
    return IdentityKey(GOOGLE_CLASSROOM, _DOMAIN, PersonId(f"g-{person}"))


def _as_typed(number: int) -> Callable[[SamplePerson], tuple[str, str]]:
    """How a name looks after a person typed it into another form."""
    return (_plainly, _without_accents, _with_a_slip, _plainly)[number % 4]


def _plainly(person: SamplePerson) -> tuple[str, str]:
    return person.first, person.last


def _without_accents(person: SamplePerson) -> tuple[str, str]:
    def fold(text: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))

    return fold(person.first), fold(person.last)


def _with_a_slip(person: SamplePerson) -> tuple[str, str]:
    """Two letters in the wrong order."""
    first = person.first
    return (f"{first[:1]}{first[2]}{first[1]}{first[3:]}" if len(first) > 3 else first), person.last  # noqa: PLR2004
