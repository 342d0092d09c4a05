"""OAuth 2.0 on the wire: addresses, token requests and callbacks. The only file that knows oauthlib.

oauthlib formats and parses; every check that a login rests on is ours and comes first, because oauthlib compares a
state only when it was given one, keeps the last of two equal parameters, and reads its https switch from the
environment.
"""
# pyright: reportUnknownMemberType=false
# (the stubs of oauthlib leave **kwargs untyped)

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import parse_qsl, urlencode

import attrs
from oauthlib.oauth2 import InvalidGrantError, OAuth2Error, WebApplicationClient

from clever_roster.errors import CleverError, CleverUnavailable, ConfigurationError, UnexpectedPayload
from clever_roster.model import DistrictId, Secret
from clever_roster.oauth.app import CleverApp
from clever_roster.steps import Request, Response

__all__ = [
    "Callback",
    "CodeRejected",
    "Declined",
    "Query",
    "Returned",
    "Tokens",
    "Unasked",
    "Unusable",
    "authorize_url",
    "read_callback",
    "read_tokens",
    "token_request",
    "tokens_request",
]

Query: TypeAlias = str | Mapping[str, str] | Sequence[tuple[str, str]]
"""The callback's query: as text, as pairs, or as a mapping (in which a repeated parameter cannot be seen)."""

_LONGEST_VALUE = 2048

_STAND_IN = "https://clever.invalid"
"""oauthlib refuses plain http, which a simulator on this machine speaks; it is shown this host instead."""


@attrs.frozen
class Unasked:
    """A code without a state: the login began at Clever (portal, Instant Login link, badge), or was forged."""


@attrs.frozen
class Returned:
    """A code with the state that came back with it."""

    code: str = attrs.field(repr=False)
    state: str = attrs.field(repr=False)
    issuer: str | None = None


@attrs.frozen
class Declined:
    """Clever sent an error instead of a code (RFC 6749, 4.1.2.1)."""


@attrs.frozen
class Unusable:
    """Not a callback that Clever sends."""

    what: str


Callback: TypeAlias = Unasked | Returned | Declined | Unusable


@attrs.frozen
class Tokens:
    """What a code was exchanged for; an id_token only where Clever enabled OpenID Connect for the application."""

    access_token: Secret
    id_token: Secret | None = None


@attrs.frozen
class CodeRejected:
    """Clever did not accept the code: unknown, used, or older than a minute."""


def authorize_url(
    app: CleverApp, *, state: str, district: DistrictId | None, ask_who: bool = False, nonce: str | None = None
) -> str:
    """Where to send the browser (dev.clever.com, "OAuth implementation"; RFC 6749, 4.1.1).

    Clever refuses PKCE parameters, and takes its scopes from the dashboard.

    Args:
        ask_who: let Clever ask "is this you?" first (`confirmed=false`), for shared computers.
        nonce: for OpenID Connect; comes back inside the id_token.
    """
    extra: dict[str, str] = {} if district is None else {"district_id": district}
    extra |= {"confirmed": "false"} if ask_who else {}
    extra |= {} if nonce is None else {"nonce": nonce}
    url: str = WebApplicationClient(app.client_id).prepare_request_uri(
        f"{_STAND_IN}/oauth/authorize", redirect_uri=app.redirect_uri, state=state, **extra
    )
    return app.oauth_url.rstrip("/") + url.removeprefix(_STAND_IN)


def read_callback(query: Query) -> Callback:
    """Tell what came back. Pure; nothing is sent and nothing is believed yet."""
    known: dict[str, str] = {}
    for name, value in _pairs(query):
        if name not in {"code", "state", "error", "iss"}:
            continue
        if name in known:
            return Unusable(f"{name} comes twice")
        if not value or len(value) > _LONGEST_VALUE or not value.isprintable():
            return Unusable(f"{name} is empty, overlong or not printable")
        known[name] = value
    return _told_apart(**known)


def _told_apart(
    *, code: str | None = None, state: str | None = None, error: str | None = None, iss: str | None = None
) -> Callback:
    match code, state, error:
        case None, _, None:
            return Unusable("neither a code nor an error")
        case None, _, _:
            return Declined()
        case _, _, str():
            return Unusable("both a code and an error")
        case _, None, _:
            return Unasked()
        case _:
            return Returned(code, state, iss)


def _pairs(query: Query) -> list[tuple[str, str]]:
    if isinstance(query, str):
        return parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    return list(query.items()) if isinstance(query, Mapping) else list(query)


def token_request(app: CleverApp, secret: Secret, *, code: str, redirect_uri: str) -> Request:
    """Exchange a code (RFC 6749, 4.1.3), with HTTP Basic as Clever asks."""
    body: str = WebApplicationClient(app.client_id).prepare_request_body(
        code=code, redirect_uri=redirect_uri, include_client_id=False
    )
    return Request(
        "POST",
        f"{app.oauth_url.rstrip('/')}/oauth/tokens",
        {**_basic(app, secret), "content-type": "application/x-www-form-urlencoded"},
        body.encode(),
    )


def tokens_request(app: CleverApp, secret: Secret, district: DistrictId | None) -> Request:
    """List the district tokens of the application (dev.clever.com, "Get tokens")."""
    query = {"owner_type": "district"} | ({} if district is None else {"district": district})
    return Request("GET", f"{app.oauth_url.rstrip('/')}/oauth/tokens?{urlencode(query)}", _basic(app, secret))


def _basic(app: CleverApp, secret: Secret) -> dict[str, str]:
    pair = f"{app.client_id}:{secret.reveal()}".encode()
    return {"authorization": f"Basic {b64encode(pair).decode()}", "accept": "application/json"}


def read_tokens(app: CleverApp, response: Response) -> Tokens | CodeRejected:
    """The access token and perhaps an id_token, or that the code was not accepted.

    Raises:
        ConfigurationError: Clever does not know the client id and secret, or not the redirect URI.
        CleverUnavailable: 5xx.
        UnexpectedPayload: anything else.
    """
    request_id = response.headers.get("x-request-id")
    if response.status == 401:
        raise bad_credentials()
    if response.status >= 500:
        raise CleverUnavailable(
            f"Clever is in trouble ({response.status}).",
            next_step="Try again later; see status.clever.com.",
            status=response.status,
            request_id=request_id,
        )
    try:
        token: Mapping[str, object] = WebApplicationClient(app.client_id).parse_request_body_response(
            response.body.decode("utf-8", "replace")
        )
    except InvalidGrantError:
        return CodeRejected()
    except (OAuth2Error, ValueError, Warning) as error:
        raise _odd(response, getattr(error, "error", None) or "not a token answer") from None
    value = token.get("access_token")
    if response.status != 200 or not isinstance(value, str) or not value:
        raise _odd(response, "no access token")
    signed = token.get("id_token")
    return Tokens(Secret(value), Secret(signed) if isinstance(signed, str) and signed else None)


def bad_credentials() -> ConfigurationError:
    """The client id or secret is wrong."""
    return ConfigurationError(
        "Clever does not accept the client id and secret (401).",
        next_step="Compare both with Clever's dashboard; a rotated secret must be replaced here too.",
    )


def _odd(response: Response, what: str) -> CleverError:
    return UnexpectedPayload(
        f"The token endpoint answered {response.status}: {what}.",
        next_step="Check that the redirect URI is the one registered in Clever's dashboard.",
        status=response.status,
        request_id=response.headers.get("x-request-id"),
    )
