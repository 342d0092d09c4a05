"""Google's own pages, made small: choose an account, consent, error. Plain HTML, every choice a labelled control."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from clever_roster.testing.google.domain import SampleUser

__all__ = ["choice_page", "consent_page", "error_page"]


def choice_page(users: Iterable[SampleUser], following: str) -> str:
    """Choose whom to be; the form's `continue` says where the browser goes then."""
    buttons = "".join(
        f'<li><button name="person" value="{user.id}">{escape(f"{user.first} {user.last}")} '
        f"({escape(user.email)})</button></li>"
        for user in users
    )
    return _page(
        "Choose an account",
        "<p>This is a simulation of Google. Everybody below is made up; choose whom to be.</p>"
        f'<form method="post" action="/signin">{_continue(following)}<ul>{buttons}</ul></form>',
    )


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
        f"<title>{escape(heading)} | Simulated Google</title>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(heading)}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    )
