"""The example classroom without a browser: the command that starts it, and what nobody may do in it."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest

from clever_roster.cli.web import Stand, stand
from clever_roster.errors import ConfigurationError
from clever_roster.testing import sample_district

Arrives = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def at() -> Iterator[Stand]:
    with stand([sample_district(1, students=120), sample_district(2, students=60)]) as it:
        yield it


@pytest.fixture
def arrives(at: Stand) -> Iterator[Arrives]:
    """Make people: each a client with cookies of their own, signed in when an email is given."""
    clients = []

    def somebody(email: str | None = None, password: str = at.password) -> httpx.Client:
        client = httpx.Client(base_url=at.app, follow_redirects=True)
        clients.append(client)
        if email is not None:
            posts(client, "/sign-in", email=email, password=password, page="/sign-in")
        return client

    yield somebody
    for client in clients:
        client.close()


def posts(client: httpx.Client, path: str, *, page: str = "/settings", **fields: str) -> httpx.Response:
    """Send a form with the token of a page."""
    token = re.search(r'name="form" value="([^"]*)"', client.get(page).text)
    return client.post(path, data={"form": token[1] if token else "", **fields})


def new_section(client: httpx.Client, name: str) -> str:
    made = posts(client, "/sections/new", page="/sections/new", login_type="email", name=name)
    assert name in made.text
    return made.url.path


# --- The command ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_both_addresses_and_ends_cleanly_when_told_to(told: signal.Signals) -> None:
    """`clever-roster demo --web` needs no network; Ctrl-C is its ordinary end, with status 0 and nothing on stderr."""
    command = [sys.executable, "-m", "clever_roster", "demo", "--web", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        card = json.loads(demo.stdout.readline())
        assert "Small lessons" in httpx.get(card["app"]).text
        assert "choose whom to be" in httpx.get(card["portal"]).text
        demo.send_signal(told)
        _, complaints = demo.communicate(timeout=20)
    assert (demo.returncode, complaints) == (0, "")


def test_a_missing_package_is_said_in_one_line() -> None:
    """Which, and what to install; status 2, as for everything that could not be tried."""
    start = "import sys; sys.modules['jinja2'] = None; from clever_roster.cli import main; "
    code = f"{start}sys.exit(main(['demo', '--web']))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (2, "")
    assert "The classroom needs jinja2. Run: pip install 'clever-roster[classroom]'" in told.stderr


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    """Nothing of a stack of calls: which port, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigurationError, match="--port"), stand([], port=taken.getsockname()[1]):
            raise AssertionError("it was served")


# --- What nobody may do -----------------------------------------------------------------------------------------------


def test_a_form_of_another_site_does_nothing(arrives: Arrives, at: Stand) -> None:
    """Each form carries the session's own token; without it, or with another one's, the answer is 403."""
    pupil, other = arrives(at.emails["pupil"]), arrives("robin@home.test")
    assert pupil.post("/lessons", data={"lesson": "x"}).status_code == 403
    foreign = re.search(r'name="form" value="([^"]*)"', other.get("/settings").text)[1]
    assert pupil.post("/lessons", data={"lesson": "x", "form": foreign}).status_code == 403
    assert "<strong>12</strong>" in pupil.get("/").text


def test_a_class_is_its_teachers_alone(arrives: Arrives, at: Stand) -> None:
    """Another teacher, a pupil and a stranger see neither page nor journal, and change nothing."""
    path = new_section(arrives(at.emails["teacher"]), "Only mine")
    rival = arrives()
    fields = {"first": "Ron", "last": "Rival", "email": "rival@home.test", "password": "eight-letters"}
    posts(rival, "/sign-up", page="/sign-up", role="teacher", **fields)
    pupil, stranger = arrives("robin@home.test"), arrives()
    for page in (path, f"{path}/history", f"{path}/missing"):
        assert rival.get(page).status_code == 403
        assert pupil.get(page).status_code == 403
        assert stranger.get(page).url.path == "/sign-in"
    assert posts(rival, f"{path}/students", first="A", last="B").status_code == 403
    assert posts(pupil, "/district/sync").status_code == 403


def test_nobody_becomes_staff_by_saying_so(arrives: Arrives) -> None:
    """A teacher who signed up with email runs classes of their own, and sees nothing of a district."""
    teacher = arrives()
    fields = {"first": "Ann", "last": "Other", "email": "ann@home.test", "password": "eight-letters"}
    posts(teacher, "/sign-up", page="/sign-up", role="teacher", **fields)
    assert teacher.get("/district").status_code == 403
    assert "Nobody seems to exist twice" in teacher.get("/doubles").text
    assert teacher.get("/merge/1/2").status_code == 404


