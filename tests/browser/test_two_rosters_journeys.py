"""One class in two rosters, as a teacher meets it: Google first, then Clever, and every star stays where it was."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from people_at_browsers import Person

from clever_roster.cli.web import Stand
from clever_roster.testing import District, showcase

Arrives = Callable[..., Person]

FIRST, AT_CLEVER = "Algebra 1", "Algebra 1 - Chaudhary - 1"
LOOK_ALIKES, PUPIL = "teaches look-alike", ", a student"


@pytest.fixture
def teacher(person: Arrives, at: Stand) -> Person:
    """The teacher, signed in with a password, and connected with both; Google was asked for their classes."""
    somebody = person()
    somebody.signs_in(at.emails["teacher"])
    somebody.connects_clever(LOOK_ALIKES)
    somebody.connects_google(LOOK_ALIKES)
    somebody.shows_google_classes()
    somebody.page.get_by_role("heading", name="Choose classes from Google Classroom").wait_for()
    return somebody


@pytest.fixture
def google_teacher(teacher: Person) -> Person:
    """The same, on the page of a class that was imported from Google."""
    imports_from_google(teacher, 1)
    return teacher


def imports_from_google(teacher: Person, period: int) -> None:
    teacher.page.get_by_label(f"Period {period}").check()
    teacher.clicks("Show what would be imported")
    teacher.sees("Nothing has been done yet")
    teacher.clicks("Import")
    teacher.page.get_by_role("heading", name="Manage students").wait_for()


def rows(somebody: Person) -> dict[str, str]:
    """Who is in the class, and how many stars they have."""
    lines = somebody.page.locator("tbody tr").all_inner_texts()
    return {line.split("\t")[0].strip(): line.split("\t")[2].replace("★", "").strip() for line in lines}


def chooses_it_from_clever(teacher: Person, period: int = 1) -> None:
    teacher.plans_import(period)
    teacher.page.get_by_role("heading", name="This class is here already").wait_for()


# --- The login --------------------------------------------------------------------------------------------------------


def test_a_pupil_continues_with_google_and_comes_back(person: Arrives) -> None:
    """The sign-in page has both buttons; the page that asks names Google, and the second time nobody is asked."""
    pupil = person()
    pupil.opens("/settings")
    pupil.page.get_by_role("button", name="Continue with Clever").wait_for()
    pupil.clicks("Continue with Google")
    pupil.page.get_by_role("heading", name="Choose an account").wait_for()
    pupil.clicks(PUPIL)
    pupil.page.get_by_role("heading", name="New here?").wait_for()
    assert "Google says that you are" in pupil.reads()
    assert "Clever" not in pupil.reads()
    pupil.keeps("google-new-here")
    pupil.clicks("Make my account")
    pupil.page.get_by_role("heading", name="Account settings").wait_for()
    pupil.sees("Google is the only way into this account")
    pupil.clicks("Sign out")
    pupil.sees("Then sign out of Google too")
    pupil.opens("/sign-in")
    pupil.clicks("Continue with Google")
    pupil.clicks(PUPIL)
    pupil.sees("Hello, ")


def test_google_is_connected_and_disconnected_in_the_settings(person: Arrives, at: Stand) -> None:
    """As with Clever: the page names who stands there; disconnecting leaves the account, its password and its stars."""
    pupil = person()
    pupil.signs_in(at.emails["pupil"])
    pupil.connects_google(PUPIL)
    pupil.keeps("settings-google")
    pupil.clicks("Disconnect Google")
    pupil.sees("Disconnected.")
    pupil.opens("/")
    assert pupil.page.locator(".stars strong").inner_text() == "12"


def test_a_teacher_who_came_by_google_alone_becomes_one_when_google_says_so(person: Arrives) -> None:
    """A plain sign-in says nothing of roles; whoever lets us read classes is known as a teacher, and a pupil is not."""
    for part, heading in ((LOOK_ALIKES, "Your classes"), (PUPIL, "Hello, ")):
        somebody = person()
        somebody.opens("/sign-in")
        somebody.clicks("Continue with Google")
        somebody.clicks(part)
        somebody.clicks("Make my account")
        somebody.sees("Hello, ")
        somebody.opens("/settings")
        somebody.clicks("I teach")
        somebody.clicks("Continue")
        somebody.page.get_by_role("heading", name=heading).wait_for()


# --- A class from Google ----------------------------------------------------------------------------------------------


def test_a_class_is_imported_from_google_and_a_day_later_synced_and_undone(google_teacher: Person) -> None:
    """Last year's children bring their stars: it is the same Google account. A sync is a plan to look at first."""
    teacher = google_teacher
    before = rows(teacher)
    assert len(before) == 19
    assert sum(int(stars) for stars in before.values()) > 40
    teacher.keeps("google-class")
    teacher.clicks("Sync students from Google Classroom")
    teacher.sees("In step with Google Classroom")
    teacher.lets_pass("An ordinary day")
    teacher.clicks("Sync students from Google Classroom")
    teacher.sees("Nothing has been done yet")
    teacher.page.get_by_role("heading", name="Leaving").wait_for()
    teacher.clicks("Do ")
    teacher.sees("Done:")
    assert rows(teacher).keys() != before.keys()
    teacher.follows("History")
    teacher.clicks("Undo")
    teacher.sees("Undone:")
    assert rows(teacher) == before


