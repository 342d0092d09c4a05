"""The CSV files of OneRoster 1.1 and 1.2: every column of the standard, and every bad row told by its place."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oneroster_rows import CLASSES, ENROLLMENTS, ORGS, USERS_1_1, V1_1, V1_2, bundles, manifest, small, written

from clever_roster.errors import BadExport
from clever_roster.sources.oneroster import Bundle, Mode, Version, fold, read_files, write_files
from clever_roster.sources.oneroster.columns import columns_of
from clever_roster.sources.oneroster.files import HIDDEN, columns
from clever_roster.sources.oneroster.records import KINDS, Class, Demographics, Enrollment, Org, Role, User, kinds_of

DOCUMENTED = {
    V1_1: {
        "academicSessions": "title,type,startDate,endDate,parentSourcedId,schoolYear",
        "categories": "title",
        "classes": "title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,"
        "subjectCodes,periods",
        "classResources": "title,classSourcedId,resourceSourcedId",
        "courses": "schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes",
        "courseResources": "title,courseSourcedId,resourceSourcedId",
        "demographics": "birthDate,sex,americanIndianOrAlaskaNative,asian,blackOrAfricanAmerican,"
        "nativeHawaiianOrOtherPacificIslander,white,demographicRaceTwoOrMoreRaces,hispanicOrLatinoEthnicity,"
        "countryOfBirthCode,stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus",
        "enrollments": "classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
        "lineItems": "title,description,assignDate,dueDate,classSourcedId,categorySourcedId,gradingPeriodSourcedId,"
        "resultValueMin,resultValueMax",
        "orgs": "name,type,identifier,parentSourcedId",
        "resources": "vendorResourceId,title,roles,importance,vendorId,applicationId",
        "results": "lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment",
        "users": "enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,"
        "phone,agentSourcedIds,grades,password",
    }
}
DOCUMENTED[V1_2] = {
    **DOCUMENTED[V1_1],
    "categories": "title,weight",
    "lineItems": "title,description,assignDate,dueDate,classSourcedId,categorySourcedId,academicSessionSourcedId,"
    "resultValueMin,resultValueMax,schoolSourcedId",
    "lineItemLearningObjectiveIds": "lineItemSourcedId,source,learningObjectiveId",
    "lineItemScoreScales": "title,lineItemSourcedId,scoreScaleSourcedId",
    "results": "lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment,textScore,classSourcedId,"
    "inProgress,incomplete,late,missing",
    "resultLearningObjectiveIds": "resultSourcedId,source,learningObjectiveId,score,textScore",
    "resultScoreScales": "title,resultSourcedId,scoreScaleSourcedId",
    "roles": "userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId",
    "scoreScales": "title,type,orgSourcedId,courseSourcedId,classSourcedId,scoreScaleValue",
    "userProfiles": "userSourcedId,profileType,vendorId,applicationId,description,credentialType,username,password",
    "userResources": "userSourcedId,orgSourcedId,classSourcedId,resourceSourcedId",
    "users": "enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,"
    "grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,"
    "preferredFamilyName,primaryOrgSourcedId,pronouns",
}


def refusal(folder: Path, version: Version = V1_1, **files: str) -> BadExport:
    """What is said of the small district with these files changed."""
    with pytest.raises(BadExport) as raised:
        read_files(written(folder, {**small(version), **files}))
    assert raised.value.file in str(raised.value)
    return raised.value


@pytest.mark.parametrize("version", Version)
def test_every_documented_column_is_read_in_its_order(version: Version) -> None:
    """1EdTech, OneRoster 1.1 CSV tables; CSV Binding 1.2.1: all files, all columns, in the standard's order."""
    assert {file: columns(kind, version) for file, kind in kinds_of(version).items()} == {
        file: tuple(f"sourcedId,status,dateLastModified,{rest}".split(","))
        for file, rest in DOCUMENTED[version].items()
    }
    assert {kind.FILE for kind in KINDS} == DOCUMENTED[V1_2].keys()


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("zipped", [False, True])
def test_a_small_district_is_read_entirely(tmp_path: Path, version: Version, *, zipped: bool) -> None:
    """A folder or a zip; lists, dates, flags, types of ids, a district's own columns."""
    where = written(tmp_path / "in", small(version))
    if zipped:
        where = tmp_path / "all.zip"
        with zipfile.ZipFile(where, "w") as archive:
            for path in sorted((tmp_path / "in").iterdir()):
                archive.write(path, f"export/{path.name}")
    bundle = read_files(where)
    algebra, homeroom = bundle.of(Class)
    assert (algebra.grades, algebra.term_sourced_ids, algebra.metadata) == (
        ("09", "10"),
        ("t1", "y26"),
        {"room": "B12"},
    )
    assert (homeroom.class_type, homeroom.metadata) == ("homeroom", {})
    zoe = next(user for user in bundle.of(User) if user.sourced_id == "u-s1")
    assert (zoe.given_name, zoe.user_ids, zoe.enabled_user) == ("Zoé", (("State", "99"), ("LocalId", "7")), True)
    assert next(user for user in bundle.of(User) if user.sourced_id == "u-s2").given_name == "Lee, Jr."
    assert bundle.of(Enrollment)[0].primary is True
    assert bundle.of(Demographics)[0].birth_date is not None
    assert bundle.manifest.source == ("Sample SIS", "SIS")
    assert len(bundle.of(Role)) == (7 if version is V1_2 else 0)
    assert bundle.bad == ()


