"""What every page is asked with: who is signed in, what they may do, a form that is proven to be ours."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import wraps
from hmac import compare_digest
from pathlib import Path
from urllib.parse import quote, urlsplit

import attrs
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

from classroom import people
from classroom.rosters import LOGINS, AskGoogle
from clever_roster.errors import SectionNotFound, SourceError
from clever_roster.model import CLEVER, Account, AccountId
from clever_roster.web import Visitor
from clever_roster.web.starlette import current_identity

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@attrs.frozen(kw_only=True)
class Me:
    """Who is signed in."""

    account: Account
    rights: frozenset[str]
    since: datetime

    @property
    def id(self):
        return self.account.id

    @property
    def name(self):
        return self.account.name.display()

    @property
    def teaches(self):
        return people.TEACH in self.rights

    @property
    def runs_district(self):
        return people.DISTRICT in self.rights


@attrs.frozen(kw_only=True)
class Asked:
    """One request for a page."""

    request: Request
    me: Me | None = None
    form: Mapping[str, str] = attrs.field(factory=FormData)

    @property
    def school(self):
        return self.request.app.state.school

    @property
    def places(self):
        """The places of each login, by what people call it."""
        return self.request.app.state.places

    @property
    def leave(self):
        """Where signing out goes: to the login that was used, whose page says where to sign out, too."""
        identity = current_identity(self.request)
        return self.places[LOGINS[CLEVER if identity is None else identity.key.provider]].sign_out

    def show(self, template, status=200, **what):
        """A page; the session's own form token goes into every form."""
        session = self.request.session
        session.setdefault("form", secrets.token_urlsafe(24))
        told = session.pop("told", None)
        common = {"me": self.me, "places": self.places, "form_token": session["form"], "told": told}
        common |= {"leave": self.leave}
        path = self.request.url.path
        return HTMLResponse(TEMPLATES.get_template(template).render(common | {"here": path} | what), status)

    def go(self, path, told=None, *, wrong=False):
        """To another page by GET, so that going back or reloading sends nothing twice; with a word for the person."""
        if told:
            self.request.session["told"] = {"words": told, "wrong": wrong}
        return RedirectResponse(path, 303)

    def stop(self, title, words, status=404, *, back="/"):
        """A page that only says why not."""
        return self.show("stopped.html", status, title=title, words=words, back=back)


def said(title, words, status):
    """The page that only says why not, for nobody in particular and without a session."""
    told = {"title": title, "words": words, "back": "/", "me": None, "told": None, "here": ""}
    return HTMLResponse(TEMPLATES.get_template("stopped.html").render(told), status)


# --- Who is signed in -------------------------------------------------------------------------------------------------


def enter(request, account, *, connection):
    """Sign somebody in on this browser; whatever was kept for anybody before must be gone already."""
    told = request.session.pop("told", None)
    round_ = people.row(connection, account).round
    now = request.app.state.school.now().isoformat()
    request.session["me"] = {"account": account, "round": round_, "since": now}
    if told:
        request.session["told"] = told


def whoever(request, ports, connection):
    """Account and time of the sign-in; None when nobody is signed in, or the account has ended its sessions."""
    kept = request.session.get("me")
    row = kept and people.row(connection, kept["account"])
    if not row or row.round != kept["round"] or row.closed_at is not None:
        return None
    account = AccountId(kept["account"])
    rights = request.app.state.school.rights(ports, connection, account)
    return Me(
        account=ports.accounts.find([account])[account], rights=rights, since=datetime.fromisoformat(kept["since"])
    )


def find_me(request):
    with request.app.state.school.opened() as (ports, connection):
        return whoever(request, ports, connection)


async def visitor(request):
    """The same for the library, which connects and disconnects logins only for somebody who is signed in."""
    me = await run_in_threadpool(find_me, request)
    return me and Visitor(me.id, me.since)


# --- A page at a path -------------------------------------------------------------------------------------------------


def page(path, view, *methods, needs="", name=None):
    """A route to a page.

    `needs` is a right ("teach", "district"), "account" for anybody who is signed in, "" for anybody at all.
    """

    @wraps(view)
    async def answer(request):
        form = await request.form() if request.method == "POST" else FormData()
        me = await run_in_threadpool(find_me, request)
        asked = Asked(request=request, me=me, form=form)
        if needs and me is None:
            return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", 303)
        if needs not in {"", "account"} and needs not in me.rights:
            words = "This page is for teachers." if needs == people.TEACH else "This page is for district staff."
            return asked.stop("Not for you", words, 403)
        if request.method == "POST" and not _is_ours(form, request.session):
            return asked.stop("Please try again", "This page lay open for too long, or somebody else signed in.", 403)
        try:
            return await run_in_threadpool(view, asked)
        except SectionNotFound:
            return asked.stop("No such class", "There is no class at this address.")
        except AskGoogle:
            back = request.path_params.get("section")
            return asked.show("ask_google.html", return_to=f"/sections/{back}" if back else "/sections/new/google")
        except SourceError as error:
            return asked.stop("The roster did not answer as it should", f"{error.args[0]} {error.next_step}", 503)

    return Route(path, answer, methods=list(methods or ("GET",)), name=name or view.__name__)


def _is_ours(form, session):
    """Whether a page of this session sent the form: it carries the session's own token."""
    return compare_digest(str(form.get("form", "")).encode(), session.get("form", " ").encode())


def own_path(wish):
    """A path on our own site to go on to; "/" for anything else."""
    parts = urlsplit(wish or "")
    ours = not parts.scheme and not parts.netloc and parts.path.startswith("/") and "\\" not in wish
    return wish if ours and not wish.startswith("//") else "/"
