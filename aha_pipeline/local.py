"""Fill in what is not configured: embedded PostgreSQL, the sandbox CRM and its message outbox.

What is started here is written to this process's environment, so that its children use the same
services instead of starting their own.
"""

import os
from typing import get_args

from pydantic import SecretStr

from aha_pipeline import sandbox
from aha_pipeline.delivery.channel import configured
from aha_pipeline.settings import Settings, SettingsError
from aha_pipeline.settings.company import OF_COMPANY
from aha_pipeline.warehouse import embedded

SANDBOX_CREDENTIAL = "sandbox"
SANDBOX_SENDER = "+14155238886"
SANDBOX_READER = "+919800000000"
ACTIVITIES = ("Calls", "Tasks", "Events", "Notes")


def complete(settings: Settings) -> Settings:
    """Return settings in which a database and a CRM are configured, starting what is missing.

    A CRM that the user configured gets no outbox: where no channel is set nothing is sent.
    """
    settings = with_modules(with_database(settings))
    found: dict[str, str] = {}
    if settings.zoho is None:
        url = sandbox.start(settings.home)
        found |= {
            "zoho_api_url": url,
            "zoho_accounts_url": url,
            "zoho_client_id": SANDBOX_CREDENTIAL,
            "zoho_client_secret": SANDBOX_CREDENTIAL,
            "zoho_refresh_token": SANDBOX_CREDENTIAL,
        }
        if not configured(settings):
            found |= {
                "twilio_api_url": url,
                "twilio_account_sid": "AC" + "0" * 32,
                "twilio_auth_token": SANDBOX_CREDENTIAL,
                "twilio_whatsapp_number": SANDBOX_SENDER,
                "target_whatsapp_number": SANDBOX_READER,
            }
    return _with(settings, found)


def with_modules(settings: Settings) -> Settings:
    """Return settings that read the sandbox's activities too, where no module is named.

    In the environment too. With a CRM of your own, activities are read where ZOHO_MODULES names
    them: they cost credits.
    """
    if settings.zoho is not None or "zoho_modules" in settings.model_fields_set:
        return settings
    modules = tuple(dict.fromkeys((*settings.zoho_modules, *ACTIVITIES)))
    os.environ["ZOHO_MODULES"] = ",".join(modules)
    return settings.model_copy(update={"zoho_modules": modules})


def with_database(settings: Settings) -> Settings:
    """Return settings in which a database is configured, starting the embedded one if none is.

    Raises SettingsError when AHA_HOME cannot be used.
    """
    make_home(settings)
    if settings.database_url is not None:
        return settings
    return _with(settings, {"database_url": embedded.start(settings.home)})


def make_home(settings: Settings) -> None:
    """Create AHA_HOME, for its owner only. Raises SettingsError if that fails."""
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if settings.home.stat().st_uid == os.geteuid() and settings.home.stat().st_mode & 0o067:
            settings.home.chmod(0o700)  # records, logs and messages are nobody else's to read
    except OSError as error:
        raise SettingsError(
            f"AHA_HOME {settings.home} cannot be used ({error.strerror}): "
            "name a folder that you may write to."
        ) from None


def with_company(settings: Settings, timezone: str | None, currency: str | None) -> Settings:
    """Return settings with what is not set as the company has it; None: the default stays."""
    told = {"aha_timezone": timezone, "aha_currency": currency}
    found = {name: told[name] or getattr(settings, name) for name in settings.unset_of_company}
    os.environ[OF_COMPANY] = ",".join(found)
    return _with(settings, found)


def _with(settings: Settings, found: dict[str, str]) -> Settings:
    os.environ.update({name.upper(): value for name, value in found.items()})
    return settings.model_copy(update={name: _typed(name, text) for name, text in found.items()})


def _typed(name: str, text: str) -> str | SecretStr:
    return SecretStr(text) if _is_secret(Settings.model_fields[name].annotation) else text


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))
