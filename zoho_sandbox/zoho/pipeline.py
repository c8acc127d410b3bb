"""The stages of the stand-in as Zoho CRM describes them: in a pipeline, and in the fields of v8."""

from __future__ import annotations

from collections.abc import Sequence

from zoho_sandbox.ids import metadata_id
from zoho_sandbox.zoho.fields import LAYOUT, STAGES

FORECAST = {"Open": "Pipeline", "Closed Won": "Closed", "Closed Lost": "Omitted"}


def pipeline(stages: Sequence[str]) -> dict:
    """Return the pipeline of these stages as `settings/pipeline` answers it."""
    name = f"{LAYOUT['name']} ({LAYOUT['name']})"
    return {
        "id": metadata_id("Pipeline"),
        "display_value": name,
        "actual_value": name,
        "default": True,
        "maps": [
            {
                "id": metadata_id(f"Stage.{stage}"),
                "display_value": stage,
                "actual_value": stage,
                "sequence_number": number,
            }
            | _category(stage, "forecast_type")
            for number, stage in enumerate(stages, start=1)
        ],
    }


def stage_details(stage: str) -> dict:
    """Return what v8 tells of a stage beside its names."""
    details = {"id": metadata_id(f"Stage.{stage}"), "reference_value": stage, "colour_code": None}
    if stage in STAGES:
        details["probability"] = STAGES[stage]
    return details | _category(stage, "deal_category") | _category(stage, "forecast_type")


def _category(stage: str, key: str) -> dict:
    """Return whether a stage is open, won or lost; of one that records brought, nothing."""
    if stage not in STAGES:
        return {}
    percent = STAGES[stage]
    category = {100: "Closed Won", 0: "Closed Lost"}.get(percent, "Open")
    forecast = FORECAST[category]
    return {key: category, "forecast_category": {"id": metadata_id(forecast), "name": forecast}}
