"""`clever-roster sync`: what changed in class? Shown as a plan, carried out in chunks, held where a person should look.

Killed at any moment, the same command goes on where it stopped. Steps that are held wait, and are told again by every
run, until the source has mended itself or somebody approves the plan that is shown, by its digest and in their own
words. A run is undone by the digest of its plan.
"""

from __future__ import annotations

import argparse
import getpass
import json
import socket
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

import attrs

from clever_roster import roster
from clever_roster.cli.databases import add_store, opened_store
from clever_roster.cli.drawing import MOST, cells, console, draw, most_rows
from clever_roster.cli.endings import Ending
from clever_roster.cli.progress import stepping
from clever_roster.cli.reading import Source, add_source, opened_source
from clever_roster.display import Table, View
from clever_roster.display.views import counted
from clever_roster.errors import ConfigurationError
from clever_roster.model import AccountId, IdentityKey, SectionId, SectionKey, Snapshot
from clever_roster.ports import Ports, Store

__all__ = ["EXAMPLES", "SHAPE", "add_options", "run"]

SHORTEST = 8
"""Digits of a digest that are enough to name a plan."""

EXAMPLES = """\
  clever-roster sync --db sqlite:///school.db --data export/ --district springfield --plan-only
  clever-roster sync --db sqlite:///school.db --section ID --owner ACCOUNT     import a section, and sync it
  clever-roster sync --db sqlite:///school.db                                  every imported section, as each night
  clever-roster sync --db sqlite:///school.db --changed                        only what Clever's events tell of
  clever-roster sync --db sqlite:///school.db --approve DIGEST --why "They moved to the new school."
  clever-roster sync --db sqlite:///school.db --undo DIGEST
"""

