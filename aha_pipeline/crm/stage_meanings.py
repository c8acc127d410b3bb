"""Which deal stages are open, won and lost, for API versions whose field metadata does not say.

Sources: Zoho CRM API, "Get Pipelines in a Layout" (not in v2; no content for a layout without a
pipeline) and "Layouts Metadata". In v8 the field metadata says it itself.
"""

import logging
from collections.abc import Iterator
from typing import Any

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ModuleUnreadable, ZohoRefused

log = logging.getLogger(__name__)

MEANING_KEYS = ("deal_category", "forecast_type")


def add_stage_meanings(client: ZohoClient, fields: list[dict[str, Any]]) -> None:
    """Add the pipelines' `forecast_type` and `forecast_category` to the values of `Stage`.

    Leaves the values as they are if the token may not read pipelines. Raises ZohoUnavailable.
    """
    values = [
        value
        for field in fields
        if field["api_name"] == "Stage"
        for value in field.get("pick_list_values") or []
    ]
    if not values or any(value.get(key) for value in values for key in MEANING_KEYS):
        return
    try:
        stages = {stage.get("actual_value"): stage for stage in _pipeline_stages(client)}
    except (ModuleUnreadable, ZohoRefused) as error:
        log.warning("What the stages of a deal mean is not told by Zoho: %s", error)
        return
    for value in values:
        stage = stages.get(value.get("actual_value"), {})
        value |= {key: stage[key] for key in ("forecast_type", "forecast_category") if key in stage}


def _pipeline_stages(client: ZohoClient) -> Iterator[dict[str, Any]]:
    """Yield the stages of all pipelines; one may be in several."""
    for layout in _settings_rows(client, "layouts", {"module": "Deals"}):
        for pipeline in _settings_rows(client, "pipeline", {"layout_id": layout["id"]}):
            yield from pipeline.get("maps") or []


def _settings_rows(client: ZohoClient, name: str, params: dict[str, str]) -> list[dict[str, Any]]:
    response = client.get(
        f"settings/{name}", params, module="Deals", version="v8", credits=budget.METADATA
    )
    rows: list[dict[str, Any]] = (response.body.get(name) or []) if response else []
    return rows
