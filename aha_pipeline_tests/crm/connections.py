"""An empty stand-in, and a client with credentials that it accepts."""

import gzip
from pathlib import Path

from aha_pipeline.crm.access_token import Store, TokenSource
from aha_pipeline.crm.client import ZohoClient
from zoho_sandbox.clock import Clock, real_time
from zoho_sandbox.server import Sandbox, start

GOOD = b'{"data": [], "info": {"more_records": false}}'


def start_empty(folder: Path, now: Clock = real_time) -> Sandbox:
    """Start an organisation without records."""
    data = folder / "empty"
    data.mkdir()
    (data / "Leads.jsonl.gz").write_bytes(gzip.compress(b""))
    return start(data_dir=data, now=now)


def connect(
    url: str,
    store: Store | None = None,
    version: str = "v2",
    concurrency: int = 1,
    per_page: int = 200,
    **credentials: str,
) -> ZohoClient:
    chosen = {"client_id": "id", "client_secret": "se-cret", "refresh_token": "re-fresh"}
    tokens = TokenSource(url, **(chosen | credentials), store=store)
    return ZohoClient(
        tokens,
        api_url=url,
        version=version,
        concurrency=concurrency,
        per_page=per_page,
        backoff_seconds=0.01,
    )
