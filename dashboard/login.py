"""Who may see the dashboard, and how much of it: Streamlit's login, and lists in the settings.

With a section `[auth]` in `.streamlit/secrets.toml` everybody logs in. Without it the dashboard is
for this machine alone. https://docs.streamlit.io/develop/concepts/connections/authentication
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from aha_pipeline.settings import Settings, SettingsError, is_loopback

NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
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


def log_out() -> None:
    """Show the button that logs out."""
    st.button("Log out", on_click=st.logout, type="tertiary")


def _admitted(settings: Settings, claims: Mapping[str, object]) -> Viewer:
    address = str(claims.get("email") or "").strip().lower()
    if not address:
        raise NoEntry(
            "Your login names no e-mail address, by which viewers are known: let your identity "
            "provider send the claim `email`."
        )
    if claims.get("email_verified") in (False, "false"):
        raise NoEntry(f"Your identity provider has not verified {address}: do that first.")
    if not _is_on(settings.aha_dashboard_viewers, address):
        raise NoEntry(
            f"{address} may not see this dashboard: ask its owner to add it to "
            "AHA_DASHBOARD_VIEWERS, or log in as somebody else."
        )
    return Viewer(address, _is_on(settings.aha_dashboard_raw_viewers, address))


def _is_on(listed: Iterable[str], address: str) -> bool:
    domain = "@" + address.rpartition("@")[2]
    return any(entry in (address, domain) for entry in listed)


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
