"""What a browser sees of a page: its heading, its links, and its forms with what each button would send."""

from __future__ import annotations

from html.parser import HTMLParser


class Seen(HTMLParser):
    """A page, read. Buttons are kept by the value they send, each with its name and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.heading = ""
        self.links: dict[str, str] = {}
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.buttons: dict[str, tuple[str, str]] = {}
        self._open: tuple[str, dict[str, str]] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self.action = given["action"]
            case "input" if given["type"] == "hidden":
                self.hidden[given["name"]] = given["value"]
            case "a" | "button" | "h1":
                self._open = tag, given
            case _:
                pass

    def handle_data(self, data: str) -> None:
        match self._open:
            case "h1", _:
                self.heading += data
            case "a", given:
                self.links[data] = given["href"]
            case "button", given:
                self.buttons[given["value"]] = given["name"], data
            case _:
                return

    def handle_endtag(self, tag: str) -> None:
        if self._open and tag == self._open[0]:
            self._open = None

    def pressed(self, value: str) -> dict[str, str]:
        """The fields that pressing the button with this value sends."""
        name, _ = self.buttons[value]
        return {**self.hidden, name: value}
