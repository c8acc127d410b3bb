"""Every environment variable of the product: typed, validated and documented once.

Values come from the environment, then from `.env` in the working directory. Nothing has to be
set: what is missing is replaced by an embedded or sandbox service (see `local.py`).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.utils import parseaddr
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import is_currency
from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from aha_pipeline.database_address import for_sessions, with_tls, without_foreign_parameters

ZOHO_GROUP = ("zoho_client_id", "zoho_client_secret", "zoho_refresh_token")
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
API_VERSIONS = ("v2", "v8")
ALL_MODULES = ("all",)
# Zoho's own modules by API name, which is one of theirs in no other case (Zoho CRM API, "modules").
STANDARD_MODULES = {
    name.lower(): name
    for name in (
        "Leads", "Accounts", "Contacts", "Deals", "Campaigns", "Tasks", "Events", "Calls", "Cases",
        "Solutions", "Products", "Vendors", "Price_Books", "Quotes", "Sales_Orders",
        "Purchase_Orders", "Invoices", "Notes", "Attachments", "Appointments__s", "Services__s",
    )
}  # fmt: skip
API_PATHS = re.compile(r"/(crm|oauth)(/v[\d.]+)?(/token|/auth)?/?")
# A number in digits of no other script, which Twilio would not know, or a business-scoped id.
WHATSAPP_ADDRESS = re.compile(r"\+[0-9]{7,15}|[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
EMAIL_ADDRESS = re.compile(r"[\w.!#$%&'*+/?^`{|}~-]+@[\w-]+(\.[\w-]+)+", re.ASCII)
LANGUAGES = Path(__file__).parent / "briefing" / "languages"


class SettingsError(ValueError):
    """A setting is missing or wrong; the text is one sentence a person can act on."""


@dataclass(frozen=True)
class ZohoSettings:
    """What Zoho knows this installation by."""

    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr


class Settings(BaseSettings):
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

    zoho_client_id: str | None = Field(None, description="client id of a self client")
    zoho_client_secret: SecretStr | None = Field(None, description="its secret")
    zoho_refresh_token: SecretStr | None = Field(None, description="its refresh token")
    zoho_accounts_url: str = Field(
        "https://accounts.zoho.in",
        description="accounts server of your data centre: .in .com .eu .com.au .jp .com.cn .sa "
        ".uk .ae, "
        "or https://accounts.zohocloud.ca",
    )
    zoho_api_url: str | None = Field(
        None, description="API server; by default the one that the token answer names"
    )
    zoho_api_version: str = Field("v2", description="API version")
    zoho_modules: Annotated[tuple[str, ...], NoDecode] = Field(
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
    database_url: SecretStr | None = Field(
        None, description="PostgreSQL 15 or later, postgresql://user:password@host:5432/name"
    )
    database_session_url: SecretStr | None = Field(
        None,
        description="only where DATABASE_URL is a pooler in transaction mode: a direct or session "
        "mode address of the same database, for migrations and for Dagster's own tables",
    )
    ollama_base_url: str = Field("http://127.0.0.1:11434", description="the Ollama server")
    ollama_model: str = Field("mistral", description="the model that words the briefing")
    briefing_language: str = Field(
        "en",
        description="language of the briefing, en or hi; for single readers append theirs: "
        "en, +919812345678=hi",
    )
    briefing_names: Literal["full", "initials", "none"] = Field(
        "initials",
        description="customers' names in messages: full, initials for persons' names, or none; "
        "the dashboard shows them whole",
    )
    twilio_account_sid: str | None = Field(None, description="Twilio account, AC...")
    twilio_auth_token: SecretStr | None = Field(None, description="its token")
    twilio_whatsapp_number: str | None = Field(None, description="sender, +14155238886")
    target_whatsapp_number: str | None = Field(
        None, description="reader, +919812345678; several are separated by commas"
    )
    twilio_content_sid: str | None = Field(
        None, description="approved template of the briefing, HX..."
    )
    twilio_alert_content_sid: str | None = Field(
        None, description="approved template of the notice that a sync failed or is late, HX..."
    )
    twilio_api_url: str | None = Field(
        None, description="only to point at a stand-in on this machine"
    )
    smtp_host: str | None = Field(None, description="mail server, smtp.example.com")
    smtp_port: int = Field(
        587, ge=1, le=65535, description="its port: 465 for TLS from the start, else with STARTTLS"
    )
    smtp_user: str | None = Field(None, description="login of the mail server, if it asks for one")
    smtp_password: SecretStr | None = Field(None, description="its password")
    smtp_from: str | None = Field(
        None, description="sender, sales@example.com or Sales <sales@example.com>"
    )
    smtp_to: str | None = Field(
        None,
        description="readers by e-mail, ceo@example.com, separated by commas; "
        "+919812345678=ceo@example.com for one who gets it where WhatsApp fails",
    )
    webhook_url: SecretStr | None = Field(
        None,
        description="incoming webhook of Slack or Teams, https://hooks.slack.com/..., several "
        "separated by commas; +919812345678=https://... where the other channels fail",
    )
    aha_home: Path = Field(
        Path(".aha"), description="embedded database, Dagster home, logs, sandbox outbox"
    )
    aha_timezone: str = Field(
        "Asia/Kolkata",
        description="time zone of the business day; by default the organisation's own in Zoho",
    )
    aha_start_date: date = Field(
        date(2026, 1, 1), description="first daily partition; it also holds everything older"
    )
    aha_escalate_after_minutes: int = Field(
        30,
        ge=1,
        le=1440,
        description="minutes after which a message that is not delivered goes by the next channel",
    )
    aha_daily_at: time = Field(time(8, 0), description="time of the daily sync, HH:MM")
    aha_keep_logs_days: int = Field(
        400, ge=35, description="days to keep logs of failed reads, old facts and steps of runs"
    )
    aha_keep_versions_days: int | None = Field(
        None,
        ge=35,
        description="days to keep former contents of records other than leads and deals; "
        "by default they are kept for ever",
    )
    aha_keep_personal_days: int | None = Field(
        None,
        ge=1,
        description="days after which a lost, junk or deleted lead loses its personal fields; by "
        "default it keeps them",
    )
    aha_purge_after_days: int | None = Field(
        None,
        ge=0,
        le=3650,
        description="days from `aha forget` until what it suppressed is deleted for good: your "
        "counsel's choice, 0 for at once; by default it stays sealed until this is set",
    )
    aha_currency: str = Field(
        "INR",
        description="currency of the figures, ISO 4217; by default the organisation's own in Zoho",
    )
    aha_exchange_rate: Literal["multiply", "divide"] | None = Field(
        None,
        description="how an amount becomes one in AHA_CURRENCY by the Exchange_Rate of its record: "
        "multiply or divide; by default as the rates themselves show",
    )
    aha_dashboard_database_url: SecretStr | None = Field(
        None,
        description="the same database for a login that may only read, with which the dashboard "
        "connects; by default it connects as DATABASE_URL and steps down",
    )
    aha_dashboard_address: str = Field(
        "127.0.0.1",
        description="address on which `aha up` serves the dashboard; with a login any, "
        "0.0.0.0 for all",
    )
    aha_dashboard_url: str = Field(
        "http://127.0.0.1:8501",
        description="address at which readers open the dashboard; messages link to it",
    )
    aha_dashboard_viewers: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="who may log in to the dashboard: e-mail addresses, or @example.com for all "
        "of a domain, separated by commas",
    )
    aha_dashboard_raw_viewers: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="who of them may see single records too, written alike; by default nobody",
    )
    aha_ui_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="names by which browsers reach Dagster's UI where a proxy stands before it, "
        "such as dagster.example.com, separated by commas; by default this machine's alone",
    )

    aha_heartbeat_url: SecretStr | None = Field(
        None,
        description="address that `aha up` gets once a minute while all is well, of a service that "
        "raises the alarm when the beat stops",
    )

    @field_validator(
        "zoho_modules",
        "aha_dashboard_viewers",
        "aha_dashboard_raw_viewers",
        "aha_ui_hosts",
        mode="before",
    )
    @classmethod
    def _split_names(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))

    # Before all others: of those that run first, pydantic calls the last one defined first.
    @field_validator("*", mode="before")
    @classmethod
    def _strip_quotes(cls, value: object) -> object:
        """Take off what copying adds: blanks, a carriage return, a pair of quotes."""
        if not isinstance(value, str):
            return value
        value = value.strip()
        is_quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
        return value[1:-1].strip() if is_quoted else value

    @field_validator("zoho_modules")
    @classmethod
    def _check_modules(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        value = tuple(STANDARD_MODULES.get(name.lower(), name) for name in value)
        if not value:
            raise ValueError("name at least one module, for example Leads,Deals")
        if len(value) == 1 and value[0].lower() == "all":
            return ALL_MODULES
        if "all" in value and value != ALL_MODULES:
            raise ValueError("either names modules or says all")
        if len({name.lower() for name in value}) < len(value):
            raise ValueError("names a module twice")
        for name in value:
            if not name.isidentifier() or not name.isascii():
                raise ValueError(f"{name!r} is not the API name of a module, for example Leads")
        return value

    @field_validator("zoho_api_version")
    @classmethod
    def _check_version(cls, value: str) -> str:
        if value not in API_VERSIONS:
            raise ValueError(f"must be {' or '.join(API_VERSIONS)}: other versions are not read")
        return value

    @field_validator("zoho_accounts_url", "zoho_api_url", "ollama_base_url", "twilio_api_url")
    @classmethod
    def _check_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address such as https://host or http://127.0.0.1:8700")
        if parts.username or parts.password:
            raise ValueError("must not hold a user name or password")
        return value.rstrip("/")

    @field_validator("zoho_accounts_url", "zoho_api_url")
    @classmethod
    def _cut_path(cls, value: str | None) -> str | None:
        """Cut off the path of the API, with which Zoho's documentation shows its servers."""
        parts = urlsplit(value or "")
        if API_PATHS.fullmatch(parts.path):
            return f"{parts.scheme}://{parts.netloc}"
        if parts.path or parts.query or parts.fragment:
            raise ValueError("must be the server alone, such as https://www.zohoapis.in")
        return value

    @field_validator("zoho_accounts_url", "zoho_api_url")
    @classmethod
    def _check_encrypted(cls, value: str | None) -> str | None:
        if value and value.startswith("http://") and not is_loopback(value):
            raise ValueError("must be https, because it carries credentials")
        return value

    @field_validator("aha_heartbeat_url")
    @classmethod
    def _check_heartbeat(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            cls._check_encrypted(cls._check_url(value.get_secret_value()))
        return value

    @field_validator("twilio_api_url")
    @classmethod
    def _check_stand_in(cls, value: str | None) -> str | None:
        if value and not is_loopback(value):
            raise ValueError("may only point at a stand-in on this machine; leave it unset")
        return value

    @field_validator("database_url", "database_session_url", "aha_dashboard_database_url")
    @classmethod
    def _check_database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value.get_secret_value())
            complete = parts.scheme in ("postgresql", "postgres") and len(parts.path) > 1
            complete = complete and parts.netloc.count("@") <= 1 and parts.port != 0
        except ValueError:
            complete = False
        if not complete:
            raise ValueError(
                "must look like postgresql://user:password@host:5432/name, "
                "with special characters percent-encoded (@ is %40)"
            )
        return SecretStr(with_tls(without_foreign_parameters(value.get_secret_value())))

    @field_validator("twilio_whatsapp_number", "target_whatsapp_number")
    @classmethod
    def _check_numbers(cls, value: str | None) -> str | None:
        found = targets(value).values()
        if (value is not None and not found) or not all(map(WHATSAPP_ADDRESS.fullmatch, found)):
            raise ValueError(
                "must be a number with its country code, such as +919812345678, or WhatsApp's id "
                "of a reader with a username, such as IN.13491208655302741918"
            )
        return value

    @field_validator("smtp_to")
    @classmethod
    def _check_readers_by_email(cls, value: str | None) -> str | None:
        found = targets(value).values()
        if (value is not None and not found) or not all(map(EMAIL_ADDRESS.fullmatch, found)):
            raise ValueError("must be e-mail addresses, such as ceo@example.com")
        return value

    @field_validator("smtp_from")
    @classmethod
    def _check_sender_of_email(cls, value: str | None) -> str | None:
        if value is not None and not EMAIL_ADDRESS.fullmatch(parseaddr(value)[1]):
            raise ValueError("must be an e-mail address, such as Sales <sales@example.com>")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _check_webhook(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            for url in targets(value.get_secret_value()).values():
                cls._check_encrypted(cls._check_url(url))
        return value

    @field_validator("twilio_content_sid", "twilio_alert_content_sid")
    @classmethod
    def _check_template(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"HX[0-9a-fA-F]{32}", value):
            raise ValueError("must be HX and 32 digits or letters a to f, as Twilio shows it")
        return value

    @field_validator("aha_timezone")
    @classmethod
    def _check_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("must be the name of a time zone, such as Asia/Kolkata") from None
        return value

    @field_validator("aha_currency")
    @classmethod
    def _check_currency(cls, value: str) -> str:
        if not is_currency(value):
            raise ValueError("must be a currency code of ISO 4217, such as INR")
        return value

    @field_validator("aha_dashboard_address")
    @classmethod
    def _check_address(cls, value: str) -> str:
        try:
            return value if value == "localhost" else str(ip_address(value))
        except ValueError:
            raise ValueError("must be an IP address, such as 0.0.0.0") from None

    @field_validator("aha_dashboard_url")
    @classmethod
    def _check_dashboard_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address such as https://sales.example.com")
        return value.rstrip("/")

    @field_validator("briefing_language")
    @classmethod
    def _check_language(cls, value: str) -> str:
        known = sorted(path.stem for path in LANGUAGES.glob("??.toml"))
        default, readers = languages_of(value)
        for code in (default, *readers.values()):
            if code not in known:
                raise ValueError(f"must name languages that there are: {', '.join(known)}")
        return value

    @field_validator("aha_dashboard_viewers", "aha_dashboard_raw_viewers")
    @classmethod
    def _check_viewers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for viewer in value:
            if not re.fullmatch(r"[^@\s]*@[^@\s]+\.[^@\s]+", viewer):
                raise ValueError(f"{viewer!r} is neither an e-mail address nor @ and a domain")
        return tuple(viewer.lower() for viewer in value)

    @field_validator("aha_ui_hosts")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]", host):
                raise ValueError(f"{host!r} is not the name of a host, without scheme and port")
        return value

    @field_validator("aha_daily_at", mode="before")
    @classmethod
    def _check_time(cls, value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
            raise ValueError("must be a time of day such as 08:00")
        return value

    @field_validator("aha_start_date", mode="before")
    @classmethod
    def _check_date(cls, value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(r"(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError("must be a day such as 2026-01-31")
        return value

    @field_validator("aha_start_date")
    @classmethod
    def _check_start(cls, value: date, info: ValidationInfo) -> date:
        zone = info.data.get("aha_timezone")  # missing where it is wrong itself
        if zone and value > datetime.now(ZoneInfo(zone)).date():
            raise ValueError("must not be in the future")
        return value

    @model_validator(mode="after")
    def _check_groups(self) -> "Settings":
        for group, without in (
            (ZOHO_GROUP, "the sandbox"),
            (TWILIO_GROUP, "no real message"),
            (SMTP_GROUP, "no e-mail"),
            (SMTP_LOGIN, "a server that asks for no login"),
        ):
            missing = [name for name in group if getattr(self, name) is None]
            if missing and len(missing) < len(group):
                wanted = " and ".join(
                    f"{name.upper()} ({type(self).model_fields[name].description})"
                    for name in missing
                )
                present = " and ".join(name.upper() for name in group if name not in missing)
                raise ValueError(
                    f"{present} set without {wanted}: set all of the group, or none for {without}"
                )
        return self

    @model_validator(mode="after")
    def _check_readers(self) -> "Settings":
        """Refuse a further address, or a language, of somebody who is no reader."""
        known: set[str] = set()
        for name in READERS:
            value = getattr(self, name)
            text = value.get_secret_value() if isinstance(value, SecretStr) else value
            found = targets(text)
            for reader, address in found.items():
                if reader != address and reader not in known:
                    raise ValueError(
                        f"{name.upper()} has an address for …{reader[-4:]}, who is no reader of "
                        "the settings before it: write the reader as there, or the address alone"
                    )
            known |= found.keys()
        unknown = languages_of(self.briefing_language)[1].keys() - known
        if known and unknown:
            raise ValueError(
                f"BRIEFING_LANGUAGE names …{min(unknown)[-4:]}, who is no reader: write the reader "
                "as in TARGET_WHATSAPP_NUMBER or SMTP_TO"
            )
        return self

    @property
    def zoho(self) -> ZohoSettings | None:
        """The CRM, where one is configured."""
        if not (self.zoho_client_id and self.zoho_client_secret and self.zoho_refresh_token):
            return None
        return ZohoSettings(self.zoho_client_id, self.zoho_client_secret, self.zoho_refresh_token)

    @property
    def is_sandbox(self) -> bool:
        """Whether the configured CRM is a stand-in on this machine."""
        return is_loopback(self.zoho_api_url or self.zoho_accounts_url)

    @property
    def database_address(self) -> str:
        """The database's address, password and all. Raises SettingsError where none is set.

        `local.with_database` sets it: what runs after that need not ask.
        """
        if self.database_url is None:
            raise SettingsError("DATABASE_URL is not set: name the database.")
        return self.database_url.get_secret_value()

    @property
    def dashboard_url(self) -> str:
        """The database's address for the dashboard. Raises as `database_address` does."""
        if self.aha_dashboard_database_url is not None:
            return self.aha_dashboard_database_url.get_secret_value()
        return self.database_address

    @property
    def session_url(self) -> str:
        """The database's address for what needs a session of its own. Raises SettingsError."""
        if self.database_session_url is not None:
            return self.database_session_url.get_secret_value()
        return for_sessions(self.database_address)

    @property
    def unset_of_company(self) -> tuple[str, ...]:
        """What nobody has set and the company itself knows: its time zone, its currency."""
        company = ("aha_timezone", "aha_currency")
        return tuple(name for name in company if name not in self.model_fields_set)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that a briefing is written in, the default first."""
        default, readers = languages_of(self.briefing_language)
        return tuple(dict.fromkeys((default, *readers.values())))

    def language_of(self, reader: str) -> str:
        """Return the language in which a reader is written to."""
        default, readers = languages_of(self.briefing_language)
        return readers.get(reader, default)

    @property
    def patience(self) -> timedelta:
        """How long a message may be undelivered before it goes by another channel."""
        return timedelta(minutes=self.aha_escalate_after_minutes)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone of the business day."""
        return ZoneInfo(self.aha_timezone)

    @cached_property
    def home(self) -> Path:
        """`AHA_HOME` as an absolute path."""
        return self.aha_home.expanduser().resolve()


def load(**given: str) -> Settings:
    """Return the settings of this process; `given` ones stand above those that are set.

    Raises SettingsError with one sentence that names each wrong variable and what it should hold.
    """
    values: dict[str, Any] = dict(given)
    try:
        return Settings(**values)
    except UnicodeDecodeError:
        raise SettingsError(".env is not a text in UTF-8: write it again as one.") from None
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(e) for e in error.errors())) from None


def is_loopback(url: str) -> bool:
    """Return whether the host of `url` is this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
        if address := _bare(address):
            found[_bare(name)] = address
    return found


def _bare(address: str) -> str:
    return "".join(address.split()).removeprefix("whatsapp:")


def languages_of(value: str) -> tuple[str, dict[str, str]]:
    """Return the default language of `en, +919812345678=hi`, and those of single readers."""
    default, readers = "en", {}
    for part in (part.strip() for part in value.split(",")):
        reader, separator, code = part.rpartition("=")
        if separator:
            readers[_bare(reader)] = code.strip()
        else:
            default = code
    return default, readers


def _sentence(error: ErrorDetails) -> str:
    """Return one validation error as words; pydantic's own text never holds the value here."""
    text = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return text
    name = str(error["loc"][0])
    hint = Settings.model_fields[name].description
    return f"{name.upper()} is wrong: {text} ({hint})"
