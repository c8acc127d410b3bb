"""A client of the stand-in with credentials that it accepts."""

from aha_pipeline.crm.access_token import Store, TokenSource
from aha_pipeline.crm.client import ZohoClient


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
