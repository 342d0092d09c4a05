"""https://accounts.google.com and its token endpoints, as an application and a browser meet them.

Sources: Google, "Using OAuth 2.0 for Web Server Applications" and "OpenID Connect"; RFC 6749, RFC 7636 (PKCE); errors
of the token endpoint as recorded. What is asked beyond what was granted before leads to a page on which each scope can
be unticked, but for those of the sign-in itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import attrs

from clever_roster.model import PersonId, Secret
from clever_roster.steps import Request, Response
from clever_roster.testing.exchange import Asked, Json, cannot, html, json_answer, redirect, with_query
from clever_roster.testing.google.accounts import ACCESS_LIFETIME, Accounts, Code, Grant
from clever_roster.testing.google.domain import ClassroomDomain, SampleUser
from clever_roster.testing.google.pages import choice_page, consent_page, error_page

if TYPE_CHECKING:
    from clever_roster.testing.openid import Signer

__all__ = ["ISSUER", "SESSION_COOKIE", "SIGN_IN", "Accounts", "GoogleWorld", "SimulatedGoogleApp", "respond"]

ISSUER = "https://accounts.google.com"
SESSION_COOKIE = "google_session"

SIGN_IN = frozenset({"openid", "email", "profile"})
"""Scopes of the sign-in itself, which nobody can untick."""

LONG_NAMES = {
    "email": "https://www.googleapis.com/auth/userinfo.email",
    "profile": "https://www.googleapis.com/auth/userinfo.profile",
}
"""How Google names these two in its answers, whatever the application called them (recorded)."""


@attrs.frozen(kw_only=True)
class SimulatedGoogleApp:
    """The application as registered in Google's console."""

    name: str = "Example Classroom"
    client_id: str = "407408718192.apps.googleusercontent.com"
    client_secret: Secret = attrs.field(factory=lambda: Secret("GOCSPX-" + "5ec4e7" * 4))
    redirect_uris: tuple[str, ...] = ("https://app.test/google/callback",)


@attrs.define(kw_only=True)
class GoogleWorld:
    """The application, the domain as it is today, what was handed out, and who plays a part in a demonstration."""

    app: SimulatedGoogleApp
    domain: ClassroomDomain
    accounts: Accounts
    signer: Signer | None = None
    featured: Mapping[PersonId, str] = attrs.field(factory=dict[PersonId, str])

    def signing(self) -> Signer:
        """Who signs; made when somebody logs in for the first time, because it takes an extra."""
        if self.signer is None:
            from clever_roster.testing.openid import Signer  # noqa: PLC0415 - an extra, for who signs in

            self.signer = Signer()
        return self.signer

    def user(self, person: PersonId | None) -> SampleUser | None:
        """Somebody of the domain, or from outside with a seat in a class."""
        return None if person is None else self.domain.users.get(person)


def respond(world: GoogleWorld, asked: Asked) -> Response:
    """Answer a request that is not Classroom's."""
    answer = _ROUTES.get((asked.method, asked.path))
    return answer(world, asked) if answer else cannot(asked)


# --- The browser's side -----------------------------------------------------------------------------------------------


def _authorize(world: GoogleWorld, asked: Asked) -> Response:
    """RFC 6749, 4.1.1: nothing is ever sent to a redirect URI that is not registered."""
    redirect_uri = asked.parameter("redirect_uri")
    if asked.parameter("client_id") != world.app.client_id or redirect_uri not in world.app.redirect_uris:
        return html(error_page("Error 400: redirect_uri_mismatch"), 400)
    user = world.user(world.accounts.visitor(asked.cookie(SESSION_COOKIE)))
    if user is None or asked.parameter("prompt") == "select_account":
        return html(choice_page(_suggested(world, asked.parameter("hd")), asked.target, featured=world.featured))
    wanted = _scopes(asked)
    new = wanted - world.accounts.granted.get(user.id, frozenset())
    if new - SIGN_IN or "consent" in (asked.parameter("prompt") or ""):
        return html(consent_page(world.app.name, sorted(wanted - SIGN_IN), asked.target))
    return _back(world, asked, user, wanted, consented=bool(new))


