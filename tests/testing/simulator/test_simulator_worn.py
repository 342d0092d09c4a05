"""The simulator as httpx transport, ASGI application, real server and child process: the same story each time."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from passer_by import Seen
from village import DEAN, VILLAGE

from clever_roster.clever import AsyncCleverClient, CleverClient
from clever_roster.errors import ConfigurationError, UnexpectedPayload
from clever_roster.model import Role, Secret
from clever_roster.oauth import Arrived, GoogleApp, GoogleHosts, GoogleLogin
from clever_roster.sources.clever_sftp import write_export
from clever_roster.storage.memory import MemoryStore
from clever_roster.testing import Breakage, Simulator, asgi, serve, transport
from clever_roster.testing.generate import sample_district
from clever_roster.testing.sftp import export_of, read_district


def log_in(browser: httpx.Client, card: dict[str, str], person: str) -> str:
    """Walk from the application's button through Clever's pages and back; the answer is the login's token."""
    query = {
        "response_type": "code",
        "client_id": card["client_id"],
        "redirect_uri": card["redirect_uri"],
        "state": "S1",
    }
    picker = Seen(browser.get("/oauth/authorize", params=query).text)
    page = Seen(browser.get(picker.action, params=picker.pressed(card["district_id"])).text)
    entered = browser.post(page.action, data=page.pressed(person))
    returned = browser.get(entered.headers["location"])
    callback = dict(parse_qsl(urlsplit(returned.headers["location"]).query))
    assert callback["state"] == "S1"
    body = {"code": callback["code"], "grant_type": "authorization_code", "redirect_uri": card["redirect_uri"]}
    answer = browser.post("/oauth/tokens", json=body, auth=(card["client_id"], card["client_secret"]))
    return answer.json()["access_token"]


@pytest.fixture
def card(simulator) -> dict[str, str]:
    app = simulator.app
    return {
        "client_id": app.client_id,
        "client_secret": app.client_secret.reveal(),
        "redirect_uri": app.redirect_uris[0],
        "district_id": VILLAGE,
    }


def who(client: httpx.Client, token: str) -> str:
    return client.get("/v3.1/me", headers={"authorization": f"Bearer {token}"}).json()["data"]["id"]


def test_a_whole_login_over_real_sockets(simulator, card):
    with serve(simulator) as address, httpx.Client(base_url=address) as browser:
        assert address.startswith("http://127.0.0.1:")
        assert who(browser, log_in(browser, card, DEAN)) == DEAN


def test_a_whole_login_through_the_httpx_transport(simulator, card):
    with httpx.Client(transport=transport(simulator), base_url="https://clever.com") as browser:
        assert who(browser, log_in(browser, card, DEAN)) == DEAN


def test_the_typed_client_reads_the_roster_both_ways(simulator, district):
    token = simulator.district_token(VILLAGE)
    with httpx.Client(transport=transport(simulator)) as http:
        blocking = CleverClient(token, http=http).list_users()

    async def read():
        async with httpx.AsyncClient(transport=transport(simulator)) as http:
            return await AsyncCleverClient(token, http=http).list_users()

    assert blocking == asyncio.run(read())
    assert [user.id for user in blocking] == list(district.people)


def test_a_whole_sample_district_is_read_by_the_typed_client():
    """Every record of every kind is decoded: nothing the simulator writes is of a form that the client refuses."""
    district = sample_district(11, students=60)
    simulator = Simulator([district])
    with httpx.Client(transport=transport(simulator)) as http:
        client = CleverClient(simulator.district_token(district.id), http=http, page_size=7)
        read = {
            "schools": client.list_schools(),
            "terms": client.list_terms(),
            "courses": client.list_courses(),
            "sections": client.list_sections(),
            "people": client.list_users(),
        }
        assert client.get_district(district.id).id == district.id
    for kind, records in read.items():
        assert [record.id for record in records] == list(getattr(district, kind))


def test_faults_reach_a_client_of_httpx(simulator):
    with httpx.Client(transport=transport(simulator)) as http:
        for trouble in (Breakage.CUT_BODY, Breakage.HTML):
            simulator.fail("/v3.1/users", trouble)
            with pytest.raises(UnexpectedPayload):
                CleverClient(simulator.district_token(VILLAGE), http=http).list_users()
        simulator.fail("/v3.1/users", Breakage.NO_ANSWER)
        with pytest.raises(httpx.ReadError):
            http.get("https://api.clever.com/v3.1/users")


def test_the_asgi_application_speaks_http_and_lives_and_dies_politely(simulator):
    async def story():
        application = asgi(simulator)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(application), base_url="http://simulated.test"
        ) as browser:
            found = await browser.get("/.well-known/openid-configuration")
            entered = await browser.post("/in/village", data={"person": DEAN})
            portal = await browser.get("/in/village?x=1")
            said = []
            heard = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

            async def receive():
                return next(heard)

            async def send(message):
                said.append(message["type"])

            await application({"type": "lifespan"}, receive, send)
            return found.json()["issuer"], entered.status_code, Seen(portal.text).heading, said

    assert asyncio.run(story()) == (
        "http://simulated.test",
        303,
        "Welcome to Village Schools",
        ["lifespan.startup.complete", "lifespan.shutdown.complete"],
    )


