"""Which organisation a connection reads, and what its edition allows.

Source: Zoho CRM API, "API limits": credits in 24 hours and simultaneous calls of each edition.
"""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from babel.numbers import list_currencies

from aha_pipeline.crm.client import FIRST_CALL_ATTEMPTS, ZohoClient
from aha_pipeline.crm.errors import ZohoRefused


@dataclass(frozen=True)
class Edition:
    """Credits in 24 hours (`credits`, and `per_user` for each user) and calls at a time."""

    credits: int
    per_user: int
    concurrency: int


EDITIONS = {
    "free": Edition(5_000, 0, 5),
    "standard": Edition(50_000, 250, 10),
    "starter": Edition(50_000, 250, 10),
    "professional": Edition(50_000, 500, 15),
    "enterprise": Edition(50_000, 1_000, 20),
    "zohoone": Edition(50_000, 1_000, 20),
    "ultimate": Edition(50_000, 2_000, 25),
    "crmplus": Edition(50_000, 2_000, 25),
}
UNKNOWN_EDITION = Edition(50_000, 0, 5)


@dataclass(frozen=True)
class Organisation:
    """Zoho's id of an organisation, its name, and what its edition allows.

    `daily_credits` are API credits in 24 hours, `concurrency` calls at a time. `timezone` is a name
    of the IANA database and `currency`, the home currency, of ISO 4217; None where Zoho names none.
    `domain`: the organisation's part of web addresses, such as org123.
    """

    id: str
    name: str
    daily_credits: int = UNKNOWN_EDITION.credits
    concurrency: int = UNKNOWN_EDITION.concurrency
    timezone: str | None = None
    currency: str | None = None
    domain: str | None = None


def read_organisation(client: ZohoClient) -> Organisation:
    """Return the organisation of the token. Raises ZohoError."""
    response = client.get("org", attempts=FIRST_CALL_ATTEMPTS)
    rows = response.body.get("org") if response is not None else None
    if not rows:
        raise ZohoRefused(
            "Zoho did not say which organisation this is: grant the scope ZohoCRM.org.READ."
        )
    row = rows[0]
    licence = row.get("license_details") or {}
    plan = "".join(c for c in str(licence.get("paid_type", "")).lower() if c.isalpha())
    edition = EDITIONS.get(plan, UNKNOWN_EDITION)
    return Organisation(
        id=str(row["id"]),
        name=str(row.get("company_name") or row["id"]),
        daily_credits=edition.credits + edition.per_user * _users(licence),
        concurrency=edition.concurrency,
        timezone=_known(row.get("time_zone"), available_timezones()),
        currency=_known(row.get("iso_code"), list_currencies()),
        domain=_domain(row.get("domain_name")),
    )


def _known(name: object, names: Container[str]) -> str | None:
    return name if isinstance(name, str) and name in names else None


def _domain(name: object) -> str | None:
    """Return the name where it can be a part of a path, as Zoho's are: org686549055."""
    return name if isinstance(name, str) and name.isascii() and name.isalnum() else None


def _users(licence: dict[str, Any]) -> int:
    count = licence.get("users_license_purchased")
    return count if isinstance(count, int) else 0
