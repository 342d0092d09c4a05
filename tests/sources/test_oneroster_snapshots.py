"""What OneRoster's records mean as a roster: classes, terms, dates, roles, deltas; and what is not proven."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oneroster_rows import ENROLLMENTS, NOW, ROLES, USERS_1_1, USERS_1_2, V1_1, V1_2, manifest, small, written

from clever_roster import roster
from clever_roster.errors import BadExport, ConfigurationError
from clever_roster.model import (
    CLEVER,
    ONEROSTER,
    CourseId,
    DistrictId,
    NewAccount,
    Person,
    PersonId,
    PersonName,
    Proof,
    Role,
    SchoolId,
    Section,
    SectionId,
    Snapshot,
    Term,
    TermId,
)
from clever_roster.roster import Attachment, Verb
from clever_roster.sources.oneroster import (
    Bundle,
    Manifest,
    Mode,
    Version,
    bundle_of,
    courses_of,
    fold_into,
    read_files,
    schools_of,
    snapshot_of,
    write_files,
)
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import sample_district


def read(folder: Path, version: Version, **changed: str) -> Bundle:
    return read_files(written(folder, {**small(version), **changed}))


def taken(bundle: Bundle, **facts: object) -> Snapshot:
    return snapshot_of(bundle, taken_at=NOW, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", Version)
def test_a_class_is_a_section_with_its_people_of_today(tmp_path: Path, version: Version) -> None:
    """Ids are sourcedIds; the tenant is the district's org; a primary teacher comes first; dates say who is in class.

    1EdTech: the end date is the first day that no longer belongs to the enrollment, and to the session.
    """
    snapshot = taken(read(tmp_path, version))
    assert (snapshot.provider, snapshot.district, snapshot.proof.complete) == (ONEROSTER, "d1", True)
    algebra = snapshot.sections[SectionId("c1")]
    assert (algebra.teachers, algebra.students) == (("u-t1", "u-t2"), ("u-s1", "u-s2"))
    facts = (algebra.name, algebra.school, algebra.course, algebra.term, algebra.grade, algebra.period, algebra.subject)
    assert facts == ("Alg 1", "s1", "k1", "y26", "9,10", "3", "Math")
    assert snapshot.terms[TermId("t1")].ends == date(2026, 12, 18)
    before = snapshot_of(read(tmp_path, version), taken_at=datetime(2026, 9, 13, tzinfo=UTC))
    assert "u-s3" in before.sections[SectionId("c1")].students
    assert [school.number for school in schools_of(read(tmp_path, version))] == ["0010"]
    assert [course.number for course in courses_of(read(tmp_path, version))] == ["MA101"]


@pytest.mark.parametrize("version", Version)
def test_a_user_is_a_person_with_all_roles(tmp_path: Path, version: Version) -> None:
    """Names, numbers, grade in Clever's words, birth date from demographics; 1.2 has primary and secondary roles."""
    people = taken(read(tmp_path, version)).people
    zoe = people[PersonId("u-s1")]
    assert (zoe.name, zoe.grade, zoe.birth_date) == (PersonName("Zoé", "De La Cruz"), "9", date(2011, 3, 4))
    assert (zoe.sis_id, zoe.student_number, zoe.state_id, zoe.schools) == ("u-s1", "N-u-s1", "99", ("s1",))
    assert people[PersonId("u-s2")].grade == "Kindergarten"
    assert people[PersonId("u-a1")].roles == {Role.STAFF}
    both = {Role.TEACHER, Role.DISTRICT_ADMIN} if version is V1_2 else {Role.TEACHER}
    assert people[PersonId("u-t2")].roles == both


def test_a_role_that_we_do_not_know_is_kept_and_grants_nothing(tmp_path: Path) -> None:
    """`ext:tutor` is no teacher."""
    files = small(V1_1)
    files["users"] = files["users"].replace("u-s2,,,true,s1,student", "u-s2,,,true,s1,ext:tutor")
    person = taken(read(tmp_path, V1_1, users=files["users"])).people[PersonId("u-s2")]
    assert (person.roles, person.unknown_roles) == (frozenset(), {"ext:tutor"})


