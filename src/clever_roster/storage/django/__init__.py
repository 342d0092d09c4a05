"""A store in Django's ORM, as an app: models, migrations, admin pages, checks. Needs the extra `clever-roster[django]`.

    INSTALLED_APPS = [..., "clever_roster.storage.django"]

    from clever_roster.storage.django import DjangoStore
    store = DjangoStore()  # people stay in your AUTH_USER_MODEL

`DjangoStore` is the store; `AccountFields` says which fields of a user model of your own mean what.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clever_roster.storage.django.accounts import AccountFields
    from clever_roster.storage.django.store import DjangoStore

__all__ = ["AccountFields", "DjangoStore"]

_ROOMS = {"AccountFields": "accounts", "DjangoStore": "store"}


def __getattr__(name: str) -> object:
    # Django imports this package before it knows any model; what needs models is imported when it is asked for.
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return __all__
