"""Every environment variable of the product: typed, validated and documented once.

A file for each subject. Values come from the environment, then from `.env` in the working
directory. Nothing has to be set: what is missing is replaced by an embedded or sandbox service
(see `local.py`).
"""

from typing import Any

from pydantic import ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from aha_pipeline.settings.addresses import is_loopback
from aha_pipeline.settings.briefing import BriefingSettings
from aha_pipeline.settings.company import CompanySettings
from aha_pipeline.settings.database import DatabaseSettings
from aha_pipeline.settings.delivery import (
    SMTP_GROUP,
    SMTP_LOGIN,
    TWILIO_GROUP,
    DeliverySettings,
    targets,
)
from aha_pipeline.settings.errors import SettingsError
from aha_pipeline.settings.operation import OperationSettings
from aha_pipeline.settings.screens import ScreenSettings, is_listed
from aha_pipeline.settings.zoho import ALL_MODULES, ZOHO_GROUP, ZohoSettings

__all__ = [
    "ALL_MODULES",
    "Settings",
    "SettingsError",
    "is_listed",
    "is_loopback",
    "load",
    "targets",
]

# Groups set as a whole or not at all, and what an unset one means.
GROUPS = (
    (ZOHO_GROUP, "the sandbox"),
    (TWILIO_GROUP, "no real message"),
    (SMTP_GROUP, "no e-mail"),
    (SMTP_LOGIN, "a server that asks for no login"),
)


class Settings(
    OperationSettings,
    ScreenSettings,
    DeliverySettings,
    BriefingSettings,
    CompanySettings,
    DatabaseSettings,
    ZohoSettings,
    BaseSettings,
):
    """The validated settings of one process. Field names are the variables' names in lower case."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _strip_quotes(cls, value: object) -> object:
        """Take off what copying adds: blanks, a carriage return, a pair of quotes."""
        if not isinstance(value, str):
            return value
        value = value.strip()
        is_quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
        return value[1:-1].strip() if is_quoted else value

    @model_validator(mode="after")
    def _check_groups(self) -> "Settings":
        for group, without in GROUPS:
            missing = [name for name in group if getattr(self, name) is None]
            if missing and len(missing) < len(group):
                wanted = " and ".join(f"{name.upper()} ({_description(name)})" for name in missing)
                present = " and ".join(name.upper() for name in group if name not in missing)
                raise ValueError(
                    f"{present} set without {wanted}: set all of the group, or none for {without}"
                )
        return self

    @model_validator(mode="after")
    def _check_languages(self) -> "Settings":
        """Refuse a language for somebody who is not a reader."""
        unknown = self.language_of_readers.keys() - self.readers
        if self.readers and unknown:
            raise ValueError(
                f"BRIEFING_LANGUAGE names …{min(unknown)[-4:]}, who is no reader: write the reader "
                "as in TARGET_WHATSAPP_NUMBER or SMTP_TO"
            )
        return self


def load(**given: str) -> Settings:
    """Return the settings of this process; `given` ones override the environment and `.env`.

    Raises SettingsError with one sentence that names each wrong variable and what it should hold.
    """
    values: dict[str, Any] = dict(given)
    try:
        return Settings(**values)
    except UnicodeDecodeError:
        raise SettingsError(".env is not a text in UTF-8: write it again as one.") from None
    except ValidationError as error:
        wrong = {one["loc"][:1]: one for one in reversed(error.errors())}  # the first of each
        raise SettingsError("; ".join(map(_sentence, reversed(wrong.values())))) from None


def _sentence(error: ErrorDetails) -> str:
    """Return one validation error as words; pydantic's own text never holds the value here."""
    text = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return text
    name = str(error["loc"][0])
    return f"{name.upper()} is wrong: {text} ({_description(name)})"


def _description(name: str) -> str | None:
    return Settings.model_fields[name].description