def test_the_tenant_is_named_where_the_files_do_not_say_it(tmp_path: Path) -> None:
    """No org of type district, or two: nobody guesses."""
    orgs = small(V1_1)["orgs"].replace("d1,,,Sampleton USD,district", "d1,,,Sampleton USD,local")
    bundle = read(tmp_path, V1_1, orgs=orgs)
    with pytest.raises(ConfigurationError, match="0 orgs"):
        taken(bundle)
    snapshot = taken(bundle, district=DistrictId("sampleton"))
    assert {one.district for one in snapshot.people.values()} == {"sampleton"}


def test_bad_rows_leave_everything_in_doubt_and_remove_nobody(tmp_path: Path) -> None:
    """Told and gone on: who was read can be added, and nobody is taken out, in no class."""
    store = _imported(taken(read(tmp_path, V1_1)))
    files = small(V1_1)
    lines = files["enrollments"].splitlines()
    files["enrollments"] = "\n".join(
        line if not line.startswith("e4") else "e4,,,c1,s1,u-s2,student,maybe,," for line in lines
    )
    told: list[BadExport] = []
    bundle = read_files(written(tmp_path, files), on_bad=told.append)
    snapshot = taken(bundle)
    assert snapshot.proof.broken == "1 rows could not be read, the first in enrollments.csv, line 5"
    with store.transaction() as ports:
        plan = roster.plan(ports, snapshot)
    assert plan.count(Verb.WITHDRAW) == 0
    # The same files without that row, proven, do take the child out of class.
    whole = [line for line in lines if not line.startswith("e4")]
    with store.transaction() as ports:
        proven = roster.plan(ports, taken(read(tmp_path, V1_1, enrollments="\n".join(whole))))
    assert proven.count(Verb.WITHDRAW) == 1


def test_a_set_without_users_proves_nothing(tmp_path: Path) -> None:
    """An absent file is no empty file."""
    files = {
        name: text for name, text in small(V1_1).items() if name in ("orgs", "classes", "courses", "academicSessions")
    }
    files["manifest"] = manifest(V1_1, **dict.fromkeys(files, "bulk"))
    assert taken(read_files(written(tmp_path, files))).proof.broken == "users.csv is absent"


def _imported(snapshot: Snapshot) -> MemoryStore:
    store = MemoryStore()
    with store.transaction() as ports:
        (owner,) = ports.accounts.create([NewAccount(name=PersonName("Tess", "Own"))])
        wish = {key: Attachment(owner=owner) for key in snapshot.sections}
        plan = roster.plan(ports, snapshot, attach=wish)
        roster.apply(ports, plan, actor="test", now=NOW)
    return store


# --- Deltas -----------------------------------------------------------------------------------------------------------


def delta(folder: Path, version: Version, **files: str) -> Bundle:
    return read_files(written(folder, {"manifest": manifest(version, **dict.fromkeys(files, "delta")), **files}))


AT = "2026-09-20T10:00:00Z"


@pytest.mark.parametrize("version", Version)
def test_a_delta_folds_into_an_earlier_snapshot(tmp_path: Path, version: Version) -> None:
    """What it names is explicit; whoever it does not name stays; the proof stays what it was."""
    before = taken(read(tmp_path / "bulk", version))
    told = delta(
        tmp_path / "delta",
        version,
        enrollments=f"{ENROLLMENTS}e4,tobedeleted,{AT},c1,s1,u-s2,student,,,\ne9,active,{AT},c2,s1,u-s2,student,,,\n",
    )
    after = fold_into(before, told, taken_at=NOW + timedelta(days=1))
    assert after.sections[SectionId("c1")].students == ("u-s1",)
    assert after.sections[SectionId("c2")].students == ("u-s2",)
    assert after.sections[SectionId("c1")].teachers == before.sections[SectionId("c1")].teachers
    assert after.people == before.people
    assert after.terms == before.terms
    assert after.proof.complete
    assert after.scope == before.scope


