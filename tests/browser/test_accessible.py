"""Everybody can use it: with the keyboard alone, and without what axe calls serious, in light and in dark colours."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest
from people_at_browsers import Person

from clever_roster.cli.web import Stand
from summary import AUDITED

SERIOUS = {"serious", "critical"}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""What depends on colours."""


@attrs.define
class Auditor:
    """axe on one page after the other: all rules in light, what depends on colours once more in dark."""

    axe: str
    record: Callable[[str, object], None]
    serious: list[str] = attrs.field(factory=list)

    def audits(self, somebody: Person, name: str) -> None:
        page = somebody.page
        if not name.startswith("/"):
            page.get_by_role("heading", name=name).first.wait_for()
        page.evaluate(self.axe)
        rules, findings = 0, {"minor": [], "moderate": [], "serious": []}
        for scheme, options in (("light", {}), ("dark", CONTRAST)):
            page.emulate_media(color_scheme=scheme)
            told = page.evaluate("options => axe.run(document, options)", options)
            rules += len(told["passes"]) + len(told["violations"])
            for found in told["violations"]:
                impact = "serious" if found["impact"] in SERIOUS else found["impact"]
                nodes = "; ".join(node["html"][:100] for node in found["nodes"][:3])
                findings[impact].append(f"{name} ({scheme}): {found['id']}: {nodes}")
        self.record(AUDITED, [rules, findings])
        self.serious += findings["serious"]


@pytest.fixture
def auditor(record_property: Callable[[str, object], None]) -> Auditor:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    return Auditor(axe.Axe().axe_script, record_property)


def test_no_page_has_a_serious_finding_of_axe(
    class_teacher: Person, person: Callable[..., Person], auditor: Auditor, at: Stand
) -> None:
    """Every template at least once, those of the pretend Clever too."""
    child, teacher = person(), class_teacher
    for path in ("/", "/sign-in", "/sign-up", "/picture", "/nowhere"):
        child.opens(path)
        auditor.audits(child, path)
    child.page.goto(at.portal)
    auditor.audits(child, "Log in to")
    child.signs_in("robin@home.test")
    auditor.audits(child, "Hello")
    child.opens("/settings")
    child.clicks("Connect")
    auditor.audits(child, "Find your school")
    child.page.goto(f"{at.portal}/logout")
    child.at_clever("another student")
    auditor.audits(child, "Welcome to")
    child.opens("/settings")
    child.clicks("Connect")
    auditor.audits(child, "That did not work")
    child.page.goto(f"{at.portal}/logout")
    child.at_clever("runs the district")
    child.opens("/settings")
    child.clicks("Connect")
    auditor.audits(child, "Is this you?")
    child.launches("runs the district")
    auditor.audits(child, "New here?")
    child.clicks("Make my account")
    child.opens("/settings")
    auditor.audits(child, "Account settings")
    child.clicks("Sign out")
    auditor.audits(child, "You are signed out")
    child.launches("runs the district")
    auditor.audits(child, "Continue with Clever?")

    auditor.audits(teacher, "Manage students")
    teacher.follows("Why is a student missing?")
    teacher.page.get_by_label("Student").select_option(index=1)
    teacher.clicks("Find out why")
    auditor.audits(teacher, "Why is a student missing?")
    for path in ("/", "/settings", "/sections/new", "/sections/new/clever", "/missing-class?name=Bio", "/doubles"):
        teacher.opens(path)
        auditor.audits(teacher, path)
    teacher.goes(teacher.page.locator(".cards a").first)
    auditor.audits(teacher, "One person?")
    teacher.follows("The same person")
    auditor.audits(teacher, "Join two accounts")
    teacher.clicks("Join them")
    auditor.audits(teacher, "Joined lately")
    teacher.lets_pass("A slip")
    teacher.opens("/district")
    teacher.clicks("Run the nightly sync now")
    auditor.audits(teacher, "Waiting for somebody")
    teacher.follows("Nightly sync")
    auditor.audits(teacher, "Held: please look first")
    teacher.plans_import(2)
    auditor.audits(teacher, "Ready")
    teacher.clicks("Import")
    teacher.follows("History")
    auditor.audits(teacher, "History")
    assert auditor.serious == []


