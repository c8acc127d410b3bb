"""The CRM: its servers, its credentials, what is read of it and how fast."""

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from aha_pipeline.settings.addresses import WebAddress, encrypted, is_loopback
from aha_pipeline.settings.lists import Names

ZOHO_GROUP = ("zoho_client_id", "zoho_client_secret", "zoho_refresh_token")
API_VERSIONS = ("v2", "v8")
ALL_MODULES = ("all",)
# Zoho's own modules by API name, so that any upper or lower case is understood (Zoho CRM API,
# "modules").
STANDARD_MODULES = {
    name.lower(): name
    for name in (
        "Leads", "Accounts", "Contacts", "Deals", "Campaigns", "Tasks", "Events", "Calls", "Cases",
        "Solutions", "Products", "Vendors", "Price_Books", "Quotes", "Sales_Orders",
        "Purchase_Orders", "Invoices", "Notes", "Attachments", "Appointments__s", "Services__s",
    )
}  # fmt: skip
API_PATHS = re.compile(r"/(crm|oauth)(/v[\d.]+)?(/token|/auth)?/?")


def _server_alone(url: str) -> str:
    """Cut off the path of the API, with which Zoho's documentation shows its servers."""
    parts = urlsplit(url)
    if API_PATHS.fullmatch(parts.path):
        return f"{parts.scheme}://{parts.netloc}"
    if parts.path or parts.query or parts.fragment:
        raise ValueError("must be the server alone, such as https://www.zohoapis.in")
    return url


def _version(value: str) -> str:
    if value not in API_VERSIONS:
        raise ValueError(f"must be {' or '.join(API_VERSIONS)}: other versions are not read")
    return value


def _modules(value: tuple[str, ...]) -> tuple[str, ...]:
    modules = tuple(STANDARD_MODULES.get(name.lower(), name) for name in value)
    if not modules:
        raise ValueError("name at least one module, for example Leads,Deals")
    if len(modules) == 1 and modules[0].lower() == "all":
        return ALL_MODULES
    if "all" in modules:
        raise ValueError("either names modules or says all")
    if len({name.lower() for name in modules}) < len(modules):
        raise ValueError("names a module twice")
    for name in modules:
        if not name.isidentifier() or not name.isascii():
            raise ValueError(f"{name!r} is not the API name of a module, for example Leads")
    return modules


Server = Annotated[WebAddress, AfterValidator(_server_alone), AfterValidator(encrypted)]
Version = Annotated[str, AfterValidator(_version)]
Modules = Annotated[Names[str], AfterValidator(_modules)]


@dataclass(frozen=True)
class ZohoCredentials:
    """What Zoho knows this installation by."""

    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr


class ZohoSettings(BaseModel):
    """Settings of the CRM."""

    zoho_client_id: str | None = Field(None, description="client id of a self client")
    zoho_client_secret: SecretStr | None = Field(None, description="its secret")
    zoho_refresh_token: SecretStr | None = Field(None, description="its refresh token")
    zoho_accounts_url: Server = Field(
        "https://accounts.zoho.in",
        description="accounts server of your data centre: .in .com .eu .com.au .jp .com.cn .sa "
        ".uk .ae, "
        "or https://accounts.zohocloud.ca",
    )
    zoho_api_url: Server | None = Field(
        None, description="API server; by default the one that the token answer names"
    )
    zoho_api_version: Version = Field("v2", description="API version")
    zoho_modules: Modules = Field(
        ("Leads", "Deals", "Contacts", "Accounts"),
        description="API names of the modules to read, separated by commas; or all",
    )
    zoho_max_concurrency: int | None = Field(
        None, ge=1, le=25, description="calls at a time; by default what your edition allows"
    )
    zoho_daily_credits: int | None = Field(
        None,
        ge=100,
        description="API credits to spend in 24 hours at most; by default half of your edition's",
    )
    zoho_history_share: int = Field(
        10,
        ge=0,
        le=50,
        description="per cent of your edition's API credits that reading Zoho's own history of "
        "deals and leads, and e-mails, may spend in 24 hours; 0: they are not read",
    )

    @property
    def zoho(self) -> ZohoCredentials | None:
        """The CRM, where one is configured."""
        if not (self.zoho_client_id and self.zoho_client_secret and self.zoho_refresh_token):
            return None
        return ZohoCredentials(
            self.zoho_client_id, self.zoho_client_secret, self.zoho_refresh_token
        )

    @property
    def is_sandbox(self) -> bool:
        """Whether the configured CRM is a stand-in on this machine."""
        return is_loopback(self.zoho_api_url or self.zoho_accounts_url)
