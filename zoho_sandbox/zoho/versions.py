"""What differs between the versions of Zoho's API, v2 to v8, for a reader."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request

from zoho_sandbox.zoho.api_error import unknown_url

DISCRETE_ROWS = 2000


@dataclass(frozen=True)
class Version:
    """One version.

    `counts`: has `actions/count`. `pipelines`: has `settings/pipeline`. `rich_values`: the fields
    tell category and probability of a stage. `cursor`: lists want `fields`, sort by three of them,
    and go on by `page_token`. `coql_rows` is how many a query returns, `coql_reach` how many its
    offset may lead to, `coql_names` whether lookups come with their names.
    """

    counts: bool = True
    pipelines: bool = True
    rich_values: bool = False
    cursor: bool = True
    coql_rows: int = 2000
    coql_reach: int = 10_000
    coql_names: bool = False

    def page_cap(self, switched: int | None) -> int | None:
        """Return how many rows `page` reaches."""
        return min(switched or DISCRETE_ROWS, DISCRETE_ROWS) if self.cursor else switched


LATEST = Version(coql_reach=100_000, coql_names=True)
VERSIONS = {
    "v2": Version(counts=False, pipelines=False, cursor=False, coql_rows=200),
    "v2.1": Version(cursor=False, coql_rows=200),
    "v3": Version(coql_rows=200),
    "v4": Version(),
    "v5": Version(),
    "v6": Version(),
    "v7": LATEST,
    "v8": replace(LATEST, rich_values=True),
}


def version_of(request: Request) -> Version:
    """Return the version that a path names."""
    name = request.path_params["version"]
    if name not in VERSIONS:
        raise unknown_url()
    return VERSIONS[name]