def test_no_page_of_a_class_in_two_rosters_has_a_serious_finding_of_axe(
    person: Callable[..., Person], auditor: Auditor, at: Stand
) -> None:
    """From the pretend Google's own pages to a class that was moved, and to one that exists twice."""
    teacher = person()
    teacher.signs_in(at.emails["teacher"])
    teacher.connects_clever("teaches look-alike")
    teacher.opens("/sections/new/google")
    auditor.audits(teacher, "Ask Google for your classes")
    teacher.clicks("Ask Google")
    auditor.audits(teacher, "Choose an account")
    teacher.clicks("teaches look-alike")
    auditor.audits(teacher, "Lighthouse wants access")
    teacher.clicks("Continue")
    auditor.audits(teacher, "Is this you?")
    teacher.clicks("Yes, connect the two")
    auditor.audits(teacher, "Choose classes from Google Classroom")
    teacher.page.get_by_label("Period 1").check()
    teacher.clicks("Show what would be imported")
    teacher.clicks("Import")
    auditor.audits(teacher, "Manage students")
    teacher.plans_import(1)
    auditor.audits(teacher, "This class is here already")
    warned = teacher.page.url
    teacher.clicks("See how it moves to Clever")
    auditor.audits(teacher, "Please say who is who")
    teacher.says_that_each_pair_is_one()
    auditor.audits(teacher, "Move the class to Clever")
    teacher.page.goto(warned)
    teacher.fills(**{"It is right, because": "I want to see both."})
    teacher.clicks("Override, and do everything")
    teacher.opens("/doubles")
    auditor.audits(teacher, "A class that exists twice")
    teacher.clicks("See how the first follows")
    auditor.audits(teacher, "Please say who is who")
    assert auditor.serious == []


def test_a_whole_journey_takes_no_mouse(person: Callable[..., Person], at: Stand) -> None:
    """From the welcome page to a synced class with Tab, Enter and Space; the focus is seen at every stop."""
    teacher = person()
    teacher.opens("/")
    keys = Keyboard(teacher)
    keys.presses("Tab", "Enter")  # the first stop skips to the page
    teacher.page.wait_for_url(lambda url: url.endswith("#main"))  # told a moment later: the page itself stays
    keys.goes_to("Sign in", "link")
    keys.presses("Enter")
    keys.goes_to("Email", "textbox")
    keys.types(at.emails["teacher"])
    keys.goes_to("Password", "textbox")
    keys.types(at.password)
    keys.presses("Enter")
    keys.goes_to("Create a section", "link")
    keys.presses("Enter")
    keys.goes_to("Go on", "button")
    keys.presses("Enter")
    keys.goes_to("Connect Clever", "button")
    keys.presses("Enter")
    keys.goes_to("Phạm Unified School District", "button")
    keys.presses("Enter")
    keys.goes_to("Diya Chaudhary, teaches look-alike classes", "button")
    keys.presses("Enter")
    keys.goes_to("Yes, connect the two", "button")
    keys.presses("Enter")
    teacher.page.get_by_role("heading", name="Choose classes from Clever").wait_for()
    keys.goes_to("Biology", "checkbox")
    keys.presses("Space")
    keys.goes_to("Show what would be imported", "button")
    keys.presses("Enter")
    keys.goes_to("Import", "button")
    keys.presses("Enter")
    keys.goes_to("Sync students from Clever", "button")
    keys.presses("Enter")
    teacher.sees("In step with Clever")


@attrs.define
class Keyboard:
    """Hands on the keyboard, eyes on the focus."""

    person: Person
    most: int = 60

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.person.page.keyboard.press(key)

    def types(self, words: str) -> None:
        self.person.page.keyboard.type(words)

    def goes_to(self, name: str, role: str) -> None:
        """Tab until the focus is there; it must be visible at every stop."""
        wanted = self.person.page.get_by_role(role, name=name).first
        wanted.wait_for()
        for _ in range(self.most):
            if wanted.evaluate("one => one === document.activeElement"):
                assert wanted.evaluate(SEEN), f"the focus on {name} is not seen"
                return
            self.presses("Tab")
        raise AssertionError(f"{name} is not reached with Tab")


SEEN = """one => {
  const marked = one.closest('.tile') ?? one;
  return [one, marked].some(it => getComputedStyle(it).outlineStyle !== 'none');
}"""
