"""Run by the Python of Airbyte's own environment: one incremental read of Leads.

    airbyte_reader.py URL FOLDER

Airbyte messages go to standard output, as its platform reads them. The state is taken from
FOLDER/state.json where there is one. The seconds of the read go to FOLDER/result.json. The hosts
are changed, which the connector takes from tables in its code.
"""

import json
import sys
import time
from pathlib import Path

from airbyte_cdk.entrypoint import launch
from source_zoho_crm.api import ZohoAPI
from source_zoho_crm.source import SourceZohoCrm
from source_zoho_crm.types import FieldMeta

REGION = "IN"
CONFIG = {
    "client_id": "benchmark",
    "client_secret": "benchmark",
    "refresh_token": "benchmark",
    "dc_region": REGION,
    "environment": "Production",
    "start_datetime": "2000-01-01T00:00:00+00:00",
}
CATALOG = {
    "streams": [
        {
            "stream": {
                "name": "incremental_leads_zoho_crm_stream",
                "json_schema": {},
                "supported_sync_modes": ["full_refresh", "incremental"],
                "source_defined_cursor": True,
                "default_cursor_field": ["Modified_Time"],
                "source_defined_primary_key": [["id"]],
            },
            "sync_mode": "incremental",
            "destination_sync_mode": "append_dedup",
            "cursor_field": ["Modified_Time"],
            "primary_key": [["id"]],
        }
    ]
}


def main(url: str, folder: Path) -> None:
    ZohoAPI._DC_REGION_TO_ACCESS_URL = {REGION: url}
    ZohoAPI._DC_REGION_TO_API_URL = {REGION: url}
    _know_every_key()
    arguments = ["read"]
    for name, value in {"config": CONFIG, "catalog": CATALOG}.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(value))
        arguments += [f"--{name}", str(path)]
    if (folder / "state.json").exists():
        arguments += ["--state", str(folder / "state.json")]
    began = time.perf_counter()
    launch(SourceZohoCrm(), arguments)
    result = {"seconds": time.perf_counter() - began}
    (folder / "result.json").write_text(json.dumps(result))


def _know_every_key() -> None:
    """Let a field without `decimal_place` be read: the connector would drop its whole module."""
    read = FieldMeta.from_dict
    FieldMeta.from_dict = lambda field: read({"decimal_place": None, **field})


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
