import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.kit.waiting import LONGEST
from aha_pipeline_tests.zoho_sandbox.api_client import Client
from zoho_sandbox.errors import SandboxError
from zoho_sandbox.server import Sandbox, start

SERVE = "import sys; from pathlib import Path; from zoho_sandbox.server import serve; "


def test_taken_port_is_one_clear_sentence(sandbox: Sandbox, data_dir: Path) -> None:
    port = int(sandbox.url.rsplit(":", 1)[1])
    with pytest.raises(SandboxError, match=rf"port {port} of 127\.0\.0\.1 cannot be used"):
        start(port, data_dir=data_dir)


def test_stopped_server_frees_its_port(sandbox: Sandbox, data_dir: Path) -> None:
    sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(sandbox.url, timeout=LONGEST)
    with start(int(sandbox.url.rsplit(":", 1)[1]), data_dir=data_dir) as again:
        assert requests.get(again.url, timeout=LONGEST).status_code == 200


def test_only_this_machine_is_served(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rsplit(":", 1)[1])
    listeners = Path("/proc/net/tcp")
    if not listeners.exists():
        pytest.skip("no /proc/net/tcp on this system")
    rows = (line.split()[1] for line in listeners.read_text().splitlines()[1:])
    assert {row for row in rows if row.endswith(f":{port:04X}")} == {f"0100007F:{port:04X}"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_a_page_of_a_stranger_may_not_post(sandbox: Sandbox, headers: dict[str, str]) -> None:
    """Such a page would answer as the reader, or take a grant code from the console."""
    for path in ("/messages", "/console", "/oauth/v2/token"):
        answer = requests.post(
            sandbox.url + path, data={"Body": "x"}, headers=headers, timeout=LONGEST
        )
        assert answer.status_code == 403
    assert not sandbox.outbox.messages()


def test_running_company_lives_on(fake_clock: FakeClock) -> None:
    with start(now=fake_clock) as sandbox:
        client = Client(sandbox.url).sign_in()
        newest = {"sort_by": "Modified_Time", "per_page": 1, "converted": "both"}
        before = client.get("/crm/v2/Leads", params=newest).json()["data"][0]["Modified_Time"]
        fake_clock.forward(minutes=45)
        after = client.get("/crm/v2/Leads", params=newest).json()["data"][0]["Modified_Time"]
        assert before < after <= "2026-05-04T12:15:00+05:30"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_foreground_server_ends_cleanly(
    number: signal.Signals, sandbox: Sandbox, data_dir: Path
) -> None:
    command = [sys.executable, "-c", SERVE + "serve(0, Path(sys.argv[1]))", str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            line = process.stdout.readline().decode()
            assert line.startswith("dataset is served at http://127.0.0.1:")
            assert requests.get(line.split()[4], timeout=LONGEST).status_code == 200
            process.send_signal(number)
            assert process.wait(LONGEST) == 0
            assert process.stderr.read() == b""
        finally:
            process.kill()


def test_address_is_free_for_any_port() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        with pytest.raises(SandboxError, match="name another with --port"):
            start(probe.getsockname()[1])


@pytest.mark.parametrize("header", ["Content-Length: 9000000", "Transfer-Encoding: chunked"])
def test_a_body_without_bounds_is_refused_before_it_is_read(sandbox: Sandbox, header: str) -> None:
    port = int(sandbox.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=LONGEST) as connection:
        connection.sendall(
            f"POST /oauth/v2/token HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}\r\n\r\n".encode()
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
