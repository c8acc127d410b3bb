"""The page at which a self client gets its code, as Zoho's API console has one."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from zoho_sandbox.forms import form_of
from zoho_sandbox.pages import html_of
from zoho_sandbox.zoho.api_error import ApiError
from zoho_sandbox.zoho.grants import MINUTES, Grants, scopes_of
from zoho_sandbox.zoho.organisation import Organisation

READ_ALL = ",".join((
    "ZohoCRM.modules.READ", "ZohoCRM.settings.READ", "ZohoCRM.users.READ", "ZohoCRM.org.READ",
    "ZohoCRM.coql.READ", "ZohoSearch.securesearch.READ",
))  # fmt: skip


def routes(organisation: Organisation, grants: Grants) -> list[Route]:
    """Return the routes of the console."""

    def page(scopes: str, code: str) -> Response:
        name, scopes = escape(organisation.name), escape(scopes)
        return html_of("console.html", name=name, scopes=scopes, code=code, minutes=MINUTES)

    async def show(_: Request) -> Response:
        return page(READ_ALL, "")

    async def make(request: Request) -> Response:
        form = await form_of(request)
        try:
            scopes = scopes_of(form.get("scope", ""))
        except ApiError as error:
            return JSONResponse(error.body, error.status)
        return page(form["scope"], grants.code(scopes))

    return [Route("/console", show), Route("/console", make, methods=["POST"])]
