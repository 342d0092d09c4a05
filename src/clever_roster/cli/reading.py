"""Where a command reads a roster: Clever, with a token; or a district's files, of Clever SFTP or of OneRoster.

All are asked in the same way, and all give snapshots that know how completely they were read. What a district's sync is
doing at Clever, and its terms, are asked along, since the guard and the checks look at them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

import attrs

from clever_roster.clever import CleverClient, EventId, Events, FullReadNeeded
from clever_roster.clever.decode import BadRecord
from clever_roster.clever.operations import Operations
from clever_roster.clever.reading import Api
from clever_roster.clever.translate import term_of
from clever_roster.cli.credentials import add_credentials, safe_url, token_of
from clever_roster.cli.progress import reading, waiting
from clever_roster.errors import BadExport, ConfigurationError, NotShared
from clever_roster.model import CLEVER, DistrictId, PersonId, Provider, SectionId, Snapshot
from clever_roster.patience import Progress
from clever_roster.roster import Dirty, Heard
from clever_roster.sources import read_export, snapshot_of
from clever_roster.steps import Send, Steps
from clever_roster.testing import Simulator
from clever_roster.testing.sftp import read_district as district_in

__all__ = ["AtClever", "Source", "add_source", "opened_source"]

Result = TypeVar("Result")

MANIFEST = "manifest.csv"
"""What a set of OneRoster files has, and one of Clever SFTP has not (OneRoster 1.2 CSV binding)."""


def add_source(parser: argparse.ArgumentParser) -> None:
    """The options that say where the roster is read."""
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="read a district's CSV files, of Clever SFTP or of OneRoster (also zipped); needs no token",
    )
    parser.add_argument("--district", type=DistrictId, metavar="ID", help="the district; else the token's only one")
    add_credentials(parser)


class Source(Protocol):
    """One district at its source."""

    @property
    def provider(self) -> Provider:
        """Who lists the roster."""
        ...

    @property
    def district(self) -> DistrictId:
        """Which one it is."""
        ...

    @property
    def unreadable(self) -> list[str]:
        """The records that could not be read, and were left out: where, and why."""
        ...

    def read_all(self, known: Collection[SectionId] = ()) -> Snapshot:
        """The whole district; `known` are sections that the host has: they are asked for, there or not."""
        ...

    def read_sections(self, sections: Collection[SectionId]) -> Snapshot:
        """These sections only."""
        ...

    def news(self, since: Heard | None) -> tuple[Dirty, Heard]:
        """What is heard since a mark, and the next one. Raises ConfigurationError when the source tells no events."""
        ...

    def sections_of(self, person: PersonId) -> list[SectionId]:
        """The sections that list somebody. Raises NotShared when the source does not show the person."""
        ...


# --- Clever, and files as Clever reads them ---------------------------------------------------------------------------


class Export(Operations):
    """A district's CSV export: asked as Clever would be, of the pretend Clever, without a network."""

    def __init__(self, folder: Path, on_progress: Callable[[Progress], None]) -> None:
        district = district_in(folder)
        self.district = district.id
        self._simulator = Simulator([district])
        self.api = Api(token=self._simulator.district_token(district.id), on_progress=on_progress)

    def answer(self, steps: Steps[Result], /) -> Result:
        """Drive a flow to its end."""
        try:
            question = next(steps)
            while True:
                question = steps.send(self._simulator.respond(question.request) if isinstance(question, Send) else None)
        except StopIteration as end:
            result: Result = end.value
            return result


@attrs.frozen(kw_only=True)
class AtClever:
    """A district at Clever, or the files that it sends there. See `Source`."""

    clever: CleverClient | Export
    district: DistrictId
    bad: list[BadRecord]
    provider: Provider = CLEVER

    @property
    def unreadable(self) -> list[str]:
        """The records that could not be read."""
        return [f"{one.path} {one.reason}" for one in self.bad]

    def read_all(self, known: Collection[SectionId] = ()) -> Snapshot:
        """The whole district."""
        return self._completed(self.clever.fetch_district(self.district, known))

    def read_sections(self, sections: Collection[SectionId]) -> Snapshot:
        """These sections only."""
        return self._completed(self.clever.fetch_snapshot(self.district, sections))

    def news(self, since: Heard | None) -> tuple[Dirty, Heard]:
        """What Clever's events tell; that all must be read, where they do not reach back to the mark."""
        began = datetime.now(UTC)
        told = FullReadNeeded("nothing was heard before") if since is None else self._events(since)
        match told:
            case Events():
                dirty = Dirty.heard(sections=told.sections, people=told.people)
                return dirty, Heard(cursor=told.cursor, at=began)
            case FullReadNeeded():  # the cursor first: what happens during the read is heard next time
                return Dirty(everything=told.why), Heard(cursor=self.clever.fetch_cursor(), at=began)

    def _events(self, since: Heard) -> Events | FullReadNeeded:
        cursor = None if since.cursor is None else EventId(since.cursor)
        return self.clever.fetch_events(cursor, saved_at=since.at)

    def sections_of(self, person: PersonId) -> list[SectionId]:
        """The sections that list somebody."""
        return [record.id for record in self.clever.list_sections_of_user(person)]

    def _completed(self, snapshot: Snapshot) -> Snapshot:
        """With the district's state and its terms, as far as they are shared."""
        if snapshot.district_state is None:
            with suppress(NotShared):
                state = self.clever.get_district(self.district).state
                snapshot = attrs.evolve(snapshot, district_state=state)
        if not snapshot.terms:
            with suppress(NotShared):
                terms = {term.id: term_of(term) for term in self.clever.list_terms()}
                snapshot = attrs.evolve(snapshot, terms=terms)
        return snapshot


