"""Delivery: the readers of each channel, and what the channel itself has to know."""

import re
from datetime import timedelta
from email.utils import parseaddr
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from aha_pipeline.settings.addresses import StandInAddress, encrypted, web_address
from aha_pipeline.settings.briefing import bare

TWILIO_GROUP = (
    "twilio_account_sid",
    "twilio_auth_token",
    "twilio_whatsapp_number",
    "target_whatsapp_number",
)
SMTP_GROUP = ("smtp_host", "smtp_from", "smtp_to")
SMTP_LOGIN = ("smtp_user", "smtp_password")
# The settings that name readers, in the order in which a message is handed on.
READERS = ("target_whatsapp_number", "smtp_to", "webhook_url")
# A number in digits of no other script, which Twilio would not know, or a business-scoped id.
WHATSAPP_ADDRESS = re.compile(r"\+[1-9][0-9]{6,14}|[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
EMAIL_ADDRESS = re.compile(r"[\w.!#$%&'*+/?^`{|}~-]+@[\w-]+(\.[\w-]+)+", re.ASCII)
TEMPLATE = re.compile(r"HX[0-9a-fA-F]{32}")


def targets(value: str | None) -> dict[str, str]:
    """Return the address of each reader of a comma-separated setting, by the reader's name.

    An address alone is a reader of that name; READER=ADDRESS gives one known by another address a
    further one. Blanks and `whatsapp:` are taken off.
    """
    found = {}
    for part in (value or "").split(","):
        name, separator, address = part.partition("=")
        if "://" in name or not separator:
            name = address = part
        if address := bare(address):
            found[bare(name)] = address
    return found


def _are_all(pattern: re.Pattern[str], value: str) -> bool:
    found = targets(value).values()
    return bool(found) and all(map(pattern.fullmatch, found))


def _numbers(value: str) -> str:
    if not _are_all(WHATSAPP_ADDRESS, value):
        raise ValueError(
            "must be a number with its country code, such as +919812345678, or WhatsApp's id "
            "of a reader with a username, such as IN.13491208655302741918"
        )
    return value


def _readers_by_email(value: str) -> str:
    if not _are_all(EMAIL_ADDRESS, value):
        raise ValueError("must be e-mail addresses, such as ceo@example.com")
    return value


def _sender(value: str) -> str:
    if not EMAIL_ADDRESS.fullmatch(parseaddr(value)[1]):
        raise ValueError("must be an e-mail address, such as Sales <sales@example.com>")
    return value


def _webhooks(value: SecretStr) -> SecretStr:
    for url in targets(value.get_secret_value()).values():
        encrypted(web_address(url))
    return value


def _template(value: str) -> str:
    if not TEMPLATE.fullmatch(value):
        raise ValueError("must be HX and 32 digits or letters a to f, as Twilio shows it")
    return value


Numbers = Annotated[str, AfterValidator(_numbers)]
Template = Annotated[str, AfterValidator(_template)]


class DeliverySettings(BaseModel):
    """Settings of the channels."""

    twilio_account_sid: str | None = Field(None, description="Twilio account, AC...")
    twilio_auth_token: SecretStr | None = Field(None, description="its token")
    twilio_whatsapp_number: Numbers | None = Field(None, description="sender, +14155238886")
    target_whatsapp_number: Numbers | None = Field(
        None, description="reader, +919812345678; several are separated by commas"
    )
    twilio_content_sid: Template | None = Field(
        None, description="approved template of the briefing, HX..."
    )
    twilio_alert_content_sid: Template | None = Field(
        None, description="approved template of the notice that a sync failed or is late, HX..."
    )
    twilio_api_url: StandInAddress | None = Field(
        None, description="only to point at a stand-in on this machine"
    )
    smtp_host: str | None = Field(None, description="mail server, smtp.example.com")
    smtp_port: int = Field(
        587, ge=1, le=65535, description="its port: 465 for TLS from the start, else with STARTTLS"
    )
    smtp_user: str | None = Field(None, description="login of the mail server, if it asks for one")
    smtp_password: SecretStr | None = Field(None, description="its password")
    smtp_from: Annotated[str, AfterValidator(_sender)] | None = Field(
        None, description="sender, sales@example.com or Sales <sales@example.com>"
    )
    smtp_to: Annotated[str, AfterValidator(_readers_by_email)] | None = Field(
        None,
        description="readers by e-mail, ceo@example.com, separated by commas; "
        "+919812345678=ceo@example.com for one who gets it where WhatsApp fails",
    )
    webhook_url: Annotated[SecretStr, AfterValidator(_webhooks)] | None = Field(
        None,
        description="incoming webhook of Slack or Teams, https://hooks.slack.com/..., several "
        "separated by commas; +919812345678=https://... where the other channels fail",
    )
    aha_escalate_after_minutes: int = Field(
        30,
        ge=1,
        le=1440,
        description="minutes after which a message that is not delivered goes by the next channel",
    )

    @model_validator(mode="after")
    def _check_readers(self) -> "DeliverySettings":
        """Refuse a further address of somebody who is not a reader."""
        known: set[str] = set()
        for name in READERS:
            found = self._readers(name)
            for reader, address in found.items():
                if reader != address and reader not in known:
                    raise ValueError(
                        f"{name.upper()} has an address for …{reader[-4:]}, who is no reader of "
                        "the settings before it: write the reader as there, or the address alone"
                    )
            known |= found.keys()
        return self

    @property
    def readers(self) -> set[str]:
        """The names of those who are written to, by any channel."""
        return {reader for name in READERS for reader in self._readers(name)}

    def _readers(self, name: str) -> dict[str, str]:
        value = getattr(self, name)
        return targets(value.get_secret_value() if isinstance(value, SecretStr) else value)

    @property
    def patience(self) -> timedelta:
        """How long a message may be undelivered before it goes by another channel."""
        return timedelta(minutes=self.aha_escalate_after_minutes)
