"""The default pages: plain HTML without scripts, pictures or anything from another site, and everything escaped.

A host shows its own instead, one outcome at a time. What a provider says about an error is never shown: a page is made
from our own sentences, and from the name of the person whom the provider vouches for. `by` is what people call it.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from clever_roster.linking import Conflict, NeedsConfirmation, NewAccountNeeded, ProofNeeded, ReauthRequired
from clever_roster.model import Identity
from clever_roster.oauth import Reason, Refused, Retry, page_headers
from clever_roster.web.visit import Places

__all__ = [
    "PAGE_HEADERS",
    "SAFE_HEADERS",
    "confirm_page",
    "continue_page",
    "new_account_page",
    "reauth_page",
    "signed_out_page",
    "stopped_page",
]

_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1d2433}"
    "button{font:inherit;padding:.5rem 1rem;border:0;border-radius:.4rem;background:#1464ff;color:#fff}"
)

_CSP = "Content-Security-Policy"
SAFE_HEADERS = {name: value for name, value in page_headers().items() if name != _CSP}
"""For every answer: nothing stays in the history of a shared computer, and no code leaves in a Referer."""

# No form-action: Chrome applies it to every redirect that follows a form, and a login goes through the district's own
# identity provider, which nobody here knows.
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

PAGE_HEADERS = {
    **SAFE_HEADERS,
    "Content-Type": "text/html; charset=utf-8",
    _CSP: _POLICY,
}


# --- Questions --------------------------------------------------------------------------------------------------------


def new_account_page(ending: NewAccountNeeded | ProofNeeded, places: Places, own_login: str | None, by: str) -> str:
    """Nobody here has this login: a new account, or one that exists and is signed in to first."""
    identity = ending.identity
    name = identity.name
    facts = {"first": name.first, "middle": name.middle, "last": name.last} if name else {}
    make = _button(places.accept, "Make my account", ticket=ending.ticket, email=identity.email or "", **facts)
    have = (
        _said(f"You have an account already? Sign in to it first, then connect {by} in its settings.")
        if own_login is None
        else _link(own_login, f"I have an account here: sign in to it and connect {by}")
    )
    return _page(
        "New here?",
        _said(f"{by} says that you are {_described(identity)}. This {by} login has no account here yet."),
        *((have, make) if isinstance(ending, ProofNeeded) else (make, have)),
        _said(f"This is not you? Sign out of {by}, and sign in as yourself."),
    )


def confirm_page(ending: NeedsConfirmation, places: Places, by: str) -> str:
    """The provider's session in this browser may be the previous child's."""
    return _page(
        f"Connect {by} with your account?",
        _said(f"At {by}, {_described(ending.identity)} is logged in. Is that you?"),
        _button(places.confirm, "Yes, connect", ticket=ending.ticket),
        _link(ending.return_to, "No, go back"),
        _said(f"This is not you? Sign out of {by}, and begin again."),
    )


def reauth_page(ending: ReauthRequired, places: Places, own_login: str | None, by: str) -> str:
    """A proof of who it is has become old; the question waits."""
    return _page(
        "Please sign in once more",
        _said("Connecting a login takes a sign-in of the last minutes, because this computer may be shared."),
        _link(own_login, "Sign in")
        if own_login
        else _button(places.start, f"Sign in with {by}", return_to=places.connect),
        _button(places.confirm, "I did, go on", ticket=ending.ticket)
        if ending.ticket
        else _link(places.connect, "I did, go on"),
    )


def continue_page(places: Places, return_to: str, by: str) -> str:
    """Right after somebody signed out, a login takes a click."""
    wish = {"return_to": return_to} if return_to else {}
    return _page(
        f"Continue with {by}?",
        _said("You signed out a moment ago."),
        _button(places.start, f"Continue with {by}", **wish),
    )


# --- Ends -------------------------------------------------------------------------------------------------------------


def signed_out_page(places: Places, there: str, by: str) -> str:
    """Signed out here, which is not signed out there."""
    return _page(
        "You are signed out",
        _said(f"Somebody else will use this computer? Then also sign out of {by}."),
        _link(there, f"Go to {by}"),
        _button(places.start, "Sign in again"),
    )


def stopped_page(ending: object, places: Places, landing: str, *, no_cookie: bool) -> str:
    """Refused, a conflict, or an outcome that this file does not know: its sentence, and a way on."""
    retry = ending.retry if isinstance(ending, Refused) else Retry.NEVER
    ticket = ending.ticket if isinstance(ending, Conflict) else ""
    return _page(
        "That did not work",
        _said(str(getattr(ending, "sentence", "Please begin again."))),
        _button(places.confirm, "Take over the empty account", ticket=ticket) if ticket else "",
        _said(Refused(Reason.COOKIES_BLOCKED).sentence) if no_cookie else "",
        _link(landing, "Go back") if retry is Retry.NEVER else _button(places.start, "Begin again"),
    )


# --- Pieces -----------------------------------------------------------------------------------------------------------


def _page(title: str, *parts: str) -> str:
    """A whole page; the title is escaped, the parts are HTML already."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(title)}</h1>{''.join(parts)}</html>"
    )


def _said(sentence: str) -> str:
    """A paragraph."""
    return f"<p>{escape(sentence)}</p>"


def _button(action: str, label: str, **hidden: str) -> str:
    """A form of one button."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items()
    )
    return f'<form method="post" action="{escape(action)}">{fields}<button>{escape(label)}</button></form>'


def _link(address: str, label: str) -> str:
    """A paragraph that leads somewhere."""
    return f'<p><a href="{escape(address)}">{escape(label)}</a></p>'


def _described(identity: Identity) -> str:
    """Who stands there, for the person to recognise: name, roles where they are known, and where they belong."""
    name = identity.name.display() if identity.name else "somebody without a name"
    roles = ", ".join(sorted(role.replace("_", " ") for role in identity.roles))
    belongs = identity.district_name or identity.email or f"district {identity.key.district}"
    return f"{name} ({'; '.join(filter(None, (roles, belongs)))})"
