"""The mission as a person clicks it: a teacher, pupils, and the district's administrator, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from people_at_browsers import Person

from clever_roster.cli.web import Stand
from clever_roster.testing import District, showcase

Arrives = Callable[..., Person]

FIRST, SECOND = "Algebra 1 - Chaudhary - 1", "Algebra 1 - Chaudhary - 2"
LOOK_ALIKES, PUPIL, OTHER, ADMIN = "teaches look-alike", ", a student", "another student", "runs the district"


@pytest.fixture
def teacher(person: Arrives, at: Stand) -> Person:
    """The teacher, signed in with a password and connected with Clever."""
    somebody = person()
    somebody.signs_in(at.emails["teacher"])
    somebody.connects_clever(LOOK_ALIKES)
    return somebody


def stars(somebody: Person) -> int:
    """How many stars a pupil sees on their own page."""
    return int(somebody.page.locator(".stars strong").inner_text())


def rows(somebody: Person) -> dict[str, str]:
    """Who is in the class, and how many stars they have."""
    lines = somebody.page.locator("tbody tr").all_inner_texts()
    return {line.split("\t")[0].strip(): line.split("\t")[2].replace("★", "").strip() for line in lines}


# --- Who arrived ------------------------------------------------------------------------------------------------------


def test_a_launch_from_the_portal_ends_signed_in(person: Arrives) -> None:
    """It brings a code and no state: the login begins again, bound to the browser; the newcomer is asked first."""
    pupil = person()
    pupil.launches(PUPIL)
    pupil.sees("New here?")
    assert "Theodore Cox" in pupil.reads()
    pupil.keeps("new-here")
    pupil.clicks("Make my account")
    pupil.sees("Hello, Theodore!")
    assert pupil.page.url == f"{pupil.at.app}/"
    pupil.launches(PUPIL)
    pupil.sees("Hello, Theodore!")


def test_continue_with_clever_goes_through_the_district_picker(
    person: Arrives, districts: tuple[District, ...]
) -> None:
    """Clever asks for the district, then who it is; a wish to go somewhere is kept on the way."""
    pupil = person()
    pupil.opens("/settings")
    assert pupil.heading() == "Sign in"
    pupil.clicks("Continue with Clever")
    pupil.page.get_by_role("button", name=districts[1].name).wait_for()
    pupil.clicks("Phạm")
    pupil.at_clever(PUPIL)
    pupil.clicks("Make my account")
    pupil.page.get_by_role("heading", name="Account settings").wait_for()


def test_who_chooses_the_district_first_is_not_asked_by_clever(
    person: Arrives, districts: tuple[District, ...]
) -> None:
    """The sign-in page knows districts by name."""
    pupil = person()
    pupil.opens("/sign-in")
    pupil.page.get_by_text("Choose your district first").click()
    pupil.page.get_by_label("District").select_option(label=districts[1].name)
    pupil.clicks("Continue with Clever")
    pupil.page.get_by_role("heading", name=f"Log in to {districts[1].name}").wait_for()


def test_somebody_new_signs_up_and_signs_in_again_with_email(person: Arrives) -> None:
    """The product's own accounts work without any Clever."""
    pupil = person()
    pupil.opens("/sign-up")
    pupil.fills(First_name="Ada", Last_name="Example", Email="ada@home.test", Password="eight-letters")
    pupil.clicks("Make my account")
    pupil.sees("Hello, Ada!")
    pupil.clicks("Sign out")
    pupil.sees("You are signed out")
    pupil.opens("/sign-in")
    pupil.fills(Email="ada@home.test", Password="another-one")
    pupil.clicks("Sign in", exact=True)
    pupil.sees("do not open an account")
    pupil.signs_in("ada@home.test", "eight-letters")
    pupil.sees("Hello, Ada!")


# --- Linked accounts --------------------------------------------------------------------------------------------------


def test_clever_is_connected_and_disconnected_in_the_settings(person: Arrives, at: Stand) -> None:
    """The page names who stands at Clever and asks; disconnecting leaves the account, its password and its stars."""
    pupil = person()
    pupil.signs_in(at.emails["pupil"])
    before = stars(pupil)
    pupil.connects_clever(PUPIL)
    pupil.keeps("settings")
    pupil.clicks("Disconnect Clever")
    pupil.sees("Disconnected.")
    pupil.opens("/")
    assert stars(pupil) == before == 12


