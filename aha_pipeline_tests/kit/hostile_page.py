"""A page of a stranger that tries whatever a browser lets it send to a service of this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.servers import serve

PAGE = Path(__file__).with_suffix(".html").read_text()


@contextmanager
def hostile_page(target: str, path: str, mutation: str) -> Iterator[str]:
    """Yield the address of a page that calls a mutation of the target by every road it knows.

    Its title becomes "socket refused" or "socket open" once it has tried all.
    """
    text = PAGE.replace("TARGET", target).replace("API", target + path)
    text = text.replace("MUTATION", escape(mutation))

    async def show(_: object) -> HTMLResponse:
        return HTMLResponse(text)

    with serve(Starlette(routes=[Route("/", show)]), free_port()) as address:
        yield address
