"""The example classroom with two rosters, without a browser: what waits, what nobody may do, what Google forgets."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import httpx
import pytest

from clever_roster.cli.web import Stand, stand
from clever_roster.model import CLEVER, GOOGLE_CLASSROOM, Link, Secret
from clever_roster.oauth import CLASSROOM, Arrived, CleverApp, GoogleApp, GoogleHosts
from clever_roster.testing import District, sample_district, serve, showcase
from clever_roster.testing.google import SimulatedGoogle, sample_classroom_domain

Arrives = Callable[[str], "Visitor"]


@pytest.fixture(scope="module")
def districts() -> tuple[District, District]:
    return sample_district(1, students=120), sample_district(2, students=60)


@pytest.fixture
def at(districts: tuple[District, District]) -> Iterator[Stand]:
    with stand(districts) as it:
        yield it


@attrs.define
class Visitor:
    """Somebody with cookies of their own, who sends forms as pages of the product do."""

    http: httpx.Client
    page: str = ""

    def opens(self, path: str) -> httpx.Response:
        found = self.http.get(path)
        self.page = found.text
        return found

    def sends(self, path: str, **fields: object) -> httpx.Response:
        """With the token of the page that was opened last."""
        token = re.search(r'name="form" value="([^"]*)"', self.page)
        found = self.http.post(path, data={"form": token[1] if token else "", **fields})
        self.page = found.text
        return found

    def says_yes(self, to: str) -> httpx.Response:
        """Answer "is this you?"."""
        ticket = re.search(r'name="ticket" value="([^"]*)"', self.page)
        assert ticket is not None
        return self.sends(to, ticket=ticket[1])

    def lets_read(self, google: str) -> httpx.Response:
        """On Google's consent page, with every box ticked."""
        following = re.search(r'name="continue" value="([^"]*)"', self.page)
        assert following is not None
        fields = dict.fromkeys(re.findall(r'name="(https:[^"]*)"', self.page), "on")
        return self.sends(f"{google}/consent", **{"continue": following[1].replace("&amp;", "&"), **fields})


@pytest.fixture
def arrives(at: Stand) -> Iterator[Arrives]:
    visitors = []

    def somebody(email: str) -> Visitor:
        visitor = Visitor(httpx.Client(base_url=at.app, follow_redirects=True))
        visitors.append(visitor)
        visitor.opens("/sign-in")
        visitor.sends("/sign-in", email=email, password=at.password)
        return visitor

    yield somebody
    for visitor in visitors:
        visitor.http.close()


@pytest.fixture
def teacher(at: Stand, arrives: Arrives, districts: tuple[District, District]) -> Visitor:
    """The teacher, connected with both, whose first class was imported from Google."""
    visitor, show = arrives(at.emails["teacher"]), showcase(districts[0])
    person = at.pretend_google.domain.account_of(show.teacher)
    for cookie in (at.simulator.sign_in(show.teacher), at.pretend_google.sign_in(person)):
        name, value = cookie.partition(";")[0].split("=", 1)
        visitor.http.cookies.set(name, value, domain="127.0.0.1")
    visitor.opens("/settings")
    visitor.sends("/clever/connect", return_to="/settings")
    visitor.says_yes("/clever/confirm")
    visitor.opens("/sections/new/google")
    visitor.sends("/google/classes", return_to="/sections/new/google")
    visitor.lets_read(at.google)
    assert "Choose classes from Google Classroom" in visitor.says_yes("/google/confirm").text
    course = at.pretend_google.domain.course_of(show.sections[0])
    plan = visitor.sends("/sections/new/google", section=f"google/{course}")
    assert "Manage students" in visitor.sends(f"{plan.url.path}/apply").text
    return visitor


def move_form(district: District, section: str, provider: str = CLEVER) -> dict[str, str]:
    return {"provider": provider, "district": district.id, "to": section}


# --- What waits -------------------------------------------------------------------------------------------------------


def test_what_is_new_is_imported_and_what_is_here_already_goes_on_waiting(
    teacher: Visitor, districts: tuple[District, District]
) -> None:
    """Of two classes that are chosen at once one is here from Google: the other comes, and the warning stays."""
    district, sections = districts[0], showcase(districts[0]).sections
    teacher.opens("/sections/new/clever")
    chosen = [f"{district.id}/{one}" for one in (sections[0], sections[4])]
    plan = teacher.sends("/sections/new/clever", section=chosen)
    assert plan.text.count("This class is here already") == 1
    rest = teacher.sends(f"{plan.url.path}/apply")
    assert rest.url.path.startswith("/plans/")
    assert rest.url != plan.url
    assert "wait for your word" in rest.text
    assert rest.text.count("This class is here already") == 1
    again = teacher.sends(f"{rest.url.path}/apply")
    assert "Done: 0 steps" in again.text
    assert "Biology" in teacher.opens("/").text


def test_a_roster_that_is_switched_off_is_said_and_changes_nothing(teacher: Visitor, at: Stand) -> None:
    """The school's administrator took Classroom away: the page says so in words, and nobody is out of class."""
    (here,) = re.findall(r'href="(/sections/\d+)">Algebra 1<', teacher.opens("/").text)
    before = teacher.opens(here).text
    at.pretend_google.switch_classroom(on=False)
    told = teacher.sends(f"{here}/sync")
    assert told.status_code == 503
    assert "The roster did not answer as it should" in told.text
    assert "Classroom" in told.text
    at.pretend_google.switch_classroom(on=True)
    assert teacher.opens(here).text == before
    assert "In step with Google Classroom" in teacher.sends(f"{here}/sync").text


