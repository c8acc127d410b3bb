"""Credentials and tokens go to the configured server and to Zoho's own, whatever an answer says."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from aha_pipeline.crm.access_token import TokenSource, request_token
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.data_centres import is_api_server
from aha_pipeline.crm.errors import TokenRefused, ZohoRefused
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.servers import serve


class Servers:
    """An accounts and API server that sends on whatever it is sent, and a stranger's one."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.stranger = self.honest = ""
        self.api_domain: str | None = None

    async def collect(self, request: Request) -> JSONResponse:
        self.received.append((await request.body()).decode() + str(request.headers))
        return JSONResponse({"access_token": "t", "data": []})

    async def token(self, _: Request) -> JSONResponse:
        return JSONResponse({"access_token": "t", "api_domain": self.api_domain})

    async def api(self, request: Request) -> RedirectResponse:
        return RedirectResponse(self.stranger + request.url.path, 307)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    made = Servers()
    both = ["GET", "POST"]
    strangers = Starlette(routes=[Route("/{path:path}", made.collect, methods=both)])
    ours = Starlette(
        routes=[
            Route("/redirect/{status}/oauth/v2/token", made_redirect(made), methods=["POST"]),
            Route("/oauth/v2/token", made.token, methods=["POST"]),
            Route("/crm/{path:path}", made.api, methods=both),
        ]
    )
    with serve(strangers, free_port()) as made.stranger, serve(ours, free_port()) as made.honest:
        yield made


def made_redirect(servers: Servers):
    async def redirect(request: Request) -> RedirectResponse:
        status = int(request.path_params["status"])
        return RedirectResponse(f"{servers.stranger}/oauth/v2/token", status)

    return redirect


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_with_credentials(servers, status):
    with pytest.raises(TokenRefused, match="sends the credentials elsewhere"):
        request_token(f"{servers.honest}/redirect/{status}", {"client_secret": "se-cret"})
    assert servers.received == []


@pytest.mark.parametrize(
    "domain",
    [
        "https://evil.example",
        "http://www.zohoapis.in",
        "https://zohoapis.in.evil.example",
        "STRANGER",
    ],
)
def test_a_token_goes_to_no_server_but_zohos(servers, domain):
    servers.api_domain = servers.stranger if domain == "STRANGER" else domain
    tokens = TokenSource(servers.honest, "id", "se-cret", "re-fresh")
    with pytest.raises(TokenRefused, match="not Zoho's"):
        ZohoClient(tokens, version="v2", backoff_seconds=0.01).get("org")
    assert servers.received == []


def test_no_call_is_sent_on_with_its_token(servers):
    servers.api_domain = servers.honest
    tokens = TokenSource(servers.honest, "id", "se-cret", "re-fresh")
    with pytest.raises(ZohoRefused, match="sends calls elsewhere"):
        ZohoClient(tokens, version="v2", backoff_seconds=0.01).get("org")
    assert servers.received == []


@pytest.mark.parametrize(
    "domain",
    ["https://www.zohoapis.in", "https://sandbox.zohoapis.com", "https://www.zohoapis.com.au"],
)
def test_every_data_centre_is_zohos(domain):
    assert is_api_server(domain, "https://accounts.zoho.in")
