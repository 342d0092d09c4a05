"""OAuth 2.0 on the wire: addresses, token requests and callbacks. The only file that knows oauthlib.

oauthlib formats and parses; every check that a login rests on is ours and comes first, because oauthlib compares a
state only when it was given one, keeps the last of two equal parameters, and reads its https switch from the
environment.
"""
# pyright: reportUnknownMemberType=false
# (the stubs of oauthlib leave **kwargs untyped)

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias, cast
from urllib.parse import parse_qsl, urlsplit

import attrs
from oauthlib.oauth2 import InvalidGrantError, OAuth2Error, WebApplicationClient

from clever_roster.errors import ConfigurationError, SourceError, SourceUnavailable, UnexpectedPayload
from clever_roster.model import Secret
from clever_roster.steps import Request, Response, Send, Steps, ask

__all__ = [
    "Callback",
    "CodeRejected",
    "Counter",
    "Declined",
    "Query",
    "Returned",
    "Tokens",
    "Unasked",
    "Unusable",
    "authenticated",
    "authorize_url",
    "bad_credentials",
    "basic",
    "code_request",
    "read_callback",
    "read_tokens",
    "refresh_request",
]

Query: TypeAlias = str | Mapping[str, str] | Sequence[tuple[str, str]]
"""The callback's query: as text, as pairs, or as a mapping (in which a repeated parameter cannot be seen)."""

_LONGEST_VALUE = 2048

_STAND_IN = "https://clever.invalid"
"""oauthlib refuses plain http, which a simulator on this machine speaks; it is shown this host instead."""


@attrs.frozen
class Unasked:
    """A code without a state: the login began at the provider (Clever's portal, a link, a badge), or was forged."""


@attrs.frozen
class Returned:
    """A code with the state that came back with it."""

    code: str = attrs.field(repr=False)
    state: str = attrs.field(repr=False)
    issuer: str | None = None


@attrs.frozen
class Declined:
    """The provider sent an error instead of a code (RFC 6749, 4.1.2.1)."""


@attrs.frozen
class Unusable:
    """Not a callback that a provider sends."""

    what: str


Callback: TypeAlias = Unasked | Returned | Declined | Unusable


@attrs.frozen(kw_only=True)
class Tokens:
    """What a code, or a refresh token, was exchanged for; what the provider does not say is None, or empty.

    Attributes:
        scopes: what the person granted, by the provider's own names.
        lifetime: seconds that the access token is good for.
    """

    access_token: Secret
    id_token: Secret | None = None
    refresh_token: Secret | None = None
    scopes: frozenset[str] = frozenset()
    lifetime: int | None = None


@attrs.frozen
class CodeRejected:
    """The provider did not accept the code (or the refresh token): unknown, used, too old, or taken back."""


@attrs.frozen(kw_only=True)
class Counter:
    """The token endpoint of a provider, and what to tell a host about it.

    Attributes:
        by: the provider, as people call it.
        registry: where the application is registered there.
        status_page: where the provider says how it is.
    """

    url: str
    client_id: str
    by: str
    registry: str
    status_page: str


def authorize_url(
    url: str, *, client_id: str, redirect_uri: str, state: str, extra: Mapping[str, str], scopes: Collection[str] = ()
) -> str:
    """Where to send the browser (RFC 6749, 4.1.1).

    Args:
        url: the provider's authorization endpoint.
        extra: parameters of this provider.
    """
    parts = urlsplit(url)
    made: str = WebApplicationClient(client_id).prepare_request_uri(
        f"{_STAND_IN}{parts.path}",
        redirect_uri=redirect_uri,
        state=state,
        scope=" ".join(sorted(scopes)) or None,
        **extra,
    )
    return f"{parts.scheme}://{parts.netloc}{made.removeprefix(_STAND_IN)}"


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


