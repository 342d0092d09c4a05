"""Who exists twice: a queue to look through, the reasons for and against, a merge with its preview, and its undo."""

from sqlalchemy import delete, select

from classroom import people, tables
from classroom.pages.asking import page
from classroom.rosters import NAMES
from clever_roster import crossing, duplicates, linking
from clever_roster.duplicates import Kind, Zone
from clever_roster.linking import Consent, Merged, MergePlan, Unmerged
from clever_roster.model import EnrollmentRole, EnrollmentStatus

VERDICTS = {Zone.SURE: "surely one person", Zone.REVIEW: "probably one person", Zone.HINT: "perhaps one person"}
ZONES = (Zone.SURE, Zone.REVIEW)


class _Queue:
    """What is found and not yet decided, as far as this person may see it."""

    def __init__(self, asked, ports, connection):
        self.decided = asked.school.reviewed(connection)
        self.findings = duplicates.find(duplicates.gather(ports), apart=self.decided.apart)
        self.me = asked.me.id
        self.visible = _visible_to(asked, ports)
        waiting = self.decided.waiting(self.findings)
        self.pairs = [pair for pair in waiting if pair.zone in ZONES and self.may_see(*pair.accounts)]

    def may_see(self, *accounts):
        return self.visible is None or self.visible.issuperset(accounts)

    def may_part(self, merged):
        """Whoever joined two accounts may undo it, though the one that was given up is in no class any longer."""
        return merged.said_by == self.me or self.may_see(merged.source, merged.into)

    def pair(self, *accounts):
        """These two, if they are in question and nobody has said that they are two people."""
        parted = {frozenset(one) for one in self.decided.apart}
        wanted = frozenset(accounts)
        here = (pair for pair in self.findings.pairs if frozenset(pair.accounts) == wanted and wanted not in parted)
        return next(here, None) if self.may_see(*accounts) else None

    def keep(self, pair):
        """Which of the two the library would keep, and why."""
        for one in self.findings.suggestions:
            if one.keep in pair.accounts:
                return one.keep, one.because
        return pair.accounts[0], ()


def _visible_to(asked, ports):
    """A teacher sees who is, or was, in classes of their own; whoever runs a district sees everybody (None)."""
    if asked.me.runs_district:
        return None
    owned = [section.id for section in ports.sections.owned(asked.me.id)]
    return {row.account for row in ports.sections.enrollments(owned)} if owned else set()


def queue(asked):
    with asked.school.opened() as (ports, connection):
        waiting = _Queue(asked, ports, connection)
        names = {one.id: one.name.display() for one in ports.accounts.all()}
        merged = connection.execute(select(tables.merges).order_by(tables.merges.c.at.desc())).all()
        twice = [_class(seen) for seen in crossing.find_double(ports, asked.me.id, tenant=asked.school.tenant)]
    return asked.show(
        "doubles.html",
        pairs=[(pair, VERDICTS[pair.zone]) for pair in waiting.pairs],
        merged=[one for one in merged if waiting.may_part(one)],
        names=names,
        twice=twice,
    )


def _class(seen):
    """Two classes of this teacher that are one, from two rosters."""
    here, there = seen.left, seen.right
    return {
        "section": here.key,
        "called": [f"{one.name} (from {NAMES.get(one.source.provider, one.source.provider)})" for one in (here, there)],
        "to": there.source,
        "both": sum(one.left.role is EnrollmentRole.STUDENT and one.left.active for one in seen.matches),
        "after": NAMES.get(there.source.provider, there.source.provider),
    }


# --- One pair ---------------------------------------------------------------------------------------------------------


def _accounts(asked):
    return asked.request.path_params["first"], asked.request.path_params["second"]


def _no_pair(asked):
    return asked.stop("Nothing to decide", "These two accounts are not, or no longer, in question.", back="/doubles")


def look(asked):
    with asked.school.opened() as (ports, connection):
        waiting = _Queue(asked, ports, connection)
        pair = waiting.pair(*_accounts(asked))
        if pair is None:
            return _no_pair(asked)
        keep, because = waiting.keep(pair)
        sides = [_side(ports, connection, account) for account in pair.accounts]
    other = next(one for one in pair.accounts if one != keep)
    return asked.show(
        "pair.html",
        pair=pair,
        verdict=VERDICTS.get(pair.zone, "two people"),
        bars=_bars(pair),
        sides=sides,
        keep=keep,
        other=other,
        because=because,
    )


