"""What a web adapter asks and answers a browser: which requests count, which headers and cookies go back.

Functions of plain values; knows no framework.

    if not is_navigation(request.method, request.headers): return 403
    response.headers.update(page_headers())
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from clever_roster.model import Role
from clever_roster.oauth.outcomes import BrowserCookie

__all__ = ["is_navigation", "page_headers", "session_cookie"]

_PAGE_HEADERS = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
)


def is_navigation(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a person is opening a page, as far as the browser says; for the start and the callback of a login.

    False for HEAD and other methods than GET, for prefetching and link previews that say so, and for images, frames and
    scripts that a hostile page embeds (Clever, "Instant Login security"; Fetch Metadata). Browsers that send no such
    headers are let through: what a login rests on is the state and the cookie, not this.
    """
    known = {name.lower(): value.strip().lower() for name, value in headers.items()}
    fetched_ahead = any(
        "prefetch" in known.get(name, "") or "preview" in known.get(name, "")
        for name in ("sec-purpose", "purpose", "x-purpose", "x-moz")
    )
    return (
        method.upper() == "GET"
        and not fetched_ahead
        and known.get("sec-fetch-dest", "document") == "document"
        and known.get("sec-fetch-mode", "navigate") == "navigate"
    )


def page_headers() -> dict[str, str]:
    """Headers of every answer of the login's routes, redirects included.

    Nothing is stored (the back button shows nobody else's page), no Referer carries a code away, no page is framed and
    no third party's content is loaded.
    """
    return dict(_PAGE_HEADERS)


def session_cookie(
    name: str, value: str, *, roles: Collection[Role], secure: bool, remember: int | None = None
) -> BrowserCookie:
    """The host's own session cookie after a sign-in: HttpOnly, SameSite=Lax (never None), Secure where the site is.

    Args:
        roles: of whoever signed in. A student's cookie ends with the browser, whatever `remember` says, because school
            computers are shared.
        remember: seconds that the cookie of anybody else may outlive the browser.
    """
    return BrowserCookie(
        name=name, value=value, max_age=None if Role.STUDENT in roles or not roles else remember, secure=secure
    )