def test_a_teacher_joins_two_children_of_their_own_class_and_parts_them(arrives: Arrives) -> None:
    """No district is needed for it; whoever joined them may also part them again."""
    teacher = arrives()
    fields = {"first": "Eve", "last": "Third", "email": "eve@home.test", "password": "eight-letters"}
    posts(teacher, "/sign-up", page="/sign-up", role="teacher", **fields)
    path = new_section(teacher, "Twins")
    for _ in range(2):
        posts(teacher, f"{path}/students", page=path, first="Quirin", last="Zebrowski")
    pair = re.search(r'href="/doubles/(\d+)/(\d+)"', teacher.get("/doubles").text)
    assert pair is not None
    address = f"/merge/{pair[1]}/{pair[2]}"
    digest = re.search(r'name="digest" value="(\w+)"', teacher.get(address).text)[1]
    assert "Something changed" in posts(teacher, address, page=address, digest="another").text
    assert "One account now" in posts(teacher, address, page=address, digest=digest).text
    assert teacher.get(path).text.count("Zebrowski</th>") == 1
    assert arrives("robin@home.test").get("/doubles").status_code == 403
    assert "two accounts again" in posts(teacher, f"/merges/{pair[1]}/undo").text
    assert teacher.get(path).text.count("Zebrowski</th>") == 2


def test_a_new_password_ends_the_sessions_elsewhere(arrives: Arrives) -> None:
    """Whoever sits at the other computer is out; the one who changed it goes on."""
    fields = {"first": "Mo", "last": "Example", "email": "mo@home.test", "password": "eight-letters"}
    here, there = arrives(), arrives()
    posts(here, "/sign-up", page="/sign-up", **fields)
    posts(there, "/sign-in", page="/sign-in", email="mo@home.test", password="eight-letters")
    wrong = posts(here, "/settings/password", old="a guess", new="nine-letters")
    assert "is not right" in wrong.text
    assert "Your password is set" in posts(here, "/settings/password", old="eight-letters", new="nine-letters").text
    assert "Hello, Mo!" in here.get("/").text
    assert "Hello, Mo!" not in there.get("/").text


@pytest.mark.parametrize("wish", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"])
def test_a_sign_in_ends_on_our_own_site(arrives: Arrives, at: Stand, wish: str) -> None:
    """Where somebody wanted to go is a path of ours, or the first page."""
    pupil = arrives()
    told = posts(pupil, "/sign-in", page="/sign-in", email="robin@home.test", password=at.password, next=wish)
    assert told.url == httpx.URL(f"{at.app}/")


def test_a_password_is_not_guessed_for_long(arrives: Arrives, at: Stand) -> None:
    """After ten wrong ones not even the right one is heard for a while; other people are not kept out."""
    guesser = arrives()
    fields = {"first": "Zoe", "last": "Fourth", "email": "zoe@home.test", "password": "eight-letters"}
    posts(arrives(), "/sign-up", page="/sign-up", **fields)
    for number in range(10):
        told = posts(guesser, "/sign-in", page="/sign-in", email="zoe@home.test", password=f"guess {number}")
        assert told.status_code == 422
    told = posts(guesser, "/sign-in", page="/sign-in", email="Zoe@home.test ", password="eight-letters")
    assert told.status_code == 429
    assert "wrong too often" in told.text
    assert "Sign out" in arrives("robin@home.test").get("/").text


def test_a_guest_gets_a_password_once_and_joins_by_code_elsewhere(arrives: Arrives, at: Stand) -> None:
    """Teachers never see, or take over, an account that somebody has already."""
    teacher = arrives(at.emails["teacher"])
    path = new_section(teacher, "Guests")
    made = posts(teacher, f"{path}/students", page=path, first="Kim", last="Guest", email="kim@home.test").text
    password = re.search(r"First password: ([\w-]+)", made)[1]
    assert password not in teacher.get(path).text
    guest = arrives("kim@home.test", password)
    assert "Guests" in guest.get("/").text
    again = posts(teacher, f"{path}/students", page=path, first="Kim", last="Guest", email="kim@home.test").text
    assert "signs in with that email already" in again
    code = re.search(r'class="code">(\w+)<', teacher.get(path).text)[1]
    robin = arrives("robin@home.test")
    assert "Guests" in posts(robin, "/join", code=code.lower()).text


def test_pages_are_not_kept_by_the_browser_and_run_no_script(arrives: Arrives, at: Stand) -> None:
    """Names of children are no matter for the cache of a shared computer."""
    headers = arrives(at.emails["teacher"]).get("/").headers
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