@pytest.mark.parametrize("version", Version)
def test_a_password_is_nowhere_in_what_was_read_or_written(tmp_path: Path, version: Version) -> None:
    """Its column is the standard's, so it is there, and blank."""
    bundle = read_files(written(tmp_path / "in", small(version)))
    assert "hunter2" not in str([(user, user.metadata, user.password) for user in bundle.of(User)])
    write_files(bundle, tmp_path / "out")
    assert all("hunter2" not in path.read_text("utf-8") for path in (tmp_path / "out").iterdir())
    assert ",password" in (tmp_path / "out" / "users.csv").read_text("utf-8")


@pytest.mark.parametrize("version", Version)
def test_files_of_the_standard_form_are_written_back_byte_for_byte(tmp_path: Path, version: Version) -> None:
    """CSV, records, CSV is the identity, but for the passwords."""
    files = {name: text.replace("hunter2", "") for name, text in small(version).items()}
    first = written(tmp_path / "in", files)
    write_files(read_files(first), tmp_path / "out")
    for file in sorted(files):
        there = (tmp_path / "out" / f"{file}.csv").read_text("utf-8")
        if file == "manifest":
            assert sorted(there.splitlines()) == sorted(files[file].splitlines())
        else:
            assert there.splitlines() == files[file].splitlines(), file


@settings(max_examples=40)
@given(bundles())
def test_records_csv_records_is_the_identity(bundle: Bundle) -> None:
    """Whatever the records are, of whichever files and version: folder and zip give them back."""
    with TemporaryDirectory() as folder:
        for where in (Path(folder) / "set", Path(folder) / "set.zip"):
            write_files(bundle, where)
            again = read_files(where)
            assert again == bundle
            write_files(again, where)
            assert read_files(where) == bundle


