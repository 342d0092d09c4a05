"""https://clever.com as an application and a browser meet it: authorize, portal, instant login, tokens.

The browser's side answers with pages and redirects, the application's side with JSON. Sources: dev.clever.com, "OAuth
implementation", "Identity API", "District SSO"; recordings of the token endpoints; RFC 6749 for the names of errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from clever_roster.model import PersonId, Role
from clever_roster.steps import Response
from clever_roster.testing.district import District
from clever_roster.testing.exchange import Asked, Json, cannot, html, json_answer, redirect, with_query
from clever_roster.testing.ledger import Code
from clever_roster.testing.oauth_pages import error_page, login_page, picker_page, portal_page
from clever_roster.testing.wire import instant
from clever_roster.testing.world import SESSION_COOKIE, World, legacy_id

__all__ = ["respond"]

ID_TOKEN_LIFETIME = timedelta(hours=1)


def respond(world: World, asked: Asked) -> Response:
    """Answer a request that is not the API's."""
    answer = _ROUTES.get((asked.method, _PORTAL.sub("/in/*", asked.path)))
    return answer(world, asked) if answer else cannot(asked)


# --- The browser's side -----------------------------------------------------------------------------------------------


def _authorize(world: World, asked: Asked) -> Response:
    """RFC 6749, 4.1.1: nothing is ever sent to a redirect URI that is not registered."""
    redirect_uri, state = asked.parameter("redirect_uri"), asked.parameter("state")
    if asked.parameter("client_id") != world.app.client_id or redirect_uri not in world.app.redirect_uris:
        return _stopped("This application is not set up", "Its client id or redirect URI is not registered.", 400)
    if asked.parameter("response_type") != "code":
        return redirect(with_query(redirect_uri, {"error": "unsupported_response_type", "state": state}))
    return _launch(world, asked, redirect_uri, state)


def _instant_login(world: World, asked: Asked) -> Response:
    """A login begun at Clever: it ends at the primary redirect URI, without a state."""
    if asked.parameter("client_id") != world.app.client_id:
        return _stopped("This application is not set up", "Its client id is not registered.", 400)
    return _launch(world, asked, world.app.redirect_uris[0], None)


def _launch(world: World, asked: Asked, redirect_uri: str, state: str | None) -> Response:
    """Send the browser to the application with a code, silently if its Clever session fits."""
    login, wanted = world.visitor(asked), asked.parameter("district_id")
    if login is None or (wanted and wanted != login.district):
        return _ask_who(world, asked, wanted)
    if world.shares(login):
        code = world.ledger.issue_code(login, redirect_uri, asked.parameter("nonce"))
        return redirect(with_query(redirect_uri, {"code": code, "state": state}))
    if asked.parameter("return_unshared") == "true":
        refusal = {"error": "unauthorized-user", "error_description": "The user is not shared with the application."}
        return redirect(with_query(redirect_uri, {**refusal, "state": state}))
    return _stopped("You cannot open this application", "Your district does not share you with it.", 403)


def _ask_who(world: World, asked: Asked, wanted: str | None) -> Response:
    if not wanted:
        kept = ((name, value) for name, value in asked.query if name != "district_id")
        return html(picker_page(world.districts.values(), kept, asked.path))
    district = world.district(wanted)
    if district is None:
        return _stopped("This district is not here", "No district has that id.", 404)
    return html(login_page(district, asked.target, world.portal))


def _portal(world: World, asked: Asked) -> Response:
    district = world.named(_shortname(asked))
    if district is None:
        return _NO_PORTAL
    login = world.visitor(asked)
    person = world.person(login)
    if login is None or person is None or login.district != district.id:
        return html(login_page(district, asked.target, world.portal))
    tile = _tile(world, district) if world.shares(login) else None
    return html(portal_page(district, person, tile, world.portal))


def _tile(world: World, district: District) -> tuple[str, str]:
    parameters = {"client_id": world.app.client_id, "district_id": district.id}
    return world.app.name, with_query("/oauth/instant-login", parameters)


def _log_in(world: World, asked: Asked) -> Response:
    """Somebody chose whom to be. Whoever was logged in before in this browser no longer is."""
    fields = asked.fields() or {}
    person, _, role = fields.get("person", "").partition("/")
    login = world.login(PersonId(person), Role(role) if role in set(Role) else None)
    district = world.named(_shortname(asked))
    if login is None or district is None or login.district != district.id:
        return _stopped("Nobody was logged in", "That person cannot log in here.", 400)
    world.ledger.close_session(asked.cookie(SESSION_COOKIE))
    cookie = f"{SESSION_COOKIE}={world.ledger.open_session(login)}; Path=/; HttpOnly; SameSite=Lax"
    return redirect(
        _own_path(fields.get("continue")) or f"/in/{district.shortname}", {"set-cookie": cookie}, status=303
    )


def _log_out(world: World, asked: Asked) -> Response:
    world.ledger.close_session(asked.cookie(SESSION_COOKIE))
    district = world.named(_shortname(asked))
    if district is None:
        return _NO_PORTAL
    return redirect(f"/in/{district.shortname}", {"set-cookie": f"{SESSION_COOKIE}=; Path=/; Max-Age=0"})


def _night(world: World, asked: Asked) -> Response:
    """A person at a demonstration let a night pass in the district."""
    district = world.named(_shortname(asked))
    night = world.portal.nights.get((asked.fields() or {}).get("night", ""))
    if district is None or night is None:
        return _NO_PORTAL
    world.place(night(district))
    return redirect(f"/in/{district.shortname}", status=303)


