"""A running stand-in with a clock that the test moves, and a client with a token."""

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import requests

from aha_pipeline_tests.kit.fake_clock import FakeClock
from zoho_sandbox.server import Sandbox, start


class Client(requests.Session):
    """A session that knows the server's address and carries an access token."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.trust_env = False

    def request(self, method: str, path: str, **options: object) -> requests.Response:
        return super().request(method, self.url + path, timeout=10, **options)

    def token(self, **fields: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "client_id": "1000.ID", "client_secret": "s"}
        return self.post("/oauth/v2/token", data=form | {"refresh_token": "1000.r"} | fields)

    def sign_in(self) -> "Client":
        self.headers["Authorization"] = "Zoho-oauthtoken " + self.token().json()["access_token"]
        return self

    def walk(self, path: str, **params: object) -> list[dict]:
        """All rows of a list call, page by page."""
        rows, page = [], 1
        while True:
            answer = self.get(path, params=params | {"page": page})
            if answer.status_code == 204:
                return rows
            rows += answer.json()["data"]
            if not answer.json()["info"]["more_records"]:
                return rows
            page += 1


WriteModule = Callable[[str, list[dict | bytes]], Path]


@pytest.fixture
def fake_clock() -> FakeClock:
    return FakeClock(datetime(2026, 5, 4, 6, 0, tzinfo=UTC))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    folder.mkdir()
    return folder


@pytest.fixture
def write_module(data_dir: Path) -> WriteModule:
    """Write the records of a module, dicts or raw lines, where `--data` reads them."""

    def write(module: str, records: list[dict | bytes]) -> Path:
        lines = (r if isinstance(r, bytes) else msgspec.json.encode(r) for r in records)
        path = data_dir / f"{module}.jsonl.gz"
        path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
        return path

    return write


def lead(number: int, modified: str = "2026-01-01T10:00:00+05:30", **fields: object) -> dict:
    return {
        "id": f"61000000000{number:04d}",
        "Last_Name": f"Lead {number}",
        "Created_Time": "2026-01-01T09:00:00+05:30",
        "Modified_Time": modified,
        "$converted": False,
        **fields,
    }


@pytest.fixture
def serve(data_dir: Path, write_module: WriteModule, fake_clock: FakeClock) -> Iterator[Callable]:
    """Serve leads, and nothing else."""
    running: list[Sandbox] = []

    def serve(leads: list[dict | bytes], **options: object) -> Sandbox:
        write_module("Leads", leads)
        running.append(start(data_dir=data_dir, now=fake_clock, **options))
        return running[-1]

    yield serve
    for sandbox in running:
        sandbox.stop()


@pytest.fixture
def sandbox(serve: Callable) -> Sandbox:
    """Three leads, one of them converted, one of them unapproved."""
    return serve(
        [
            lead(1, "2026-01-01T10:00:00+05:30", Last_Name="Asha", Amount=5),
            lead(
                2, "2026-01-02T10:00:00+05:30", Last_Name="Zara", Amount=30, **{"$converted": True}
            ),
            lead(
                3, "2026-01-03T10:00:00+05:30", Last_Name="Meera", Amount=20, **{"$approved": False}
            ),
            lead(4, "2026-01-03T10:00:00+05:30", Last_Name="Bala", Amount=None),
        ]
    )


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox.url).sign_in()
