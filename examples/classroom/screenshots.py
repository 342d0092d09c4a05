"""Make the pictures that the documentation shows: python examples/classroom/screenshots.py docs/images

Drives Chromium through the demonstration (`clever-roster demo --web`); wants Playwright and a Chromium on the PATH.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from clever_roster.cli.web import stand
from clever_roster.testing import sample_district

SIZE = {"width": 960, "height": 640}


def picture(page, folder, name):
    page.wait_for_load_state()
    page.screenshot(path=folder / f"{name}.png")


def connect(page, at):
    page.goto(f"{at.app}/sign-in")
    page.get_by_label("Email").fill(at.emails["teacher"])
    page.get_by_label("Password").fill(at.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("button", name="Connect Clever login").click()
    page.get_by_role("button", name="Phạm").click()
    page.get_by_role("button", name="teaches look-alike").click()
    page.get_by_role("button", name="Yes, connect the two").click()
    page.get_by_role("status").wait_for()


def night(page, at, words):
    tab = page.context.new_page()
    tab.goto(at.portal)
    tab.get_by_role("button", name=words).click()
    tab.close()


def second_roster(page, at, folder):
    """A class from Google, chosen from Clever, too."""
    connect(page, at)
    page.goto(f"{at.app}/sections/new/google")
    page.get_by_role("button", name="Ask Google").click()
    page.get_by_role("button", name="teaches look-alike").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Yes, connect the two").click()
    page.get_by_label("Period 1").check()
    page.get_by_role("button", name="Show what would be imported").click()
    page.get_by_role("button", name="Import").click()
    page.get_by_role("heading", name="Manage students").wait_for()
    page.goto(f"{at.app}/sections/new/clever")
    page.get_by_label("Period 1").check()
    page.get_by_role("button", name="Show what would be imported").click()
    page.get_by_role("heading", name="This class is here already").wait_for()
    picture(page, folder, "second-roster")
    page.get_by_role("button", name="See how it moves").click()
    page.get_by_role("heading", name="Please say who is who").wait_for()
    picture(page, folder, "move")


def pictures(page, at, folder):
    connect(page, at)
    picture(page, folder, "linked-accounts")
    page.goto(f"{at.app}/sections/new/clever")
    page.get_by_label("Period 1").check()
    picture(page, folder, "look-alikes")
    page.get_by_role("button", name="Show what would be imported").click()
    page.get_by_role("button", name="Import").click()
    night(page, at, "An ordinary day")
    page.get_by_role("button", name="Sync students from Clever").click()
    page.get_by_role("heading", name="Ready").wait_for()
    picture(page, folder, "plan")
    page.get_by_role("button", name="Do these").click()
    night(page, at, "A slip")
    page.get_by_role("button", name="Sync students from Clever").click()
    page.get_by_role("heading", name="Held").wait_for()
    picture(page, folder, "held-plan")
    page.get_by_role("link", name="Duplicates").click()
    page.locator(".cards a").first.click()
    page.get_by_role("heading", name="What speaks").wait_for()
    page.locator("main").screenshot(path=folder / "duplicate.png")


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    districts = [sample_district(1, students=120), sample_district(2, students=60)]
    with sync_playwright() as driver:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=root)
        for story in (pictures, second_roster):
            with stand(districts) as at:
                story(browser.new_context(viewport=SIZE).new_page(), at, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"))