def test_the_last_way_in_is_not_taken_away_and_the_page_says_why(person: Arrives) -> None:
    """Instead of a button that fails there is the reason; with a password set, the button is there."""
    pupil = person()
    pupil.launches(PUPIL)
    pupil.clicks("Make my account")
    pupil.opens("/settings")
    pupil.sees("Clever is the only way into this account")
    assert pupil.page.get_by_role("button", name="Disconnect").count() == 0
    pupil.fills(New_password="eight-letters")
    pupil.clicks("Save")
    pupil.sees("Your password is set")
    pupil.page.get_by_role("button", name="Disconnect").wait_for()


def test_a_login_that_opens_another_account_is_a_conflict_with_a_way_on(person: Arrives, at: Stand) -> None:
    """A classmate cannot take somebody's Clever login; nothing changes, and the page offers what helps."""
    pupil = person()
    pupil.signs_in(at.emails["pupil"])
    pupil.connects_clever(PUPIL)
    pupil.clicks("Sign out")
    pupil.signs_in("robin@home.test")
    pupil.opens("/settings")
    pupil.clicks("Connect")
    pupil.page.get_by_role("heading", name="That did not work").wait_for()
    assert "has work in it" in pupil.reads()
    assert "Nothing was changed" in pupil.reads()
    pupil.keeps("conflict")
    pupil.clicks("Sign in with Clever")
    pupil.sees("Hello, Theodore!")
    assert stars(pupil) == 12


def test_a_pupil_takes_over_the_empty_account_that_an_import_made(class_teacher: Person, person: Arrives) -> None:
    """The stars from home and the class from school end in one account; only an empty account is given up so."""
    before = rows(class_teacher)["Theodore Cox"]
    pupil = person()
    pupil.signs_in(pupil.at.emails["pupil"])
    pupil.opens("/settings")
    pupil.clicks("Connect")
    pupil.clicks("Phạm")
    pupil.at_clever(PUPIL)
    pupil.sees("which is empty")
    pupil.clicks("Take over the empty account")
    pupil.sees("is connected with this account")
    class_teacher.page.reload()
    assert (before, rows(class_teacher)["Theodore Cox"]) == ("0", "12")


def test_two_pupils_in_turn_on_one_browser_end_in_their_own_accounts(person: Arrives) -> None:
    """A shared laptop, with a sign-out in between and without: each is who they are, and inherits nothing."""
    laptop = person()
    laptop.launches(PUPIL)
    laptop.clicks("Make my account")
    laptop.clicks("I have read it")
    laptop.sees("One more star")
    laptop.clicks("Sign out")
    laptop.sees("You are signed out")
    laptop.launches(OTHER)
    laptop.sees("Continue with Clever?")  # nobody is signed in without a click right after somebody left
    laptop.clicks("Continue with Clever")
    laptop.sees("New here?")
    assert "Theodore" not in laptop.page.content()
    laptop.clicks("Make my account")
    laptop.sees("Hello, Elizabeth!")
    assert stars(laptop) == 0
    laptop.launches(PUPIL)
    laptop.sees("Hello, Theodore!")
    assert stars(laptop) == 1


# --- Classes ----------------------------------------------------------------------------------------------------------


def test_a_section_is_created_from_one_of_two_look_alikes(teacher: Person, districts: tuple[District, ...]) -> None:
    """From the desk to the picker, where two alike are told apart; a preview names everybody before it is done."""
    show = showcase(districts[0])
    teacher.opens("/")
    teacher.follows("Create a section")
    teacher.page.get_by_label("Clever").check()
    teacher.clicks("Go on")
    teacher.page.get_by_role("heading", name="Choose classes from Clever").wait_for()
    tile = teacher.page.locator("label.tile", has_text=FIRST)
    for words in ("look-alike", "Period 1", "With Yazzie", "Students 19 (", "Johnson High School"):
        assert words in tile.inner_text()
    teacher.keeps("picker")
    tile.click()
    teacher.clicks("Show what would be imported")
    teacher.sees("Nothing has been done yet")
    pupils = {districts[0].people[one].last for one in districts[0].sections[show.sections[0]].students}
    assert all(name in teacher.reads() for name in pupils)
    teacher.keeps("preview")
    teacher.clicks("Import")
    teacher.page.get_by_role("heading", name=FIRST).wait_for()
    assert len(rows(teacher)) == 19
    teacher.opens("/sections/new/clever")
    teacher.sees("here already")


