"""Secrets, from the environment or from a file: never from the command line, where every process could see them.

A district's token is `CLEVER_DISTRICT_TOKEN` (or `CLEVER_TOKEN`, or a file). Without one, the application's own
`CLEVER_CLIENT_ID` and `CLEVER_CLIENT_SECRET` (or a file) fetch it for the district that is named.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from urllib.parse import urlsplit

import attrs

from clever_roster.clever.reading import API_URL
from clever_roster.errors import ConfigurationError
from clever_roster.model import DistrictId, Secret
from clever_roster.oauth import CleverApp, CleverLogin
from clever_roster.storage import MemoryStore

__all__ = ["Application", "NoToken", "add_credentials", "application", "safe_url", "token_of"]

TOKEN_VARIABLES = ("CLEVER_DISTRICT_TOKEN", "CLEVER_TOKEN")
ID_VARIABLE, SECRET_VARIABLE = "CLEVER_CLIENT_ID", "CLEVER_CLIENT_SECRET"
OAUTH_URL = "https://clever.com"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class NoToken(ConfigurationError):
    """Nothing says where a token is."""


def add_credentials(parser: argparse.ArgumentParser) -> None:
    """The options that say where secrets are, and whose server they are for."""
    group = parser.add_argument_group(
        "Clever's server and your credentials",
        "Secrets come from the environment or from a file. Without a token, CLEVER_CLIENT_ID and CLEVER_CLIENT_SECRET "
        "fetch the token of the district that --district names.",
    )
    group.add_argument("--token-file", type=Path, metavar="FILE", help="file that holds the district token")
    group.add_argument(
        "--token-env",
        metavar="NAME",
        help=f"environment variable that holds the district token (default: {' or '.join(TOKEN_VARIABLES)})",
    )
    group.add_argument("--client-secret-file", type=Path, metavar="FILE", help=f"file, in place of {SECRET_VARIABLE}")
    group.add_argument(
        "--url", default=API_URL, help=f"where the Data API is; a simulator's address (default: {API_URL})"
    )
    group.add_argument(
        "--oauth-url", default=OAUTH_URL, help=f"where logins are; a simulator's address (default: {OAUTH_URL})"
    )


@attrs.frozen(kw_only=True)
class Application:
    """The application's own credentials, as Clever's dashboard shows them."""

    client_id: str
    client_secret: Secret
    oauth_url: str

    def fetch_token(self, district: DistrictId) -> Secret:
        """The token of a district that has connected the application.

        Raises:
            NotShared: the district has not.
            ConfigurationError: Clever does not know the credentials.
            SourceError: Clever refused, or did not answer.
        """
        app = CleverApp(
            client_id=self.client_id,
            client_secret=self.client_secret,
            redirect_uri="http://localhost/never-called",
            oauth_url=self.oauth_url,
        )
        return CleverLogin(app, store=MemoryStore()).fetch_district_token(district)


def application(options: argparse.Namespace) -> Application | None:
    """The application's credentials; None when none are set.

    Raises:
        ConfigurationError: half of them are, or the file cannot be read.
    """
    client_id, file = os.environ.get(ID_VARIABLE, "").strip(), options.client_secret_file
    secret = os.environ.get(SECRET_VARIABLE, "").strip() if file is None else _of_file(file)
    if not client_id and not secret:
        return None
    if not client_id or not secret:
        raise ConfigurationError(
            f"Of the application's credentials only {'the secret' if secret else ID_VARIABLE} is set.",
            next_step=f"Set {ID_VARIABLE}, and {SECRET_VARIABLE} or --client-secret-file.",
        )
    return Application(
        client_id=client_id, client_secret=Secret(secret), oauth_url=safe_url(options.oauth_url, "The secret")
    )


def token_of(options: argparse.Namespace, district: DistrictId | None) -> Secret:
    """The token to read a district with.

    Raises:
        NoToken: nothing is set.
        ConfigurationError: what is set is no token.
        SourceError: the application's credentials did not fetch one.
    """
    if options.token_file is not None:
        return _token(_of_file(options.token_file), f"The file {options.token_file}")
    if options.token_env is not None:
        return _token(os.environ.get(options.token_env, ""), f"The environment variable {options.token_env}")
    for name in TOKEN_VARIABLES:
        if os.environ.get(name):
            return _token(os.environ[name], f"The environment variable {name}")
    own = application(options)
    if own is None:
        raise NoToken(
            f"There is no token: neither {' nor '.join(TOKEN_VARIABLES)} is set.",
            next_step=f"Set one, or --token-file, or the application's {ID_VARIABLE} and {SECRET_VARIABLE}.",
        )
    if district is None:
        raise ConfigurationError(
            "The application's credentials fetch the token of one district, and none is named.",
            next_step="Name it with --district ID.",
        )
    return own.fetch_token(district)


def safe_url(url: str, what: str = "The token") -> str:
    """An address that a secret may be sent to.

    Raises:
        ConfigurationError: it is neither https nor on this machine.
    """
    try:
        parts = urlsplit(url)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    except ValueError:
        safe = False
    if not safe:
        raise ConfigurationError(
            f"{what} is not sent to {url!r}, which is neither https nor on this machine.",
            next_step="Use an https address; plain http is for a simulator on localhost only.",
        )
    return url


def _of_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The file {file} cannot be read ({type(error).__name__}).", next_step="Name a file with the secret in it."
        ) from None


def _token(text: str, source: str) -> Secret:
    token = text.strip()
    if not token.isascii() or not token.isprintable() or not token or " " in token:
        raise ConfigurationError(
            f"{source} holds no token.",
            next_step="Put the district's token there, or read an export with --data DIR.",
        )
    return Secret(token)