SHAPE = """\
  district, approved      the id; whether held steps were carried out on somebody's word
  read                    sections, people (numbers), complete; with --changed also asked: sections, and of
                          how many imported ones; and everything: null, or why all were read
  plan                    digest, summary, ready, held (numbers), steps [], proposals [], notes []
  plan.steps []           step, section, origin, person, role, account, fields, state, rule, why, since, nights;
                          with --names also person_name, section_name
  report                  null with --plan-only; ending, done {step: number}, created, held, stale [], failed []
  waiting                 null, or digest and steps: the plan to approve now
  --runs, --forget-runs   forgotten (number), runs [{district, plan, at, by, done, held, ended}]
  --undo prints           plan, rows, sections, profiles (numbers), kept [text]
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    add_source(parser)
    add_store(parser)
    group = parser.add_argument_group("What is done")
    which = group.add_mutually_exclusive_group()
    which.add_argument(
        "--section",
        action="append",
        type=SectionId,
        metavar="ID",
        help="sync this section only; repeat for several (default: every section that was imported)",
    )
    which.add_argument(
        "--changed",
        action="store_true",
        help="of the imported sections, only those that Clever's events name since the last run with --changed, and "
        "those in which something waits; the first run reads all",
    )
    group.add_argument(
        "--owner",
        type=AccountId,
        metavar="ACCOUNT",
        help="who will run sections that are imported now (default: the account of their first teacher)",
    )
    what = group.add_mutually_exclusive_group()
    what.add_argument("--plan-only", action="store_true", help="show the plan, and write nothing")
    what.add_argument("--approve", metavar="DIGEST", help="carry out what this plan holds; needs --why")
    what.add_argument("--undo", metavar="DIGEST", help="take back what was done under this plan")
    what.add_argument("--runs", action="store_true", help="list the runs that can be undone")
    what.add_argument(
        "--forget-runs",
        type=int,
        metavar="DAYS",
        help="drop what is kept to undo the runs that are older: it holds names as they were",
    )
    group.add_argument("--why", metavar="TEXT", help="the reason, in your own words; it is kept in the journal")
    group.add_argument("--by", metavar="WHO", help="who does it, for the journal (default: your login name)")
    group.add_argument("--chunk", type=int, default=500, metavar="N", help="steps in one transaction (default: 500)")
    group.add_argument(
        "--holder",
        metavar="NAME",
        help="who is at work: a run of the same name takes up at once what a killed one left, and ends one that still "
        "goes on (default: this machine's name)",
    )
    group.add_argument("--names", action="store_true", help="name people and sections; else ids are shown")
    group.add_argument("--all", action="store_true", help=f"show every row of a table (default: the first {MOST})")


def run(options: argparse.Namespace) -> int:
    """Read, plan, show, carry out and report; or undo. HELD when steps wait, STORE when rows were refused.

    Raises:
        BadExport: the CSV files cannot be used.
        ConfigurationError: something is missing or contradicts itself.
        SourceError: the source refused, or did not answer; nothing was written.
        StoreError: the database refused.
        ScopeBusy: another sync is at work on these sections.
        Overtaken: another sync took over.
    """
    if options.approve and not options.why:
        raise ConfigurationError("An approval says why.", next_step='Give the reason: --why "...".')
    if options.forget_runs is not None and options.forget_runs < 0:
        raise ConfigurationError(
            f"Runs are older than a number of days, and {options.forget_runs} is none.",
            next_step="Say --forget-runs 90, or 0 for all.",
        )
    with opened_store(options) as store:
        if options.undo:
            return _undo(store, options)
        if options.runs or options.forget_runs is not None:
            return _past(store, options)
        with opened_source(options) as source:
            read = _read_changed(store, source) if options.changed else _read(store, source, options.section)
        return _sync(store, read, options)


# --- What is read -----------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class _Read:
    """What was read.

    Attributes:
        heard: up to where the source's events are dealt with once this is synced; None when they were not asked for.
        asked: how many sections were asked for because they changed, and of how many; None when all were.
        everything: why all were read all the same.
    """

    snapshot: Snapshot
    heard: roster.Heard | None = None
    asked: tuple[int, int] | None = None
    everything: str | None = None

    @property
    def sentence(self) -> str:
        """How much was read, and why."""
        if self.asked is None:
            return "Read everything."
        changed = "of which something was heard, or in which something waits"
        why = f"because {self.everything}" if self.everything else changed
        return f"Read {self.asked[0]} of {self.asked[1]} imported sections, {why}."


def _read(store: Store, source: Source, named: list[SectionId] | None) -> _Read:
    if named:
        return _Read(snapshot=source.read_sections(named))
    with store.transaction() as ports:
        imported = _imported(ports, source)
    return _Read(snapshot=source.read_all(imported))


def _imported(ports: Ports, source: Source) -> set[SectionId]:
    imported = {key.section for key in ports.sections.attached_in(source.provider, source.district)}
    if not imported:
        raise ConfigurationError(
            f"No section of district {source.district} was imported yet.", next_step="Name sections with --section ID."
        )
    return imported


def _read_changed(store: Store, source: Source) -> _Read:
    """The imported sections of which something was heard, or in which something waits."""
    with store.transaction() as ports:
        imported = _imported(ports, source)
        since = roster.heard_until(ports, source.provider, source.district)
    dirty, heard = source.news(since)
    with store.transaction() as ports:
        wanted = roster.to_read(ports, source.provider, source.district, dirty)
    snapshot = source.read_sections(wanted) if dirty.everything is None else source.read_all(wanted)
    return _Read(snapshot=snapshot, heard=heard, asked=(len(wanted), len(imported)), everything=dirty.everything)


def _wishes(ports: Ports, snapshot: Snapshot, options: argparse.Namespace) -> Mapping[SectionId, roster.Attachment]:
    """Sections that were named and are not imported yet, each with the account that will run it."""
    keys = [SectionKey(snapshot.provider, snapshot.district, one) for one in options.section or ()]
    attached = ports.sections.attached(keys)
    new = [key.section for key in keys if key not in attached and key.section in snapshot.sections]
    return {section: roster.Attachment(owner=_owner(ports, snapshot, section, options.owner)) for section in new}


def _owner(ports: Ports, snapshot: Snapshot, section: SectionId, named: AccountId | None) -> AccountId:
    if named is not None:
        if named not in ports.accounts.find([named]):
            raise ConfigurationError(f"There is no account {named}.", next_step="Name one that exists with --owner.")
        return named
    teachers = snapshot.sections[section].teachers
    keys = [IdentityKey(snapshot.provider, snapshot.district, teacher) for teacher in teachers[:1]]
    for link in ports.links.find(keys).values():
        return link.account
    raise ConfigurationError(
        f"Section {section} is to be imported, and its first teacher has no account here.",
        next_step="Let the teacher sign in first, or name an account with --owner.",
    )


# --- What is done -----------------------------------------------------------------------------------------------------


def _sync(store: Store, read: _Read, options: argparse.Namespace) -> int:
    snapshot, heard = read.snapshot, read.heard
    now, by = datetime.now(UTC), options.by or _login_name()
    with store.transaction() as ports:
        wishes = _wishes(ports, snapshot, options)
        plan = roster.plan(ports, snapshot, attach=wishes)
    out = None if options.json else console(no_color=options.no_color)
    if out:
        if options.changed:
            out.print(read.sentence)
        draw(out, plan.view(names=options.names), most=most_rows(options))
    approval = None
    if options.approve:
        if not _names(options.approve, plan.digest):
            return _other_plan(plan, read, options)
        approval = roster.Approval(digest=plan.digest, by=AccountId(by), why=options.why)
    if options.plan_only:
        if options.json:
            _print(plan, read, None, plan if plan.held else None, approved=False, names=options.names)
        return Ending.HELD if plan.held else Ending.DONE
    holder = options.holder or f"clever-roster sync on {socket.gethostname()}"
    with stepping("applying", len(plan.ready)) as told:
        report = roster.run(
            store,
            plan,
            actor=by,
            now=now,
            approval=approval,
            chunk=options.chunk,
            holder=holder,
            progress=told,
            clock=lambda: datetime.now(UTC),
        )
    if heard is not None and snapshot.proof.complete and report.settled:
        with store.transaction() as ports:
            roster.keep_heard(ports, snapshot.provider, snapshot.district, heard)
    waiting = _waiting(store, snapshot, report, options)
    if options.json:
        _print(plan, read, report, waiting, approved=approval is not None, names=options.names)
    elif out:
        view = report.view()
        missed = report.stale or report.failed
        draw(out, attrs.evolve(view, parts=(view.table("done"), *((view.table("steps"),) if missed else ()))), most=10)
        if waiting is not None and any(step.hold is not None and not step.hold.final for step in waiting):
            out.print(f'To let them go on: --approve {waiting.digest[:12]} --why "..."')
        elif report.done:
            out.print(f"To take this back: --undo {plan.digest[:12]}")
    return {
        roster.Ending.DONE: Ending.DONE,
        roster.Ending.HELD: Ending.HELD,
        roster.Ending.FAILED: Ending.STORE,
    }[report.ending]


def _waiting(
    store: Store, snapshot: Snapshot, report: roster.Report, options: argparse.Namespace
) -> roster.Plan | None:
    """What waits now, as the plan that an approval would name: the one that was carried out is history."""
    if not report.held:
        return None
    with store.transaction() as ports:
        if options.changed:  # the next run with --changed reads those in which something waits
            snapshot = snapshot.only(roster.to_read(ports, snapshot.provider, snapshot.district, roster.Dirty()))
        return roster.plan(ports, snapshot, attach=_wishes(ports, snapshot, options))


def _other_plan(plan: roster.Plan, read: _Read, options: argparse.Namespace) -> int:
    """An approval is for one plan, and the roster has moved on from it."""
    if options.json:
        _print(plan, read, None, plan if plan.held else None, approved=False, names=options.names)
    else:
        console(no_color=options.no_color).print(
            f"This is another plan than {options.approve}: nothing was done. "
            f"Look at it, and approve {plan.digest[:12]} if it is what you want."
        )
    return Ending.HELD


def _undo(store: Store, options: argparse.Namespace) -> int:
    now, by = datetime.now(UTC), options.by or _login_name()
    with store.transaction() as ports:
        undone = roster.undo(ports, _digest_of_run(ports, options.undo), actor=by, now=now)
    if options.json:
        counts = {"rows": undone.rows, "sections": undone.sections, "profiles": undone.profiles}
        print(json.dumps({"plan": undone.plan, **counts, "kept": list(undone.kept)}, indent=2))
    else:
        draw(console(no_color=options.no_color), undone.view())
    return Ending.FOUND if undone.kept else Ending.DONE


def _past(store: Store, options: argparse.Namespace) -> int:
    """The runs that can be undone; older ones are forgotten first, where that was asked for."""
    with store.transaction() as ports:
        runs = roster.past_runs(ports, district=options.district)
        oldest = None if options.forget_runs is None else datetime.now(UTC) - timedelta(days=options.forget_runs)
        kept = tuple(one for one in runs if oldest is None or one.at >= oldest)
        roster.forget_runs(ports, (one for one in runs if one not in kept))
    table = Table(
        name="runs",
        caption="Runs that can be undone, the newest first",
        columns=("district", "plan", "at", "by", "done", "held", "ended"),
        rows=lambda: ((one.district, one.plan, one.at, one.actor, one.done, one.held, one.ended) for one in kept),
        count=len(kept),
    )
    forgotten = len(runs) - len(kept)
    if options.json:
        print(json.dumps({"forgotten": forgotten, "runs": cells(table.records())}, ensure_ascii=False, indent=2))
    else:
        lead = f"{counted(forgotten, 'run')} forgotten." if forgotten else "To take one back: --undo DIGEST."
        view = View(title="Runs", lead=lead, parts=(table,))
        draw(console(no_color=options.no_color), view, most=most_rows(options))
    return Ending.DONE


def _digest_of_run(ports: Ports, named: str) -> str:
    """The whole digest of a run that was begun, by the first digits of it."""
    wanted = named.lower()
    enough = len(wanted) >= SHORTEST
    found = {memo.key.split("/")[1] for memo in ports.roster.memos_starting(f"run/{wanted}") if enough}
    if len(found) != 1:
        raise ConfigurationError(
            f"{len(found) or 'No'} runs are known by {named!r}.",
            next_step=f"Name one plan by its digest, or by its first {SHORTEST} digits and more.",
        )
    return found.pop()


def _names(given: str, digest: str) -> bool:
    return len(given) >= SHORTEST and digest.startswith(given.lower())


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may know no user of its own
        return "clever-roster"


# --- How it is told ---------------------------------------------------------------------------------------------------


def _print(
    plan: roster.Plan,
    read: _Read,
    report: roster.Report | None,
    waiting: roster.Plan | None,
    *,
    approved: bool,
    names: bool,
) -> None:
    snapshot = read.snapshot
    told = {
        "district": snapshot.district,
        "approved": approved,
        "read": {
            "sections": len(snapshot.sections),
            "people": len(snapshot.people),
            "complete": snapshot.proof.complete,
            "asked": read.asked,
            "everything": read.everything,
        },
        "plan": {
            "digest": plan.digest,
            "summary": plan.summary(),
            "ready": len(plan.ready),
            "held": len(plan.held),
            **{table: cells(plan.records(table, names=names)) for table in ("steps", "proposals", "notes")},
        },
        "report": None if report is None else _reported(report),
        "waiting": None if waiting is None else {"digest": waiting.digest, "steps": len(waiting.held)},
    }
    print(json.dumps(told, ensure_ascii=False, indent=2))


def _reported(report: roster.Report) -> dict[str, object]:
    return {
        "ending": report.ending.value,
        "done": {str(row["step"]): row["count"] for row in report.records("done")},
        "created": report.created,
        "held": len(report.held),
        "stale": _missed(report.stale),
        "failed": _missed(report.failed),
    }


def _missed(missed: Collection[roster.Missed]) -> list[dict[str, object]]:
    return [
        {"step": one.step.verb.value, "section": one.step.section, "person": one.step.person, "why": one.why}
        for one in missed
    ]
