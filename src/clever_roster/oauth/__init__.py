"""Who arrived? Log in with Clever, from your own button or from Clever's portal, and prove who stands there.

How to read this room: `login` tells the whole story at one altitude; `outcomes` is how it may end; `app` is what the
host registered; `wire` is OAuth 2.0 as bytes; `browsers` is what web adapters ask and answer a browser; `hooks` is what
a host may plug in. `id_token` and `sealing` need extras and are imported by those who use them. It refuses to know
accounts: that is `linking`'s question.
"""

from clever_roster.oauth.app import CleverApp
from clever_roster.oauth.browsers import is_navigation, page_headers, session_cookie
from clever_roster.oauth.digests import Label, digest
from clever_roster.oauth.hooks import IdTokenCheck, Knock, Limiter, TokenKeeper
from clever_roster.oauth.login import AsyncCleverLogin, CleverLogin
from clever_roster.oauth.outcomes import Arrival, Arrived, BeginAgain, BrowserCookie, Reason, Refused, Retry, Started

__all__ = [
    "Arrival",
    "Arrived",
    "AsyncCleverLogin",
    "BeginAgain",
    "BrowserCookie",
    "CleverApp",
    "CleverLogin",
    "IdTokenCheck",
    "Knock",
    "Label",
    "Limiter",
    "Reason",
    "Refused",
    "Retry",
    "Started",
    "TokenKeeper",
    "digest",
    "is_navigation",
    "page_headers",
    "session_cookie",
]


def __dir__() -> list[str]:
    return __all__
