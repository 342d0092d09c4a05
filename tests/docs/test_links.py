"""Links lead somewhere: files and headings of ours are looked up; of other people's the form is checked, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from snippets import ROOT

PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changes").glob("*.md")})
PAGES += sorted((ROOT / ".github").rglob("*.md"))


def prose(page: Path) -> str:
    """The page without its code."""
    text = re.sub(r"^```.*?^```$|^<!--.*?-->$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "code", text)


def links(page: Path) -> Iterator[tuple[str, str]]:
    """Text and address of every link and picture."""
    yield from re.findall(r"\[([^\]]*)\]\(([^)\s]+)\)", prose(page))
    yield from ((address, address) for address in re.findall(r"<(https?://[^>\s]+)>", prose(page)))


def anchors(page: Path) -> set[str]:
    """What a heading is called in an address, by GitHub's rule and by the site's."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_ours_leads_to_a_file_and_a_heading(page: Path) -> None:
    """Also on GitHub, where nobody builds anything."""
    lost = []
    for _, address in links(page):
        path, _, anchor = address.partition("#")
        if urlsplit(address).scheme:
            continue
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(address)
    assert not lost


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_and_picture_says_what_it_is(page: Path) -> None:
    """A picture has words for whoever does not see it; a link is more than "here"."""
    assert not [address for text, address in links(page) if text.strip().lower() in {"", "here", "this", "link"}]


def test_every_address_of_other_people_is_well_formed(tell) -> None:
    """They are counted and not opened: there is no network here."""
    outside = {address for page in PAGES for _, address in links(page) if urlsplit(address).scheme}
    assert all(urlsplit(one).scheme in {"http", "https"} and urlsplit(one).hostname for one in outside), outside
    insecure = {one for one in outside if urlsplit(one).scheme == "http" and urlsplit(one).hostname != "localhost"}
    assert not insecure
    tell(f"{sum(len([*links(page)]) for page in PAGES)} links on {len(PAGES)} pages, {len(outside)} of them outside")
