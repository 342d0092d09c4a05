"""The same app in Flask and in Django, one file each, run as a reader would: a teacher signs in and syncs a class."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import attrs
import httpx
import pytest

from clever_roster.cli.browser import Browser
from clever_roster.testing import District, Showcase, SimulatedApp, Simulator, next_day, serve

EXAMPLES = Path(__file__).parents[2] / "examples"


@attrs.frozen
class Running:
    """A program on a socket, and the pretend Clever that it was told about."""

    own: str
    clever: str
    simulator: Simulator


@pytest.fixture(params=["flask_one_file.py", "django_one_file.py"])
def running(request: pytest.FixtureRequest, district: District, tmp_path: Path) -> Iterator[Running]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = f"http://localhost:{port}"
    app = SimulatedApp(redirect_uris=(f"{own}/clever/callback",))
    simulator = Simulator([district], app=app)
    database = f"{tmp_path}/school.db"
    with serve(simulator) as clever:
        command = [sys.executable, str(EXAMPLES / request.param)]
        command.append(database if "django" in request.param else f"sqlite:///{database}")
        card = {"client_id": app.client_id, "client_secret": app.client_secret.reveal()}
        card |= {"redirect_uri": app.redirect_uris[0], "oauth_url": clever, "api_url": clever}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        with subprocess.Popen(command, **pipes) as program:
            program.stdin.write(json.dumps(card) + "\n")
            program.stdin.flush()
            assert program.stdout.readline() == f"Open {own}/\n"
            yield Running(own, clever, simulator)
            program.terminate()


def signed_in(at: Running, district: District, person: str) -> httpx.Client:
    """Come from Clever's portal, and agree to an account."""
    browser = Browser(at.clever, app=f"{at.own}/clever/callback")
    browser.log_in_to_clever(district.shortname, person)
    launched = browser.launch_from_portal(district.shortname)
    client = browser._http
    asked = client.get(f"{at.own}/clever/callback?{launched}", follow_redirects=True)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', asked.text))
    client.post(f"{at.own}/clever/sign-up", data=fields, follow_redirects=True)
    return client


def does_it(client: httpx.Client, address: str) -> list[str]:
    """Look at the plan, press the button, and say what stood in the plan."""
    page = client.get(address)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', page.text)
    fields = {"plan": re.search(r'name="plan" value="(\w+)"', page.text)[1]}
    if token is not None:
        fields["csrfmiddlewaretoken"] = token[1]
    assert client.post(address, data=fields).status_code in {302, 303}
    return re.findall(r"<li>(.*?)</li>", page.text)


def test_a_teacher_signs_in_and_syncs_a_class_and_its_next_day(
    running: Running, district: District, show: Showcase
) -> None:
    """Over real sockets, in a process of its own: import, nothing to do, a day later, nothing to do again."""
    teacher = signed_in(running, district, show.teacher)
    home = teacher.get(running.own).text
    assert "You are account 1." in home
    section = district.sections[show.sections[0]]
    address = urljoin(running.own, re.search(rf'href="(/classes/{section.id})"', home)[1])
    imported = does_it(teacher, address)
    assert len(imported) == 1 + len(section.students) + len(section.teachers)
    assert "<li>Nothing to do.</li>" in teacher.get(address).text
    running.simulator.replace(next_day(district, seed=1))
    assert len(does_it(teacher, address)) > 3
    assert "<li>Nothing to do.</li>" in teacher.get(address).text
    teacher.post(f"{running.own}/clever/sign-out")
    assert "Continue with Clever" in teacher.get(running.own).text
    teacher.close()


def test_a_student_signs_in_and_syncs_nothing(running: Running, district: District, show: Showcase) -> None:
    """Only a teacher is shown classes; the address alone opens nothing."""
    student = signed_in(running, district, show.student)
    assert "You are account 1." in student.get(running.own).text
    assert student.get(f"{running.own}/classes/{show.sections[0]}").status_code == 403
    student.close()
