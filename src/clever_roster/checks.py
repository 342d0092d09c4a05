"""Is this roster sound? Findings over a snapshot, for notebooks and nightly jobs.

    for finding in checks.check(snapshot):
        print(finding.severity, finding.count, finding.sentence)
    findings = checks.check(snapshot)  # drawn as a table in a notebook
    findings.to_frame("rows", backend="pandas")

A finding names rows by their ids and says in a sentence what they mean; it never names anybody. Nothing is changed, and
nothing is judged about the host: this file sees what the source said, and nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final

import attrs

from clever_roster.display.views import Shown, Table, Tone, View, counted
from clever_roster.model import Person, PersonId, Role, Section, Snapshot

__all__ = ["Finding", "Findings", "Severity", "check", "records"]


def __dir__() -> list[str]:
    return __all__


class Severity(StrEnum):
    """How bad it is. ERROR: a sync or a login will go wrong by it. WARNING: it may. NOTE: good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@attrs.frozen(kw_only=True)
class Finding:
    """One kind of trouble, and where it is.

    Attributes:
        code: what kind, the same in every release.
        rows: the ids of each place, most often one; of a duplicate all that share it.
        sentence: what it means, and what to do.
    """

    code: str
    severity: Severity
    sentence: str
    rows: tuple[tuple[str, ...], ...]

    @property
    def count(self) -> int:
        """In how many places."""
        return len(self.rows)


class Findings(tuple[Finding, ...], Shown):
    """Findings, the worst first; a notebook shows them as a table."""

    __slots__ = ()

    def view(self, *, names: bool = False) -> View:  # noqa: ARG002 - nobody is named here
        """Tables `findings`, one row for each kind of trouble, and `rows`, one for each place."""
        counts = Counter(one.severity for one in self)
        told = ", ".join(counted(counts[severity], severity) for severity in Severity)
        return View(
            title="Findings",
            lead=f"{told}." if self else "Nothing found.",
            tone=_TONES[self[0].severity] if self else Tone.GOOD,
            parts=(
                Table(
                    name="findings",
                    caption="What was found, the worst first",
                    columns=("code", "severity", "count", "sentence", "example"),
                    rows=lambda: (
                        (one.code, one.severity.value, one.count, one.sentence, _example(one)) for one in self
                    ),
                    count=len(self),
                    tone=lambda row: _TONES[Severity(str(row[1]))],
                ),
                Table(
                    name="rows",
                    caption="Every place",
                    columns=("severity", "code", "ids", "sentence"),
                    rows=lambda: (tuple(row.values()) for row in records(self)),
                    count=sum(one.count for one in self),
                    drawn=(),
                ),
            ),
        )


_TONES: Final = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.WARN, Severity.NOTE: Tone.PLAIN}


def _example(finding: Finding) -> str:
    return ", ".join(" + ".join(row) for row in finding.rows[:3])


Check = Callable[[Sequence[Snapshot]], Iterator[tuple[str, ...]]]


def check(*snapshots: Snapshot) -> Findings:
    """Everything that is found, the worst first. Several snapshots are looked at together, as one host has them."""
    found = [
        Finding(code=code, severity=severity, sentence=sentence, rows=rows)
        for code, severity, sentence, look in CHECKS
        if (rows := tuple(sorted({*look(snapshots)})))
    ]
    return Findings(sorted(found, key=lambda one: (_RANK[one.severity], one.code)))


def records(findings: Iterable[Finding]) -> list[dict[str, str | int]]:
    """One flat record for each row of each finding: what a data frame is made from."""
    return [
        {"severity": one.severity.value, "code": one.code, "ids": " ".join(row), "sentence": one.sentence}
        for one in findings
        for row in one.rows
    ]


# --- People -----------------------------------------------------------------------------------------------------------


def _people(snapshots: Sequence[Snapshot]) -> Iterator[Person]:
    for snapshot in snapshots:
        yield from snapshot.people.values()