def _suggested(world: GoogleWorld, hosted: str | None) -> list[SampleUser]:
    """The `hd` parameter narrows the choice, and nothing more: whoever edits the address gets in with any account."""
    users = sorted(world.domain.users.values(), key=lambda user: (not user.verified_teacher, user.last, user.id))
    return [user for user in users if not hosted or user.hosted]


def _choose(world: GoogleWorld, asked: Asked) -> Response:
    fields = asked.fields() or {}
    user, target = world.user(PersonId(fields.get("person", ""))), fields.get("continue", "")
    if user is None or not (target == "/" or target.startswith("/o/oauth2/")):
        return html(error_page("Couldn't sign you in"), 400)
    cookie = f"{SESSION_COOKIE}={world.accounts.open_session(user.id)}; Path=/; HttpOnly; SameSite=Lax"
    return redirect(target.replace("prompt=select_account", ""), {"set-cookie": cookie}, status=303)


def _front(world: GoogleWorld, asked: Asked) -> Response:
    """Who is signed in in this browser, and whom else to be."""
    now = world.user(world.accounts.visitor(asked.cookie(SESSION_COOKIE)))
    return html(choice_page(_suggested(world, None), "/", featured=world.featured, now=now))


def _log_out(_: GoogleWorld, __: Asked) -> Response:
    """The next login in this browser is asked whose it is."""
    return redirect("/", {"set-cookie": f"{SESSION_COOKIE}=; Path=/; Max-Age=0"})


def _consent(world: GoogleWorld, asked: Asked) -> Response:
    """The answers of the consent page: each scope that stayed ticked is a field of the form."""
    fields = asked.fields() or {}
    request = Asked.of(Request("GET", f"{asked.origin}{fields.get('continue', '')}", asked.headers))
    user = world.user(world.accounts.visitor(asked.cookie(SESSION_COOKIE)))
    redirect_uri = request.parameter("redirect_uri")
    if user is None or redirect_uri not in world.app.redirect_uris:
        return html(error_page("Couldn't sign you in"), 400)
    if "cancel" in fields:
        refusal = {"error": "access_denied", "state": request.parameter("state"), "iss": _issuer(request)}
        return redirect(with_query(redirect_uri, refusal))
    wanted = _scopes(request)
    return _back(world, request, user, (wanted & SIGN_IN) | (wanted & fields.keys()), consented=True)


def _back(world: GoogleWorld, asked: Asked, user: SampleUser, scopes: frozenset[str], *, consented: bool) -> Response:
    """Send the browser back with a code. Only an offline request that the person was asked about is refreshable."""
    before = world.accounts.granted.get(user.id, frozenset())
    first = user.id not in world.accounts.granted
    world.accounts.granted[user.id] = before | scopes
    whole = before | scopes if asked.parameter("include_granted_scopes") == "true" else scopes
    redirect_uri = asked.parameter("redirect_uri") or ""
    code = world.accounts.issue_code(
        Code(
            grant=Grant(person=user.id, scopes=whole),
            redirect_uri=redirect_uri,
            nonce=asked.parameter("nonce"),
            challenge=asked.parameter("code_challenge") if asked.parameter("code_challenge_method") == "S256" else None,
            refreshable=asked.parameter("access_type") == "offline" and (consented or first),
        )
    )
    answer = {
        "state": asked.parameter("state"),
        "iss": _issuer(asked),
        "code": code,
        "scope": _said(whole),
        "authuser": "0",
        "hd": world.domain.name if user.hosted else None,
        "prompt": "consent" if consented else "none",
    }
    return redirect(with_query(redirect_uri, answer))


def _issuer(asked: Asked) -> str:
    """Google's own name, or this machine's address where the pretend Google is served on one."""
    return asked.origin if asked.origin.startswith("http://") else ISSUER


def _scopes(asked: Asked) -> frozenset[str]:
    return frozenset((asked.parameter("scope") or "").split())


