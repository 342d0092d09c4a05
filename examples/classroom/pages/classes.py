"""Create a section: choose how its students sign in; for Clever and for Google, choose among the teacher's classes."""

from classroom import people
from classroom.pages.asking import page
from classroom.rosters import LOGINS, NAMES
from clever_roster.model import CLEVER, GOOGLE_CLASSROOM, HostSection, Role, SectionKey
from clever_roster.roster import Attachment

LOGIN_TYPES = {
    "clever": ("Clever", "Import a class from your school's roster. Students sign in with Clever."),
    "google": ("Google Classroom", "Import a class from Google Classroom. Students sign in with Google."),
    "email": ("Email", "Add students yourself. Each gets a first password."),
    "picture": ("Picture", "For little ones: the class's code, their name, and a picture."),
}
ROSTERS = {"clever": CLEVER, "google": GOOGLE_CLASSROOM}
INITIALS = 5


def choose_login_type(asked):
    return asked.show("login_type.html", types=LOGIN_TYPES, wrong=None, name="")


def chosen(asked):
    match asked.form.get("login_type"):
        case "clever" | "google" as roster:
            return asked.go(f"/sections/new/{roster}")
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


# --- From Clever, or from Google --------------------------------------------------------------------------------------


def _mine(asked, ports, provider):
    """The teacher's identities at a roster. Google says who teaches to nobody but those who let us read classes."""
    return asked.school.ids(ports, asked.me.id, provider, Role.TEACHER if provider == CLEVER else None)


def pick(asked):
    """Every class that is listed for this teacher, with what tells two alike apart."""
    provider = ROSTERS.get(asked.request.path_params["roster"])
    if provider is None:
        return asked.stop("This page is not here", "Classes come from Clever, or from Google Classroom.")
    with asked.school.opened() as (ports, _):
        ids = _mine(asked, ports, provider)
    if not ids:
        first = "connect_first.html" if provider == CLEVER else "ask_google.html"
        return asked.show(first, return_to=asked.request.url.path)
    listed = [one for key in ids for one in _listed(asked, key)]
    alike = any(one["classroom"].look_alike for one in listed)
    return asked.show("pick.html", classrooms=listed, alike=alike, roster=NAMES[provider], login=LOGINS[provider])


def _listed(asked, key):
    classrooms, snapshot = asked.school.rosters.offered(key, asked.me.id)
    with asked.school.opened() as (ports, _):
        keys = {one.section.id: SectionKey(key.provider, key.district, one.section.id) for one in classrooms}
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
    here, provider = asked.request.url.path, ROSTERS.get(asked.request.path_params["roster"])
    picked = [value.partition("/") for value in asked.form.getlist("section")]
    districts = {district for district, _, _ in picked}
    if not picked:
        return asked.go(here, "Please choose at least one class.", wrong=True)
    with asked.school.opened() as (ports, _):
        mine = _mine(asked, ports, provider)
    if len(districts) != 1 or not districts <= {key.district for key in mine}:
        return asked.go(here, "Please choose classes of one district of yours.", wrong=True)
    (district,), sections = districts, [section for _, _, section in picked]
    snapshot = asked.school.rosters.read(provider, district, sections, asked.me.id)
    me = {key.subject for key in mine}
    if any(me.isdisjoint(one.teachers) for one in snapshot.sections.values()):  # before anybody of it is named
        return asked.go(here, "Please choose classes that you teach.", wrong=True)
    attach = {section: Attachment(owner=asked.me.id) for section in sections if section in snapshot.sections}
    with asked.school.opened() as (ports, connection):
        # The library holds every section that the actor does not teach at the source: nobody imports another's class.
        plan = asked.school.plan(ports, snapshot, attach=attach, actor=asked.me.id)
        title = f"Import {len(attach)} {'class' if len(attach) == 1 else 'classes'} from {NAMES[provider]}"
        digest = asked.school.keep_plan(connection, plan, title, asked.me.id)
    return asked.go(f"/plans/{digest}")


ROUTES = [
    page("/sections/new", choose_login_type, needs=people.TEACH),
    page("/sections/new", chosen, "POST", needs=people.TEACH),
    page("/sections/new/{roster}", pick, needs=people.TEACH),
    page("/sections/new/{roster}", preview, "POST", needs=people.TEACH),
]