# --- What is wrong, and where -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("orgs", f"{ORGS}d1,,,,district,,\n", ("orgs.csv", 2, "name", "")),
        ("orgs", f"{ORGS}d1,,,A,city,,\n", ("orgs.csv", 2, "type", "city")),
        ("orgs", f"{ORGS}d1,,,A,district,,\nd1,,,B,district,,\n", ("orgs.csv", 3, "sourcedId", "d1")),
        ("orgs", f"{ORGS}d1,,,A,district,,nowhere\n", ("orgs.csv", 2, "parentSourcedId", "nowhere")),
        ("orgs", f"{ORGS}d1,gone,,A,district,,\n", ("orgs.csv", 2, "status", "gone")),
        ("orgs", f"{ORGS}d1,,yesterday,A,district,,\n", ("orgs.csv", 2, "dateLastModified", "yesterday")),
        ("orgs", f"{ORGS}d1,,,A,district\n", ("orgs.csv", 2, None, "5")),
        (
            "orgs",
            "sourcedId,status,dateLastModified,type,name,identifier,parentSourcedId\n",
            ("orgs.csv", 1, "name", "type"),
        ),
        ("orgs", ORGS.replace("name", "Name"), ("orgs.csv", 1, "name", "Name")),
        ("orgs", ORGS.replace("parentSourcedId", "parentSourcedId,colour"), ("orgs.csv", 1, "colour", "colour")),
        ("classes", f"{CLASSES}\nc1,,,A,,k1,,club,,s1,t1,,,\n", ("classes.csv", 2, "classType", "club")),
        ("classes", f'{CLASSES}\nc1,,,A,,k1,,homeroom,,s1,"t1,t9",,,\n', ("classes.csv", 2, "termSourcedIds", "t9")),
        ("enrollments", f"{ENROLLMENTS}e1,,,c1,s1,u-x,student,,,\n", ("enrollments.csv", 2, "userSourcedId", "u-x")),
        (
            "enrollments",
            f"{ENROLLMENTS}e1,,,c1,s1,u-s1,student,,9/1/2026,\n",
            ("enrollments.csv", 2, "beginDate", "9/1/2026"),
        ),
        (
            "enrollments",
            f"{ENROLLMENTS}e1,,,c1,s1,u-s1,student,,2026-09-01 noon,\n",
            ("enrollments.csv", 2, "beginDate", "2026-09-01 noon"),
        ),
        ("users", f"{USERS_1_1}u,,,maybe,s1,student,,,,,,,,,,,,\n", ("users.csv", 2, "enabledUser", "maybe")),
        ("users", f"{USERS_1_1}u,,,true,s1,student,,Zoe Cruz 7,,,,,,,,,,\n", ("users.csv", 2, "userIds", HIDDEN)),
        ("demographics", "sourcedId\n", ("demographics.csv", 1, "status", "")),
        ("manifest", manifest(V1_1, orgs="weekly"), ("manifest.csv", 4, "value", "weekly")),
        ("manifest", manifest(V1_1, orgs="bulk"), ("manifest.csv", 5, "value", "absent")),
        ("manifest", "propertyName,value\noneroster.version,2.0\n", ("manifest.csv", 2, "value", "2.0")),
        ("manifest", "name,value\n", ("manifest.csv", 1, None, "name,value")),
    ],
)
def test_what_is_wrong_is_told_by_file_line_column_and_value(
    tmp_path: Path, file: str, text: str, place: tuple[str, int, str | None, str]
) -> None:
    """The first thing that is wrong refuses the set; a value that may tell who somebody is, is hidden."""
    error = refusal(tmp_path, **{file: text})
    assert (error.file, error.line, error.column, error.value) == place


@pytest.mark.parametrize(("mode", "words"), [("bulk", "orgs.csv is missing"), ("absent", "orgs.csv is there")])
def test_a_manifest_and_its_files_agree(tmp_path: Path, mode: str, words: str) -> None:
    """Which of them is not as the manifest says, and in what way."""
    files = small(V1_1)
    kinds = files.keys() - {"manifest"}
    files["manifest"] = manifest(V1_1, **dict.fromkeys(kinds, "bulk") | {"orgs": mode})
    if mode == "bulk":
        del files["orgs"]
    with pytest.raises(BadExport, match=words):
        read_files(written(tmp_path, files))


def test_what_names_a_person_is_hidden_where_it_is_wrong() -> None:
    """Every column of a user and of demographics, but flags, words and ids of other records."""
    own = {"sourced_id", "status", "date_last_modified"}
    shown = {"enabled_user", "role", "grades", "org_sourced_ids", "agent_sourced_ids", "resource_sourced_ids"}
    of_users = {name for name, one in columns_of(User).items() if not (one.personal or one.secret)}
    assert of_users == own | shown | {"primary_org_sourced_id"}
    assert {name for name, one in columns_of(Demographics).items() if not one.personal} == own


def test_a_birth_date_that_is_none_is_told_to_nobody(tmp_path: Path) -> None:
    """File, line and column are enough to find it."""
    text = small(V1_1)["demographics"].replace("2011-03-04", "4 March 2011")
    error = refusal(tmp_path, demographics=text)
    assert (error.line, error.column, error.value) == (2, "birthDate", HIDDEN)
    assert "2011" not in f"{error!r} {error} {error.diagnosis()}"


def test_bad_rows_are_isolated_by_policy(tmp_path: Path) -> None:
    """Told and gone on: every bad row is told once, all others are read, and the set remembers that it has holes."""
    files = small(V1_1)
    files["enrollments"] += "e8,,,c1,s1,nobody,student,,,\ne9,,,c1,s1,u-s2,student,perhaps,,\ne10,,,c1\n"
    told: list[BadExport] = []
    bundle = read_files(written(tmp_path, files), on_bad=told.append)
    assert [(error.line, error.column) for error in told] == [(10, "primary"), (11, None), (9, "userSourcedId")]
    assert len(bundle.of(Enrollment)) == 7
    assert bundle.bad == tuple(told)


