"""The dashboard and Dagster's UI: their addresses, and who may see them."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from aha_pipeline.settings.addresses import HostName, InterfaceAddress, WebAddress
from aha_pipeline.settings.lists import Names

VIEWER = re.compile(r"[^@\s]*@[^@\s]+\.[^@\s]+")


def _viewer(viewer: str) -> str:
    if not VIEWER.fullmatch(viewer):
        raise ValueError(f"{viewer!r} is neither an e-mail address nor @ and a domain")
    return viewer.lower()


Viewer = Annotated[str, AfterValidator(_viewer)]


def is_listed(listed: Iterable[str], address: str) -> bool:
    """Return whether an e-mail address in small letters is on a list of them and of @domains."""
    domain = "@" + address.rpartition("@")[2]
    return any(entry in (address, domain) for entry in listed)


class ScreenSettings(BaseModel):
    """Settings of the dashboard and of Dagster's UI."""

    aha_dashboard_address: InterfaceAddress = Field(
        "127.0.0.1",
        description="address on which `aha up` serves the dashboard; with a login any, "
        "0.0.0.0 for all",
    )
    aha_dashboard_url: WebAddress = Field(
        "http://127.0.0.1:8501",
        description="address at which readers open the dashboard; messages link to it",
    )
    aha_dashboard_viewers: Names[Viewer] = Field(
        (),
        description="who may log in to the dashboard: e-mail addresses, or @example.com for all "
        "of a domain, separated by commas",
    )
    aha_dashboard_raw_viewers: Names[Viewer] = Field(
        (),
        description="who of them may see single records too, written alike; by default nobody",
    )
    aha_dashboard_erasers: Names[Viewer] = Field(
        (),
        description="who of those who see records may also ask there for a person to be erased, "
        "written alike; by default nobody",
    )
    aha_ui_hosts: Names[HostName] = Field(
        (),
        description="names by which browsers reach Dagster's UI where a proxy stands before it, "
        "such as dagster.example.com, separated by commas; by default this machine's alone",
    )
