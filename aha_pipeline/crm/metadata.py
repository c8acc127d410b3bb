"""The organisation's modules and fields, as Zoho describes them."""

from typing import Any

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ModuleUnreadable, ZohoError, ZohoRefused
from aha_pipeline.crm.responses import NO_SUCH_MODULE
from aha_pipeline.crm.stage_meanings import add_stage_meanings

RECORD_MODULE_TYPES = ("default", "custom")
# Not modules of their own: Activities lists Tasks, Events and Calls again.
WITHOUT_RECORDS = {"Activities"}


def read_modules(client: ZohoClient) -> tuple[str, ...]:
    """Return the API names of the modules that hold records this user may see through the API.

    Raises ZohoError.
    """
    names = tuple(name for name, why in _listed(client).items() if why is None)
    if not names:
        raise ZohoRefused(
            "Zoho named no module: grant the scope ZohoCRM.settings.READ, or name the modules in "
            "ZOHO_MODULES."
        )
    return names


def modules_left_out(client: ZohoClient) -> dict[str, str]:
    """Return why `ZOHO_MODULES=all` leaves a module out, by API name. Raises ZohoError."""
    return {name: why for name, why in _listed(client).items() if why}


def _listed(client: ZohoClient) -> dict[str, str | None]:
    """Return every module that Zoho lists, with why it is not read; None where it is."""
    response = client.get("settings/modules", credits=budget.METADATA)
    rows = (response.body.get("modules") or []) if response else []
    return {row["api_name"]: _unread_because(row) for row in rows}


def _unread_because(row: dict[str, Any]) -> str | None:
    if row["api_name"] in WITHOUT_RECORDS:
        return "lists records of other modules again"
    if row.get("generated_type", "default") not in RECORD_MODULE_TYPES:
        return f"is of the type {row['generated_type']}, which holds no records of its own"
    if not row.get("api_supported", True):
        return "is not served by the API"
    if not row.get("viewable", True):
        return "may not be seen by Zoho's user"
    return None


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
            raise _with_its_name(client, module, error) from None
        raise ZohoRefused(
            f"The fields of {module} cannot be read: grant ZohoCRM.settings.READ ({error})"
        ) from None
    rows = (response.body.get("fields") or []) if response else []
    fields = [row for row in rows if row.get("api_name")]
    if module == "Deals":
        add_stage_meanings(client, fields)
    return fields


def _with_its_name(client: ZohoClient, module: str, error: ModuleUnreadable) -> ModuleUnreadable:
    """Return the error, with the name as Zoho writes it where another case is meant."""
    try:
        alike = [name for name in _listed(client) if name.lower() == module.lower()]
    except ZohoError:
        return error
    if not alike:
        return error
    return ModuleUnreadable(
        f"Zoho has no module {module}, but one named {alike[0]}: write it so in ZOHO_MODULES.",
        error.code,
    )


def count_records(
    client: ZohoClient,
    module: str,
    criteria: str | None = None,
    *,
    is_converted_too: bool = False,
) -> int:
    """Return how many records Zoho counts, those of `criteria` alone if given. Raises ZohoError.

    Which records it leaves out, converted leads for example, is not documented. v2 has no such
    call.
    """
    asked: dict[str, object] = {"criteria": criteria} if criteria else {}
    asked |= {"converted": "both"} if is_converted_too else {}
    path = f"{module}/actions/count"
    response = client.get(path, asked, module=module, version="v8", credits=budget.COUNT)
    return int(response.body["count"]) if response else 0