def test_the_next_day_is_synced_and_undone(class_teacher: Person) -> None:
    """Who joined, left and was renamed is shown first; a guest stays; an undo puts everybody back."""
    before = rows(class_teacher)
    class_teacher.fills(First_name="Kim", Last_name="Guest")
    class_teacher.clicks("Add", exact=True)
    class_teacher.sees("Kim Guest was added")
    class_teacher.lets_pass("An ordinary day")
    class_teacher.clicks("Sync students from Clever")
    class_teacher.sees("Nothing has been done yet")
    for heading in ("Joining", "Leaving", "People whose name or email changed"):
        class_teacher.sees(heading)
    class_teacher.keeps("plan")
    class_teacher.clicks("Do these")
    class_teacher.sees("Done:")
    after = rows(class_teacher)
    assert "Kim Guest" in after
    assert len(before.keys() - after.keys()) >= 2
    class_teacher.clicks("Sync students from Clever")
    class_teacher.sees("In step with Clever")
    class_teacher.follows("History")
    class_teacher.sees("by Diya Chaudhary")
    class_teacher.keeps("history")
    class_teacher.clicks("Undo")
    class_teacher.sees("Undone:")
    assert rows(class_teacher).keys() == {*before, "Kim Guest"}


def test_a_class_that_loses_most_of_its_children_is_held_until_somebody_says_why(class_teacher: Person) -> None:
    """Nothing leaves by itself; the override takes a reason in the teacher's words, and can be undone."""
    before = rows(class_teacher)
    class_teacher.lets_pass("A slip")
    class_teacher.clicks("Sync students from Clever")
    class_teacher.sees("Held: please look first")
    class_teacher.sees("15 of 19 students would leave at once")
    assert class_teacher.page.get_by_role("button", name="Do these").count() == 0
    class_teacher.keeps("held")
    class_teacher.fills(**{"It is right, because": "The class was divided; I called the office."})
    class_teacher.clicks("Override, and do everything")
    class_teacher.sees("Done: 15 steps")
    assert len(rows(class_teacher)) == 4
    class_teacher.follows("History")
    class_teacher.sees("Overridden, because: The class was divided; I called the office.")
    class_teacher.clicks("Undo")
    class_teacher.sees("Undone:")
    assert rows(class_teacher) == before


def test_a_plan_that_the_class_has_outrun_is_made_anew(class_teacher: Person) -> None:
    """Two tabs: what was shown is done as it was shown, or not at all."""
    class_teacher.lets_pass("An ordinary day")
    class_teacher.clicks("Sync students from Clever")
    class_teacher.sees("Nothing has been done yet")
    other = class_teacher.page.context.new_page()
    other.goto(f"{class_teacher.at.app}/")
    other.get_by_role("link", name=FIRST, exact=True).click()
    other.get_by_role("button", name="Remove Theodore Cox").click()
    other.get_by_text("Removed.").wait_for()
    class_teacher.clicks("Do these")
    class_teacher.sees("Nothing was done. This is the plan as it is now.")
    class_teacher.clicks("Do these")
    class_teacher.sees("Done:")
    assert "Theodore Cox" not in rows(class_teacher)


def test_the_district_sees_what_is_held_and_since_when(class_teacher: Person, person: Arrives) -> None:
    """The nightly sync does what is ready and leaves the rest; the administrator opens it from the list."""
    class_teacher.lets_pass("A slip")
    admin = person()
    admin.launches(ADMIN)
    admin.clicks("Make my account")
    admin.follows("District")
    admin.sees("Nothing is held")
    for _ in range(2):
        admin.clicks("Run the nightly sync now")
        admin.sees("15 held")
    assert "Diya Chaudhary" in admin.reads()
    admin.keeps("district")
    admin.follows("Nightly sync: what is held")
    admin.sees("15 of 19 students would leave at once")
    admin.sees("Waiting since")
    class_teacher.opens("/district")  # the teacher runs the district too, by Clever's roles
    class_teacher.sees("Nightly sync: what is held")