def _side(ports, connection, account):
    held = ports.accounts.find([account])[account]
    rows = [row for row in ports.sections.enrolled(account) if row.status is EnrollmentStatus.ACTIVE]
    logins = [link.key.provider.replace("_", " ").title() for link in ports.links.of(account)]
    return {
        "id": account,
        "name": held.name.display(),
        "email": held.email or "none",
        "ways": ", ".join(sorted({*logins, *(["Password"] if held.has_password else [])})) or "none",
        "classes": ", ".join(ports.sections.get(row.section).name for row in rows) or "none",
        "stars": people.star_counts(connection, [account])[account],
        "created": held.created_at,
    }


def _bars(pair):
    """The sum as bars: where each starts and how wide it is, on a scale of 100 with its middle at 50."""
    scale = 48 / max(abs(one.weight) for one in pair.evidence)
    for one in pair.evidence:
        width = abs(one.weight) * scale
        yield {
            "x": round(50 - width if one.weight < 0 else 50, 2),
            "width": round(width, 2),
            "against": one.weight < 0,
            "bits": f"{one.weight:+.1f}",
            "sentence": "to begin with: most pairs are two people" if one.kind is Kind.PRIOR else one.sentence,
        }


def apart(asked):
    """Two people: remembered, and never asked again."""
    with asked.school.opened() as (ports, connection):
        pair = _Queue(asked, ports, connection).pair(*_accounts(asked))
        if pair is None:
            return _no_pair(asked)
        asked.school.remember_decision(connection, pair, same=False, by=asked.me.id)
    return asked.go("/doubles", "Two people, then. You will not be asked about them again.")


# --- Merge ------------------------------------------------------------------------------------------------------------


def preview(asked):
    """What would move, and what would stay."""
    source, into = _accounts(asked)
    with asked.school.opened() as (ports, connection):
        if _Queue(asked, ports, connection).pair(source, into) is None:
            return _no_pair(asked)
        plan = linking.plan_merge(ports, source=source, into=into)
        if not isinstance(plan, MergePlan):
            return asked.stop("They cannot be joined", plan.sentence, 409, back="/doubles")
        sides = [_side(ports, connection, account) for account in (source, into)]
        classes = [ports.sections.get(row.section).name for row in plan.enrollments]
    return asked.show("merge.html", plan=plan, source=sides[0], into=sides[1], classes=classes)


def merge(asked):
    source, into = _accounts(asked)
    me, now = asked.me.id, asked.school.now()
    with asked.school.opened() as (ports, connection):
        pair = _Queue(asked, ports, connection).pair(source, into)
        if pair is None:
            return _no_pair(asked)
        plan = linking.plan_merge(ports, source=source, into=into)
        if isinstance(plan, MergePlan) and plan.digest != asked.form.get("digest"):
            return asked.go(f"/merge/{source}/{into}", "Something changed since you looked. Look again.", wrong=True)
        outcome = plan
        if isinstance(plan, MergePlan):
            move = people.move_work(connection)
            outcome = linking.merge(ports, plan, consent=Consent.STAFF, actor=me, now=now, move_work=move)
        if isinstance(outcome, Merged):
            people.end_sessions(connection, source)
            asked.school.remember_decision(connection, pair, same=True, by=me)
            asked.school.remember_merge(connection, source, into, me)
    if not isinstance(outcome, Merged):
        return asked.stop("They cannot be joined", outcome.sentence, 409, back="/doubles")
    return asked.go("/doubles", "One account now. All stars, classes and logins are in it.")


def unmerge(asked):
    source = asked.request.path_params["source"]
    with asked.school.opened() as (ports, connection):
        row = connection.execute(select(tables.merges).where(tables.merges.c.source == source)).one_or_none()
        if row is None or not _Queue(asked, ports, connection).may_part(row):
            return _no_pair(asked)
        give_back = people.return_work(connection)
        outcome = linking.unmerge(ports, source, actor=asked.me.id, now=asked.school.now(), return_work=give_back)
        if isinstance(outcome, Unmerged):
            people.end_sessions(connection, row.into)
            connection.execute(delete(tables.merges).where(tables.merges.c.source == source))
            both = {source, row.into}
            said = tables.decisions.c
            connection.execute(delete(tables.decisions).where(said.first.in_(both) & said.second.in_(both)))
    if not isinstance(outcome, Unmerged):
        return asked.stop("It cannot be undone", outcome.sentence, 409, back="/doubles")
    return asked.go("/doubles", "Undone: two accounts again, each with its own stars.")


ROUTES = [
    page("/doubles", queue, needs=people.TEACH),
    page("/doubles/{first}/{second}", look, needs=people.TEACH),
    page("/doubles/{first}/{second}/apart", apart, "POST", needs=people.TEACH),
    page("/merge/{first}/{second}", preview, needs=people.TEACH),
    page("/merge/{first}/{second}", merge, "POST", needs=people.TEACH, name="do_merge"),
    page("/merges/{source}/undo", unmerge, "POST", needs=people.TEACH),
]
