"""`clever-roster doctor`: is everything set up, and why is this class, or this child, missing?

Each line is ok, warn or fail, with a code that stays the same, a sentence, and what to do next. Nothing is written, and
nobody is named. What can be asked is asked, whatever else fails: the credentials, the token, the district and how its
sync stands, this machine's clock against Clever's, the database and its tables, and what has been waiting.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

import attrs

from clever_roster import roster
from clever_roster.clever import CleverClient
from clever_roster.clever.reading import fetch
from clever_roster.cli.credentials import NoToken, application
from clever_roster.cli.databases import add_store, opened_store, store_is_named
from clever_roster.cli.drawing import cells, console, draw
from clever_roster.cli.endings import Ending
from clever_roster.cli.reading import AtClever, Source, add_source, opened_source
from clever_roster.display import Shown, Table, Tone, View
from clever_roster.display.views import counted
from clever_roster.errors import (
    BadExport,
    CleverRosterError,
    ConfigurationError,
    NotShared,
    ReauthRequired,
    SourceError,
    SourceUnavailable,
    SourceUnreachable,
    StoreError,
)
from clever_roster.model import AccountId, PersonId, SectionId, SectionKey, Snapshot
from clever_roster.ports import Ports
from clever_roster.roster.remembered import recall, waiting_in

__all__ = ["EXAMPLES", "SHAPE", "add_options", "run"]

EXAMPLES = """\
  clever-roster doctor                                             is Clever ready?
  clever-roster doctor --db sqlite:///school.db                    and the database?
  clever-roster doctor --db sqlite:///school.db --section ID       why is this class not listed?
  clever-roster doctor --db sqlite:///school.db --section ID --student ID    why is this child missing?
  clever-roster doctor --db sqlite:///school.db --section ID --account ID    ... for this teacher?
"""

SHAPE = """\
  counts                  {ok, warn, fail}
  signs []                state, code, sentence, next_step, about (settings, or the section and the student asked for)
"""

SKEW_WARN, SKEW_FAIL = 30, 300
"""Seconds: an id_token's times are taken with a minute's grace; five minutes off nothing is right any more."""

WELL = {"success", "running", "pending"}
"""How a district's sync stands when nothing is wrong (Clever, "Districts")."""


