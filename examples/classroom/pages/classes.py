"""Create a section: choose how its students sign in; for Clever, choose among the teacher's classrooms."""

from classroom import people
from classroom.pages.asking import page
from clever_roster import roster
from clever_roster.model import HostSection, Role
from clever_roster.roster import Attachment

LOGIN_TYPES = {
    "clever": ("Clever", "Import a class from your school's roster. Students sign in with Clever."),
    "google": ("Google Classroom", "Import a class from Google Classroom. Students sign in with Google."),
    "email": ("Email", "Add students yourself. Each gets a first password."),
    "picture": ("Picture", "For little ones: the class's code, their name, and a picture."),
}
INITIALS = 5


def choose_login_type(asked):
    return asked.show("login_type.html", types=LOGIN_TYPES, wrong=None, name="")


def chosen(asked):
    match asked.form.get("login_type"):
        case "clever":
            return asked.go("/sections/new/clever")
        case "google":
            words = "This demonstration has no Google beside it. A product reads it with clever_roster.sources."
            return asked.stop("Google Classroom", words, 501, back="/sections/new")
        case "email" | "picture" as login_type:
            return _made_by_hand(asked, login_type)
        case _:
            wrong = "Please choose how your students sign in."
            return asked.show("login_type.html", 422, types=LOGIN_TYPES, wrong=wrong, name=asked.form.get("name", ""))


def _made_by_hand(asked, login_type):
    name = asked.form.get("name", "").strip()
    if not name:
        wrong = "Please give the section a name."
        return asked.show("login_type.html", 422, types=LOGIN_TYPES, wrong=wrong, name="")
    with asked.school.opened() as (ports, connection):
        (section,) = ports.sections.save([HostSection(name=name, owner=asked.me.id)])
        asked.school.open_class(connection, section.id, login_type)
    return asked.go(f"/sections/{section.id}", f"{name} is ready. Add your students below.")


# --- From Clever ------------------------------------------------------------------------------------------------------


def pick(asked):
    """Every class that Clever lists for this teacher, with what tells two alike apart."""
    with asked.school.opened() as (ports, _):
        ids = asked.school.clever_ids(ports, asked.me.id, Role.TEACHER)
    if not ids:
        return asked.show("connect_first.html")
    listed = [one for key in ids for one in _listed(asked, key)]
    return asked.show("pick.html", classrooms=listed, alike=any(one["classroom"].look_alike for one in listed))


def _listed(asked, key):
    with asked.school.clever(key.district) as clever:
        classrooms = clever.fetch_classrooms(key.subject)
        snapshot = clever.fetch_snapshot(key.district, [one.section.id for one in classrooms])
    with asked.school.opened() as (ports, _):
        keys = {one.section.id: asked.school.key(key.district, one.section.id) for one in classrooms}
        here = ports.sections.attached(keys.values())
    for one in classrooms:
        yield {
            "classroom": one,
            "value": f"{key.district}/{one.section.id}",
            "initials": _initials(snapshot, one.section.students),
            "here": here.get(keys[one.section.id]),
        }


def _initials(snapshot, students):
    """A few initials: enough for their teacher, little for anybody who looks over a shoulder."""
    names = [snapshot.people[one].name for one in students if one in snapshot.people][:INITIALS]
    return " ".join(f"{name.first[:1]}{name.last[:1]}" for name in names)


def preview(asked):
    """Plan the import of what was picked, and show it before anything is written."""
    picked = [value.partition("/") for value in asked.form.getlist("section")]
    districts = {district for district, _, _ in picked}
    if not picked:
        return asked.go("/sections/new/clever", "Please choose at least one class.", wrong=True)
    with asked.school.opened() as (ports, _):
        mine = {key.district for key in asked.school.clever_ids(ports, asked.me.id, Role.TEACHER)}
    if len(districts) != 1 or not districts <= mine:
        return asked.go("/sections/new/clever", "Please choose classes of one district of yours.", wrong=True)
    (district,), sections = districts, [section for _, _, section in picked]
    snapshot = asked.school.read(district, sections)
    attach = {section: Attachment(owner=asked.me.id) for section in sections if section in snapshot.sections}
    with asked.school.opened() as (ports, connection):
        # The library holds every section that the actor does not teach at the source: nobody imports another's class.
        plan = roster.plan(ports, snapshot, attach=attach, actor=asked.me.id)
        title = f"Import {len(attach)} {'class' if len(attach) == 1 else 'classes'} from Clever"
        digest = asked.school.keep_plan(connection, plan, title, asked.me.id)
    return asked.go(f"/plans/{digest}")


ROUTES = [
    page("/sections/new", choose_login_type, needs=people.TEACH),
    page("/sections/new", chosen, "POST", needs=people.TEACH),
    page("/sections/new/clever", pick, needs=people.TEACH),
    page("/sections/new/clever", preview, "POST", needs=people.TEACH),
]
