"""What a stand-in CRM holds besides its records, and the answers that describe it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from zoho_sandbox.ids import metadata_id
from zoho_sandbox.zoho.modules import Module
from zoho_sandbox.zoho.store import Store

LICENSES = 15


def _stand_still(_now: datetime) -> None:
    """Given records do not live on."""


@dataclass(frozen=True)
class Organisation:
    """An organisation: its records and modules, its present users, and how it lives on."""

    name: str
    store: Store
    modules: Mapping[str, Module]
    users: Callable[[], list[dict]]
    advance: Callable[[datetime], None] = _stand_still

    def metadata(self) -> dict:
        """Return the organisation as `org` answers it."""
        return {
            "id": metadata_id(f"org {self.name}"),
            "zgid": metadata_id(f"zgid {self.name}")[-10:],
            "company_name": self.name,
            "primary_email": "admin@example.com",
            "country": "India",
            "country_code": "IN",
            "time_zone": "Asia/Kolkata",
            "currency": "Indian Rupee",
            "currency_symbol": "₹",
            "iso_code": "INR",
            "currency_locale": "en_IN",
            "mc_status": False,
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