class State(StrEnum):
    """How one thing stands."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


_TONES = {State.OK: Tone.GOOD, State.WARN: Tone.WARN, State.FAIL: Tone.BAD}

_BY_INTENT = {
    *(roster.Cause.MODE, roster.Cause.PUT_AWAY, roster.Cause.REMOVED_BY_HAND, roster.Cause.WITHDRAWN),
    *(roster.Cause.TERM_OVER, roster.Cause.HELD, roster.Cause.NOT_SYNCED_YET, roster.Cause.NOT_IMPORTED),
    roster.Cause.NO_ACCOUNT,
}
"""Reasons that somebody meant, or that the next sync ends."""


@attrs.frozen(kw_only=True)
class Sign:
    """One line of what the doctor says; `about` is what was asked for."""

    state: State
    code: str
    sentence: str
    next_step: str = ""
    about: str = "settings"


class Signs(tuple[Sign, ...], Shown):
    """Everything that the doctor says."""

    __slots__ = ()

    def view(self, *, names: bool = False) -> View:  # noqa: ARG002 - nobody is named here
        """One table, `signs`."""
        worst = max((_SEVERITY[one.state] for one in self), default=0)
        counts = Counter(one.state for one in self)
        return View(
            title="Doctor",
            lead=", ".join(f"{counts[state]} {state}" for state in State) + ".",
            tone=_TONES[[*State][worst]],
            parts=(
                Table(
                    name="signs",
                    caption="What was looked at",
                    columns=("state", "code", "sentence", "next_step", "about"),
                    rows=lambda: ((one.state.value, one.code, one.sentence, one.next_step, one.about) for one in self),
                    count=len(self),
                    tone=lambda row: _TONES[State(str(row[0]))],
                ),
            ),
        )


_SEVERITY = {state: place for place, state in enumerate(State)}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add_source(parser)
    add_store(parser)
    group = parser.add_argument_group("Your question")
    group.add_argument("--section", type=SectionId, metavar="ID", help="why is this class not listed, or not in step?")
    group.add_argument("--student", type=PersonId, metavar="ID", help="why is this child missing (from --section)?")
    group.add_argument("--account", type=AccountId, metavar="ID", help="the account of the teacher who asks")


def run(options: argparse.Namespace) -> int:
    """Look, and tell. FOUND when something fails, or the class or child that was asked about is not in step.

    Raises:
        ConfigurationError: a question was asked, and there is no database to answer it from.
    """
    asked = options.section is not None or options.student is not None
    if asked and not store_is_named(options):
        raise ConfigurationError(
            "Why a class or a child is missing is answered from the source and from the database, and none is named.",
            next_step="Name the database with --db or --store.",
        )
    signs = Signs(_signs(options, asked=asked))
    if options.json:
        counts = Counter(one.state for one in signs)
        told = {"counts": {state.value: counts[state] for state in State}, "signs": cells(signs.records())}
        print(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        draw(console(no_color=options.no_color), signs.view(), most=100)
    failed = any(one.state is State.FAIL or (one.about != "settings" and one.state is State.WARN) for one in signs)
    return Ending.FOUND if failed else Ending.DONE


def _signs(options: argparse.Namespace, *, asked: bool) -> Iterator[Sign]:
    yield from _of_credentials(options)
    try:
        with opened_source(options) as source:
            yield from _of_source(source)
            yield from _of_store(options, source, asked=asked)
    except (SourceError, ConfigurationError, BadExport) as error:
        unset = isinstance(error, NoToken) and not asked
        yield _failed(error, State.WARN if unset else State.FAIL)
        yield from _of_store(options, None, asked=False)


def _failed(error: CleverRosterError, state: State = State.FAIL) -> Sign:
    match error:
        case ReauthRequired():
            code = "token"
        case NotShared():
            code = "not_shared"
        case SourceUnreachable() | SourceUnavailable():
            code = "clever_down"
        case ConfigurationError():
            code = "configuration"
        case BadExport():
            code = "files"
        case StoreError():
            code = "database"
        case _:
            code = "source"
    return Sign(state=state, code=code, sentence=str(error.args[0]), next_step=error.next_step)


# --- Settings ---------------------------------------------------------------------------------------------------------


def _of_credentials(options: argparse.Namespace) -> Iterator[Sign]:
    """The application's id and secret, where they are set: does Clever know them, and has the district connected?"""
    if options.data is not None:
        return
    try:
        own = application(options)
        if own is not None and options.district is not None:
            own.fetch_token(options.district)
            yield Sign(state=State.OK, code="credentials", sentence="Clever knows the application, and the district.")
    except (SourceError, ConfigurationError) as error:
        yield attrs.evolve(_failed(error), code="credentials")


def _of_source(source: Source) -> Iterator[Sign]:
    """The token works; what it reads, how the district's sync stands, and what time it is there."""
    if not isinstance(source, AtClever):
        yield Sign(state=State.OK, code="files", sentence=f"The files are of district {source.district}.")
        return
    yield Sign(state=State.OK, code="token", sentence=f"The token reads district {source.district}.")
    clever = source.clever
    if isinstance(clever, CleverClient):
        yield from _of_clock(clever.answer(fetch(clever.api, clever.api.link("/districts"))).headers.get("date"))
    try:
        record = clever.get_district(source.district)
    except SourceError as error:
        yield attrs.evolve(_failed(error), code="district")
    else:
        well = record.state is None or record.state in WELL
        yield Sign(
            state=State.OK if well else State.WARN,
            code="district",
            sentence=f"The district's own sync stands at {record.state or 'a state that it does not say'}.",
            next_step="" if well else "Let the district see to it in Clever; removals are held until then.",
        )
    try:
        sections, people = clever.count_sections(), clever.count_users()
    except SourceError as error:
        yield attrs.evolve(_failed(error, State.WARN), code="shared")
    else:
        yield Sign(
            state=State.OK if sections and people else State.FAIL,
            code="shared",
            sentence=f"The district shares {sections} sections and {people} people.",
            next_step="" if sections and people else "Ask the district's admin to share sections with you.",
        )


