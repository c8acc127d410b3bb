"""Dagster's web server as we start it: a stranger's page in its user's browser changes nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from aha_pipeline_tests.kit.hostile_page import hostile_page
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.waiting import LONGEST, MILLISECONDS, wait_until

SET = "mutation { setConcurrencyLimit(concurrencyKey: KEY, limit: 3) }"
LIMITS = "{ instance { concurrencyLimits { concurrencyKey } } }"


@pytest.fixture(scope="module")
def ui(tmp_path_factory) -> Iterator[str]:
    """Address of Dagster's web server, on a new instance without any code."""
    folder, port = tmp_path_factory.mktemp("ui"), free_port()
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    (folder / "workspace.yaml").write_text("load_from: []\n")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "aha_pipeline.web_server", "-w", "workspace.yaml", f"-p{port}"],
            cwd=folder,
            env={**os.environ, "DAGSTER_HOME": str(folder), "AHA_UI_HOSTS": "dagster.example.com"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(address), (folder / "log").read_text, step=0.2)
        yield address
    finally:
        server.terminate()
        server.wait()


def answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/server_info", timeout=LONGEST).ok
    except requests.RequestException:
        return False


def limited(ui: str) -> set[str]:
    """Return the pools that have a limit, by the call that the UI itself makes."""
    answer = requests.post(f"{ui}/graphql", json={"query": LIMITS}, timeout=LONGEST).json()
    return {limit["concurrencyKey"] for limit in answer["data"]["instance"]["concurrencyLimits"]}


def mutation(pool: str) -> str:
    return SET.replace("KEY", f'"{pool}"')


def test_the_page_itself_may_change_something_and_reads_what_it_did(ui, chromium):
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(ui)
        status = page.evaluate(
            """query => fetch("/graphql", {method: "POST", body: JSON.stringify({query}),
            headers: {"Content-Type": "application/json"}}).then((answer) => answer.status)""",
            mutation("ours"),
        )
        socket = page.evaluate(
            """() => new Promise((resolve) => {
                const socket = new WebSocket(`ws://${location.host}/graphql`, "graphql-ws");
                socket.onopen = () => resolve("open"); socket.onerror = () => resolve("refused");
            })"""
        )
    assert (status, socket) == (200, "open")
    assert "ours" in limited(ui)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "hostile.test"])
def test_a_page_of_a_stranger_changes_nothing_and_sees_nothing(ui, chromium, name):
    pool = f"hostile_{name.replace('.', '_')}"
    with (
        hostile_page(ui, "/graphql", mutation(pool)) as page_of_a_stranger,
        chromium.new_context() as context,
    ):
        page = context.new_page()
        page.goto(page_of_a_stranger.replace("127.0.0.1", name))
        page.wait_for_function("document.title.startsWith('socket ')", timeout=MILLISECONDS)
        assert page.title() == "socket refused"
        assert not any("Dagster" in frame.title() for frame in page.frames[1:])
    assert pool not in limited(ui)


def test_a_name_that_points_here_from_outside_is_refused(ui, chromium):
    with chromium.new_context() as context:
        page = context.new_page()
        answer = page.goto(ui.replace("127.0.0.1", "hostile.test"))
        assert answer.status == 403
        assert "not called hostile.test" in page.inner_text("body")


def test_a_link_in_a_message_opens_it(ui, chromium):
    with (
        hostile_page(ui, "/graphql", "{ version }") as elsewhere,
        chromium.new_context() as context,
    ):
        page = context.new_page()
        page.goto(elsewhere)
        with page.expect_navigation():
            page.evaluate("address => { location.href = address }", f"{ui}/runs")
        assert page.title() != "A stranger's page"
        assert page.url.startswith(ui)


REFUSED = {
    "foreign host": ("POST", {"Host": "evil.example"}),
    "no host of ours with our name in it": ("POST", {"Host": "127.0.0.1.evil.example"}),
    "foreign origin": ("POST", {"Origin": "https://evil.example"}),
    "no origin at all": ("POST", {"Origin": "null"}),
    "another port of this machine": ("POST", {"Sec-Fetch-Site": "same-site"}),
    "another site": ("POST", {"Sec-Fetch-Site": "cross-site"}),
    "a frame": ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate",
                        "Sec-Fetch-Dest": "iframe"}),
    "a read of the API": ("GET", {}),
    "a form": ("POST", {"Content-Type": "application/x-www-form-urlencoded"}),
    "text": ("POST", {"Content-Type": "text/plain; application/json"}),
    "nearly JSON": ("POST", {"Content-Type": "application/json; text/plain"}),
    "GraphQL": ("POST", {"Content-Type": "application/graphql"}),
    "nothing": ("POST", {"Content-Type": ""}),
    "another method": ("PUT", {"Content-Type": "text/plain"}),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_browser_or_a_program_sends_wrongly_is_refused(ui, case):
    method, headers = REFUSED[case]
    pool = case.replace(" ", "_")
    answer = requests.request(
        method,
        f"{ui}/graphql",
        params={"query": mutation(pool)},
        json={"query": mutation(pool)},
        headers={"Content-Type": "application/json", **headers},
        timeout=LONGEST,
    )
    assert answer.status_code == 403
    assert answer.text.endswith((".", ")")), "one sentence says why"
    assert pool not in limited(ui)


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Sec-Fetch-Site": "same-site"}], ids=str
)
@pytest.mark.parametrize("path", ["/", "/graphql", "/report_asset_materialization/leads"])
def test_every_path_is_guarded(ui, path, headers):
    for method in ("GET", "POST"):
        answer = requests.request(method, ui + path, headers=headers, timeout=LONGEST)
        assert answer.status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_socket_that_another_page_opens_is_refused(ui, origin):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{ui.replace('http', 'ws')}/graphql", origin=origin)
    assert refused.value.response.status_code == 403


def test_a_socket_under_another_name_is_refused(ui):
    handshake = {
        "Host": "evil.example",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
    }
    assert requests.get(f"{ui}/graphql", headers=handshake, timeout=LONGEST).status_code == 403


def test_a_name_in_the_settings_is_its_own_behind_a_proxy(ui):
    headers = {"Host": "dagster.example.com", "Origin": "https://dagster.example.com"}
    query = {"query": "{ version }"}
    assert requests.post(f"{ui}/graphql", json=query, headers=headers, timeout=LONGEST).ok


def test_no_page_may_frame_it_or_read_its_answers(ui):
    headers = requests.get(ui, timeout=LONGEST).headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