def _said(scopes: frozenset[str]) -> str:
    return " ".join(sorted(LONG_NAMES.get(scope, scope) for scope in scopes))


# --- The application's side -------------------------------------------------------------------------------------------


def _token(world: GoogleWorld, asked: Asked) -> Response:
    """RFC 6749, 4.1.3 and 6; the client's credentials in the body, or HTTP Basic."""
    fields = asked.fields() or {}
    given = asked.basic() or (fields.get("client_id", ""), fields.get("client_secret", ""))
    if given != (world.app.client_id, world.app.client_secret.reveal()):
        return _refused("invalid_client", "The OAuth client was not found.", 401)
    match fields.get("grant_type"):
        case "authorization_code":
            return _exchanged(world, asked, fields)
        case "refresh_token":
            grant = world.accounts.refresh(fields.get("refresh_token", ""))
            if grant is None:
                return _refused("invalid_grant", "Token has been expired or revoked.")
            return json_answer(_access(world, grant))
        case _:
            return _refused("unsupported_grant_type", "Invalid grant_type")


def _exchanged(world: GoogleWorld, asked: Asked, fields: Mapping[str, str]) -> Response:
    code = world.accounts.redeem(fields.get("code", ""))
    if code is None or code.redirect_uri != fields.get("redirect_uri"):
        return _refused("invalid_grant", "Malformed auth code.")
    if not code.is_answered(fields.get("code_verifier")):
        return _refused("invalid_grant", "Invalid code verifier.")
    answer = _access(world, code.grant)
    if code.refreshable:
        answer["refresh_token"] = world.accounts.issue_refresh(code.grant.person)
    if "openid" in code.grant.scopes:
        answer["id_token"] = world.signing().sign(_claims(world, asked, code))
    return json_answer(answer)


def _access(world: GoogleWorld, grant: Grant) -> Json:
    return {
        "access_token": world.accounts.issue_access(grant),
        "expires_in": int(ACCESS_LIFETIME.total_seconds()),
        "scope": _said(grant.scopes),
        "token_type": "Bearer",
    }


def _claims(world: GoogleWorld, asked: Asked, code: Code) -> Json:
    """Google, "OpenID Connect": `hd` is there for accounts of a Google Workspace domain and for no others."""
    user = world.domain.users[code.grant.person]
    now = int(world.accounts.clock().timestamp())
    claims: Json = {
        "iss": _issuer(asked),
        "azp": world.app.client_id,
        "aud": world.app.client_id,
        "sub": user.id,
        "iat": now,
        "exp": now + 3600,
    }
    claims |= {"nonce": code.nonce} if code.nonce else {}
    claims |= {"hd": world.domain.name} if user.hosted else {}
    if "email" in code.grant.scopes:
        claims |= {"email": user.email, "email_verified": True}
    if "profile" in code.grant.scopes:
        name = f"{user.first} {user.last}".strip()
        claims |= {"name": name, "given_name": user.first, "family_name": user.last}
    return claims


def _revoke(world: GoogleWorld, asked: Asked) -> Response:
    owner = world.accounts.owner((asked.fields() or {}).get("token", asked.parameter("token") or ""))
    if owner is None:
        return _refused("invalid_token", "Token expired or revoked")
    world.accounts.revoke(owner)
    return json_answer({})


def _keys(world: GoogleWorld, _: Asked) -> Response:
    return json_answer(world.signing().published())


def _refused(error: str, description: str, status: int = 400) -> Response:
    return json_answer({"error": error, "error_description": description}, status)


_ROUTES: Mapping[tuple[str, str], Callable[[GoogleWorld, Asked], Response]] = {
    ("GET", "/"): _front,
    ("GET", "/Logout"): _log_out,
    ("GET", "/o/oauth2/v2/auth"): _authorize,
    ("POST", "/signin"): _choose,
    ("POST", "/consent"): _consent,
    ("POST", "/token"): _token,
    ("POST", "/revoke"): _revoke,
    ("GET", "/oauth2/v3/certs"): _keys,
}
