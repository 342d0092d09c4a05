"""What a login leaves in a browser's session: ids, roles and a time; never a name, an email or a token of a provider's.

Sessions of Starlette and Flask are signed cookies, which whoever sits at the computer can read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import attrs

from clever_roster.model import AccountId, DistrictId, Identity, IdentityKey, PersonId, Provider, Role

__all__ = ["KEY", "Kept"]

KEY = "clever_roster"
"""Where in the session our part lies."""


@attrs.frozen(kw_only=True)
class Kept:
    """Our part of a session.

    Attributes:
        account: who is signed in, as far as we know.
        identity: what they signed in with; without name and email.
        sign_in: names this sign-in; another one at each.
        since: when it was.
        return_to: where somebody wanted to go who has no account yet, or one of the host's own.
    """

    account: AccountId | None = None
    identity: Identity | None = None
    sign_in: str = ""
    since: datetime | None = None
    return_to: str = ""

    def pack(self) -> dict[str, Any]:
        """As JSON knows it; empty when there is nothing to keep."""
        packed: dict[str, Any] = {"return_to": self.return_to} if self.return_to else {}
        if self.account is not None:
            packed |= {"account": self.account, "sign_in": self.sign_in}
        if self.since is not None:
            packed["since"] = self.since.isoformat()
        if self.identity is not None:
            key = self.identity.key
            packed["identity"] = {
                "key": [key.provider, key.district, key.subject],
                "roles": sorted(self.identity.roles),
                "login_role": self.identity.login_role,
            }
        return packed

    @classmethod
    def unpack(cls, packed: object) -> Kept:
        """Read it back; what another version of this library kept and we do not understand is nothing."""
        if not isinstance(packed, Mapping):
            return cls()
        known = cast("Mapping[str, Any]", packed)
        try:
            return cls(
                account=known.get("account"),
                identity=_identity(known["identity"]) if "identity" in known else None,
                sign_in=known.get("sign_in", ""),
                since=datetime.fromisoformat(known["since"]) if "since" in known else None,
                return_to=known.get("return_to", ""),
            )
        except (KeyError, TypeError, ValueError):
            return cls()


def _identity(packed: Mapping[str, Any]) -> Identity:
    provider, district, subject = packed["key"]
    return Identity(
        key=IdentityKey(Provider(provider), DistrictId(district), PersonId(subject)),
        roles=frozenset(Role(role) for role in packed["roles"]),
        login_role=packed["login_role"],
    )
