"""What Zoho says about a company besides its records: currencies, hours, pipelines, users.

Sources: Zoho CRM API, "Get Organization", "Get Currencies", "Get Fiscal Year", "Business Hours",
"Holidays", "Layouts Metadata", "Get Pipelines in a Layout" and "Get Users". Currencies and users
are served in v2; what is newer is asked of v8. Each part may be switched off, missing in
the edition or outside the token's scope: then it is unknown, which is no error.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ModuleUnreadable, ZohoRefused

log = logging.getLogger(__name__)

# Served in v2 already; the rest is asked of v8.
PATHS_OF_V2 = ("org/currencies", "users")
HOLIDAY_YEARS_BACK = 2
USERS_PER_PAGE, MOST_PAGES = 200, 100

Row = Mapping[str, Any]


@dataclass(frozen=True)
class CompanyProfile:
    """The parts as Zoho sent them; None: not known.

    `layouts` are those of Deals, each with its `pipelines`. `holidays` are those of this year, the
    two before (in which today's leads may have come in) and the next. `users` are all that Zoho
    still has, with their `status`.
    """

    currencies: list[Row] | None = None
    fiscal_year: Row | None = None
    business_hours: Row | None = None
    holidays: list[Row] | None = None
    layouts: list[Row] | None = field(default=None)
    users: list[Row] | None = None


def read_company_profile(client: ZohoClient) -> CompanyProfile:
    """Return what the token may read of the company. Costs about 10 credits.

    Raises ZohoUnavailable.
    """
    fiscal_year = _read(client, "settings/fiscal_year", "fiscal_year")
    hours = _read(client, "settings/business_hours", "business_hours")
    return CompanyProfile(
        currencies=_rows(_read(client, "org/currencies", "currencies")),
        fiscal_year=fiscal_year if isinstance(fiscal_year, dict) else None,
        business_hours=hours if isinstance(hours, dict) else None,
        holidays=_holidays(client),
        layouts=_layouts(client),
        users=_users(client),
    )


def _holidays(client: ZohoClient) -> list[Row] | None:
    this_year = datetime.now(UTC).year
    found = []
    for year in range(this_year - HOLIDAY_YEARS_BACK, this_year + 2):
        params = {"type": "business_holiday", "year": year}
        rows = _rows(_read(client, "settings/holidays", "holidays", params))
        if rows is None and year == this_year:
            return None
        found += rows or []
    return found


def _layouts(client: ZohoClient) -> list[Row] | None:
    layouts = _rows(_read(client, "settings/layouts", "layouts", {"module": "Deals"}))
    if layouts is None:
        return None
    return [
        {
            "id": str(layout["id"]),
            "name": layout.get("name"),
            "pipelines": _rows(
                _read(client, "settings/pipeline", "pipeline", {"layout_id": layout["id"]})
            )
            or [],
        }
        for layout in layouts
        if layout.get("id")
    ]


def _users(client: ZohoClient) -> list[Row] | None:
    """Return every user; None unless all were listed, since a missing one counts as gone."""
    found: list[Row] = []
    for number in range(1, MOST_PAGES + 1):
        params = {"type": "AllUsers", "page": number, "per_page": USERS_PER_PAGE}
        rows = _rows(_read(client, "users", "users", params))
        if rows is None:
            return None
        found += [
            {"id": str(row["id"]), "status": row.get("status")} for row in rows if "id" in row
        ]
        if len(rows) < USERS_PER_PAGE:
            return found
    return None


def _read(
    client: ZohoClient, path: str, key: str, params: Mapping[str, object] | None = None
) -> object:
    try:
        response = client.get(
            path,
            params,
            version=client.version if path in PATHS_OF_V2 else "v8",
            credits=budget.METADATA,
        )
    except (ModuleUnreadable, ZohoRefused) as error:
        log.info("Zoho does not tell %s: %s", key.replace("_", " "), error)
        return None
    return response.body.get(key) if response else None


def _rows(value: object) -> list[Row] | None:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else None