def test_a_user_who_is_gone_leaves_every_class_and_a_renamed_one_stays(tmp_path: Path) -> None:
    """1.2: a delta of users does not repeat roles and schools, and loses none."""
    before = taken(read(tmp_path / "bulk", V1_2))
    told = delta(
        tmp_path / "delta",
        V1_2,
        users=f"{USERS_1_2}u-s1,tobedeleted,{AT},true,zoe,,Zoé,De La Cruz{',' * 15}\n"
        f"u-s2,active,{AT},true,lee,,Leah,O'Brien,,,,,,,KG{',' * 8}\n",
        roles=f"{ROLES}r-x,tobedeleted,{AT},u-t2,secondary,districtAdministrator,,,d1,\n",
    )
    after = fold_into(before, told, taken_at=NOW)
    assert PersonId("u-s1") not in after.people
    assert after.sections[SectionId("c1")].students == ("u-s2",)
    leah = after.people[PersonId("u-s2")]
    assert (leah.name.first, leah.roles, leah.schools) == ("Leah", {Role.STUDENT}, ("s1",))
    assert after.people[PersonId("u-t2")].roles == {Role.TEACHER}
    assert after.proof.complete


def test_a_delta_alone_is_no_roster(tmp_path: Path) -> None:
    """And a delta of another source's snapshot is none either."""
    told = delta(tmp_path, V1_1, users=f"{USERS_1_1}u,active,{AT},true,s1,student,,,A,B,,,,,,,,\n")
    with pytest.raises(ConfigurationError, match="only what changed"):
        taken(told)
    other = Snapshot.of(provider=CLEVER, district=DistrictId("d"), taken_at=NOW, people=(), sections=())
    with pytest.raises(ConfigurationError, match="takes no OneRoster delta"):
        fold_into(other, told, taken_at=NOW)


def test_a_delta_with_a_bad_row_leaves_doubt(tmp_path: Path) -> None:
    """What was told is folded; what could not be read may be anybody."""
    before = taken(read(tmp_path / "bulk", V1_1))
    files = {
        "enrollments": f"{ENROLLMENTS}e9,active,{AT},c2,s1,u-s2,student,,,\ne4,,{AT},c1,s1,u-s2,student,,,\n",
        "manifest": manifest(V1_1, enrollments="delta"),
    }
    told: list[BadExport] = []
    after = fold_into(before, read_files(written(tmp_path / "delta", files), on_bad=told.append), taken_at=NOW)
    assert after.sections[SectionId("c2")].students == ("u-s2",)
    assert not after.proof.complete
    assert len(told) == 1


# --- Identities -------------------------------------------------------------------------------------------------------

words = st.text("abcdefghijklmnopäöü李", min_size=1, max_size=8)
ids = st.text("abcdefgh0123456789-", min_size=1, max_size=6)
grades = st.sampled_from(["Kindergarten", "1", "9", "12", "Ungraded", "Other"])
days = st.dates(min_value=date(2000, 1, 2), max_value=date(2100, 1, 1))


@st.composite
def rosters(draw: st.DrawFn) -> Snapshot:
    """Any roster that OneRoster can say: every class has school, course and term; a user has one role in 1.1."""
    district = DistrictId("district")
    schools = [SchoolId(f"school-{one}") for one in draw(st.lists(ids, unique=True, min_size=1, max_size=3))]
    terms = {
        key: Term(id=key, name=draw(words), starts=draw(days), ends=draw(days))
        for key in map(TermId, draw(st.lists(ids.map("term-{}".format), unique=True, min_size=1, max_size=2)))
    }
    people = [
        Person(
            id=key,
            district=district,
            name=PersonName(draw(words), draw(words), draw(st.one_of(st.just(""), words))),
            roles=frozenset({draw(st.sampled_from(Role))}),
            email=draw(st.one_of(st.just(""), words.map("{}@x.test".format))),
            username=draw(st.one_of(st.none(), words)),
            sis_id=key,
            student_number=draw(st.one_of(st.none(), ids)),
            state_id=draw(st.one_of(st.none(), ids)),
            birth_date=draw(st.one_of(st.none(), days)),
            grade=draw(st.one_of(st.none(), grades)),
            schools=tuple(draw(st.lists(st.sampled_from(schools), unique=True, max_size=2))),
        )
        for key in map(PersonId, draw(st.lists(ids.map("person-{}".format), unique=True, max_size=6)))
    ]
    known = [one.id for one in people]
    sections = []
    for key in draw(st.lists(ids.map("class-{}".format), unique=True, max_size=3)):
        some = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
        cut = draw(st.integers(0, len(some)))
        teachers = [*some[:1], *sorted(some[1:cut])] if cut else []
        sections.append(
            Section(
                id=SectionId(key),
                district=district,
                name=draw(words),
                school=draw(st.sampled_from(schools)),
                course=CourseId(draw(ids.map("course-{}".format))),
                term=draw(st.sampled_from(sorted(terms))),
                subject=draw(st.one_of(st.none(), words)),
                grade=draw(st.one_of(st.none(), grades)),
                period=draw(st.one_of(st.none(), ids)),
                section_number=draw(st.one_of(st.none(), ids)),
                sis_id=key,
                teachers=tuple(teachers),
                students=tuple(sorted(some[cut:])),
            )
        )
    snapshot = Snapshot.of(
        provider=ONEROSTER, district=district, taken_at=NOW, people=people, sections=sections, proof=Proof()
    )
    return attrs.evolve(snapshot, terms=terms, proof=Proof(rows=len(people) + len(sections)))