def test_why_a_student_is_missing_and_a_class_not_listed_is_answered(class_teacher: Person) -> None:
    """The likeliest reason first, in words with names, and who can do what about it."""
    gone = next(iter(rows(class_teacher)))
    class_teacher.clicks(f"Remove {gone}")
    class_teacher.sees("Removed.")
    class_teacher.follows("Why is a student missing?")
    first, last = gone.split()[0], gone.split()[-1]
    choice = class_teacher.page.locator("option", has_text=re.compile(f"{first}.*{last}")).first.get_attribute("value")
    class_teacher.page.get_by_label("Student").select_option(choice)
    class_teacher.clicks("Find out why")
    class_teacher.sees("Add them by hand.")
    assert not re.search(r"\b[0-9a-f]{24}\b", class_teacher.reads()), "ids are for logs"
    class_teacher.keeps("missing")
    class_teacher.opens("/missing-class")
    class_teacher.fills(**{"A part of its name": "Biology"})
    class_teacher.clicks("Find out why")
    class_teacher.sees("Let its teacher import it.")


def test_a_class_of_pictures_is_made_by_hand_and_a_child_signs_in(teacher: Person, person: Arrives) -> None:
    """The other login types need no roster."""
    teacher.opens("/sections/new")
    teacher.page.get_by_label("Picture").check()
    teacher.fills(Name_of_the_section="Bears")
    teacher.clicks("Go on")
    teacher.fills(First_name="Mia", Last_name="Small")
    teacher.clicks("Add")
    teacher.sees("Their picture: 🐙 octopus")
    code = teacher.page.locator(".code").inner_text()
    child = person()
    child.opens("/picture")
    child.fills(The_code_of_your_class=code)
    child.clicks("Go on")
    child.page.get_by_label("Mia S.").check()
    child.page.get_by_label("fox").check()
    child.clicks("That is me")
    child.sees("another child's picture")
    child.page.get_by_label("Mia S.").check()
    child.page.get_by_label("octopus").check()
    child.clicks("That is me")
    child.sees("Hello, Mia!")


# --- Who exists twice -------------------------------------------------------------------------------------------------


def test_a_duplicate_is_reviewed_and_merged_with_its_progress_and_taken_apart_again(class_teacher: Person) -> None:
    """Last year's account has the stars, this year's the class: afterwards one account has both."""
    class_teacher.opens("/doubles")
    pairs = class_teacher.page.locator(".cards a")
    assert pairs.count() >= 4
    pair = class_teacher.page.locator(f'a[href="{pairs.first.get_attribute("href")}"]')
    class_teacher.goes(pair)
    class_teacher.sees("What speaks for it, and against")
    class_teacher.keeps("duplicate")
    class_teacher.follows("The same person")
    moving = int(re.search(r"(\d+) stars are in the account that stays", class_teacher.reads())[1])
    assert moving > 0
    name = class_teacher.page.locator("main strong").nth(1).inner_text()
    class_teacher.keeps("merge")
    class_teacher.clicks("Join them")
    class_teacher.sees("One account now")
    assert pair.count() == 0
    class_teacher.opens("/")
    class_teacher.follows(FIRST, exact=True)
    assert rows(class_teacher)[name] == str(moving)
    class_teacher.opens("/doubles")
    class_teacher.clicks("Undo joining")
    class_teacher.sees("Undone")
    assert pair.count() == 1
    class_teacher.opens("/")
    class_teacher.follows(FIRST, exact=True)
    assert rows(class_teacher)[name] == "0"


def test_two_people_stay_two_for_good(class_teacher: Person) -> None:
    """What somebody said about a pair is remembered, and the pair leaves the queue."""
    class_teacher.opens("/doubles")
    first = class_teacher.page.locator(".cards a").first
    address = first.get_attribute("href")
    class_teacher.goes(first)
    class_teacher.clicks("Two people")
    class_teacher.sees("You will not be asked about them again")
    assert class_teacher.page.locator(f'a[href="{address}"]').count() == 0
    class_teacher.opens(address)
    class_teacher.sees("Nothing to decide")