def test_the_server_closes_the_connection_where_no_answer_is_to_come(simulator):
    simulator.fail("/in/village", Breakage.NO_ANSWER)
    with serve(simulator) as address, httpx.Client(base_url=address) as browser:
        with pytest.raises(httpx.RemoteProtocolError):
            browser.get("/in/village")
        assert browser.get("/in/village").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "", "example.test"])  # noqa: S104 - that it is refused is the rule
def test_the_server_is_for_this_machine_only(simulator, host):
    with pytest.raises(ConfigurationError), serve(simulator, host=host):
        pass


def test_a_port_that_is_taken_is_named(simulator):
    with serve(simulator) as address:
        port = address.rpartition(":")[2]
        with pytest.raises(ConfigurationError, match=port), serve(simulator, port=int(port)):
            pass


def test_of_many_who_present_one_code_at_once_one_gets_a_token(simulator, ask):
    code = simulator.launch(DEAN).partition("code=")[2]
    body = {"code": code, "grant_type": "authorization_code", "redirect_uri": simulator.app.redirect_uris[0]}
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask.exchange(body).status, range(24)))
    assert sorted(answers) == [200] + [400] * 23


@contextmanager
def commanded(*options: str, told: signal.Signals = signal.SIGTERM):
    """The command as a child process: its line; afterwards it must have ended well and said nothing more."""
    command = [sys.executable, "-m", "clever_roster", "simulate", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            yield json.loads(child.stdout.readline())
        finally:
            child.send_signal(told)
            out, err = child.communicate(timeout=10)
    assert (child.returncode, out, err) == (0, "", "")


def listed(browser: httpx.Client, card: dict[str, str], path: str) -> list[str]:
    headers = {"authorization": f"Bearer {card['district_token']}"}
    return [item["data"]["id"] for item in browser.get(f"/v3.1/{path}", headers=headers).json()["data"]]


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_a_line_serves_and_ends_when_told(told):
    """The line has all that an application needs to log somebody in."""
    with (
        commanded("--seed", "5", "--students", "40", "--redirect-uri", "http://127.0.0.1:1/cb", told=told) as card,
        httpx.Client(base_url=card["oauth_url"]) as browser,
    ):
        assert card["redirect_uri"] == "http://127.0.0.1:1/cb"
        (teacher,) = listed(browser, card, "users?role=teacher&limit=1")
        assert who(browser, log_in(browser, card, teacher)) == teacher
        assert browser.get(card["portal_url"]).status_code == 200


def test_the_command_serves_the_same_schools_google_beside_it():
    """A login with Google, begun by an application that knows no more than the line."""
    with (
        commanded("--students", "20", "--google") as card,
        httpx.Client(base_url=card["google_url"]) as browser,
        GoogleLogin(
            GoogleApp(
                client_id=card["google_client_id"],
                client_secret=Secret(card["google_client_secret"]),
                redirect_uri=card["google_redirect_uri"],
                hosts=GoogleHosts.at(card["google_url"]),
            ),
            store=MemoryStore(),
        ) as login,
    ):
        started = login.begin()
        assert Seen(browser.get(started.redirect_to).text).heading == "Choose an account"
        person = re.search(r'name="person" value="(\d+)"', browser.get("/").text)[1]
        parts = urlsplit(started.redirect_to)
        following = {"person": person, "continue": f"{parts.path}?{parts.query}"}
        chosen = browser.post("/signin", data=following)
        back = browser.get(chosen.headers["location"])
        arrived = login.finish(urlsplit(back.headers["location"]).query, browser=started.cookie.value)
        assert isinstance(arrived, Arrived)
        assert arrived.identity.key.subject == person
        assert "You are signed in as" in browser.get("/").text
        assert "You are signed in as" not in browser.get("/Logout", follow_redirects=True).text


def test_a_pretend_google_that_could_sign_nothing_is_not_begun():
    """Which package is missing, and what to install, before anything is served."""
    start = "import sys; sys.modules['jwt'] = None; from clever_roster.cli import main; "
    code = f"{start}sys.exit(main(['simulate', '--google', '--students', '20']))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (2, "")
    assert "Install clever-roster[oidc]" in told.stderr


def test_the_command_serves_a_districts_own_files(tmp_path):
    write_export(export_of(sample_district(5, students=40)), tmp_path)
    students = len(read_district(tmp_path).people_with(Role.STUDENT))
    with (
        commanded("--data", str(tmp_path)) as card,
        httpx.Client(base_url=card["api_url"]) as browser,
    ):
        assert len(listed(browser, card, "users?role=student")) == students
