"""What a source says of somebody, as JSON text and back: nothing is lost, and it is the JSON that Python writes."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from clever_roster.model import DistrictId, Person, PersonId, PersonName, Role, Section, SectionId
from clever_roster.storage.records import person_from_json, section_from_json, to_json

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SAID = st.none() | TEXTS
PEOPLE = st.builds(
    Person,
    id=TEXTS,
    district=TEXTS,
    name=st.builds(PersonName, TEXTS, TEXTS, TEXTS),
    roles=st.frozensets(st.sampled_from(Role)),
    unknown_roles=st.frozensets(TEXTS),
    email=SAID,
    username=SAID,
    birth_date=st.none() | st.dates(),
    schools=st.lists(TEXTS).map(tuple),
)
SECTIONS = st.builds(
    Section,
    id=TEXTS,
    district=TEXTS,
    name=TEXTS,
    subject=SAID,
    teachers=st.lists(TEXTS).map(tuple),
    students=st.lists(TEXTS).map(tuple),
)


def as_python_writes(text):
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


@given(PEOPLE)
def test_a_person_comes_back(person):
    """RFC 8259: quotes, backslashes and control characters are escaped in every text."""
    assert person_from_json(to_json(person)) == person
    assert to_json(person) == as_python_writes(to_json(person))


@given(SECTIONS)
def test_a_section_comes_back(section):
    """Both its lists in their order."""
    assert section_from_json(to_json(section)) == section
    assert to_json(section) == as_python_writes(to_json(section))


def test_a_list_stands_for_a_tuple_and_a_role_for_its_text():
    """A host without a type checker writes lists; what is read back is what its types say."""
    students: list[PersonId] = [PersonId("p1")]
    section = Section(id=SectionId("s"), district=DistrictId("d"), name=Role.STUDENT, students=students)
    back = section_from_json(to_json(section))
    assert (back.name, back.students) == ("student", ("p1",))
