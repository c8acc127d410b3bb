"""Who may see the dashboard, and how much of it: Streamlit's login, and lists in the settings.

With a section `[auth]` in `.streamlit/secrets.toml` everybody logs in. Without it the dashboard is
for this machine alone. https://docs.streamlit.io/develop/concepts/connections/authentication
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from aha_pipeline.settings import Settings, SettingsError, is_listed, is_loopback

NEEDED = (
    "redirect_uri",
    "cookie_secret",
    "client_id",
    "client_secret",
    "server_metadata_url",
    "issuer",
)
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")  # RFC 5322, ASCII alone
# What the section [auth] pins, and the claim that has to say the same.
PINNED = {"issuer": "iss", "tenant": "tid", "hosted_domain": "hd"}
SECRET_LENGTH = 32  # whoever guesses the cookie's secret needs no login
NO_RECORDS = (
    "Your login shows figures, not the records behind them; AHA_DASHBOARD_RAW_VIEWERS says "
    "who may see records."
)


@dataclass(frozen=True)
class Viewer:
    """Who looks. address: the e-mail address of the login; None without a login."""

    address: str | None
    may_see_records: bool
    may_erase: bool = False


class NoEntry(RuntimeError):
    """Somebody who is logged in may not see the dashboard; the text says why and what to do."""


def check(settings: Settings, address: str | None, host: str | None = None) -> None:
    """Raise SettingsError, with one sentence, where the dashboard may not be served like this.

    address: where the server listens, None for everywhere. host: the host by which a browser
    reached it, with or without a port; None if not known.
    """
    auth = _section()
    if auth is not None:
        _check_complete(auth)
        if not settings.aha_dashboard_viewers:
            raise SettingsError(
                "AHA_DASHBOARD_VIEWERS is empty, so nobody may log in: set it to the addresses of "
                "those who may, such as ceo@example.com, or to @example.com for all of a domain."
            )
    elif address is None or not _is_this_machine(address):
        raise SettingsError(
            f"The dashboard has no login, so it may not listen on {address or 'every address'}: "
            "use 127.0.0.1, or set a login up in the section [auth] of .streamlit/secrets.toml."
        )
    elif host is not None and not _is_this_machine(host):
        # Also what a hostile page does that points a name of its own at this machine.
        raise SettingsError(
            f"The dashboard has no login, so it may not be opened as {host}: open it as 127.0.0.1 "
            "on its own machine, or set a login up in the section [auth] of "
            ".streamlit/secrets.toml."
        )


def names() -> tuple[str, ...]:
    """Return the names by which browsers may reach the page besides this machine's own."""
    name = urlsplit(str((_section() or {}).get("redirect_uri", ""))).hostname
    return (name,) if name else ()


def enter(settings: Settings) -> Viewer | None:
    """Return who looks at this page; where nobody is logged in yet, ask for it and return None.

    Raises SettingsError as `check` does, and NoEntry for somebody who is not on the list.
    """
    check(settings, st.get_option("server.address"), st.context.headers.get("Host"))
    if _section() is None:
        return Viewer(None, may_see_records=True)
    if not st.user.is_logged_in:
        _ask()
        return None
    return _admitted(settings, st.user.to_dict())


def show(viewer: Viewer) -> None:
    """Show who is logged in, and the way out; nothing where there is no login."""
    if viewer.address is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Logged in as {viewer.address}", width="content")
            log_out()


def may_download(settings: Settings, cookies: dict[str, str]) -> bool:
    """Return whether a request with these cookies may fetch a file that the page has made.

    Raises SettingsError as `check` does.
    """
    if _section() is None:
        return True
    # Streamlit serves its files to anybody who knows their address; it reads the cookie of the
    # login for its own socket alone (1.67).
    signed = _get_signed_cookie_with_chunks(cookies, USER_COOKIE_NAME)
    claims = json.loads(signed) if signed else {}
    if claims.get("is_logged_in") is not True:
        return False
    try:
        return _admitted(settings, claims).may_see_records
    except NoEntry:
        return False


def log_out() -> None:
    """Show the button that logs out."""
    st.button("Log out", on_click=st.logout, type="tertiary")


def _admitted(settings: Settings, claims: Mapping[str, object]) -> Viewer:
    address = str(claims.get("email") or "").strip()
    if not address:
        raise NoEntry(
            "Your login names no e-mail address, by which viewers are known: let your identity "
            "provider send the claim `email`."
        )
    # Before lower(): that makes an ASCII letter of some others, such as the Kelvin sign.
    if not ADDRESS.fullmatch(address):
        raise NoEntry(
            "Your login's e-mail address is not written with plain letters and one @: let your "
            "identity provider correct it."
        )
    address = address.lower()
    if claims.get("email_verified") is not True:
        raise NoEntry(
            f"Your identity provider does not say that it has verified {address}: it has to send "
            "the claim `email_verified` as true."
        )
    _check_issuer(_section() or {}, claims)
    if not is_listed(settings.aha_dashboard_viewers, address):
        raise NoEntry(
            f"{address} may not see this dashboard: ask its owner to add it to "
            "AHA_DASHBOARD_VIEWERS, or log in as somebody else."
        )
    sees_records = is_listed(settings.aha_dashboard_raw_viewers, address)
    may_erase = sees_records and is_listed(settings.aha_dashboard_erasers, address)
    return Viewer(address, sees_records, may_erase)


def _check_issuer(auth: Mapping[str, object], claims: Mapping[str, object]) -> None:
    """Raise NoEntry where another provider, or another tenant of it, issued the login."""
    for name, claim in PINNED.items():
        wanted = auth.get(name)
        if wanted is not None and claims.get(claim) != wanted:
            raise NoEntry(
                f"Your login is of another {name.replace('_', ' ')} than the section [auth] of "
                ".streamlit/secrets.toml names: log in with your account of the company."
            )


def _ask() -> None:
    st.title("Sales dashboard", anchor=False)
    st.caption("Log in to see it.")
    st.button("Log in", type="primary", on_click=st.login)


def _section() -> Mapping[str, object] | None:
    """Return the section [auth] of the secrets, None where there is none."""
    if st.secrets.load_if_toml_exists():
        return st.secrets.get("auth")
    if unread := [path for path in st.get_option("secrets.files") if Path(path).exists()]:
        raise SettingsError(f"{unread[0]} is not a file that can be read as TOML: correct it.")
    return None


def _check_complete(auth: Mapping[str, object]) -> None:
    if missing := [name for name in NEEDED if not auth.get(name)]:
        raise SettingsError(
            f"The section [auth] of .streamlit/secrets.toml has no {', '.join(missing)}: "
            f"it needs {', '.join(NEEDED)}."
        )
    if len(str(auth["cookie_secret"])) < SECRET_LENGTH:
        raise SettingsError(
            f"cookie_secret in the section [auth] of .streamlit/secrets.toml is shorter than "
            f"{SECRET_LENGTH} characters: write a longer random text, such as `openssl rand -hex "
            "32` gives."
        )


def _is_this_machine(address: str) -> bool:
    bare = address.count(":") > 1 and not address.startswith("[")
    return is_loopback(f"//[{address}]" if bare else f"//{address}")
