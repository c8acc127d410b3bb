"""What differs between v2 and v8 of Zoho's API for a reader: the first and the last in use."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from zoho_sandbox.zoho.api_error import unknown_url

DISCRETE_ROWS = 2000


@dataclass(frozen=True)
class Version:
    """One version.

    `is_v8`: lists want `fields`, sort by three of them and go on by `page_token`; there are counts
    and pipelines; fields tell category and probability of a stage; queries name their lookups.
    `coql_rows` is how many a query returns.
    """

    is_v8: bool
    coql_rows: int

    def page_cap(self, switched: int | None) -> int | None:
        """Return how many rows `page` reaches."""
        return min(switched or DISCRETE_ROWS, DISCRETE_ROWS) if self.is_v8 else switched


V2 = Version(is_v8=False, coql_rows=200)
V8 = Version(is_v8=True, coql_rows=2000)
VERSIONS = {"v2": V2, "v8": V8}


def version_of(request: Request) -> Version:
    """Return the version that a path names."""
    name = request.path_params["version"]
    if name not in VERSIONS:
        raise unknown_url()
    return VERSIONS[name]
