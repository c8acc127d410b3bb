"""The organisation's modules and fields, as Zoho describes them."""

from typing import Any

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ModuleUnreadable, ZohoRefused
from aha_pipeline.crm.responses import NO_SUCH_MODULE
from aha_pipeline.crm.stage_meanings import add_stage_meanings

RECORD_MODULE_TYPES = ("default", "custom")
# Not modules of their own: Activities lists Tasks, Events and Calls again.
WITHOUT_RECORDS = {"Activities"}


def read_modules(client: ZohoClient) -> tuple[str, ...]:
    """Return the API names of the modules that hold records this user may see through the API.

    Raises ZohoError.
    """
    response = client.get("settings/modules", credits=budget.METADATA)
    rows = (response.body.get("modules") or []) if response else []
    names = tuple(
        row["api_name"]
        for row in rows
        if row.get("api_supported", True)
        and row.get("viewable", True)
        and row.get("generated_type", "default") in RECORD_MODULE_TYPES
        and row["api_name"] not in WITHOUT_RECORDS
    )
    if not names:
        raise ZohoRefused(
            "Zoho named no module: grant the scope ZohoCRM.settings.READ, or name the modules in "
            "ZOHO_MODULES."
        )
    return names


def read_fields(client: ZohoClient, module: str) -> list[dict[str, Any]]:
    """Return the fields of a module as Zoho describes them; each has an `api_name`.

    Raises ZohoRefused if the token may not read them, ModuleUnreadable if there is no such module,
    and ZohoUnavailable.
    """
    params = {"module": module}
    try:
        response = client.get("settings/fields", params, module=module, credits=budget.METADATA)
    except ModuleUnreadable as error:
        if error.code == NO_SUCH_MODULE:
            raise
        raise ZohoRefused(
            f"The fields of {module} cannot be read: grant ZohoCRM.settings.READ ({error})"
        ) from None
    rows = (response.body.get("fields") or []) if response else []
    fields = [row for row in rows if row.get("api_name")]
    if module == "Deals":
        add_stage_meanings(client, fields)
    return fields


def count_records(client: ZohoClient, module: str) -> int:
    """Return how many records Zoho counts. Raises ZohoError.

    Which records it leaves out, converted leads for example, is not documented. v2 has no such
    call.
    """
    path = f"{module}/actions/count"
    response = client.get(path, module=module, version="v8", credits=budget.COUNT)
    return int(response.body["count"]) if response else 0