def test_a_teacher_who_keeps_the_lists_from_us_is_asked_again(
    person: Arrives, at: Stand, districts: tuple[District, ...]
) -> None:
    """Each scope can be unticked, and a grant taken back: the page says what it is for, and changes nothing."""
    teacher = person()
    teacher.signs_in(at.emails["teacher"])
    teacher.opens("/sections/new")
    teacher.page.get_by_label("Google Classroom").check()
    teacher.clicks("Go on")
    teacher.page.get_by_role("heading", name="Ask Google for your classes").wait_for()
    teacher.keeps("ask-google")
    teacher.clicks("Ask Google")
    teacher.clicks(LOOK_ALIKES)
    teacher.page.get_by_label("classroom.rosters.readonly").uncheck()
    teacher.clicks("Continue")
    teacher.clicks("Yes, connect the two")
    teacher.page.get_by_role("heading", name="Ask Google for your classes").wait_for()
    teacher.clicks("Ask Google")
    teacher.clicks("Continue")
    teacher.page.get_by_role("heading", name="Choose classes from Google Classroom").wait_for()
    at.pretend_google.revoke(at.pretend_google.domain.account_of(showcase(districts[0]).teacher))
    teacher.opens("/sections/new/google")
    teacher.page.get_by_role("heading", name="Ask Google for your classes").wait_for()


# --- One class, one roster --------------------------------------------------------------------------------------------


def test_the_same_class_from_clever_is_warned_of_moved_with_its_stars_and_moved_back(google_teacher: Person) -> None:
    """The mission's story: held with names, the overlap shown, the unsure asked about, everything kept, and undone."""
    teacher = google_teacher
    before, here = rows(teacher), teacher.page.url
    chooses_it_from_clever(teacher)
    words = teacher.reads()
    assert f"{FIRST} follows Google Classroom, and has 19 students." in words
    assert f"are in {AT_CLEVER} at Clever too" in words
    assert f"leave {sum(int(stars) for stars in before.values())} stars in the first" in words
    assert teacher.page.get_by_role("button", name="Import").count() == 0, "nothing is ready"
    assert not re.search(r"\b[0-9a-f]{24}\b", words), "ids are for logs"
    teacher.keeps("second-roster")

    teacher.clicks("See how it moves to Clever instead")
    teacher.page.get_by_role("heading", name="Please say who is who").wait_for()
    teacher.keeps("move-asked")
    assert teacher.says_that_each_pair_is_one() >= 3
    teacher.keeps("move-ready")
    teacher.clicks("Move the class to Clever")
    teacher.sees("The class follows Clever now.")
    assert teacher.page.url == here
    after = rows(teacher)
    assert sorted(after.values()) == sorted(before.values()), "the same children, each with their stars"
    teacher.clicks("Sync students from Clever")
    teacher.sees("In step with Clever")
    teacher.keeps("moved-class")

    teacher.follows("History")
    teacher.sees("Move to Clever")
    teacher.clicks("Undo")
    teacher.sees("Undone: the class follows Google Classroom again.")
    assert rows(teacher) == before
    teacher.clicks("Sync students from Google Classroom")
    teacher.sees("In step with Google Classroom")


def test_somebody_under_two_names_is_named_by_the_teacher_and_keeps_their_account(teacher: Person) -> None:
    """Liv Garcia is Olivia Lucas García, and nothing asks about her yet: it can be said, and no second account made."""
    imports_from_google(teacher, 2)
    before = rows(teacher)
    assert "Liv Garcia" in before
    chooses_it_from_clever(teacher, 2)
    teacher.clicks("See how it moves to Clever instead")
    teacher.page.get_by_label("Liv Garcia here is").select_option(label="Olivia Lucas García at Clever")
    teacher.clicks("Go on with this")
    teacher.says_that_each_pair_is_one()
    teacher.clicks("Move the class to Clever")
    teacher.sees("The class follows Clever now.")
    assert len(rows(teacher)) == len(before) + 1, "one joins, and nobody is in class twice"