# --- Files as they are ------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class InFiles:
    """A district in files, under its own ids. See `Source`."""

    snapshot: Snapshot
    unreadable: list[str]

    @property
    def provider(self) -> Provider:
        """Who lists the roster."""
        return self.snapshot.provider

    @property
    def district(self) -> DistrictId:
        """Which one it is."""
        return self.snapshot.district

    def read_all(self, known: Collection[SectionId] = ()) -> Snapshot:
        """The whole district."""
        return attrs.evolve(self.snapshot, scope=self.snapshot.scope | frozenset(known))

    def read_sections(self, sections: Collection[SectionId]) -> Snapshot:
        """These sections only, with everybody in them."""
        return self.read_all(sections).only(sections)

    def news(self, since: Heard | None) -> tuple[Dirty, Heard]:  # noqa: ARG002 - as every source is asked
        """Files are a state, and tell no events."""
        raise ConfigurationError(
            "Files do not tell what changed since they were read last.", next_step="Leave --changed out."
        )

    def sections_of(self, person: PersonId) -> list[SectionId]:
        """The sections that list somebody."""
        sections = self.snapshot.sections.values()
        return [one.id for one in sections if person in one.students or person in one.teachers]


def _of_sftp(folder: Path, district: DistrictId | None) -> InFiles:
    """Under the district's own ids: those that Clever will give are not known before it has read the files."""
    if district is None:
        raise ConfigurationError(
            "The files do not say which district they are of, and its people are kept under that name.",
            next_step="Choose a name with --district, and keep to it.",
        )
    with waiting("reading files"):
        snapshot = snapshot_of(read_export(folder), district=district, taken_at=_written_at(folder))
    return InFiles(snapshot=snapshot, unreadable=[])


def _of_oneroster(where: Path, district: DistrictId | None) -> InFiles:
    from clever_roster.sources import oneroster

    bad: list[BadExport] = []
    with waiting("reading files"):
        bundle = oneroster.read_files(where, on_bad=bad.append, strict=False)
        snapshot = oneroster.snapshot_of(bundle, taken_at=_written_at(where), district=district)
    return InFiles(snapshot=snapshot, unreadable=[str(one.args[0]) for one in bad])


def _written_at(where: Path) -> datetime:
    """When the newest of the files was written."""
    files = [where] if where.is_file() else [*where.glob("*.csv")]
    return max((datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files), default=datetime.now(UTC))


# --- Which of them ----------------------------------------------------------------------------------------------------


@contextmanager
def opened_source(options: argparse.Namespace, *, as_clever: bool = False) -> Generator[Source]:
    """The source that the options name, with a bar for what is read.

    Args:
        as_clever: read files of Clever SFTP as Clever would, under ids such as it gives; else under the district's own.

    Raises:
        BadExport: the CSV files cannot be used.
        ConfigurationError: there is no token, the address would give it away, or it is not of one district.
        SourceError: the source refused, or did not answer.
    """
    wanted: DistrictId | None = options.district
    data: Path | None = options.data
    if data is not None and (data.suffix.lower() == ".zip" or (data / MANIFEST).is_file()):
        yield _of_oneroster(data, wanted)
        return
    if data is not None and not as_clever:
        yield _of_sftp(data, wanted)
        return
    with reading() as told:
        if data is not None:
            export = Export(data, told)
            yield AtClever(clever=export, district=_named(wanted, [export.district], "export"), bad=[])
            return
        bad: list[BadRecord] = []
        url = safe_url(options.url)
        with CleverClient(token_of(options, wanted), url=url, on_progress=told, on_bad_record=bad.append) as clever:
            district = _named(wanted, [one.id for one in clever.list_districts()], "token")
            yield AtClever(clever=clever, district=district, bad=bad)


def _named(wanted: DistrictId | None, found: list[DistrictId], what: str) -> DistrictId:
    if wanted is None and len(found) != 1:
        raise ConfigurationError(
            f"The {what} reads {len(found)} districts, and one is read at a time.",
            next_step="Use the token of one district, or name one with --district.",
        )
    if wanted is not None and wanted not in found:
        raise ConfigurationError(
            f"The {what} is not of district {wanted}, but of {', '.join(found) or 'none'}.",
            next_step=f"Use that district's {what}, or leave --district out.",
        )
    return found[0] if wanted is None else wanted
