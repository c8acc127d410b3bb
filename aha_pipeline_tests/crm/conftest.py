"""A client of a running stand-in whose records and clock the test holds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.reading import scheduler
from aha_pipeline_tests.crm.connections import GOOD, connect, start_empty
from aha_pipeline_tests.kit.fake_clock import FakeClock
from zoho_sandbox.server import Sandbox


@pytest.fixture(scope="session", autouse=True)
def _useful_calls() -> Iterator[None]:
    """All calls at a time that are allowed, though the stand-in answers at once."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scheduler, "LANDING_SECONDS", 1e-6)
        yield


@pytest.fixture
def fake_clock() -> FakeClock:
    return FakeClock(datetime(2026, 5, 4, 6, 0, tzinfo=UTC))


@pytest.fixture
def sandbox(tmp_path: Path, fake_clock: FakeClock) -> Iterator[Sandbox]:
    with start_empty(tmp_path, fake_clock) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> ZohoClient:
    return connect(sandbox.url)


@pytest.fixture
def answers() -> list[tuple[int, bytes]]:
    """What the scripted server answers to API calls, in order; the last one stays."""
    return [(200, GOOD)]


@pytest.fixture
def scripted(answers: list[tuple[int, bytes]]) -> Iterator[str]:
    """Address of a server that gives tokens and the scripted answers, and lists no deletion."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(200, b'{"access_token": "t", "expires_in": 3600}')

        def do_GET(self) -> None:
            if "/deleted" in self.path:
                self.answer(204, b"")
            else:
                self.answer(*(answers.pop(0) if len(answers) > 1 else answers[0]))

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=[0.01], daemon=True).start()  # how soon it stops
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
