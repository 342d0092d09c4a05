"""OneRoster files for tests: a small district in both versions, and any set of records for properties."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import assert_never

from hypothesis import strategies as st

from clever_roster.sources.oneroster import Bundle, Manifest, Mode, Version
from clever_roster.sources.oneroster.columns import Column, Kind, columns_of
from clever_roster.sources.oneroster.records import KINDS, Record, kinds_of

__all__ = ["NOW", "V1_1", "V1_2", "bundles", "manifest", "small", "written"]

NOW = datetime(2026, 9, 14, 8, 0, tzinfo=UTC)
V1_1, V1_2 = Version.V1_1, Version.V1_2

ORGS = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
SESSIONS = "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\n"
COURSES = (
    "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes\n"
)
CLASSES = (
    "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,"
    "termSourcedIds,subjects,subjectCodes,periods"
)
ENROLLMENTS = (
    "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n"
)
USERS_1_1 = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,"
    "identifier,email,sms,phone,agentSourcedIds,grades,password\n"
)
USERS_1_2 = (
    "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,"
    "sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,"
    "preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns\n"
)
ROLES = (
    "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,"
    "orgSourcedId,userProfileSourcedId\n"
)
DEMOGRAPHICS = (
    "sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,asian,blackOrAfricanAmerican,"
    "nativeHawaiianOrOtherPacificIslander,white,demographicRaceTwoOrMoreRaces,hispanicOrLatinoEthnicity,"
    "countryOfBirthCode,stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus\n"
)


def manifest(version: Version, **modes: str) -> str:
    lines = ["propertyName,value", "manifest.version,1.0", f"oneroster.version,{version.value}"]
    lines += [f"file.{file},{modes.get(file, 'absent')}" for file in kinds_of(version)]
    return "\n".join([*lines, "source.systemName,Sample SIS", "source.systemCode,SIS", ""])


def small(version: Version) -> dict[str, str]:
    """A district with one school, one class with two teachers and three students, and a class of another term."""
    files = {
        "orgs": f"{ORGS}d1,,,Sampleton USD,district,0001,\ns1,,,Sampleton High,school,0010,d1\n",
        "academicSessions": f"{SESSIONS}y26,,,2026-2027,schoolYear,2026-08-17,2027-06-12,,2027\n"
        "t1,,,Fall,term,2026-08-17,2026-12-19,y26,2027\n",
        "courses": f'{COURSES}k1,,,y26,Algebra 1,MA101,"09,10",s1,Math,02052\n',
        "classes": f"{CLASSES},metadata.room\n"
        'c1,,,Alg 1,"09,10",k1,MA101-3,scheduled,Room 4,s1,"t1,y26",Math,02052,3,B12\n'
        "c2,,,Homeroom,,k1,,homeroom,,s1,y26,,,,\n",
        "enrollments": f"{ENROLLMENTS}e1,,,c1,s1,u-t1,teacher,true,,\ne2,,,c1,s1,u-t2,teacher,false,,\n"
        "e3,,,c1,s1,u-s1,student,,2026-08-17,2026-12-19\ne4,,,c1,s1,u-s2,student,,,\n"
        "e5,,,c1,s1,u-s3,student,,2026-08-17,2026-09-14\ne6,,,c1,s1,u-a1,administrator,,,\n"
        "e7,,,c2,s1,u-t2,teacher,true,,\n",
        "demographics": f"{DEMOGRAPHICS}u-s1,,,2011-03-04,female,,,,,,,,,,,\n",
    }
    people = [
        ("u-t1", "teacher", "tlee", "", "Pat", "Lee", "plee@example.test", ""),
        ("u-t2", "teacher", "kim", "", "Kim", "Müller", "", ""),
        ("u-s1", "student", "zoe", '"{State:99},{LocalId:7}"', "Zoé", "De La Cruz", "zoe@example.test", "09"),
        ("u-s2", "student", "lee", "", '"Lee, Jr."', "O'Brien", "", "KG"),
        ("u-s3", "student", "gone", "", "Left", "Early", "", "10"),
        ("u-a1", "administrator", "adm", "", "Ada", "Min", "", ""),
    ]
    if version is V1_1:
        files["users"] = USERS_1_1 + "".join(
            f"{id_},,,true,s1,{role},{name},{ids},{first},{last},,N-{id_},{email},,,,{grade},hunter2\n"
            for id_, role, name, ids, first, last, email, grade in people
        )
    else:
        files["users"] = USERS_1_2 + "".join(
            f"{id_},,,true,{name},{ids},{first},{last},,N-{id_},{email},,,,{grade},hunter2,,,,,,s1,\n"
            for id_, role, name, ids, first, last, email, grade in people
        )
        files["roles"] = ROLES + "".join(
            f"r-{id_},,,{id_},primary,{'siteAdministrator' if role == 'administrator' else role},,,s1,\n"
            for id_, role, *_ in people
        )
        files["roles"] += "r-x,,,u-t2,secondary,districtAdministrator,,,d1,\n"
    return {"manifest": manifest(version, **dict.fromkeys(files, "bulk")), **files}


def written(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        folder.joinpath(f"{file}.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


# --- Any set of records -----------------------------------------------------------------------------------------------

cells = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cf")), min_size=1, max_size=8)
ids = st.text("abcdefgh0123456789-", min_size=1, max_size=6)
days = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))


def values(column: Column) -> st.SearchStrategy[object]:
    """Values of a column, each of which is written in one way only."""
    least = 1 if column.required else 0
    match column.kind:
        case Kind.TEXT | Kind.SECRET:
            some: st.SearchStrategy[object] = cells
        case Kind.WORD:
            some = st.sampled_from([*column.words, "ext:own"])
        case Kind.LIST:
            return st.lists(ids, min_size=least, max_size=3).map(tuple)
        case Kind.PAIRS:
            return st.lists(st.tuples(ids, ids), min_size=least, max_size=3).map(tuple)
        case Kind.DAY:
            some = days
        case Kind.MOMENT:
            some = st.datetimes(min_value=datetime(2000, 1, 1)).map(lambda at: f"{at.isoformat()}Z")  # noqa: DTZ001
        case Kind.FLAG:
            some = st.booleans()
        case Kind.NUMBER:
            some = st.decimals(min_value=0, max_value=100, places=1).map(str)
        case _:
            assert_never(column.kind)
    return some if column.required else st.one_of(some, st.just(column.absent))


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    """Any records of any files of either version, as a delta: whose references may lead anywhere."""
    version = draw(st.sampled_from(Version))
    chosen = draw(st.sets(st.sampled_from([kind for kind in KINDS if version >= kind.SINCE]), max_size=4))
    tables: dict[str, tuple[Record, ...]] = {}
    for kind in sorted(chosen, key=lambda one: one.FILE):
        fields = {
            field: column for field, column in columns_of(kind).items() if column.of(version) and not column.secret
        }
        keys = draw(st.lists(ids, unique=True, max_size=3))
        rows = []
        for key in keys:
            drawn = {field: draw(values(column)) for field, column in fields.items()}
            drawn |= {"sourced_id": key, "status": drawn["status"] or "active", "date_last_modified": "2026-09-01"}
            own = draw(st.dictionaries(st.sampled_from(["room", "jp.kana"]), cells, max_size=2))
            rows.append(kind(**drawn, metadata=own))
        tables[kind.FILE] = tuple(rows)
    modes = {file: Mode.DELTA if file in tables else Mode.ABSENT for file in kinds_of(version)}
    return Bundle(manifest=Manifest(version=version, modes=modes, source=("Sample", "S")), tables=tables)
