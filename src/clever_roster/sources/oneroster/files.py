"""A set of OneRoster CSV files, read into records and written again: a folder or a zip, 1.1 or 1.2, bulk or delta.

    bundle = read_files(Path("district.zip"), on_bad=told.append)
    bundle.of(Class), bundle.of(Enrollment), bundle.manifest.modes["users"]

The standard is strict about headers (names in their case, in their order, a district's own columns last and called
`metadata.*`), and so is this; `strict=False` takes what is there, in any order and case. A row that cannot be read is
told with file, line, column and value, or refuses the whole set: that is the caller's policy. A value that may tell who
somebody is, is not told. Source: 1EdTech, "OneRoster 1.1: CSV Tables", "OneRoster: CSV Binding 1.2.1".
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import attrs

from clever_roster.errors import BadExport
from clever_roster.sources.csv_table import CsvFile, OnBadRow, Row, find_files, is_secret, raise_bad, read_rows, written
from clever_roster.sources.oneroster.columns import Column, Unreadable, Version, columns_of
from clever_roster.sources.oneroster.records import Demographics, Enrollment, Record, Role, kinds_of

__all__ = ["HIDDEN", "Bundle", "Manifest", "Mode", "columns", "fold", "read_files", "record_of", "write_files"]

Kind = TypeVar("Kind", bound=Record)

HIDDEN: Final = "(hidden)"
EXTENSION: Final = "metadata."
MANIFEST: Final = "manifest"


class Mode(StrEnum):
    """How a file is meant: all that there is (BULK), what changed (DELTA), or not at all."""

    BULK = "bulk"
    DELTA = "delta"
    ABSENT = "absent"


@attrs.frozen(kw_only=True)
class Manifest:
    """What `manifest.csv` says.

    Attributes:
        modes: by file, without `.csv`; a file that it does not name is absent.
        source: name and code of the system that wrote the files.
    """

    version: Version
    modes: Mapping[str, Mode]
    source: tuple[str, str] = ("", "")
    manifest_version: str = "1.0"

    def mode(self, kind: type[Record]) -> Mode:
        """How the file of a kind of record is meant."""
        return self.modes.get(kind.FILE, Mode.ABSENT)


@attrs.frozen(kw_only=True, repr=False)
class Bundle:
    """A set of files as records, in the order of their rows.

    Attributes:
        bad: the rows that could not be read, as they were told; not part of equality.
        doubts: why else it may not be all that there is (a list that changed while it was read).
        encodings: of each file, the encoding that was assumed; not part of equality.
    """

    manifest: Manifest
    tables: Mapping[str, tuple[Record, ...]]
    bad: tuple[BadExport, ...] = attrs.field(default=(), eq=False)
    doubts: tuple[str, ...] = ()
    encodings: Mapping[str, str] = attrs.field(factory=dict[str, str], eq=False)

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(rows)} {file}" for file, rows in self.tables.items())
        return f"<OneRoster {self.manifest.version}: {counts or 'nothing'}; {len(self.bad)} bad rows>"

    def of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """The records of a kind; none where there is no such file."""
        return cast("tuple[Kind, ...]", self.tables.get(kind.FILE, ()))

    @property
    def version(self) -> Version:
        """Which of the standards."""
        return self.manifest.version


# --- Reading ----------------------------------------------------------------------------------------------------------


def read_files(where: Path, *, on_bad: OnBadRow = raise_bad, strict: bool = True) -> Bundle:
    """Read a folder or a zip.

    Args:
        on_bad: the policy for a row that cannot be read, whose id occurs twice, or that names what a bulk file does not
            define: by default it raises; or be told, and go on without the row. The set then proves nothing
            (`Bundle.bad`).
        strict: whether headers must be exactly the standard's.

    Raises:
        BadExport: there is no manifest, or it does not fit the files; a file cannot be decoded or split; a header is
            not the standard's.
    """
    files = _files(where)
    encodings: dict[str, str] = {}
    manifest = _manifest(files, encodings)
    bad: list[BadExport] = []

    def told(error: BadExport) -> None:
        on_bad(error)
        bad.append(error)

    read: dict[str, list[tuple[int, Record]]] = {}
    for file, kind in kinds_of(manifest.version).items():
        mode = manifest.mode(kind)
        if mode is not Mode.ABSENT:
            reader = _Reader(kind=kind, version=manifest.version, mode=mode, strict=strict, told=told)
            read[file] = list(reader.rows(files[file], encodings))
    kept = _referring(read, manifest, told)
    return Bundle(manifest=manifest, tables=kept, bad=tuple(bad), encodings=encodings)


_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
"""What `zipfile` raises for archives that were cut, damaged, or locked by a password."""


def _files(where: Path) -> dict[str, CsvFile]:
    """The files by name without `.csv`, in the case of the standard where it is another."""
    if where.is_file():
        try:
            with zipfile.ZipFile(where) as archive:
                names = [one for one in archive.namelist() if one.lower().endswith(".csv") and not one.startswith("__")]
                found = [CsvFile(name=Path(name).name, content=archive.read(name)) for name in names]
        except _BROKEN as error:
            raise BadExport(
                f"the archive cannot be read ({type(error).__name__}).",
                file=where.name,
                line=None,
                value=where.name,
                next_step="Make the zip again, without a password.",
            ) from None
    else:
        found = [CsvFile.at(path) for path in find_files(where).values()]
    usual = {file.lower(): file for file in (MANIFEST, *kinds_of(Version.V1_2))}
    stems = {file.name[: -len(".csv")]: file for file in found}
    return {usual.get(stem.lower(), stem): file for stem, file in stems.items()}


def _manifest(files: Mapping[str, CsvFile], encodings: dict[str, str]) -> Manifest:
    if MANIFEST not in files:
        raise BadExport(
            "the file is missing.", file="manifest.csv", line=None, value="manifest.csv", next_step="Add it to the set."
        )
    file = files[MANIFEST]
    told = {row.text("propertyname"): row for row in read_rows(file, columns=_of_manifest, encodings=encodings)}

    def said(name: str) -> str:
        return told[name].text("value") if name in told else ""

    if said("oneroster.version") not in {*Version}:
        row = told.get("oneroster.version")
        raise file.bad(
            "oneroster.version is neither 1.1 nor 1.2.",
            line=None if row is None else row.line,
            column="value",
            value=said("oneroster.version"),
        )
    version = Version(said("oneroster.version"))
    modes: dict[str, Mode] = {}
    for kind in kinds_of(version):
        row = told.get(f"file.{kind}")
        mode = Mode.ABSENT.value if row is None else row.text("value")
        if mode not in {*Mode}:
            raise file.bad(
                f"file.{kind} is none of {', '.join(Mode)}.",
                line=None if row is None else row.line,
                column="value",
                value=mode,
            )
        if (mode != Mode.ABSENT) != (kind in files):
            there = "is there" if kind in files else "is missing"
            raise file.bad(
                f"file.{kind} is {mode}, but {kind}.csv {there}.",
                line=None if row is None else row.line,
                column="value",
                value=mode,
            )
        modes[kind] = Mode(mode)
    return Manifest(
        version=version,
        modes=modes,
        source=(said("source.systemName"), said("source.systemCode")),
        manifest_version=said("manifest.version"),
    )


def _of_manifest(file: CsvFile, header: Sequence[str]) -> Sequence[str]:
    found = [one.strip() for one in header]
    if found != ["propertyName", "value"]:
        raise file.bad("the header is not propertyName, value.", line=1, value=",".join(found))
    return [one.lower() for one in found]


def columns(kind: type[Record], version: Version) -> tuple[str, ...]:
    """The header that the standard wants of a file."""
    return tuple(column.name for column in columns_of(kind).values() if column.of(version))


@attrs.frozen(kw_only=True)
class _Reader:
    """How one file is read."""

    kind: type[Record]
    version: Version
    mode: Mode
    strict: bool
    told: Callable[[BadExport], object]

    def rows(self, file: CsvFile, encodings: dict[str, str]) -> Iterator[tuple[int, Record]]:
        """Its records, each with its line; those that cannot be read are told."""
        fields = {
            name: column
            for name, column in columns_of(self.kind).items()
            if column.of(self.version) and not column.secret
        }
        seen: set[str] = set()
        rows = read_rows(file, columns=self._header, encodings=encodings, extension=EXTENSION, on_bad=self.told)
        for row in rows:
            try:
                record = record_of(self.kind, fields, row, delta=self.mode is Mode.DELTA)
                if record.sourced_id in seen:
                    raise row.bad(
                        f"sourcedId {record.sourced_id} occurs twice.", value=record.sourced_id, column="sourcedId"
                    )
            except BadExport as error:
                self.told(error)
            else:
                seen.add(record.sourced_id)
                yield row.line, record

    def _header(self, file: CsvFile, header: Sequence[str]) -> Sequence[str]:
        """The standard's columns in their order, then a district's own; or, leniently, whatever is there."""
        wanted = columns(self.kind, self.version)
        found = [one.strip() for one in header]
        usual = {name.lower() for name in wanted}
        if self.strict:
            for place, name in enumerate(wanted):
                if place >= len(found) or found[place] != name:
                    there = found[place] if place < len(found) else ""
                    raise file.bad(f"column {place + 1} is not {name}.", line=1, column=name, value=there)
            for name in found[len(wanted) :]:
                if not name.startswith(EXTENSION):
                    raise file.bad(f"the column {name} is not of the standard.", line=1, column=name, value=name)
        elif "sourcedid" not in {name.lower() for name in found}:
            raise file.bad("the column sourcedId is missing.", line=1, column="sourcedId", value="sourcedId")
        if twice := next((name for name in found if found.count(name) > 1), None):
            raise file.bad(f"the column {twice} is there twice.", line=1, column=twice, value=twice)
        return [self._named(one, usual) for one in found]

    @staticmethod
    def _named(header: str, usual: set[str]) -> str:
        if is_secret(header):
            return ""
        if header.lower() in usual:
            return header.lower()
        return header if header.startswith(EXTENSION) else f"{EXTENSION}{header}"


def record_of(kind: type[Kind], fields: Mapping[str, Column], row: Row, *, delta: bool) -> Kind:
    """A row as a record.

    Raises:
        BadExport: a required cell is blank, or a cell is not what its column holds.
    """
    values: dict[str, Any] = {}
    for field, column in fields.items():
        cell = row.text(column.name)
        if not cell:
            if column.required or (delta and field in ("status", "date_last_modified")):
                raise row.bad(f"{column.name} is blank.", value="", column=column.name)
            values[field] = column.absent
            continue
        try:
            values[field] = column.read(cell)
        except Unreadable as problem:
            value = HIDDEN if column.personal else cell
            raise row.bad(f"{column.name} {problem}.", value=value, column=column.name) from None
    return kind(**values, metadata=dict(row.ext))


def _referring(
    read: Mapping[str, list[tuple[int, Record]]], manifest: Manifest, told: Callable[[BadExport], object]
) -> dict[str, tuple[Record, ...]]:
    """The records whose references all lead somewhere; a file that is not bulk may well not have what is named."""
    defined = {
        file: {record.sourced_id for _, record in rows}
        for file, rows in read.items()
        if manifest.modes[file] is Mode.BULK
    }
    kinds = kinds_of(manifest.version)
    kept: dict[str, tuple[Record, ...]] = {}
    for file, rows in read.items():
        references = [
            (field, column)
            for field, column in columns_of(kinds[file]).items()
            if column.refers in defined and column.of(manifest.version)
        ]
        good: list[Record] = []
        for line, record in rows:
            lost = _lost(record, references, defined)
            if lost is None:
                good.append(record)
            else:
                column, value = lost
                told(
                    BadExport(
                        f"{column.name} {value} is not in {column.refers}.csv.",
                        file=f"{file}.csv",
                        line=line,
                        column=column.name,
                        value=value,
                        next_step="Correct the row and export again.",
                    )
                )
        kept[file] = tuple(good)
    return kept


def _lost(
    record: Record, references: Iterable[tuple[str, Column]], defined: Mapping[str, set[str]]
) -> tuple[Column, str] | None:
    """A reference that leads nowhere."""
    for field, column in references:
        held: str | tuple[str, ...] = getattr(record, field)
        for value in (held,) if isinstance(held, str) else held:
            # Some write NULL for "none" (OneRoster 1.1, "CSV": reserved).
            if value and value != "NULL" and value not in defined[column.refers or ""]:
                return column, value
    return None


# --- Writing ----------------------------------------------------------------------------------------------------------


def write_files(bundle: Bundle, where: Path) -> None:
    """Write a zip (where it ends in `.zip`) or a folder; `read_files` gives the same value back.

    A file is written for each mode that is not absent, in UTF-8. Password columns are written blank.
    """
    contents = {MANIFEST: _written_manifest(bundle.manifest)}
    for file, kind in kinds_of(bundle.version).items():
        if bundle.manifest.mode(kind) is not Mode.ABSENT:
            contents[file] = _written(bundle.of(kind), kind, bundle.version)
    if where.suffix.lower() == ".zip":
        with zipfile.ZipFile(where, "w", zipfile.ZIP_DEFLATED) as archive:
            for file, content in contents.items():
                # One moment for all, so that equal sets are equal archives.
                archive.writestr(zipfile.ZipInfo(f"{file}.csv"), content)
        return
    where.mkdir(parents=True, exist_ok=True)
    for file, content in contents.items():
        (where / f"{file}.csv").write_bytes(content)


def _written(records: Iterable[Record], kind: type[Record], version: Version) -> bytes:
    fields = {field: column for field, column in columns_of(kind).items() if column.of(version)}
    rows = [
        {
            **{column.name: column.write(getattr(record, field)) for field, column in fields.items()},
            **{f"{EXTENSION}{name}": value for name, value in record.metadata.items()},
        }
        for record in records
    ]
    return written([column.name for column in fields.values()], rows)


def _written_manifest(manifest: Manifest) -> bytes:
    told = {
        "manifest.version": manifest.manifest_version,
        "oneroster.version": manifest.version.value,
        **{f"file.{kind}": manifest.mode(one).value for kind, one in sorted(kinds_of(manifest.version).items())},
        "source.systemName": manifest.source[0],
        "source.systemCode": manifest.source[1],
    }
    return written(["propertyName", "value"], [{"propertyName": name, "value": value} for name, value in told.items()])


# --- Folding ----------------------------------------------------------------------------------------------------------


_FOLLOWING: Final[tuple[tuple[type[Record], str], ...]] = (
    (Enrollment, "user_sourced_id"),
    (Enrollment, "class_sourced_id"),
    (Role, "user_sourced_id"),
    (Demographics, "sourced_id"),
)
"""What goes with a user or a class. A row of demographics has its user's own id."""


