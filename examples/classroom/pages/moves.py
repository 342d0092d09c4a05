"""A class that comes to follow another roster: who is who, who is asked about, what waits; do it, and undo it.

The library makes the plan and keeps accounts, enrollments and work where they are; here it is said with names.
"""

from classroom import people
from classroom.pages.asking import page
from classroom.pages.students import not_yours, own_section
from classroom.rosters import NAMES
from clever_roster import crossing
from clever_roster.crossing import Deed, Held, Rule
from clever_roster.errors import ConfigurationError, IdentityTaken, Overtaken, ScopeBusy, StalePlan
from clever_roster.model import DistrictId, EnrollmentRole, Provider, SectionId
from clever_roster.roster import Approval

PEOPLE = (
    (Deed.LINK, "The same person in both: one account from now on, with both logins"),
    (Deed.KNOW, "Connected with both already"),
    (Deed.JOIN, "Only on the new list: they join the class"),
    (Deed.BRING, "Only in the class that is put away: they come along"),
    (Deed.KEEP, "Not on the new list: they stay, as if you had added them"),
)

ASKED = (Rule.ASKED, Rule.MERGE_FIRST)
"""What the questions on the page say already."""


def begin(asked):
    """Compare the class with the one that was chosen at the other roster, and plan the move; nothing is done yet."""
    with asked.school.opened() as (ports, _):
        section = own_section(asked, ports)
    if section is None:
        return not_yours(asked)
    provider, district, to = (asked.form.get(field, "") for field in ("provider", "district", "to"))
    if (provider, district) not in asked.school.tenant:
        return _not_one_school(asked, section.id)
    read = asked.school.rosters.read(Provider(provider), DistrictId(district), [SectionId(to)], asked.me.id)
    with asked.school.opened() as (ports, _):
        mine = {key.subject for key in asked.school.ids(ports, asked.me.id, provider)}
    if to in read.sections and mine.isdisjoint(read.sections[to].teachers):
        return not_yours(asked)  # before anybody of it is named
    return _planned(asked, section.id, read, SectionId(to))


def _planned(asked, section, read, to, **answers):
    try:
        with asked.school.opened() as (ports, connection):
            move = crossing.migrate(ports, section, read, to, tenant=asked.school.tenant, actor=asked.me.id, **answers)
            digest = asked.school.keep_move(connection, move, asked.me.id)
    except ConfigurationError:
        return _not_one_school(asked, section)
    return asked.go(f"/moves/{digest}")


def _not_one_school(asked, section):
    words = "The class follows this list already, or the two lists are not of one school here."
    return asked.stop("It cannot move there", words, 409, back=f"/sections/{section}")


# --- To look at, and to answer ----------------------------------------------------------------------------------------


def _found(asked, connection):
    """The row and the move, for whoever planned it."""
    found = asked.school.find_move(connection, asked.request.path_params["digest"])
    return found if found and found[0].made_by == asked.me.id else None


def _not_there(asked):
    return asked.stop("No such plan", "It may have been replaced by a newer one.")


def look(asked):
    with asked.school.opened() as (ports, connection):
        found = _found(asked, connection)
        if found is None:
            return _not_there(asked)
        kept, move = found
        called = _Called(ports, connection, move)
        section = ports.sections.get(move.section)
        replaced = ports.sections.get(move.replaces).name if move.replaces else None
    return asked.show(
        "move.html",
        kept=kept,
        section=section,
        before=NAMES.get(move.origin.provider) if move.origin else "no roster",
        after=NAMES[move.to.provider],
        to_name=move.snapshot.sections[move.to.section].name,
        replaced=replaced,
        questions=[called.question(query) for query in move.queries],
        alone=called.alone(),
        groups=[(words, rows) for deed, words in PEOPLE if (rows := list(called.rows(deed)))],
        final=[hold for hold in move.holds if hold.final and hold.rule not in ASKED],
        waits=[hold for hold in move.holds if not hold.final],
        stars=sum(called.stars.values()),
    )


