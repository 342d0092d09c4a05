"""A pretend OneRoster service, 1.1 or 1.2: tokens by client credentials, and the rostering reads over a set of records.

A plain function from request to response. It pages by limit and offset, counts (`X-Total-Count`), links (`Link`),
filters by one comparison, sorts, and selects fields, as 1EdTech's REST bindings say; and it can be ill: `fall_ill`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from threading import Lock
from typing import TypeVar, cast
from urllib.parse import urlencode

import attrs

from clever_roster.model import Secret
from clever_roster.sources.oneroster import Bundle, Version, scopes_of
from clever_roster.sources.oneroster import records as r
from clever_roster.sources.oneroster.columns import Column, Kind, columns_of
from clever_roster.sources.oneroster.wire import key_of
from clever_roster.steps import Request, Response
from clever_roster.testing.exchange import Asked, Json, json_answer

__all__ = ["Ailment", "SimulatedOneRoster"]

Own = TypeVar("Own", bound=r.Record)

LIFETIME = 3600
ROOTS = {Version.V1_1: "/ims/oneroster/v1p1", Version.V1_2: "/ims/oneroster/rostering/v1p2"}
TOKEN_PATH = "/oauth/token"  # noqa: S105

_PREDICATE = re.compile(r"(?P<field>\w+)(?P<sign>>=|<=|!=|>|<|=)'(?P<value>[^']*)'")

_SIGNS: Mapping[str, Callable[[str, str], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
}


class Ailment(StrEnum):
    """How a service can be ill.

    LOSE: a row of each page is left out, and counted. REPEAT: the last row of a page comes once more in the next, as
    when a row was put in before it. GROW: the count is another one on each page. SILENT: it does not count. SMALL: no
    page is longer than three rows, whatever is asked for. LINKLESS: there is no `Link`. GARBLED: a row is no record.
    PICKY: it knows neither `sort` nor `fields`.
    """

    LOSE = "lose"
    REPEAT = "repeat"
    GROW = "grow"
    SILENT = "silent"
    SMALL = "small"
    LINKLESS = "linkless"
    GARBLED = "garbled"
    PICKY = "picky"


@attrs.define
class _Fault:
    path: str
    trouble: int | Ailment
    times: int | None
    after: int


class SimulatedOneRoster:
    """A pretend service over a bundle; `replace` gives it the next day's."""

    def __init__(
        self,
        bundle: Bundle,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        client_id: str = "client",
        client_secret: str = "secret",  # noqa: S107 - of a pretend service
        scopes: Iterable[str] | None = None,
    ) -> None:
        """Serve a bundle to one client.

        Args:
            scopes: what the client may be granted; all by default.
        """
        self.bundle = bundle
        self.client_id = client_id
        self.client_secret = Secret(client_secret)
        self._clock = clock
        granted = scopes_of(bundle.version, demographics=True) if scopes is None else scopes
        self._grantable = frozenset(granted)
        self._tokens: dict[str, tuple[datetime, frozenset[str]]] = {}
        self._faults: list[_Fault] = []
        self._trees: dict[tuple[str, str], Json] = {}
        self._lock = Lock()
        self.asked: list[str] = []

    @property
    def root(self) -> str:
        """The path of the service, to be put behind a host."""
        return ROOTS[self.bundle.version]

    def replace(self, bundle: Bundle) -> None:
        """Serve another day."""
        with self._lock:
            self.bundle = bundle
            self._trees.clear()

    def fall_ill(self, path: str, trouble: int | Ailment, *, times: int | None = None, after: int = 0) -> None:
        """Answer requests whose path ends so with a status, or in an ill way.

        Args:
            times: how often; None until `heal`.
            after: how many pass unharmed first.
        """
        with self._lock:
            self._faults.append(_Fault(path, trouble, times, after))

    def heal(self) -> None:
        """Be well again."""
        with self._lock:
            self._faults.clear()

    def revoke(self) -> None:
        """Take no token any more that was given before."""
        with self._lock:
            self._tokens.clear()

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        asked = Asked.of(request)
        with self._lock:
            self.asked.append(asked.target)
            trouble = self._trouble(asked.path)
            if isinstance(trouble, int):
                headers = {"retry-after": "1"} if trouble in (429, 503) else {}
                return _status(trouble, "server_busy", headers)
            if asked.path == TOKEN_PATH:
                return self._give_token(asked)
            return self._read(asked, trouble)

    def _trouble(self, path: str) -> int | Ailment | None:
        for fault in self._faults:
            if not path.endswith(fault.path):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.times is None:
                return fault.trouble
            if fault.times > 0:
                fault.times -= 1
                return fault.trouble
        return None

    # --- Tokens ---------------------------------------------------------------------------------------------------

    def _give_token(self, asked: Asked) -> Response:
        fields = asked.fields() or {}
        if asked.method != "POST" or fields.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"}, 400)
        if asked.basic() != (self.client_id, self.client_secret.reveal()):
            return json_answer({"error": "invalid_client"}, 401)
        wanted = frozenset(fields.get("scope", "").split())
        if not wanted <= self._grantable:
            return json_answer({"error": "invalid_scope"}, 400)
        now = self._clock()
        token = sha256(f"{len(self._tokens)}{now.isoformat()}{len(self.asked)}".encode()).hexdigest()
        self._tokens[token] = (now, wanted)
        return json_answer(
            {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME, "scope": " ".join(sorted(wanted))}
        )

    # --- Reads ----------------------------------------------------------------------------------------------------

    def _read(self, asked: Asked, ailment: Ailment | None) -> Response:
        given = self._tokens.get(asked.bearer() or "")
        if given is None or (self._clock() - given[0]).total_seconds() >= LIFETIME:
            return _status(401, "unauthorized")
        if not asked.path.startswith(f"{self.root}/"):
            return _status(404, "unknownobject")
        segments = asked.path.removeprefix(f"{self.root}/").split("/")
        if segments[-1] == "demographics" and not any("demographics" in scope for scope in given[1]):
            return _status(403, "forbidden")
        match segments:
            case ["classes", key]:
                found = [one for one in self.bundle.of(r.Class) if one.sourced_id == key]
                if not found:
                    return _status(404, "unknownobject")
                return json_answer({"class": self._tree(found[0])})
            case _:
                listed = self._list(segments)
                return _status(404, "unknownobject") if listed is None else self._page(asked, *listed, ailment)

    def _list(self, segments: list[str]) -> tuple[str, list[r.Record]] | None:
        users, seats = self.bundle.of(r.User), self.bundle.of(r.Enrollment)
        match segments:
            case [
                "orgs" | "academicSessions" | "courses" | "classes" | "enrollments" | "users" | "demographics" as file
            ]:
                return file, list(self.bundle.tables.get(file, ()))
            case ["schools"]:
                return "orgs", [one for one in self.bundle.of(r.Org) if one.type == "school"]
            case ["terms"]:
                return "academicSessions", [one for one in self.bundle.of(r.AcademicSession) if one.type == "term"]
            case ["students" | "teachers" as role]:
                return "users", [one for one in users if role[:-1] in self._words(one)]
            case ["schools", school, "classes"]:
                return "classes", [one for one in self.bundle.of(r.Class) if one.school_sourced_id == school]
            case ["schools", school, "students" | "teachers" as role]:
                named = {
                    one.user_sourced_id for one in seats if (one.school_sourced_id, one.role) == (school, role[:-1])
                }
                return "users", [one for one in users if one.sourced_id in named]
            case ["schools", school, "enrollments"]:
                return "enrollments", [one for one in seats if one.school_sourced_id == school]
            case ["schools", school, "classes", key, "enrollments"]:
                places = (school, key)
                return "enrollments", [one for one in seats if (one.school_sourced_id, one.class_sourced_id) == places]
            case ["classes", key, "students" | "teachers" as role]:
                named = {one.user_sourced_id for one in seats if (one.class_sourced_id, one.role) == (key, role[:-1])}
                return "users", [one for one in users if one.sourced_id in named]
            case ["teachers", person, "classes"]:
                taught = {
                    one.class_sourced_id for one in seats if (one.user_sourced_id, one.role) == (person, "teacher")
                }
                return "classes", [one for one in self.bundle.of(r.Class) if one.sourced_id in taught]
            case _:
                return None

    def _words(self, user: r.User) -> set[str]:
        return {user.role} | {one.role for one in self.bundle.of(r.Role) if one.user_sourced_id == user.sourced_id}

    def _page(self, asked: Asked, file: str, rows: list[r.Record], ailment: Ailment | None) -> Response:
        if ailment is Ailment.PICKY and {"sort", "fields"} & {name for name, _ in asked.query}:
            return _status(400, "invalid_sort_field")
        trees = [self._tree(one) for one in rows]
        wish = asked.parameter("filter")
        if wish is not None:
            said = _PREDICATE.fullmatch(wish)
            if said is None:
                return _status(400, "invalid_filter_field")
            sign = _SIGNS[said["sign"]]
            trees = [one for one in trees if sign(str(one.get(said["field"]) or ""), said["value"])]
        if sort := asked.parameter("sort"):
            trees.sort(key=lambda one: str(one.get(sort)), reverse=asked.parameter("orderBy") == "desc")
        limit, offset = (int(asked.parameter(name) or usual) for name, usual in (("limit", "100"), ("offset", "0")))
        limit = min(limit, 3) if ailment is Ailment.SMALL else limit
        begin = max(0, offset - 1) if ailment is Ailment.REPEAT else offset
        page, total = trees[begin : begin + limit], len(trees)
        headers = {"x-total-count": str(total + offset if ailment is Ailment.GROW else total)}
        if ailment is Ailment.SILENT:
            headers = {}
        if offset + limit < total and ailment is not Ailment.LINKLESS:
            query = dict(asked.query) | {"limit": str(limit), "offset": str(offset + limit)}
            headers["link"] = f'<{asked.origin}{asked.path}?{urlencode(query)}>; rel="next"'
        if ailment is Ailment.LOSE:
            page = page[:-1]
        if fields := asked.parameter("fields"):
            page = [{name: one[name] for name in fields.split(",") if name in one} for one in page]
        told: list[object] = [*page]
        if ailment is Ailment.GARBLED and told:
            told[0] = {"sourcedId": ""}
        return json_answer({file: told}, headers=headers)

    def _tree(self, record: r.Record) -> Json:
        """A record as JSON; made once."""
        key = (record.FILE, record.sourced_id)
        if key not in self._trees:
            self._trees[key] = self._made(record)
        return self._trees[key]

    def _made(self, record: r.Record) -> Json:
        """With references as objects and, in 1.2, roles inside users."""
        version = self.bundle.version
        tree: Json = {"metadata": dict(record.metadata)}
        for field, column in columns_of(type(record)).items():
            if column.of(version) and not column.secret:
                tree[key_of(column)] = _value(column, getattr(record, field))
        tree["status"] = record.status or "active"
        tree["dateLastModified"] = record.date_last_modified or "2026-09-01T00:00:00.000Z"
        if isinstance(record, r.User) and version is Version.V1_2:
            tree["roles"] = [
                {"role": one.role, "roleType": one.role_type, "org": _reference(one.org_sourced_id)}
                for one in self.bundle.of(r.Role)
                if one.user_sourced_id == record.sourced_id
            ]
        return tree


def _value(column: Column, held: object) -> object:
    if column.kind is Kind.PAIRS:
        return [{"type": kind, "identifier": value} for kind, value in cast("tuple[tuple[str, str], ...]", held)]
    if column.kind is Kind.LIST:
        items = cast("tuple[str, ...]", held)
        return [_reference(one) for one in items] if column.name.endswith("SourcedIds") else list(items)
    if column.name.endswith("SourcedId") and column.name != "sourcedId":
        return _reference(str(held)) if held else None
    return column.write(held)


def _reference(key: str) -> Json:
    return {"href": f"https://sis.example/{key}", "sourcedId": key, "type": "object"}


def _status(status: int, minor: str, headers: Mapping[str, str] | None = None) -> Response:
    told: Json = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": "The pretend service refuses.",
        "imsx_CodeMinor": {"imsx_codeMinorField": [{"imsx_codeMinorFieldValue": minor}]},
    }
    return json_answer(told, status, headers)
