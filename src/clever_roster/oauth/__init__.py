"""Who arrived? Log in with Clever or with Google, from your own button or from Clever's portal, and prove who it is.

How to read this room: `login` tells the whole story at one altitude, `attempts` what is kept meanwhile and `pkce` what
is not; `authority` is in what providers differ, `clever` and `google` are the two; `outcomes` is how it may end; `app`
is what the host registered; `wire` is OAuth 2.0 as bytes; `browsers` is what web adapters ask and answer a browser;
`hooks` is what a host may plug in. `id_token` and `sealing` need extras and are imported by those who use them. It
refuses to know accounts: that is `linking`'s question.
"""

from clever_roster.oauth.app import CleverApp
from clever_roster.oauth.browsers import is_navigation, page_headers, session_cookie
from clever_roster.oauth.clever import AsyncCleverLogin, CleverLogin
from clever_roster.oauth.digests import Label, digest
from clever_roster.oauth.google import CLASSROOM, AsyncGoogleLogin, GoogleApp, GoogleHosts, GoogleLogin, GoogleScope
from clever_roster.oauth.hooks import ClaimsCheck, Grant, GrantKeeper, IdTokenCheck, Knock, Limiter, TokenKeeper
from clever_roster.oauth.login import Login
from clever_roster.oauth.outcomes import Arrival, Arrived, BeginAgain, BrowserCookie, Reason, Refused, Retry, Started

__all__ = [
    "CLASSROOM",
    "Arrival",
    "Arrived",
    "AsyncCleverLogin",
    "AsyncGoogleLogin",
    "BeginAgain",
    "BrowserCookie",
    "ClaimsCheck",
    "CleverApp",
    "CleverLogin",
    "GoogleApp",
    "GoogleHosts",
    "GoogleLogin",
    "GoogleScope",
    "Grant",
    "GrantKeeper",
    "IdTokenCheck",
    "Knock",
    "Label",
    "Limiter",
    "Login",
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