def test_from_clever_to_google_who_has_two_accounts_is_joined_first(class_teacher: Person) -> None:
    """The other way round. Last year's children are known to Google by another account: nothing moves over them."""
    teacher = class_teacher
    teacher.connects_google(LOOK_ALIKES)
    teacher.shows_google_classes()
    teacher.page.get_by_label("Period 1").check()
    teacher.clicks("Show what would be imported")
    teacher.page.get_by_role("heading", name="This class is here already").wait_for()
    teacher.clicks("See how it moves to Google Classroom instead")
    teacher.sees("has another account here already")
    teacher.follows("Look whether the two are one person")
    teacher.page.get_by_role("heading", name="One person?").wait_for()


def test_a_pupil_finds_their_stars_behind_either_button(google_teacher: Person, person: Arrives) -> None:
    """A star earned behind Google's button is there behind Clever's, once the class has moved."""
    pupil = person()
    pupil.opens("/sign-in")
    pupil.clicks("Continue with Google")
    pupil.clicks(PUPIL)
    pupil.clicks("I have read it")
    pupil.sees("One more star")
    chooses_it_from_clever(google_teacher)
    google_teacher.clicks("See how it moves to Clever instead")
    google_teacher.says_that_each_pair_is_one()
    google_teacher.clicks("Move the class to Clever")
    google_teacher.sees("The class follows Clever now.")
    other = person()
    other.launches(PUPIL)
    other.sees("Hello, ")
    assert other.page.locator(".stars strong").inner_text() == "1"
    assert FIRST in other.reads()


def test_another_class_of_the_same_students_is_imported_with_the_accounts_they_have(class_teacher: Person) -> None:
    """English from Google, Algebra from Clever: no list says that it is one class, and nobody gets a second account."""
    teacher = class_teacher
    pupils = rows(teacher).keys()
    teacher.connects_google(LOOK_ALIKES)
    teacher.shows_google_classes()
    teacher.page.get_by_label("Period 3").check()
    teacher.clicks("Show what would be imported")
    teacher.page.get_by_role("heading", name="These students are here already").wait_for()
    teacher.keeps("same-students")
    teacher.clicks("Another class: use the accounts they have")
    teacher.sees("students will use the account they have")
    teacher.keeps("same-students-known")
    teacher.fills(**{"It is right, because": "It is their English class."})
    teacher.clicks("Override, and do everything")
    teacher.sees("Done:")
    assert len(rows(teacher).keys() & pupils) >= 10


def test_a_guest_whom_the_roster_lists_later_keeps_their_account(class_teacher: Person) -> None:
    """Leo came before the office had him on its list: the teacher says that they are one, and no second Leo is made."""
    teacher = class_teacher
    teacher.fills(First_name="Leo", Last_name="Jones")
    teacher.clicks("Add", exact=True)
    teacher.sees("Leo Jones was added")
    teacher.lets_pass("An ordinary day")
    teacher.clicks("Sync students from Clever")
    teacher.sees("Leo Jones is in the class already")
    teacher.keeps("newcomer")
    teacher.clicks("They are one person")
    teacher.sees("Leo Jones keeps the account they have.")
    assert "Held" not in teacher.reads()
    teacher.clicks("Do these")
    teacher.sees("Done:")
    assert [name for name in teacher.page.locator("tbody th").all_inner_texts() if "Jones" in name] == ["Leo Jones"]
    assert (
        teacher.page.locator("tbody tr", has_text="Leo Jones").locator("td").first.inner_text() == "Clever and by hand"
    )


def test_a_second_class_is_made_on_somebodys_word_only(google_teacher: Person) -> None:
    """The warning can be overridden, with a reason that is kept."""
    chooses_it_from_clever(google_teacher)
    google_teacher.fills(**{"It is right, because": "I want both for a week."})
    google_teacher.clicks("Override, and do everything")
    google_teacher.sees("Done:")
    google_teacher.opens("/")
    google_teacher.page.get_by_role("link", name=AT_CLEVER, exact=True).wait_for()
    assert google_teacher.page.get_by_role("link", name=FIRST, exact=True).count() == 1
