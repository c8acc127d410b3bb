"""What a stand-in CRM holds besides its records, and the answers that describe it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from zoho_sandbox.ids import metadata_id
from zoho_sandbox.zoho.modules import Module
from zoho_sandbox.zoho.store import Store

LICENSES = 15
WORKING_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def _stand_still(_now: datetime) -> None:
    """Given records do not live on."""


@dataclass(frozen=True)
class Profile:
    """What a company is set to. `currencies`: further ones, with what one home unit is of them.

    `fiscal_month`: name of the month in which the fiscal year begins.
    """

    time_zone: str = "Asia/Kolkata"
    currency: str = "INR"
    currencies: Mapping[str, str] = field(default_factory=dict)
    fiscal_month: str = "APRIL"
    business_days: tuple[str, ...] = WORKING_DAYS

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
    """An organisation: its records and modules, its present users, how it lives on, its profile."""

    name: str
    store: Store
    modules: Mapping[str, Module]
    users: Callable[[], list[dict]]
    advance: Callable[[datetime], None] = _stand_still
    profile: Profile = Profile()

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
