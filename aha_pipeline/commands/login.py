"""From the code of a self client to a refresh token in `.env`."""

import os
from collections.abc import Iterable
from pathlib import Path

import click
from pydantic import SecretStr
from rich.console import Console

from aha_pipeline import env_file, services
from aha_pipeline import settings as configuration
from aha_pipeline.crm import permissions
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.data_centres import accounts_url_for, console_url_for
from aha_pipeline.crm.errors import TokenRefused
from aha_pipeline.crm.grant_code import Grant, exchange_code
from aha_pipeline.crm.organisation import read_organisation
from aha_pipeline.crm.permissions import MissingPermission, Permission
from aha_pipeline.settings import Settings, SettingsError, is_loopback

ENV_FILE = Path(".env")
PENDING = "pending"


def login(console: Console, code: str | None) -> None:
    """Change the code for a refresh token, see that it reads all it must, and write `.env`.

    What is not set is asked for on the terminal. Raises SettingsError, TokenRefused where the token
    lacks something, and the other ZohoErrors: nothing is written then.
    """
    client_id, client_secret = _client()
    settings = configuration.load(
        zoho_client_id=client_id, zoho_client_secret=client_secret, zoho_refresh_token=PENDING
    )
    accounts_url = settings.zoho_accounts_url
    _explain(console, accounts_url)
    code = (code or click.prompt("Code")).strip()
    grant = exchange_code(accounts_url, client_id, client_secret, code)
    settings = _granted(settings, grant)
    client = services.zoho_client(settings, services.zoho_tokens(settings))
    wanting = _check(client, settings)
    organisation = read_organisation(client)
    env_file.write(
        ENV_FILE,
        {
            "ZOHO_CLIENT_ID": client_id,
            "ZOHO_CLIENT_SECRET": client_secret,
            "ZOHO_REFRESH_TOKEN": grant.refresh_token,
            "ZOHO_ACCOUNTS_URL": settings.zoho_accounts_url,
        },
    )
    for missing in wanting:
        console.print(missing.sentence, style="yellow", soft_wrap=True)
    _tell_what_hides_it(console)
    console.print(
        f"Connected to {organisation.name}. The refresh token is in .env, readable by you only. "
        "Next: aha doctor",
        style="green",
        soft_wrap=True,
    )


def scopes_line() -> str:
    """Return the scopes as the console of a self client takes them."""
    return ",".join(permissions.SCOPES)


def _client() -> tuple[str, str]:
    """Return the client's id and its secret, asked for where they are not set."""
    known = env_file.read(ENV_FILE) | os.environ
    client_id = known.get("ZOHO_CLIENT_ID") or click.prompt("Client id")
    secret = known.get("ZOHO_CLIENT_SECRET") or click.prompt("Client secret", hide_input=True)
    return client_id.strip(), secret.strip()


def _explain(console: Console, accounts_url: str) -> None:
    console.print(
        f"At {console_url_for(accounts_url)} open your self client, “Generate Code”, with the "
        f"scopes\n\n  {scopes_line()}\n\n"
        "It is good once and for some minutes. (Another data centre? Set ZOHO_ACCOUNTS_URL in .env "
        "first.)",
        soft_wrap=True,
        highlight=False,
    )


def _granted(settings: Settings, grant: Grant) -> Settings:
    """Return the settings with the token, and the accounts server that its API server belongs to.

    A token for one data centre is worth nothing at the API server of another.
    """
    api, set_api = grant.api_domain, settings.zoho_api_url
    is_real = set_api is not None and not is_loopback(set_api)
    if api and set_api and is_real and accounts_url_for(set_api) != accounts_url_for(api):
        raise SettingsError(
            f"ZOHO_API_URL is {set_api}, and the token is for {api}: take ZOHO_API_URL out of "
            ".env, then make a new code."
        )
    found: dict[str, SecretStr | str] = {"zoho_refresh_token": SecretStr(grant.refresh_token)}
    if api and (accounts_url := accounts_url_for(api)):
        found["zoho_accounts_url"] = accounts_url
    return settings.model_copy(update=found)


def _check(client: ZohoClient, settings: Settings) -> list[MissingPermission]:
    """Return what the token cannot read but the sync can do without.

    Raises TokenRefused for anything else.
    """
    missing = _missing(client, permissions.BASE_PERMISSIONS)
    if not missing:
        modules = services.named_modules(settings, client)
        missing = _missing(client, permissions.permissions_for(modules))
    required = [one for one in missing if one.permission.is_required]
    scopes = list(dict.fromkeys(one.scope for one in required if one.scope))
    if scopes:
        raise TokenRefused(
            f"Nothing was written, because the token lacks {', '.join(scopes)}: make a new code "
            f"with the scopes {scopes_line()}."
        )
    if required:
        raise TokenRefused(f"Nothing was written: {required[0].sentence}")
    return missing


def _missing(client: ZohoClient, wanted: Iterable[Permission]) -> list[MissingPermission]:
    return [missing for one in wanted if (missing := permissions.check(client, one))]


def _tell_what_hides_it(console: Console) -> None:
    if os.environ.get("ZOHO_REFRESH_TOKEN"):
        console.print(
            "ZOHO_REFRESH_TOKEN is set in the environment too, which hides the one in .env: "
            "unset it.",
            style="yellow",
            soft_wrap=True,
        )
