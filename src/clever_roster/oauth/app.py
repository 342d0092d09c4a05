"""What the host registered with Clever, checked before it is used; and the checks, for what is registered elsewhere."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import attrs

from clever_roster.clever import API_URL
from clever_roster.errors import ConfigurationError
from clever_roster.model import DistrictId, Role, Secret

__all__ = ["OAUTH_URL", "CleverApp", "own_path", "safe_path", "secure"]

OAUTH_URL = "https://clever.com"

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST_PATH = 2048


def secure(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Demand https everywhere but on this machine (dev.clever.com, "OAuth implementation")."""
    parts = urlsplit(value)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise ConfigurationError(
        f"{attribute.name} is {value!r}, which is neither https nor on this machine.",
        next_step="Use an https address; plain http is for localhost only.",
    )


def own_path(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Demand a path on the host's own origin."""
    if safe_path(value) is None:
        raise ConfigurationError(
            f"{attribute.name} is {value!r}, which is not a path on your own site.", next_step='Use one such as "/".'
        )


@attrs.frozen(kw_only=True)
class CleverApp:
    """An application as registered in Clever's dashboard, and how the host wants logins to behave.

    Attributes:
        redirect_uri: the *first* redirect URI of the dashboard; portal logins arrive there and nowhere else.
        oauth_url, api_url: Clever's hosts; another address only for a simulator.
        landing: path on the host's site where a login without a wish of its own ends.
        districts: the districts that may log in; None for every district that shares with the application.
        roles: the roles that may log in; None for every role that we know.
        sandbox: whether Clever's demonstration districts may log in; False in production.
        lifetime: how long a login may take from the redirect to the return, and a question after it to its answer.
        other_secret: during a rotation, the secret that comes next (or went before): taken when the first is refused.

    Raises:
        ConfigurationError: an address is not https (nor this machine's), or `landing` is not a path.
    """

    client_id: str
    client_secret: Secret
    redirect_uri: str = attrs.field(validator=secure)
    oauth_url: str = attrs.field(default=OAUTH_URL, validator=secure)
    api_url: str = attrs.field(default=API_URL, validator=secure)
    landing: str = attrs.field(default="/", validator=own_path)
    districts: frozenset[DistrictId] | None = None
    roles: frozenset[Role] | None = None
    sandbox: bool = False
    lifetime: timedelta = timedelta(minutes=10)
    other_secret: Secret | None = None

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The client secrets, in the order in which they are tried."""
        return (self.client_secret,) if self.other_secret is None else (self.client_secret, self.other_secret)


def safe_path(value: str) -> str | None:
    """The value if it is a path on the host's own origin, else None.

    Refuses what browsers read as another origin although parsers disagree (two slashes, backslashes, encoded slashes
    at the start, control characters), a scheme, and anything overlong.
    """
    wrong_start = not value.startswith("/") or value[1:2] in {"/", "\\"} or value[1:4].lower() in {"%2f", "%5c"}
    if wrong_start or len(value) > _LONGEST_PATH or "\\" in value:
        return None
    if any(not character.isprintable() or character.isspace() for character in value):
        return None
    return value