@settings(max_examples=25)
@given(rosters(), st.sampled_from(Version))
def test_snapshot_csv_snapshot_csv_is_the_identity(snapshot: Snapshot, version: Version) -> None:
    """For all that a snapshot holds: written as files of either standard and read back strictly, it is the same."""
    with TemporaryDirectory() as folder:
        first, second = Path(folder) / "one.zip", Path(folder) / "two.zip"
        write_files(bundle_of(snapshot, version=version), first)
        again = snapshot_of(read_files(first), taken_at=NOW)
        assert again == snapshot
        write_files(bundle_of(again, version=version), second)
        assert second.read_bytes() == first.read_bytes()


@settings(max_examples=25)
@given(rosters(), rosters(), st.sampled_from(Version))
def test_a_delta_of_everything_is_the_new_roster(before: Snapshot, after: Snapshot, version: Version) -> None:
    """A delta that names all that is new, and all that is gone, folds into what bulk files would have said."""
    old, new = bundle_of(before, version=version), bundle_of(after, version=version)
    tables = {}
    for file in new.tables:
        now = {one.sourced_id: attrs.evolve(one, status="active", date_last_modified=AT) for one in new.tables[file]}
        gone = [
            attrs.evolve(one, status="tobedeleted", date_last_modified=AT)
            for one in old.tables[file]
            if one.sourced_id not in now
        ]
        tables[file] = (*gone, *now.values())
    modes = dict.fromkeys(tables, Mode.DELTA)
    change = Bundle(manifest=Manifest(version=version, modes=modes), tables=tables)
    folded = fold_into(before, change, taken_at=NOW)
    assert folded.people == after.people
    assert folded.sections == after.sections
    assert folded.terms == after.terms
    assert folded.proof.complete


def test_a_sample_district_is_written_as_oneroster_and_read_back() -> None:
    """Three hundred children, with all the oddities of the sample: nothing is lost on the way."""
    district = sample_district(seed=5)
    people = [
        Person(
            id=one.id,
            district=district.id,
            name=PersonName(one.first, one.last, one.middle),
            roles=one.roles,
            email=one.email,
            sis_id=one.id,
            schools=one.schools,
            grade=one.grade or None,
            birth_date=one.birth_date,
        )
        for one in district.people.values()
    ]
    sections = [
        Section(
            id=one.id,
            district=district.id,
            name=one.name,
            school=one.school,
            course=one.course,
            term=one.term,
            sis_id=one.id,
            teachers=(*one.teachers[:1], *sorted(one.teachers[1:])),
            students=tuple(sorted(one.students)),
        )
        for one in district.sections.values()
        if one.course and one.term
    ]
    snapshot = Snapshot.of(
        provider=ONEROSTER, district=district.id, taken_at=NOW, people=people, sections=sections, proof=Proof()
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "district.zip"
        terms = {
            one.id: Term(id=one.id, name=one.name, starts=one.starts, ends=one.ends) for one in district.terms.values()
        }
        write_files(bundle_of(attrs.evolve(snapshot, terms=terms)), path)
        again = snapshot_of(read_files(path), taken_at=NOW)
    assert again.sections == snapshot.sections
    assert again.people == snapshot.people