def code_request(counter: Counter, secret: Secret, *, code: str, redirect_uri: str, verifier: str | None) -> Request:
    """Exchange a code (RFC 6749, 4.1.3) with HTTP Basic, and the verifier of PKCE where it was asked for (RFC 7636)."""
    proof = {} if verifier is None else {"code_verifier": verifier}
    body: str = WebApplicationClient(counter.client_id).prepare_request_body(
        code=code, redirect_uri=redirect_uri, include_client_id=False, **proof
    )
    return _posted(counter, secret, body)


def refresh_request(counter: Counter, secret: Secret, refresh_token: Secret) -> Request:
    """Exchange a refresh token (RFC 6749, 6)."""
    body: str = WebApplicationClient(counter.client_id).prepare_refresh_body(refresh_token=refresh_token.reveal())
    return _posted(counter, secret, body)


def _posted(counter: Counter, secret: Secret, body: str) -> Request:
    headers = {**basic(counter.client_id, secret), "content-type": "application/x-www-form-urlencoded"}
    return Request("POST", counter.url, headers, body.encode())


def basic(client_id: str, secret: Secret) -> dict[str, str]:
    """The headers of a client that proves itself by HTTP Basic (RFC 6749, 2.3.1)."""
    pair = f"{client_id}:{secret.reveal()}".encode()
    return {"authorization": f"Basic {b64encode(pair).decode()}", "accept": "application/json"}


def authenticated(secrets: Sequence[Secret], request: Callable[[Secret], Request]) -> Steps[Response]:
    """Send with the client secret; with the other one, during a rotation, if the provider does not know the first."""
    for secret in secrets[:-1]:
        response = yield from ask(Send(request(secret)))
        if response.status != 401:
            return response
    return (yield from ask(Send(request(secrets[-1]))))


def read_tokens(counter: Counter, response: Response) -> Tokens | CodeRejected:
    """The access token and what came with it, or that the code was not accepted.

    Raises:
        ConfigurationError: the provider does not know the client id and secret, or not the redirect URI.
        SourceUnavailable: 5xx.
        UnexpectedPayload: anything else.
    """
    request_id = response.headers.get("x-request-id")
    if response.status == 401:
        raise bad_credentials(counter)
    if response.status >= 500:
        raise SourceUnavailable(
            f"{counter.by} is in trouble ({response.status}).",
            next_step=f"Try again later; see {counter.status_page}.",
            status=response.status,
            request_id=request_id,
        )
    try:
        token: Mapping[str, object] = WebApplicationClient(counter.client_id).parse_request_body_response(
            response.body.decode("utf-8", "replace")
        )
    except InvalidGrantError:
        return CodeRejected()
    except (OAuth2Error, ValueError, Warning) as error:
        raise _odd(counter, response, getattr(error, "error", None) or "not a token answer") from None
    access = _secret(token.get("access_token"))
    if response.status != 200 or access is None:
        raise _odd(counter, response, "no access token")
    said, lifetime = token.get("scope"), token.get("expires_in")
    return Tokens(
        access_token=access,
        id_token=_secret(token.get("id_token")),
        refresh_token=_secret(token.get("refresh_token")),
        scopes=frozenset(_texts(said)),
        lifetime=lifetime if isinstance(lifetime, int) else None,
    )


def _secret(value: object) -> Secret | None:
    return Secret(value) if isinstance(value, str) and value else None


def _texts(value: object) -> list[str]:
    """Scopes as oauthlib leaves them: one text, or a list of them."""
    if isinstance(value, str):
        return value.split()
    return [one for one in cast("list[object]", value) if isinstance(one, str)] if isinstance(value, list) else []


def bad_credentials(counter: Counter) -> ConfigurationError:
    """The client id or secret is wrong."""
    return ConfigurationError(
        f"{counter.by} does not accept the client id and secret (401).",
        next_step=f"Compare both with {counter.registry}; a rotated secret must be replaced here too.",
    )


def _odd(counter: Counter, response: Response, what: str) -> SourceError:
    return UnexpectedPayload(
        f"The token endpoint answered {response.status}: {what}.",
        next_step=f"Check that the redirect URI is the one registered in {counter.registry}.",
        status=response.status,
        request_id=response.headers.get("x-request-id"),
    )
