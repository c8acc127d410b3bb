"""Run by the Python of dlt's own environment: one incremental load of Leads into PostgreSQL.

    dlt_reader.py URL FOLDER DATABASE_URL [FORMAT]

The rest_api source, set up from dlt's documentation (its example of an incremental REST source
asks for the newest first) and from Zoho's page of the list call. The state of the pipeline is kept
in FOLDER; the seconds of the load go to FOLDER/result.json. FORMAT is dlt's file format between
normalizing and loading: csv, its fastest for PostgreSQL, or insert_values, its default.
"""

import json
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import dlt
from dlt.sources.rest_api import rest_api_source

NOTHING = {"action": "ignore"}


def source(url: str):
    return rest_api_source(
        {
            "client": {
                "base_url": f"{url}/crm/v2/",
                "auth": {
                    "type": "oauth2_client_credentials",
                    "access_token_url": f"{url}/oauth/v2/token",
                    "client_id": "benchmark",
                    "client_secret": "benchmark",
                    "access_token_request_data": {
                        "grant_type": "refresh_token",
                        "refresh_token": "benchmark",
                    },
                },
            },
            "resources": [
                {
                    "name": "leads",
                    "primary_key": "id",
                    "write_disposition": "merge",
                    "endpoint": {
                        "path": "Leads",
                        "data_selector": "data",
                        "params": {
                            "per_page": 200,
                            "sort_by": "Modified_Time",
                            "sort_order": "desc",
                            "converted": "both",
                            "approved": "both",
                        },
                        "headers": {"If-Modified-Since": "{incremental.start_value}"},
                        "incremental": {
                            "cursor_path": "Modified_Time",
                            "initial_value": "2000-01-01T00:00:00+05:30",
                        },
                        "paginator": {
                            "type": "page_number",
                            "base_page": 1,
                            "page_param": "page",
                            "total_path": None,
                            "has_more_path": "info.more_records",
                        },
                        # Zoho answers both without a body where there is nothing to read.
                        "response_actions": [
                            {"status_code": 204, **NOTHING},
                            {"status_code": 304, **NOTHING},
                        ],
                    },
                }
            ],
        },
        name="zoho",
    )


def main(url: str, folder: Path, database_url: str, loader_format: str = "csv") -> None:
    pipeline = dlt.pipeline(
        pipeline_name="zoho",
        pipelines_dir=str(folder),
        dataset_name="zoho",
        destination=dlt.destinations.postgres(_complete(database_url)),
    )
    began = time.perf_counter()
    pipeline.run(source(url), loader_file_format=loader_format)
    result = {"seconds": time.perf_counter() - began}
    (folder / "result.json").write_text(json.dumps(result))


def _complete(database_url: str) -> str:
    """Name a host and a password: dlt asks for both, even where `?host=` names a socket.

    libpq prefers the socket, behind which nobody asks for a password.
    """
    parts = urlsplit(database_url)
    if parts.password:
        return database_url
    address = f"{parts.hostname or 'localhost'}" + (f":{parts.port}" if parts.port else "")
    return parts._replace(netloc=f"{parts.username}:none@{address}").geturl()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
