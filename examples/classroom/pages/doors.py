"""The doors: sign in with a password, a picture, Clever or Google; sign up; and a page for each way a login may end."""

from starlette.concurrency import run_in_threadpool

from classroom import people
from classroom.pages.asking import Asked, enter, find_me, own_path, page
from clever_roster.linking import (
    Conflict,
    Created,
    Linked,
    NeedsConfirmation,
    NewAccountNeeded,
    ProofNeeded,
    ReauthRequired,
    Refused,
    SignedIn,
)
from clever_roster.model import CLEVER, EnrollmentStatus
from clever_roster.web import ClickNeeded, SignedOut

SHORTEST = 8
TOO_OFTEN = "That was wrong too often. Please wait a quarter of an hour, or ask your teacher."


# --- Our own ways in --------------------------------------------------------------------------------------------------


def sign_in(asked):
    wish = own_path(asked.request.query_params.get("next"))
    if asked.request.method == "GET":
        return _door(asked, wish)
    wish = own_path(asked.form.get("next"))
    email = asked.form.get("email", "")
    guessed = email.strip().lower()
    if not asked.school.tries.allows(guessed):
        return _door(asked, wish, 429, wrong=TOO_OFTEN, email=email)
    with asked.school.opened() as (_, connection):
        account = people.with_password(connection, email, asked.form.get("password", ""))
        asked.school.tries.note(guessed, right=account is not None)
        if account is not None:
            _enter_afresh(asked, account, connection)
    if account is None:
        return _door(asked, wish, 422, wrong="This email and password do not open an account.", email=email)
    return asked.go(wish)


def _door(asked, wish, status=200, *, wrong=None, email=""):
    with asked.school.opened() as (_, connection):
        districts = asked.school.districts(connection)
    return asked.show("sign_in.html", status, wish=wish, wrong=wrong, email=email, districts=districts)


def _enter_afresh(asked, account, connection):
    """Whoever was here before leaves nothing behind: no session, and no half-finished login."""
    asked.request.session.clear()
    enter(asked.request, account, connection=connection)


def sign_up(asked):
    form = asked.form
    kept = {field: form.get(field, "") for field in ("first", "last", "email", "role")}
    if asked.request.method == "GET":
        return asked.show("sign_up.html", kept=kept, wrong=None)
    wrong, account = None, None
    if not all(kept[field].strip() for field in ("first", "last", "email")):
        wrong = "Please fill in your names and your email."
    elif len(form.get("password", "")) < SHORTEST:
        wrong = f"A password has at least {SHORTEST} characters."
    else:
        granted = people.TEACH if kept["role"] == "teacher" else ""
        with asked.school.opened() as (_, connection):
            account = people.sign_up(
                connection, kept["first"], kept["last"], kept["email"], form["password"], granted=granted
            )
            if account is not None:
                _enter_afresh(asked, account, connection)
        wrong = None if account else "Somebody signs in with this email already. Is it you? Then sign in."
    if wrong:
        return asked.show("sign_up.html", 422, kept=kept, wrong=wrong)
    return asked.go("/", "Welcome! Your account is ready.")


def by_picture(asked):
    """For small children: the class's code, then the own name, then the picture that the teacher gave out."""
    code = asked.form.get("code") or asked.request.query_params.get("code", "")
    with asked.school.opened() as (ports, connection):
        found = asked.school.section_by_code(connection, code)
        children = _children(ports, connection, found.section) if found and found.login_type == "picture" else {}
        child = children.get(asked.form.get("child"))
        heard = child is not None and asked.school.tries.allows(child.id)
        right = heard and child.picture == asked.form.get("picture")
        if heard:
            asked.school.tries.note(child.id, right=right)
        if right:
            _enter_afresh(asked, str(child.id), connection)
    if right:
        return asked.go("/")
    wrong = "That is another child's picture. Try again, or ask your teacher." if child else None
    if child and not heard:
        wrong = TOO_OFTEN
    if code and not children:
        wrong = "No class signs in with pictures by this code."
    shown = {"code": code, "children": children, "pictures": people.PICTURES, "wrong": wrong}
    return asked.show("by_picture.html", 422 if wrong else 200, **shown)


def _children(ports, connection, section):
    rows = [row for row in ports.sections.enrollments([section]) if row.status is EnrollmentStatus.ACTIVE]
    people_here = (people.row(connection, row.account) for row in rows)
    return {str(one.id): one for one in people_here if one.picture}


# --- How a login with Clever or Google ended --------------------------------------------------------------------------


async def receive(by, request, ending):
    """The product's own page for each outcome; None leaves it to the library, which goes on to where it was wanted.

    `by` is what people call the login: "Clever", "Google".
    """
    return await run_in_threadpool(_received, by, request, ending)


def _received(by, request, ending):
    school = request.app.state.school
    identity = getattr(ending, "identity", None)
    if identity is not None and identity.key.provider == CLEVER and identity.district_name:
        with school.opened() as (_, connection):
            school.remember_district(connection, identity.key.district, identity.district_name)
    match ending:
        case SignedIn() | Created():
            with school.opened() as (_, connection):
                enter(request, ending.account.id, connection=connection)
            return None
        case Linked():
            with school.opened() as (_, connection):
                if ending.end_other_sessions:
                    people.end_sessions(connection, ending.account)
                enter(request, ending.account, connection=connection)
            request.session["told"] = {"words": f"Your {by} login is connected with this account.", "wrong": False}
            return None
        case _:
            return _asked_or_told(Asked(request=request, me=find_me(request)), by, ending)


def _asked_or_told(asked, by, ending):
    """The endings that leave somebody with a question, or with a reason."""
    here = {"by": by, "place": asked.places[by]}
    match ending:
        case NewAccountNeeded() | ProofNeeded():
            return asked.show("new_here.html", identity=ending.identity, ticket=ending.ticket, **here)
        case NeedsConfirmation():
            return asked.show("confirm.html", ending=ending, **here)
        case ReauthRequired():
            return asked.show("again.html", 403)
        case Conflict():
            offers = {offer.value for offer in ending.offers}
            said = {"sentence": ending.sentence, "offers": offers, "ticket": ending.ticket}
            return asked.show("conflict.html", 409, **said, **here)
        case Refused():
            said = {"sentence": ending.sentence, "offers": {ending.retry.value}, "ticket": ""}
            return asked.show("conflict.html", 403, **said, **here)
        case ClickNeeded():
            return asked.show("click.html", return_to=ending.return_to, **here)
        case SignedOut():
            login = {one.by: one for one in (asked.school.login, asked.school.google)}[by]
            return asked.show("signed_out.html", there=login.app.oauth_url, **here)
        case _:
            return None


ROUTES = [
    page("/sign-in", sign_in, "GET", "POST"),
    page("/sign-up", sign_up, "GET", "POST"),
    page("/picture", by_picture, "GET", "POST"),
]
