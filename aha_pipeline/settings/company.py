"""The company: where its day begins, what it counts in, when it is synced and since when."""

import os
import re
from datetime import date, datetime, time
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import is_currency
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationInfo

TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
# In the environment: which of these settings this process was given by its parent, as Zoho says
# them, and by nobody else.
OF_COMPANY = "AHA_OF_COMPANY"
DAY = re.compile(r"(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be the name of a time zone, such as Asia/Kolkata") from None
    return name


def _currency(code: str) -> str:
    if not is_currency(code):
        raise ValueError("must be a currency code of ISO 4217, such as INR")
    return code


def _written_time(value: object) -> object:
    if isinstance(value, str) and not TIME.fullmatch(value):
        raise ValueError("must be a time of day such as 08:00")
    return value


def _written_day(value: object) -> object:
    if isinstance(value, str) and not DAY.fullmatch(value):
        raise ValueError("must be a day such as 2026-01-31")
    return value


def _not_in_the_future(day: date, info: ValidationInfo) -> date:
    zone = info.data.get("aha_timezone")  # missing where it is wrong itself
    if zone and day > datetime.now(ZoneInfo(zone)).date():
        raise ValueError("must not be in the future")
    return day


TimeZone = Annotated[str, AfterValidator(_timezone)]
Currency = Annotated[str, AfterValidator(_currency)]
TimeOfDay = Annotated[time, BeforeValidator(_written_time)]
PastDay = Annotated[date, BeforeValidator(_written_day), AfterValidator(_not_in_the_future)]


class CompanySettings(BaseModel):
    """Settings of the company."""

    aha_timezone: TimeZone = Field(
        "Asia/Kolkata",
        description="time zone of the business day; by default the organisation's own in Zoho",
    )
    aha_start_date: PastDay = Field(
        date(2026, 1, 1), description="first daily partition; it also holds everything older"
    )
    aha_daily_at: TimeOfDay = Field(time(8, 0), description="time of the daily sync, HH:MM")
    aha_currency: Currency = Field(
        "INR",
        description="currency of the figures, ISO 4217; by default the organisation's own in Zoho",
    )
    aha_exchange_rate: Literal["multiply", "divide"] | None = Field(
        None,
        description="how an amount becomes one in AHA_CURRENCY by the Exchange_Rate of its record: "
        "multiply or divide; by default as the rates themselves show",
    )

    @property
    def unset_of_company(self) -> tuple[str, ...]:
        """What nobody has set and the company itself knows: its time zone, its currency.

        It stays unset when it is filled in, for the company may change it.
        """
        company = ("aha_timezone", "aha_currency")
        filled_in = os.environ.get(OF_COMPANY, "").split(",")
        return tuple(
            name for name in company if name not in self.model_fields_set or name in filled_in
        )

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone of the business day."""
        return ZoneInfo(self.aha_timezone)