# --- What nobody may do -----------------------------------------------------------------------------------------------


def test_a_move_is_the_doing_of_the_classs_own_teacher(
    teacher: Visitor, arrives: Arrives, districts: tuple[District, District]
) -> None:
    """Another teacher neither plans one, nor sees, answers, does or undoes it; and nobody does it without a token."""
    (here,) = re.findall(r'href="(/sections/\d+)">Algebra 1<', teacher.opens("/").text)
    form = move_form(districts[0], showcase(districts[0]).sections[0])
    teacher.opens(here)
    moved = teacher.sends(f"{here}/move", **form)
    assert "Please say who is who" in moved.text
    rival = arrives("nobody@home.test")
    rival.opens("/sign-up")
    fields = {"first": "Ron", "last": "Rival", "email": "rival@home.test", "password": "eight-letters"}
    rival.sends("/sign-up", role="teacher", **fields)
    rival.opens("/settings")
    assert rival.sends(f"{here}/move", **form).status_code == 403
    for act in ("answer", "apply", "undo"):
        rival.opens("/settings")
        assert rival.sends(f"{moved.url.path}/{act}").status_code == 404
    assert rival.opens(moved.url.path).status_code == 404
    assert teacher.http.post(f"{moved.url.path}/apply").status_code == 403
    teacher.opens(moved.url.path)
    assert "It waits" in teacher.sends(f"{moved.url.path}/apply", why="I know it.").text, "questions are answered first"


def test_nobody_reads_who_is_in_a_class_of_somebody_else(
    teacher: Visitor, districts: tuple[District, District]
) -> None:
    """A form may name any class of the district: neither an import nor a move shows who is in it."""
    district, me = districts[0], showcase(districts[0]).teacher
    other = next(one for one in district.sections.values() if one.students and me not in one.teachers)
    (here,) = re.findall(r'href="(/sections/\d+)">Algebra 1<', teacher.opens("/").text)
    teacher.opens(here)
    told = teacher.sends(f"{here}/move", **move_form(district, other.id))
    assert (told.status_code, told.url.path) == (403, f"{here}/move")
    teacher.opens("/sections/new/clever")
    told = teacher.sends("/sections/new/clever", section=f"{district.id}/{other.id}")
    assert "Please choose classes that you teach." in told.text


def test_a_class_does_not_leave_its_school(teacher: Visitor, districts: tuple[District, District]) -> None:
    """The form may name any roster; only those of one school are moved between, and only to another section."""
    (here,) = re.findall(r'href="(/sections/\d+)">Algebra 1<', teacher.opens("/").text)
    teacher.opens(here)
    stranger = move_form(districts[1], showcase(districts[1]).sections[0])
    assert teacher.sends(f"{here}/move", **stranger).status_code == 409
    teacher.opens(here)
    nowhere = move_form(districts[0], "", GOOGLE_CLASSROOM)
    assert teacher.sends(f"{here}/move", **nowhere).status_code == 409


# --- What Google lets us read -----------------------------------------------------------------------------------------


def test_a_grant_is_refreshed_when_it_ended_and_asked_for_again_when_it_was_taken_back(
    at: Stand, districts: tuple[District, District], tmp_path: Path
) -> None:
    """Access tokens live an hour; the refresh token that came at the first consent outlives later logins."""
    classroom, show = sys.modules["classroom"], showcase(districts[0])
    google = SimulatedGoogle(sample_classroom_domain(districts[0]))
    teacher = google.domain.account_of(show.teacher)
    with serve(google) as address:
        app = GoogleApp(
            client_id=google.app.client_id,
            client_secret=google.app.client_secret,
            redirect_uri=google.app.redirect_uris[0],
            hosts=GoogleHosts.at(address),
        )
        clever = CleverApp(client_id="id", client_secret=Secret("secret"), redirect_uri="https://app.test/clever")
        school = classroom.School(clever, app, f"sqlite:///{tmp_path / 'school.db'}")
        with school.opened() as (ports, connection):
            account = sys.modules["classroom.people"].sign_up(connection, "Tess", "Tutor", None, None)

        def sign_in(started: object) -> Arrived:
            back = google.visit(started.redirect_to, teacher)
            arrived = school.google.finish(urlsplit(back).query, browser=started.cookie.value)
            assert isinstance(arrived, Arrived)
            return arrived

        key = sign_in(school.google.ask_for(CLASSROOM)).identity.key
        with school.opened() as (ports, _):
            ports.links.add([Link(key=key, account=account, linked_at=school.now())])
        sign_in(school.google.begin())
        kept = school.grants.find(key)
        school.grants.keep(
            key, attrs.evolve(kept, access_token=Secret("old"), expires_at=school.now() - timedelta(seconds=1))
        )
        classrooms, _ = school.rosters.offered(key, account)
        assert len(classrooms) == len(show.sections)
        google.revoke(teacher)
        with pytest.raises(sys.modules["classroom.rosters"].AskGoogle):
            school.rosters.offered(key, account)
        school.close()