class _Called:
    """The people of a move by name: as they are here, and as the new list has them."""

    def __init__(self, ports, connection, move):
        self.move = move
        named = {one.account for one in (*move.steps, *move.queries) if one.account is not None}
        self.accounts = ports.accounts.find(named)
        self.stars = people.star_counts(connection, named)

    def _here(self, account):
        return self.accounts[account].name.display() if account in self.accounts else None

    def _there(self, person):
        listed = self.move.snapshot.people.get(person)
        return listed.name.display() if listed else None

    def rows(self, deed):
        for step in self.move.steps:
            if step.deed is deed:
                yield {
                    "here": self._here(step.account),
                    "there": self._there(step.person),
                    "teacher": step.role is EnrollmentRole.TEACHER,
                    "stars": self.stars.get(step.account, 0),
                    "reasons": "; ".join(step.reasons),
                }

    def alone(self):
        """Students who are on one list only: those who stay, and those who join. Some may be one, under two names."""
        steps = [step for step in self.move.steps if step.role is EnrollmentRole.STUDENT]
        stay = [(step.account, self._here(step.account)) for step in steps if step.deed is Deed.KEEP]
        join = [(step.person, self._there(step.person)) for step in steps if step.deed is Deed.JOIN]
        return {"stay": stay, "join": join} if stay and join else None

    def question(self, query):
        return {
            "field": f"{query.account}/{query.person}",
            "here": self._here(query.account),
            "there": self._there(query.person),
            "teacher": query.role is EnrollmentRole.TEACHER,
            "stars": self.stars.get(query.account, 0),
            "reasons": query.reasons,
            "account": query.account,
            "holder": query.holder,
        }


def answer(asked):
    """What the teacher says of pairs, those that are asked about and others: the move is planned once more with it."""
    with asked.school.opened() as (_, connection):
        found = _found(asked, connection)
        if found is None:
            return _not_there(asked)
        kept, move = found
        asked.school.mark_move(connection, kept.digest, "replaced")
    said = {query.pair: asked.form.get("/".join(query.pair)) for query in move.queries}
    told = {(step.account, asked.form.get(f"is/{step.account}")) for step in move.steps if step.deed is Deed.KEEP}
    same = {*move.same, *(pair for pair, word in said.items() if word == "same"), *(pair for pair in told if pair[1])}
    apart = {*move.apart, *(pair for pair, word in said.items() if word == "apart")}
    return _planned(asked, move.section, move.snapshot, move.to.section, same=same, apart=apart)


# --- Done, and undone -------------------------------------------------------------------------------------------------


def carry_out(asked):
    """Move the class; what waits for a person's word takes one, in the teacher's own words."""
    why = asked.form.get("why", "").strip()
    with asked.school.opened() as (_, connection):
        found = _found(asked, connection)
    if found is None:
        return _not_there(asked)
    kept, move = found
    here = f"/moves/{kept.digest}"
    if kept.state != "open":
        return asked.go(here, "This plan is no longer current.", wrong=True)
    approval = Approval(digest=move.digest, by=asked.me.id, why=why) if why else None
    try:
        with asked.school.opened() as (ports, connection):
            now = asked.school.now()
            moved = crossing.apply_migration(ports, move, actor=asked.me.id, now=now, approval=approval)
            if not isinstance(moved, Held):
                asked.school.mark_move(connection, move.digest, "done")
                asked.school.set_login_type(connection, move.section, move.to.provider)
    except (StalePlan, Overtaken, IdentityTaken):
        return _planned(asked, move.section, move.snapshot, move.to.section, same=move.same, apart=move.apart)
    except ScopeBusy:
        return asked.go(here, "A sync of this class is at work. Try again in a moment.", wrong=True)
    if isinstance(moved, Held):
        return asked.go(here, "It waits: please look at what is said below.", wrong=True)
    words = f"The class follows {NAMES[move.to.provider]} now. Everybody has kept their account and their stars."
    waits = f" {len(moved.report.held)} steps of its first sync wait: sync once more to see them."
    return asked.go(f"/sections/{move.section}", words + (waits if moved.report.held else ""))


def undo(asked):
    with asked.school.opened() as (ports, connection):
        found = _found(asked, connection)
        if found is None:
            return _not_there(asked)
        _, move = found
        undone = crossing.undo_migration(ports, move.digest, actor=asked.me.id, now=asked.school.now())
        asked.school.mark_move(connection, move.digest, "undone")
        if move.origin is not None:
            asked.school.set_login_type(connection, move.section, move.origin.provider)
    before = NAMES[move.origin.provider] if move.origin else "no roster"
    kept = f" {len(undone.kept)} changed since, and stay." if undone.kept else ""
    return asked.go(f"/sections/{move.section}", f"Undone: the class follows {before} again.{kept}")


ROUTES = [
    page("/sections/{section}/move", begin, "POST", needs=people.TEACH, name="begin_move"),
    page("/moves/{digest}", look, needs=people.TEACH, name="look_at_move"),
    page("/moves/{digest}/answer", answer, "POST", needs=people.TEACH, name="answer_move"),
    page("/moves/{digest}/apply", carry_out, "POST", needs=people.TEACH, name="do_move"),
    page("/moves/{digest}/undo", undo, "POST", needs=people.TEACH, name="undo_move"),
]
