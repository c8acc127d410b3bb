"""The bodies of list answers, put together from the JSON of their rows."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

import msgspec
from starlette.responses import Response


def page(
    rows: Iterable[bytes],
    number: int,
    size: int,
    more: bool,
    key: str = "data",
    further: dict | None = None,
) -> Response:
    """Return a page; without rows it is a 204 and has no body. `further` goes into its info."""
    rows = list(rows)
    count = {"per_page": size, "count": len(rows), "page": number, "more_records": more}
    return listing(rows, count | (further or {}), key)


def listing(rows: list[bytes], info: dict, key: str = "data") -> Response:
    """Return rows with an info, or a 204."""
    if not rows:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return json(
        b'{"%b":[%b],"info":%b}' % (key.encode(), b",".join(rows), msgspec.json.encode(info))
    )


def json(body: bytes) -> Response:
    """Return a body that is JSON already."""
    return Response(body, media_type="application/json;charset=utf-8")
