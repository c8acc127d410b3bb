"""What a stand-in CRM holds besides its records, and the answers that describe it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from zoho_sandbox.ids import metadata_id
from zoho_sandbox.zoho.modules import Module
from zoho_sandbox.zoho.store import Store

LICENSES = 15
WORKING_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def _stand_still(_now: datetime) -> None:
    """Given records do not live on."""


def _all_there(_module: str) -> None:
    """Given records are there from the beginning."""


def _no_holidays(_year: int) -> Mapping[date, str]:
    return {}


@dataclass(frozen=True)
class Profile:
    """What a company is set to. `currencies`: further ones, with what one home unit is of them.

    `fiscal_month`: name of the month in which the fiscal year begins. `opens` and `closes`: HH:MM,
    on each of `business_days`; `timings` has the days on which they differ. `hours_type`: custom,
    24*7 or 24*5, or None where nothing is set. `holidays`: those of a year, by date.
    """

    time_zone: str = "Asia/Kolkata"
    currency: str = "INR"
    currencies: Mapping[str, str] = field(default_factory=dict)
    fiscal_month: str = "APRIL"
    business_days: tuple[str, ...] = WORKING_DAYS
    opens: str = "10:00"
    closes: str = "18:30"
    timings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    hours_type: str | None = "custom"
    holidays: Callable[[int], Mapping[date, str]] = _no_holidays

    def business_hours(self) -> dict | None:
        """Return the hours as `settings/business_hours` answers them; None where none are set."""
        if self.hours_type is None:
            return None
        is_custom = self.hours_type == "custom"
        usual = (self.opens, self.closes)
        return {
            "id": metadata_id("business hours"),
            "type": self.hours_type,
            "week_starts_on": "Monday",
            "business_days": list(self.business_days),
            "same_as_everyday": not self.timings if is_custom else None,
            "daily_timing": list(usual) if is_custom and not self.timings else None,
            "custom_timing": [
                {"days": day, "business_timing": list(self.timings.get(day, usual))}
                for day in self.business_days
            ]
            if is_custom and self.timings
            else None,
        }

    def holiday_rows(self, year: int) -> list[dict]:
        """Return the holidays of a year as `settings/holidays` answers them."""
        return [
            {
                "date": day.isoformat(),
                "year": day.year,
                "name": name,
                "id": metadata_id(f"holiday {day}"),
                "type": "business_holiday",
                "shift_hour": None,
            }
            for day, name in sorted(self.holidays(year).items())
        ]

    def currency_rows(self) -> list[dict]:
        """Return the currencies as `org/currencies` answers them; none where one is in use."""
        rates = {self.currency: "1.000000000", **self.currencies} if self.currencies else {}
        return [
            {
                "id": metadata_id(f"Currency.{code}"),
                "iso_code": code,
                "name": code,
                "symbol": code,
                "is_base": code == self.currency,
                "is_active": True,
                "exchange_rate": rate,
                "prefix_symbol": True,
                "exchange_rate_auto_update": False,
                "exchange_rate_updated_time": "2026-01-01T00:00:00+05:30",
            }
            for code, rate in rates.items()
        ]


@dataclass
class Organisation:
    """An organisation: its records and modules, its present users, how it lives on, its profile.

    `open_module` is told of each module before its records are read.
    """

    name: str
    store: Store
    modules: Mapping[str, Module]
    users: Callable[[], list[dict]]
    advance: Callable[[datetime], None] = _stand_still
    profile: Profile = Profile()
    open_module: Callable[[str], None] = _all_there

    def metadata(self) -> dict:
        """Return the organisation as `org` answers it."""
        return {
            "id": metadata_id(f"org {self.name}"),
            "zgid": metadata_id(f"zgid {self.name}")[-10:],
            "company_name": self.name,
            "domain_name": f"org{metadata_id(f'zgid {self.name}')[-10:]}",
            "primary_email": "admin@example.com",
            "country": "India",
            "country_code": "IN",
            "time_zone": self.profile.time_zone,
            "currency": "Indian Rupee",
            "currency_symbol": "₹",
            "iso_code": self.profile.currency,
            "currency_locale": "en_IN",
            "mc_status": bool(self.profile.currencies),
            "license_details": {
                "paid": True,
                "paid_type": "enterprise",
                "users_license_purchased": LICENSES,
            },
        }


def user_metadata(reference: dict, role: str, active: bool = True) -> dict:
    """Return a user as `users` answers one; `reference` is its name, id and e-mail."""
    first, _, last = reference["name"].rpartition(" ")
    return {
        "id": reference["id"],
        "first_name": first or None,
        "last_name": last,
        "full_name": reference["name"],
        "email": reference.get("email"),
        "status": "active" if active else "disabled",
        "confirm": True,
        "role": {"name": role, "id": metadata_id(f"role {role}")},
        "profile": {"name": "Standard", "id": metadata_id("profile Standard")},
        "time_zone": "Asia/Kolkata",
        "locale": "en_IN",
        "country": "IN",
    }