def _shortname(asked: Asked) -> str:
    return asked.path.split("/")[2]


def _own_path(path: str | None) -> str | None:
    """A path of this host; anything else would make the login page an open redirect."""
    return path if path and re.match(r"/(oauth|in)/[!-~]*\Z", path) else None


def _stopped(heading: str, sentence: str, status: int) -> Response:
    return html(error_page(heading, sentence), status)


_NO_PORTAL = _stopped("This district is not here", "No portal has that address.", 404)


# --- The application's side -------------------------------------------------------------------------------------------


def _exchange(world: World, asked: Asked) -> Response:
    """A code for a token: HTTP Basic only, JSON or a form, and the answer has two fields and no expiry."""
    if not world.app.knows(asked.basic()):
        return _invalid_client()
    fields = asked.fields()
    if fields is None or "client_secret" in fields:
        return _oauth_error("invalid_request", "the body must be JSON or a form, without credentials")
    match fields:
        case {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}:
            made = world.ledger.redeem(code, redirect_uri)
        case {"grant_type": str(grant)} if grant != "authorization_code":
            return _oauth_error("unsupported_grant_type", "grant_type must be authorization_code")
        case _:
            return _oauth_error("invalid_request", "code, grant_type and redirect_uri are required")
    if made is None:
        return _oauth_error("invalid_grant", "invalid code")
    answer: Json = {"access_token": world.ledger.issue_token(made.login), "token_type": "bearer"}
    return json_answer({**answer, **_id_token(world, asked, made)})


def _id_token(world: World, asked: Asked, made: Code) -> Json:
    """Who logged in, signed, where the application has OpenID Connect on (dev.clever.com, "OIDC implementation")."""
    login, person = made.login, world.person(made.login)
    if world.signer is None or person is None:
        return {}
    now = world.ledger.now()
    claims: Json = {
        "iss": asked.origin,
        "sub": person.id,
        "aud": world.app.client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + ID_TOKEN_LIFETIME).timestamp()),
        "user_id": legacy_id(person, login.role),
        "multi_role_user_id": person.id,
        "user_type": login.role,
        "district": login.district,
        "email_verified": False,
        "given_name": person.first,
        "family_name": person.last,
    }
    where_there = {"nonce": made.nonce, "email": person.email}
    claims |= {name: value for name, value in where_there.items() if value}
    return {"id_token": world.signer.sign(claims)}


def _district_tokens(world: World, asked: Asked) -> Response:
    """The application's tokens, one for each connected district; a disconnected one is simply missing."""
    if not world.app.knows(asked.basic()):
        return _invalid_client()
    wanted = asked.parameter("district")
    if asked.parameter("owner_type") != "district" and not wanted:
        return _oauth_error("invalid_request", "owner_type must be district")
    tokens: list[Json] = [
        {
            "id": held.id,
            "created": instant(held.created),
            "owner": {"type": "district", "id": held.district},
            "access_token": held.token,
            "scopes": list(world.app.scopes),
        }
        for held in world.ledger.district_tokens()
        if wanted in {None, "", held.district}
    ]
    return json_answer({"data": tokens, "links": [{"rel": "self", "uri": asked.target}]})


def _token_info(world: World, asked: Asked) -> Response:
    token = asked.bearer()
    if world.ledger.login_of(token) is None and world.ledger.district_of(token) is None:
        return json_answer({"error": "invalid_token", "error_description": "invalid token"}, 401)
    return json_answer({"client_id": world.app.client_id, "scopes": list(world.app.scopes)})


def _keys(world: World, asked: Asked) -> Response:
    return cannot(asked) if world.signer is None else json_answer(world.signer.published())


def _discovery(world: World, asked: Asked) -> Response:
    """Where OpenID clients find the rest. The issuer is the address that the request came in by."""
    origin = asked.origin
    api = "https://api.clever.com" if origin == "https://clever.com" else origin
    signing: Json = {"jwks_uri": f"{origin}/oauth/jwks", "id_token_signing_alg_values_supported": ["RS256"]}
    return json_answer(
        {
            "issuer": origin,
            "authorization_endpoint": f"{origin}/oauth/authorize",
            "token_endpoint": f"{origin}/oauth/tokens",
            "userinfo_endpoint": f"{api}/userinfo",
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **({} if world.signer is None else signing),
        }
    )


def _invalid_client() -> Response:
    refusal: Json = {"error": "invalid_client", "error_description": "invalid client credentials"}
    return json_answer(refusal, 401, {"www-authenticate": 'Basic realm="clever"'})


def _oauth_error(error: str, description: str) -> Response:
    return json_answer({"error": error, "error_description": description}, 400)


_PORTAL = re.compile(r"^/in/[^/]+")

_ROUTES: Mapping[tuple[str, str], Callable[[World, Asked], Response]] = {
    ("GET", "/oauth/authorize"): _authorize,
    ("GET", "/oauth/instant-login"): _instant_login,
    ("GET", "/in/*"): _portal,
    ("POST", "/in/*"): _log_in,
    ("GET", "/in/*/logout"): _log_out,
    ("POST", "/in/*/night"): _night,
    ("POST", "/oauth/tokens"): _exchange,
    ("GET", "/oauth/tokens"): _district_tokens,
    ("GET", "/oauth/tokeninfo"): _token_info,
    ("GET", "/oauth/jwks"): _keys,
    ("GET", "/.well-known/openid-configuration"): _discovery,
}
