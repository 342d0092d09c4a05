"""Google's own pages, made small: choose an account, consent, error. Plain HTML, every choice a labelled control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from clever_roster.model import PersonId
from clever_roster.testing.google.domain import SampleUser

__all__ = ["choice_page", "consent_page", "error_page"]

_STYLE = """
:root { color-scheme: light dark; --text: #1f1f1f; --paper: #fff; --edge: #5f6368; }
@media (prefers-color-scheme: dark) { :root { --text: #e8eaed; --paper: #1b1c1f; --edge: #9aa0a6; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem;
  background: var(--paper); color: var(--text); }
button { font: inherit; padding: .4rem .8rem; border: 1px solid var(--edge); border-radius: 1.2rem;
  background: var(--paper); color: var(--text); cursor: pointer; }
ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem; }
a { color: inherit; }
fieldset { border: 1px solid var(--edge); border-radius: .4rem; margin: 1rem 0; }
""".strip()


def choice_page(
    users: Sequence[SampleUser],
    following: str,
    *,
    featured: Mapping[PersonId, str] | None = None,
    now: SampleUser | None = None,
) -> str:
    """Choose whom to be; the form's `continue` says where the browser goes then.

    Args:
        featured: who stands first, each with the part they play.
        now: who is signed in.
    """
    parts = featured or {}
    story = [user for user in users if user.id in parts]
    shown = "".join(_button(user, f"{_name(user)} ({user.email}), {parts[user.id]}") for user in story)
    rest = "".join(_button(user, f"{_name(user)} ({user.email})") for user in users if user.id not in parts)
    signed_in = f'<p>You are signed in as {escape(_name(now))}. <a href="/Logout">Sign out</a></p>' if now else ""
    return _page(
        "Choose an account",
        "<p>This is a simulation of Google. Everybody below is made up; choose whom to be.</p>"
        f'{signed_in}<form method="post" action="/signin">{_continue(following)}'
        f"{_group('In the story', shown)}{_group('Accounts', rest)}</form>",
    )


def _group(legend: str, buttons: str) -> str:
    return f"<fieldset><legend>{legend}</legend><ul>{buttons}</ul></fieldset>" if buttons else ""


def _button(user: SampleUser, text: str) -> str:
    return f'<li><button name="person" value="{user.id}">{escape(text)}</button></li>'


def _name(user: SampleUser) -> str:
    return f"{user.first} {user.last}".strip()


def consent_page(application: str, scopes: Sequence[str], following: str) -> str:
    """Say yes or no to each scope."""
    boxes = "".join(
        f'<li><label><input type="checkbox" name="{escape(scope)}" value="on" checked> '
        f"{escape(scope.rpartition('/')[2])}</label></li>"
        for scope in scopes
    )
    return _page(
        f"{application} wants access to your Google Account",
        f'<form method="post" action="/consent">{_continue(following)}<ul>{boxes}</ul>'
        '<button>Continue</button> <button name="cancel" value="1">Cancel</button></form>',
    )


def error_page(sentence: str) -> str:
    """A page where a login ends."""
    return _page("Access blocked", f"<p>{escape(sentence)}</p>")


def _continue(following: str) -> str:
    return f'<input type="hidden" name="continue" value="{escape(following)}">'


def _page(heading: str, content: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(heading)} | Simulated Google</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(heading)}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    )
