"""Somebody at a browser: what they see, and the few things that everybody does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from clever_roster.cli.web import Stand

PICTURES = Path(__file__).parents[2] / "screenshots"


@attrs.define
class Person:
    """Who they are is what they signed in as; each has a browser profile of their own."""

    page: Any
    at: Stand
    pictures: bool = False

    def opens(self, path: str) -> None:
        self.page.goto(f"{self.at.app}{path}")

    def goes(self, through: Any) -> None:
        """Click what leads to a page, and wait for that page: what is read next is never the page before."""
        with self.page.expect_navigation():
            through.click()

    def clicks(self, name: str, *, exact: bool = False) -> None:
        self.goes(self.page.get_by_role("button", name=name, exact=exact).first)

    def follows(self, name: str, *, exact: bool = False) -> None:
        self.goes(self.page.get_by_role("link", name=name, exact=exact).first)

    def fills(self, **fields: str) -> None:
        for label, value in fields.items():
            self.page.get_by_label(label.replace("_", " "), exact=False).first.fill(value)

    def sees(self, words: str) -> None:
        self.page.get_by_text(words).first.wait_for()

    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    def reads(self) -> str:
        return self.page.locator("main").inner_text()

    def signs_in(self, email: str, password: str = "lighthouse") -> None:
        self.opens("/sign-in")
        self.fills(Email=email, Password=password)
        self.clicks("Sign in", exact=True)
        self.page.get_by_role("button", name="Sign out").wait_for()

    def at_clever(self, part: str) -> None:
        """Choose whom to be on Clever's login page, by the part they play."""
        self.clicks(part)

    def connects_clever(self, part: str) -> None:
        self.opens("/settings")
        self.clicks("Connect")
        self.clicks("Phạm")
        self.at_clever(part)
        self.clicks("Yes, connect the two")
        self.sees("is connected with this account")

    def connects_google(self, part: str) -> None:
        """In the settings of an account whose browser nobody has signed in to Google with."""
        self.opens("/settings")
        self.clicks("Connect Google login")
        self.clicks(part)
        self.clicks("Yes, connect the two")
        self.sees("Your Google login is connected with this account")

    def shows_google_classes(self, part: str | None = None) -> None:
        """Let the product read the classes at Google, which asks for each scope; `part`: whom to be there first."""
        self.opens("/sections/new/google")
        self.clicks("Ask Google")
        if part is not None:
            self.clicks(part)
        self.sees("classroom.rosters.readonly")
        self.clicks("Continue")

    def says_that_each_pair_is_one(self) -> int:
        """On the page of a move, as somebody who knows everybody; an answer may lead to one more question.

        How many pairs were asked about.
        """
        questions = self.page.get_by_role("radio", name="The same person")
        answered = 0
        while (count := questions.count()) > 0:
            for place in range(count):
                questions.nth(place).check()
            self.clicks("Go on with these answers")
            answered += count
        self.page.get_by_role("heading", name="Ready", exact=True).wait_for()
        return answered

    def lets_pass(self, night: str) -> None:
        """At the portal, in a tab of its own."""
        tab = self.page.context.new_page()
        tab.goto(self.at.portal)
        tab.get_by_role("button", name=night).click()
        tab.get_by_role("heading", name="Tomorrow").wait_for()
        tab.close()

    def launches(self, part: str) -> None:
        """Log in at the portal and click the tile."""
        self.page.goto(f"{self.at.portal}/logout")
        self.page.goto(self.at.portal)
        self.at_clever(part)
        self.follows("Lighthouse")

    def plans_import(self, *periods: int) -> None:
        self.opens("/sections/new/clever")
        for period in periods:
            self.page.get_by_label(f"Period {period}").check()
        self.clicks("Show what would be imported")
        self.sees("Nothing has been done yet")

    def imports(self, *periods: int) -> None:
        self.plans_import(*periods)
        self.clicks("Import")

    def keeps(self, name: str) -> None:
        """A picture of the page, in a folder that git ignores."""
        if self.pictures:
            PICTURES.mkdir(exist_ok=True)
            self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