def _without_email(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    return ((one.id,) for one in _people(snapshots) if not one.email)


def _odd_email(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    return ((one.id,) for one in _people(snapshots) if one.email and not re.fullmatch(r"\s*\S+@\S+\.\S+\s*", one.email))


def _shared(value: Callable[[Person], object]) -> Check:
    """Everyone who shares a value with somebody else of the same district."""

    def look(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
        holders: dict[object, set[PersonId]] = {}
        for one in _people(snapshots):
            if held := value(one):
                holders.setdefault((one.district, held), set()).add(one.id)
        return (tuple(sorted(ids)) for ids in holders.values() if len(ids) > 1)

    return look


def _odd_grade(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    return ((one.id,) for one in _people(snapshots) if one.grade and one.grade not in GRADES)


def _unknown_role(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    return ((one.id,) for one in _people(snapshots) if one.unknown_roles or not one.roles)


def _nameless(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    return ((one.id,) for one in _people(snapshots) if not one.name.display().strip())


def _odd_birth_date(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    """A pupil who is not yet born, younger than any class takes, or older than any school keeps."""
    for snapshot in snapshots:
        today = snapshot.taken_at.date()
        for one in snapshot.people.values():
            if one.birth_date and Role.STUDENT in one.roles:
                years = (today - one.birth_date).days / 365.25
                if not YOUNGEST <= years <= OLDEST:
                    yield (one.id,)


def _in_no_section(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    for snapshot in snapshots:
        seated = {person for section in snapshot.sections.values() for person in section.students}
        for one in snapshot.people.values():
            if one.roles == frozenset({Role.STUDENT}) and one.id not in seated:
                yield (one.id,)


def _far_grade(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    """A pupil whose grade is far from the middle one of their class: the wrong child, or the wrong grade."""
    for snapshot, section in _sections(snapshots):
        known = {one.id: YEARS[one.grade or ""] for one in _pupils(snapshot, section) if one.grade in YEARS}
        if len(known) >= TELLING:
            middle = sorted(known.values())[len(known) // 2]
            yield from ((section.id, person) for person, year in known.items() if abs(year - middle) >= FAR)


def _pupils(snapshot: Snapshot, section: Section) -> Iterator[Person]:
    return (snapshot.people[person] for person in section.students if person in snapshot.people)


def _in_two_rosters(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    """One child whom two sources describe, by email, or by name and birth date."""
    seen: dict[object, set[tuple[str, PersonId]]] = {}
    for snapshot in snapshots:
        for one in snapshot.people.values():
            if Role.STUDENT in one.roles or not one.roles:
                for key in _marks(one):
                    seen.setdefault(key, set()).add((f"{snapshot.provider}/{snapshot.district}", one.id))
    for who in seen.values():
        if len({source for source, _ in who}) > 1:
            yield tuple(sorted(f"{source}/{person}" for source, person in who))


def _marks(one: Person) -> Iterator[object]:
    if one.email:
        yield "email", one.email.casefold().strip()
    if one.birth_date is not None:
        yield "name", _bare(one.name.display()), one.birth_date


# --- Sections ---------------------------------------------------------------------------------------------------------


def _sections(snapshots: Sequence[Snapshot]) -> Iterator[tuple[Snapshot, Section]]:
    for snapshot in snapshots:
        for section in snapshot.sections.values():
            yield snapshot, section


def _orphans(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    for snapshot, section in _sections(snapshots):
        for one in section.enrollments():
            if one.person not in snapshot.people:
                yield section.id, one.person


def _teacherless(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    return ((section.id,) for _, section in _sections(snapshots) if not section.teachers)


def _empty(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    return ((section.id,) for _, section in _sections(snapshots) if not section.students)


def _both(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    for _, section in _sections(snapshots):
        for person in {*section.teachers} & {*section.students}:
            yield section.id, person


def _look_alikes(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    """Sections of one teacher whose names differ in nothing but case, accents, digits and punctuation."""
    alike: dict[tuple[str, str], set[str]] = {}
    for _, section in _sections(snapshots):
        for teacher in section.teachers:
            alike.setdefault((teacher, _bare(re.sub(r"[\W\d_]+", " ", section.name))), set()).add(section.id)
    return (tuple(sorted(ids)) for ids in alike.values() if len(ids) > 1)


def _unproven(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    for snapshot in snapshots:
        for key in snapshot.scope:
            if snapshot.proof.doubt(key) is not None:
                yield (key,)


def _overlapping_terms(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    """Terms of one name whose days overlap: the district moved a date, and the source made a second term of it."""
    for snapshot in snapshots:
        dated = [
            (_bare(term.name or ""), term.starts, term.ends, term.id)
            for term in snapshot.terms.values()
            if term.starts is not None and term.ends is not None
        ]
        dated.sort(key=lambda term: (term[0], term[1], term[3]))
        latest: dict[str, tuple[date, str]] = {}
        for name, starts, ends, term in dated:
            if name in latest and starts <= latest[name][0]:
                yield latest[name][1], term
            if name not in latest or ends > latest[name][0]:
                latest[name] = ends, term


def _backward_terms(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    for snapshot in snapshots:
        for term in snapshot.terms.values():
            if term.starts is not None and term.ends is not None and term.ends < term.starts:
                yield (term.id,)


def _ended_terms(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    for snapshot, section in _sections(snapshots):
        term = snapshot.terms.get(section.term) if section.term else None
        if term is not None and term.ends is not None and term.ends < snapshot.taken_at.date():
            yield (section.id,)


def _twice_in_class(snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, ...]]:
    for _, section in _sections(snapshots):
        for person, times in Counter(section.students).items():
            if times > 1:
                yield section.id, person


def _bare(text: str) -> str:
    plain = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join("".join(plain).casefold().split())


GRADES: Final = frozenset(
    {
        "InfantToddler",
        "Preschool",
        "PreKindergarten",
        "TransitionalKindergarten",
        "Kindergarten",
        *map(str, range(1, 14)),
        "PostGraduate",
        "Ungraded",
        "Other",
    }
)
"""Clever's grades (dev.clever.com, "Data model")."""

YEARS: Final[Mapping[str, int]] = {
    "Preschool": -2,
    "PreKindergarten": -1,
    "TransitionalKindergarten": 0,
    "Kindergarten": 0,
    **{str(year): year for year in range(1, 14)},
}
"""School years by grade; the others are no year."""

FAR, TELLING = 4, 5
"""So many school years from the middle of a class are odd, in a class of so many whose grade is known."""

YOUNGEST, OLDEST = 2, 23
"""Years of a pupil (compulsory schooling, special education up to 22, and a birthday)."""

_RANK: Final[Mapping[Severity, int]] = {severity: place for place, severity in enumerate(Severity)}

CHECKS: Final[tuple[tuple[str, Severity, str, Check], ...]] = (
    (
        "orphan_enrollment",
        Severity.ERROR,
        "A section lists somebody whom the source does not describe: ask the district to share them, or read again.",
        _orphans,
    ),
    (
        "duplicate_sis_id",
        Severity.ERROR,
        "Two people of one district have one SIS id: ask the district which of them is right.",
        _shared(lambda one: one.sis_id),
    ),
    (
        "not_read",
        Severity.ERROR,
        "These sections were not read to their end: nobody can be removed from them. Read again.",
        _unproven,
    ),
    (
        "duplicate_email",
        Severity.WARNING,
        "Several people have one email address: it cannot tell them apart, and never links them.",
        _shared(lambda one: (one.email or "").casefold().strip()),
    ),
    (
        "duplicate_student_number",
        Severity.WARNING,
        "Several people of one district have one student number: they may be one child under two ids.",
        _shared(lambda one: one.student_number),
    ),
    ("no_teacher", Severity.WARNING, "A section without a teacher: nobody can import it.", _teacherless),
    ("no_students", Severity.WARNING, "A section without students: the source promises one at least.", _empty),
    ("teacher_and_student", Severity.WARNING, "Somebody is both teacher and student of one section.", _both),
    ("listed_twice", Severity.WARNING, "A section lists a student twice.", _twice_in_class),
    (
        "look_alike_sections",
        Severity.WARNING,
        "A teacher has sections with nearly the same name: show period and term, or the wrong one is imported.",
        _look_alikes,
    ),
    (
        "in_two_rosters",
        Severity.WARNING,
        "One child comes from two sources: link both identities to one account before the work is split.",
        _in_two_rosters,
    ),
    ("odd_email", Severity.WARNING, "This is no email address; it is kept as text and never written to.", _odd_email),
    ("unknown_role", Severity.WARNING, "A role that we do not know, or none: it grants nothing.", _unknown_role),
    ("no_name", Severity.WARNING, "Somebody without a name: no teacher can tell who it is.", _nameless),
    ("backward_term", Severity.WARNING, "A term ends before it begins: a date was mistyped.", _backward_terms),
    (
        "odd_birth_date",
        Severity.WARNING,
        "A pupil of an age that no school has: the birth date is mistyped, and no longer tells two children apart.",
        _odd_birth_date,
    ),
    ("overlapping_terms", Severity.WARNING, "Two terms of one name overlap: a date was moved.", _overlapping_terms),
    (
        "no_email",
        Severity.NOTE,
        "No email address is shared: reach these people by other means.",
        _without_email,
    ),
    ("in_no_section", Severity.NOTE, "A student in no section: nobody will find them in a class.", _in_no_section),
    (
        "far_grade",
        Severity.NOTE,
        "A student whose grade is far from their classmates': ask whether it is the right child.",
        _far_grade,
    ),
    ("odd_grade", Severity.NOTE, "A grade that Clever does not list.", _odd_grade),
    ("term_ended", Severity.NOTE, "The term of these sections is over: they will be emptied.", _ended_terms),
)
