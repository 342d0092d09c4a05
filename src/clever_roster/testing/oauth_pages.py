"""Clever's own pages, made small: school picker, login page, portal, error page.

Plain HTML that works in a browser without scripts and in a test with a parser: every choice is a labelled control of
one form. The people shown are made up, so the login page may name them. Knows no rule about who may go where.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from clever_roster.model import Role
from clever_roster.testing.district import District, SamplePerson
from clever_roster.testing.portal import Portal
from clever_roster.testing.world import LOGIN_ROLES, login_roles

__all__ = ["error_page", "login_page", "picker_page", "portal_page"]

_STYLE = """
:root { color-scheme: light dark; --text: #1d2433; --paper: #fff; --blue: #0b3fb3; --line: #6d7892; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6eaf2; --paper: #171b24; --blue: #9dbcff; --line: #7d89a6; }
}
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem;
  background: var(--paper); color: var(--text); }
button, .tile { font: inherit; padding: .4rem .8rem; border: 1px solid var(--blue); border-radius: .4rem;
  background: var(--paper); color: var(--blue); text-decoration: none; cursor: pointer; }
ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem; }
a { color: var(--blue); }
fieldset { border: 1px solid var(--line); border-radius: .4rem; margin: 1rem 0; }
""".strip()


def error_page(heading: str, sentence: str) -> str:
    """A page where a login ends."""
    return _page(heading, f"<p>{escape(sentence)}</p>")


def picker_page(districts: Iterable[District], parameters: Iterable[tuple[str, str]], action: str) -> str:
    """Choose a district; the parameters of the request are kept."""
    kept = "".join(_hidden(name, value) for name, value in parameters)
    buttons = "".join(_button("district_id", district.id, district.name) for district in districts)
    return _page(
        "Find your school",
        f'<form method="get" action="{escape(action)}">{kept}'
        f"<fieldset><legend>Districts</legend><ul>{buttons}</ul></fieldset></form>",
    )


def login_page(district: District, following: str, portal: Portal) -> str:
    """Choose whom to be; the form's `continue` says where the browser goes then."""
    featured = _featured(district, portal)
    groups = "".join(_group(role, district.people_with(role)) for role in LOGIN_ROLES)
    address = f"/in/{escape(district.shortname)}"
    return _page(
        f"Log in to {district.name}",
        "<p>This is a simulation of Clever. Everybody below is made up; choose whom to be.</p>"
        f"{_nights(district, portal)}"
        f'<form method="post" action="{address}">{_hidden("continue", following)}{featured}{groups}</form>',
    )


def portal_page(district: District, person: SamplePerson, tile: tuple[str, str] | None, portal: Portal) -> str:
    """The portal of somebody who is logged in; the tile is the application's name and where it leads."""
    app = (
        f'<ul><li><a class="tile" href="{escape(tile[1])}">{escape(tile[0])}</a></li></ul>'
        if tile
        else "<p>No application is shared with you.</p>"
    )
    return _page(
        f"Welcome to {district.name}",
        f"<p>You are logged in as {escape(_name(person))}.</p><h2>Your applications</h2>{app}"
        f'<p><a href="/in/{escape(district.shortname)}/logout">Log out of Clever</a></p>{_nights(district, portal)}',
    )


def _featured(district: District, portal: Portal) -> str:
    """Who plays a part in the demonstration."""
    buttons = "".join(
        _button("person", id_, f"{_name(district.people[id_])}, {part}")
        for id_, part in portal.featured.items()
        if id_ in district.people
    )
    return f"<fieldset><legend>In the story</legend><ul>{buttons}</ul></fieldset>" if buttons else ""


def _nights(district: District, portal: Portal) -> str:
    """What may happen in the district until tomorrow."""
    buttons = "".join(_button("night", words, words) for words in portal.nights)
    if not buttons:
        return ""
    today = f"{district.today:%A}, {district.today.day} {district.today:%B %Y}"
    return (
        f"<h2>Tomorrow</h2><p>In the district it is {today}. What happens overnight?</p>"
        f'<form method="post" action="/in/{escape(district.shortname)}/night"><ul>{buttons}</ul></form>'
    )


def _group(role: Role, people: Iterable[SamplePerson]) -> str:
    """One role's people. A value names the role only where it is not the one that would be taken anyway."""
    buttons = "".join(
        _button("person", person.id if role is login_roles(person)[0] else f"{person.id}/{role}", _name(person))
        for person in sorted(people, key=lambda person: (person.last, person.first, person.id))
    )
    legend = {
        Role.TEACHER: "Teachers",
        Role.STAFF: "Staff",
        Role.DISTRICT_ADMIN: "District administrators",
        Role.STUDENT: "Students",
    }[role]
    return f"<fieldset><legend>{legend}</legend><ul>{buttons}</ul></fieldset>" if buttons else ""


def _name(person: SamplePerson) -> str:
    return f"{person.first} {person.last}".strip()


def _button(name: str, value: str, text: str) -> str:
    return f'<li><button name="{name}" value="{escape(value)}">{escape(text)}</button></li>'


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def _page(heading: str, content: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(heading)} | Simulated Clever</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(heading)}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    )
