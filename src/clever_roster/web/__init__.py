"""Log in with Clever, or Google, in a web framework: one thin adapter each, and what is equal in all of them.

    from clever_roster.web.starlette import mount     # Starlette and FastAPI
    from clever_roster.web.django import mount
    from clever_roster.web.flask import mount

Each offers the same: `mount`; a `receive` callback that is told every outcome and may answer it, while default pages
answer the rest; `current_account` and `current_identity`. How to read this room: `exchange` is the whole login as a
browser meets it, `visit` which requests count as a click, `kept` what a session holds, `pages` what people see.
Importing this door loads no framework.
"""

from clever_roster.web.exchange import AwaitingLogin, BlockingLogin, ClickNeeded, Ending, Rules, SignedOut
from clever_roster.web.visit import Places, Visitor

__all__ = ["AwaitingLogin", "BlockingLogin", "ClickNeeded", "Ending", "Places", "Rules", "SignedOut", "Visitor"]


def __dir__() -> list[str]:
    return __all__
