"""Which stages of a deal are open, won and lost, for versions whose fields do not tell it.

Sources: Zoho CRM API, "Get Pipelines in a Layout" (from v2.1 on; no content for a layout without a
pipeline) and "Layouts Metadata" (every version). In v8 the fields tell it themselves.
"""

import logging
from collections.abc import Iterator
from typing import Any

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ModuleUnreadable, ZohoRefused

log = logging.getLogger(__name__)

TOLD = ("deal_category", "forecast_type")


def tell_categories(client: ZohoClient, fields: list[dict[str, Any]]) -> None:
    """Add `forecast_type` and `forecast_category` of the pipelines to the values of `Stage`.

    Does without them where the token may not read pipelines. Raises ZohoUnavailable.
    """
    stages = [
        value
        for field in fields
        if field["api_name"] == "Stage"
        for value in field.get("pick_list_values") or []
    ]
    if not stages or any(value.get(key) for value in stages for key in TOLD):
        return
    try:
        known = {stage.get("actual_value"): stage for stage in _stages(client)}
    except (ModuleUnreadable, ZohoRefused) as error:
        log.warning("What the stages of a deal mean is not told by Zoho: %s", error)
        return
    for value in stages:
        stage = known.get(value.get("actual_value"), {})
        value |= {key: stage[key] for key in ("forecast_type", "forecast_category") if key in stage}


def _stages(client: ZohoClient) -> Iterator[dict[str, Any]]:
    """Return the stages of all pipelines; one may be in several."""
    for layout in _rows(client, "layouts", {"module": "Deals"}):
        for pipeline in _rows(client, "pipeline", {"layout_id": layout["id"]}):
            yield from pipeline.get("maps") or []


def _rows(client: ZohoClient, name: str, params: dict[str, str]) -> list[dict[str, Any]]:
    version = "v2.1" if client.version == "v2" else client.version
    answer = client.get(
        f"settings/{name}", params, module="Deals", version=version, credits=budget.METADATA
    )
    return answer.body.get(name, []) if answer else []