def _of_clock(date: str | None) -> Iterator[Sign]:
    """This machine's clock against the source's `Date` (RFC 9110, section 6.6.1)."""
    try:
        there = parsedate_to_datetime(date or "")
    except ValueError:
        return
    skew = abs((datetime.now(UTC) - there.replace(tzinfo=there.tzinfo or UTC)).total_seconds())
    state = State.OK if skew < SKEW_WARN else State.WARN if skew < SKEW_FAIL else State.FAIL
    yield Sign(
        state=state,
        code="clock",
        sentence=f"This machine's clock is {skew:.0f} seconds from Clever's.",
        next_step="" if state is State.OK else "Set the clock (NTP): logins seem expired, tokens of the future.",
    )


def _of_store(options: argparse.Namespace, source: Source | None, *, asked: bool) -> Iterator[Sign]:
    """The database and its tables; what has been waiting in it; and the answers to what was asked."""
    if not store_is_named(options):
        yield Sign(
            state=State.WARN,
            code="no_database",
            sentence="No database is named: it was not looked at.",
            next_step="Name one with --db or --store.",
        )
        return
    try:
        with opened_store(options) as store, store.transaction() as ports:
            yield Sign(state=State.OK, code="database", sentence="The database answers, and its tables are there.")
            if source is not None:
                yield from _of_waiting(ports, source)
                if asked:
                    yield from _answers(ports, source, options)
    except (StoreError, ConfigurationError) as error:
        yield attrs.evolve(_failed(error), code="database")


def _of_waiting(ports: Ports, source: Source) -> Iterator[Sign]:
    """What has been held, in how many sections and since when."""
    waiting = waiting_in(ports, source.provider, source.district)
    keys = [SectionKey(source.provider, source.district, section) for section in sorted(waiting)]
    held = {section: memory.held for section, memory in recall(ports, keys).items() if memory.held}
    if not held:
        yield Sign(state=State.OK, code="waiting", sentence="Nothing waits for a person's word.")
        return
    since = min(at for rules in held.values() for at, _ in rules.values())
    yield Sign(
        state=State.WARN,
        code="waiting",
        sentence=f"Changes in {counted(len(held), 'section')} wait for a person's word since {since:%Y-%m-%d}.",
        next_step="Look at the plan (clever-roster sync --plan-only), and approve it or have the source mended.",
    )


# --- Questions --------------------------------------------------------------------------------------------------------


def _answers(ports: Ports, source: Source, options: argparse.Namespace) -> Iterator[Sign]:
    """Why a section or a student is missing, the likeliest reason first."""
    section: SectionId | None = options.section
    student: PersonId | None = options.student
    failure: SourceError | None = None
    snapshot: Snapshot | None = None
    try:
        sections = [section] if section is not None else [] if student is None else source.sections_of(student)
        snapshot = source.read_sections(sections)
    except SourceError as error:
        failure, sections = error, [section] if section is not None else []
    if not sections:
        yield Sign(
            state=State.FAIL,
            code=roster.Cause.NOT_ON_SOURCE.value,
            sentence="The source lists them in no section that is shared.",
            next_step="Ask the school office to put them into the section, and the admin to share it.",
            about=f"student {student}",
        )
    for one in sections:
        if student is None or snapshot is None:
            reasons = roster.why_section(ports, snapshot, one, actor=options.account, failure=failure)
            yield from _told(reasons, f"section {one}")
        else:
            reasons = roster.why_person(ports, snapshot, one, student, failure=failure)
            yield from _told(reasons, f"section {one}, student {student}")


def _told(reasons: Iterable[roster.Reason], about: str) -> Iterator[Sign]:
    for reason in reasons:
        fine = reason.cause is roster.Cause.FINE
        yield Sign(
            state=State.OK if fine else State.WARN if reason.cause in _BY_INTENT else State.FAIL,
            code=reason.cause.value,
            sentence=reason.sentence,
            next_step="" if fine else reason.next_step,
            about=about,
        )
