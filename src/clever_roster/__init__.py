"""clever_roster: log in with Clever, link accounts, sync classrooms, find duplicate accounts.

Four questions, four rooms, in the order in which a host meets them:

    clever_roster.oauth       who arrived?
    clever_roster.linking     whose account is it?
    clever_roster.roster      what changed in class?
    clever_roster.duplicates  who exists twice?

`clever_roster.clever` is the typed client, `model` the nouns, `ports` what a host implements, `storage` where things
are kept, `sources` other rosters (Google Classroom, OneRoster, a district's export), `crossing` one class in two of
them, `testing` a pretend Clever. The names below are those that a host imports first; each is loaded when it is
asked for, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clever_roster.clever import AsyncCleverClient, CleverClient
    from clever_roster.errors import CleverRosterError
    from clever_roster.model import AccountId, DistrictId, Secret, SectionId
    from clever_roster.oauth import (
        Arrived,
        AsyncCleverLogin,
        AsyncGoogleLogin,
        BeginAgain,
        CleverApp,
        CleverLogin,
        GoogleApp,
        GoogleLogin,
        Refused,
    )
    from clever_roster.ports import transact

__all__ = [
    "AccountId",
    "Arrived",
    "AsyncCleverClient",
    "AsyncCleverLogin",
    "AsyncGoogleLogin",
    "BeginAgain",
    "CleverApp",
    "CleverClient",
    "CleverLogin",
    "CleverRosterError",
    "DistrictId",
    "GoogleApp",
    "GoogleLogin",
    "Refused",
    "Secret",
    "SectionId",
    "transact",
]

_HOME = {
    "clever_roster.clever": ("AsyncCleverClient", "CleverClient"),
    "clever_roster.errors": ("CleverRosterError",),
    "clever_roster.model": ("AccountId", "DistrictId", "Secret", "SectionId"),
    "clever_roster.oauth": (
        "Arrived",
        "AsyncCleverLogin",
        "AsyncGoogleLogin",
        "BeginAgain",
        "CleverApp",
        "CleverLogin",
        "GoogleApp",
        "GoogleLogin",
        "Refused",
    ),
    "clever_roster.ports": ("transact",),
}


def __getattr__(name: str) -> object:
    for room, names in _HOME.items():
        if name in names:
            return getattr(import_module(room), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