def test_a_lenient_reader_takes_any_order_and_keeps_unknown_columns(tmp_path: Path) -> None:
    """`strict=False`: what is there counts, and what the standard does not know is kept."""
    files = small(V1_1)
    files["orgs"] = "Type,sourcedId,name,Colour\ndistrict,d1,Sampleton,red\nschool,s1,High,\n"
    bundle = read_files(written(tmp_path, files), strict=False)
    assert [(org.type, org.metadata) for org in bundle.of(Org)] == [("district", {"Colour": "red"}), ("school", {})]


def test_encodings_are_told(tmp_path: Path) -> None:
    """UTF-8 with or without a mark, or Windows-1252: what was assumed is said."""
    files: dict[str, str | bytes] = {**small(V1_1)}
    files["users"] = str(files["users"]).encode("cp1252")
    files["orgs"] = b"\xef\xbb\xbf" + str(files["orgs"]).encode()
    bundle = read_files(written(tmp_path, files))
    assert bundle.encodings["users.csv"] == "Windows-1252"
    assert bundle.encodings["orgs.csv"] == "UTF-8 with BOM"
    assert any(user.given_name == "Zoé" for user in bundle.of(User))


def test_a_broken_archive_is_one_error(tmp_path: Path) -> None:
    """Cut short by the transfer."""
    path = tmp_path / "cut.zip"
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(BadExport, match=r"cut\.zip"):
        read_files(path)


@given(st.binary(max_size=80), st.sampled_from(["users", "orgs", "manifest"]), st.booleans())
def test_whatever_stands_in_a_file_is_read_or_told(content: bytes, file: str, strict: bool) -> None:  # noqa: FBT001
    """Any bytes below the right header, or instead of it: records, or BadExport."""
    with TemporaryDirectory() as folder:
        files: dict[str, str | bytes] = {**small(V1_1)}
        files[file] = (str(files[file]).partition("\n")[0] + "\n").encode() + content if len(content) % 2 else content
        told: list[BadExport] = []
        with suppress(BadExport):
            read_files(written(Path(folder), files), on_bad=told.append, strict=strict)


@given(st.data())
def test_an_archive_cut_anywhere_is_read_or_told(data: st.DataObject) -> None:
    """Cut, or with a byte turned: records, or BadExport."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "set.zip"
        write_files(read_files(written(Path(folder) / "set", small(V1_2))), path)
        whole = path.read_bytes()
        place = data.draw(st.integers(0, len(whole) - 1))
        turned = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
        path.write_bytes(data.draw(st.sampled_from([whole[:place], turned])))
        with suppress(BadExport):
            read_files(path)


# --- Deltas -----------------------------------------------------------------------------------------------------------


def delta(folder: Path, **files: str) -> Bundle:
    return read_files(written(folder, {"manifest": manifest(V1_1, **dict.fromkeys(files, "delta")), **files}))


def test_a_delta_needs_status_and_date(tmp_path: Path) -> None:
    """OneRoster 1.1: both are required where a file holds only what changed."""
    for cells, column in ((",", "status"), ("active,", "dateLastModified")):
        with pytest.raises(BadExport) as raised:
            delta(tmp_path, orgs=f"{ORGS}s9,{cells},New,school,,d1\n")
        assert raised.value.column == column


def test_a_delta_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    """Added, changed, gone; what goes with a user or a class; and whatever is not named stays."""
    base = read_files(written(tmp_path / "bulk", small(V1_1)))
    at = "2026-09-20T10:00:00Z"
    after = fold(
        base,
        delta(
            tmp_path / "delta",
            enrollments=f"{ENROLLMENTS}e4,tobedeleted,{at},c1,s1,u-s2,student,,,\ne9,active,{at},c2,s1,u-s2,student,,,\n",
            orgs=f"{ORGS}s1,active,{at},Sampleton High School,school,0010,d1\n",
            users=f"{USERS_1_1}u-s1,tobedeleted,{at},true,s1,student,,,,,,,,,,,,\n",
        ),
    )
    assert [org.name for org in after.of(Org)] == ["Sampleton USD", "Sampleton High School"]
    assert {one.sourced_id for one in after.of(Enrollment)} == {"e1", "e2", "e5", "e6", "e7", "e9"}
    assert "u-s1" not in {user.sourced_id for user in after.of(User)}
    assert after.of(Demographics) == ()
    assert after.of(Class) == base.of(Class)
    assert after.manifest.modes["users"] is Mode.BULK
