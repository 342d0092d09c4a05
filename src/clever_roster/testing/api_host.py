"""https://api.clever.com as a token meets it: which kind of token sees what, the budget, and "who am I".

A district's token reads the roster (`data_api`); the token of a login reads `/me`, `/userinfo`, its own user and its
own district, and is told "Cannot GET ..." in HTML about anything else (recorded).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import attrs

from clever_roster.steps import Response
from clever_roster.testing import data_api
from clever_roster.testing.district import SamplePerson
from clever_roster.testing.exchange import Asked, Json, Refused, cannot, json_answer
from clever_roster.testing.ledger import Login
from clever_roster.testing.wire import VERSIONS, Wire
from clever_roster.testing.world import World, legacy_id

__all__ = ["Budgets", "is_api", "respond"]


class Budgets:
    """So many requests a minute for each token, in fixed windows (dev.clever.com, "Paging and limits")."""

    def __init__(self, limit: int, clock: Callable[[], datetime]) -> None:
        self._limit = limit
        self._clock = clock
        self._window = 0
        self._spent: dict[str | None, int] = {}

    def spend(self, token: str | None) -> tuple[bool, Mapping[str, str]]:
        """Count one request; whether it was within the budget, and the four headers that say what is left."""
        window = int(self._clock().timestamp()) // 60
        if window != self._window:
            self._window, self._spent = window, {}
        spent = self._spent[token] = self._spent.get(token, 0) + 1
        return spent <= self._limit, self.headers(max(0, self._limit - spent))

    def headers(self, remaining: int) -> Mapping[str, str]:
        """The four headers; the reset is the unix second at which the window ends."""
        return {
            "x-ratelimit-bucket": "bearer",
            "x-ratelimit-limit": str(self._limit),
            "x-ratelimit-remaining": str(remaining),
            "x-ratelimit-reset": str((int(self._clock().timestamp()) // 60 + 1) * 60),
        }


def is_api(path: str) -> bool:
    """Whether a path belongs to the API's address."""
    return path == "/userinfo" or path.split("/")[1:2] in [[version] for version in VERSIONS]


def respond(world: World, budgets: Budgets, asked: Asked) -> Response:
    """Answer a request to the API; every answer says what is left of the budget."""
    within, headers = budgets.spend(asked.bearer())
    try:
        response = _allowed(world, asked) if within else json_answer({"message": "Rate limit exceeded"}, 429)
    except Refused as refused:
        response = json_answer({"message": refused.message}, refused.status)
    return attrs.evolve(response, headers={**response.headers, **headers})


def _allowed(world: World, asked: Asked) -> Response:
    """First whose token it is, then what that kind of token can see."""
    login = world.ledger.login_of(asked.bearer())
    person = world.person(login)
    if login is not None and person is not None and world.shares(login):
        return _as_login(world, login, person, asked)
    district = world.ledger.district_of(asked.bearer())
    if district is None:
        return json_answer({"message": "Unauthorized"}, 401)
    _, version, *below = asked.path.split("/")
    if asked.path == "/userinfo" or below == ["me"]:
        raise Refused(404, "Resource not in token's scopes")
    if asked.method != "GET":
        return cannot(asked)
    if below[:1] == ["events"] and len(below) in {1, 2}:
        return world.feeds[district].read(version, asked)
    return data_api.read(world.shared(district), version, asked)


def _as_login(world: World, login: Login, person: SamplePerson, asked: Asked) -> Response:
    district = world.shared(login.district)
    match asked.method, asked.path.split("/")[1:]:
        case "GET" | "POST", ["userinfo"]:
            return json_answer(_userinfo(login, person))
        case "GET", [version, "me"]:
            return json_answer(_me(login, version))
        case "GET", [version, "users", id_] if id_ == login.person:
            return json_answer({"data": Wire(district, version).user(person)})
        case "GET", [version, "districts", id_] if id_ == login.district:
            return json_answer({"data": Wire(district, version).district()})
        case _:
            return cannot(asked)


def _me(login: Login, version: str) -> Json:
    """No name, no email; `self` has no version (recorded)."""
    return {
        "type": "user",
        "data": {"id": login.person, "district": login.district, "type": login.role, "authorized_by": "district"},
        "links": [
            {"rel": "self", "uri": "/me"},
            {"rel": "canonical", "uri": f"/{version}/users/{login.person}"},
            {"rel": "district", "uri": f"/{version}/districts/{login.district}"},
        ],
    }


def _userinfo(login: Login, person: SamplePerson) -> Json:
    """dev.clever.com, "The userinfo endpoint": `user_id` is the id from before v3, of the role of this login."""
    answer: Json = {
        "sub": person.id,
        "user_id": legacy_id(person, login.role),
        "multi_role_user_id": person.id,
        "user_type": login.role,
        "district": login.district,
        "district_id": login.district,
        "name": {"first": person.first, "middle": person.middle, "last": person.last},
        "given_name": person.first,
        "family_name": person.last,
        "schools": list(person.schools),
        "email_verified": False,
        "authorized_by": "district",
    }
    return {**answer, "email": person.email} if person.email else answer
