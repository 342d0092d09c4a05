"""A roster read at one instant, how completely, and how it shows itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Final

import attrs

from clever_roster.display import Row, Shown, Table, Tone, View
from clever_roster.model.source import DistrictId, Person, PersonId, Provider, Section, SectionId, Term, TermId

__all__ = ["Proof", "Snapshot"]


@attrs.frozen(kw_only=True)
class Proof:
    """What is known about how completely a roster was read. Without a proof of a section nobody is removed from it.

    Attributes:
        broken: why the read as a whole proves nothing; None when it came to its end.
        gaps: sections that are not proven although the read came to its end, each with its reason.
        pages, rows: how much was read.
    """

    broken: str | None = None
    gaps: Mapping[SectionId, str] = attrs.field(factory=dict[SectionId, str])
    pages: int = 0
    rows: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything in the scope was read to its end."""
        return self.broken is None and not self.gaps

    def doubt(self, section: SectionId) -> str | None:
        """Why this section is not proven; None when it is."""
        return self.broken if self.broken is not None else self.gaps.get(section)


_DIGEST: Final = attrgetter("digest")

UNPROVEN = Proof(broken="nothing vouches that this roster was read to its end")


@attrs.frozen(kw_only=True, repr=False)
class Snapshot(Shown):
    """A roster read at one instant, immutable, that knows how complete it is.

    Every record in it has its digest from the moment the roster was read, so that comparing it later costs no more than
    a look at each.

    Attributes:
        scope: the sections the read was asked for. A section of the scope that is missing from `sections` is no
            longer at the source (or no longer shared), if the proof covers it.
        people: everyone that the sections name, by id.
        terms: the terms of the sections, by id, as far as they were read.
        unshared: sections of the scope that the source has and does not show us any more (403), which is not "gone".
        district_state: Clever's word for how the district's sync stands ("success", "paused", "Requires Review", ...;
            Clever, "Districts"); None when it was not asked.
    """

    provider: Provider
    district: DistrictId
    taken_at: datetime
    scope: frozenset[SectionId]
    people: Mapping[PersonId, Person]
    sections: Mapping[SectionId, Section]
    proof: Proof = UNPROVEN
    terms: Mapping[TermId, Term] = attrs.field(factory=dict[TermId, Term])
    unshared: frozenset[SectionId] = frozenset()
    district_state: str | None = None

    def __attrs_post_init__(self) -> None:
        # Each record keeps its own: it is made once, whatever snapshots are made of the record later.
        deque(map(_DIGEST, chain(self.people.values(), self.sections.values())), maxlen=0)

    def __repr__(self) -> str:
        state = "complete" if self.proof.complete else "not complete"
        return f"<Snapshot of {len(self.sections)} sections and {len(self.people)} people, {state}>"

    @classmethod
    def of(
        cls,
        *,
        provider: Provider,
        district: DistrictId,
        taken_at: datetime,
        people: Iterable[Person],
        sections: Iterable[Section],
        proof: Proof = UNPROVEN,
        scope: Iterable[SectionId] | None = None,
    ) -> Snapshot:
        """Build one from records; the scope is the sections given, unless it is named."""
        by_id = {section.id: section for section in sections}
        return cls(
            provider=provider,
            district=district,
            taken_at=taken_at,
            scope=frozenset(by_id) if scope is None else frozenset(scope),
            people={person.id: person for person in people},
            sections=by_id,
            proof=proof,
        )

    def only(self, sections: Collection[SectionId]) -> Snapshot:
        """These sections and everybody in them, with what is known of how completely they were read."""
        scope = self.scope.intersection(sections)
        listed = {key: one for key, one in self.sections.items() if key in scope}
        named = {one.person for section in listed.values() for one in section.enrollments()}
        terms = {one.term for one in listed.values()}
        return attrs.evolve(
            self,
            scope=scope,
            people={key: one for key, one in self.people.items() if key in named},
            sections=listed,
            proof=attrs.evolve(self.proof, gaps={key: why for key, why in self.proof.gaps.items() if key in scope}),
            terms={key: one for key, one in self.terms.items() if key in terms},
            unshared=self.unshared & scope,
        )

    def view(self, *, names: bool = False) -> View:
        """Tables `sections`, `people` and `enrollments`; with names also whatever tells who a person is."""
        doubts = sum(self.proof.doubt(key) is not None for key in self.scope)
        lead = f"Not proven: {doubts} of {len(self.scope)} sections. Nobody is removed from those."
        size = sum(len(one.teachers) + len(one.students) for one in self.sections.values())
        section, person = ("name", "subject") if names else (), _PRIVATE if names else ()
        return View(
            title="Snapshot",
            lead="Read to its end." if self.proof.complete else lead,
            tone=Tone.GOOD if self.proof.complete else Tone.WARN,
            facts=(
                ("source", self.provider),
                ("district", self.district),
                ("read at", self.taken_at),
                ("sections", len(self.sections)),
                ("people", len(self.people)),
                ("enrollments", size),
            ),
            parts=(
                Table(
                    name="sections",
                    caption="Sections",
                    columns=("section", "school", "term", "grade", "period", "teachers", "students", "doubt", *section),
                    rows=lambda: (self._row(one, section) for one in self.sections.values()),
                    count=len(self.sections),
                    tone=lambda row: Tone.WARN if row[7] else Tone.PLAIN,
                ),
                Table(
                    name="people",
                    caption="People",
                    columns=("person", "district", "roles", "grade", "schools", "legacy_id", *person),
                    rows=lambda: (_row_of(one, person) for one in self.people.values()),
                    count=len(self.people),
                ),
                Table(
                    name="enrollments",
                    caption="Enrollments",
                    columns=("section", "person", "role"),
                    rows=self._enrollments,
                    count=size,
                    drawn=(),
                ),
            ),
        )

    def _row(self, one: Section, more: Iterable[str]) -> Row:
        sizes = (len(one.teachers), len(one.students), self.proof.doubt(one.id))
        return (one.id, one.school, one.term, one.grade, one.period, *sizes, *(getattr(one, field) for field in more))

    def _enrollments(self) -> Iterator[Row]:
        for section in self.sections.values():
            for one in section.enrollments():
                yield one.section, one.person, one.role.value


_PRIVATE = (
    *("first", "last", "middle"),
    *("email", "username", "sis_id", "student_number", "state_id", "birth_date"),
)


def _row_of(one: Person, private: Iterable[str]) -> Row:
    roles = " ".join(sorted({*one.roles, *one.unknown_roles}))
    told = (getattr(one.name if field in {"first", "last", "middle"} else one, field) for field in private)
    return (one.id, one.district, roles, one.grade, " ".join(one.schools), one.legacy_id, *told)
