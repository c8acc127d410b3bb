"""The dashboard as it is served, `streamlit run dashboard/server.py`: the page behind its doors."""

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from aha_pipeline.settings import load
from dashboard import login
from http_guard import Guard

FILES = "/media/"


class Downloads:
    """Gives the files that the page has made to those alone who may see records.

    Raises SettingsError where the settings are wrong.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse a file with 403 and one sentence."""
        is_file = scope["type"] == "http" and FILES in scope["path"]
        if is_file and not login.may_download(load(), Request(scope).cookies):
            answer = PlainTextResponse(
                "Log in as somebody who may see records, and try again.", 403
            )
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)


app = st.App(
    "app.py",
    middleware=[Middleware(Guard, hosts=login.names(), json_only=True), Middleware(Downloads)],
)