def fold(base: Bundle, delta: Bundle) -> Bundle:
    """What there is after a delta: what it names is replaced, added, or gone; whatever it does not name stays.

    A user or a class that is gone takes its enrollments, roles and demographics with it. A bulk file in the delta takes
    the place of the whole table. Rows that could not be read make the result doubtful.

    Raises:
        BadExport: the two are of different versions of the standard.
    """
    if base.version is not delta.version:
        raise BadExport(
            f"the delta is of OneRoster {delta.version}, what it is folded into of {base.version}.",
            file="manifest.csv",
            line=None,
            value=delta.version.value,
            next_step="Begin with bulk files of the same version.",
        )
    tables = dict(base.tables)
    for file, rows in delta.tables.items():
        if delta.manifest.modes[file] is Mode.BULK:
            tables[file] = rows
            continue
        kept = {record.sourced_id: record for record in tables.get(file, ())}
        for record in rows:
            if record.gone:
                kept.pop(record.sourced_id, None)
            else:
                kept[record.sourced_id] = record
        tables[file] = tuple(kept.values())
    for kind, reference in _FOLLOWING:
        target = columns_of(kind)[reference].refers or "users"
        gone = {row.sourced_id for row in delta.tables.get(target, ()) if row.gone}
        if gone and kind.FILE in tables:
            tables[kind.FILE] = tuple(row for row in tables[kind.FILE] if getattr(row, reference) not in gone)
    modes = {file: Mode.BULK if file in tables else Mode.ABSENT for file in kinds_of(base.version)}
    return attrs.evolve(
        base,
        manifest=attrs.evolve(base.manifest, modes=modes),
        tables=tables,
        bad=(*base.bad, *delta.bad),
        doubts=(*base.doubts, *delta.doubts),
        encodings={**base.encodings, **delta.encodings},
    )
