"""`aha up`: one command serves everything, one Ctrl-C ends it."""

import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta

import psutil
import pytest
import requests

from aha_pipeline_tests.kit.command import aha, assert_refused
from aha_pipeline_tests.kit.dagster_ui import GRAPH
from aha_pipeline_tests.kit.days import today
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.waiting import LONGEST, wait_until


def free_ports() -> list[str]:
    options = ("--ui-port", "--dashboard-port", "--health-port")
    return [part for option in options for part in (option, str(free_port()))]


@pytest.fixture
def up(connected, monkeypatch, tmp_path):
    """A running `aha up`, the addresses it printed, and its output so far."""
    monkeypatch.setenv("AHA_START_DATE", (today() - timedelta(days=2)).isoformat())
    output = tmp_path / "output"
    with output.open("w") as file:
        running = subprocess.Popen(
            [sys.executable, "-m", "aha_pipeline", "up", *free_ports()],
            stdout=file,
            stderr=subprocess.STDOUT,
        )

    def has_ended_or_serves() -> bool:
        return running.poll() is not None or "Ctrl-C stops" in output.read_text()

    try:
        wait_until(has_ended_or_serves, output.read_text, seconds=3 * LONGEST, step=0.3)
        assert running.poll() is None, output.read_text()
        yield running, output.read_text()
    finally:
        # As Ctrl-C: killed, it could not end what it has started.
        running.terminate()
        running.wait()


def address(printed: str, name: str) -> str:
    return re.search(rf"{name} +(http://127\.0\.0\.1:\d+)", printed).group(1)


def dashboard_answers(printed: str) -> bool:
    with suppress(requests.ConnectionError):
        health = f"{address(printed, 'Dashboard')}/_stcore/health"
        return requests.get(health, timeout=LONGEST).text == "ok"
    return False


def test_it_syncs_serves_keeps_up_and_stops_without_leaving_a_process(up, tmp_path):
    running, printed = up
    output = tmp_path / "output"
    assert re.search(r"Leads +3 +3 ", printed)
    answer = requests.post(
        f"{address(printed, 'Dagster UI')}/graphql", json={"query": GRAPH}, timeout=LONGEST
    ).json()["data"]
    assert {"path": ["crm", "leads_raw"]} in [node["assetKey"] for node in answer["assetNodes"]]
    assert {"jobName": "daily_sync", "status": "SUCCESS"} in answer["runsOrError"]["results"]
    schedules = answer["schedulesOrError"]["results"]
    assert {"name": "daily_sync", "scheduleState": {"status": "RUNNING"}} in schedules
    assert {"name": "reconcile", "scheduleState": {"status": "RUNNING"}} in schedules
    assert dashboard_answers(printed)

    workspace = tmp_path / "home" / "dagster" / "workspace.yaml"
    served = workspace.read_text()
    assert_refused(aha("up", *free_ports()), "already running")
    assert workspace.read_text() == served

    family = psutil.Process(running.pid).children(recursive=True)
    assert len(family) >= 4
    arguments, addresses = [], set()
    for one in family:
        with suppress(psutil.NoSuchProcess):  # workers of Dagster come and go
            arguments += one.cmdline()
            addresses |= {c.laddr.ip for c in one.net_connections("inet") if c.status == "LISTEN"}
    assert "secret-of" not in " ".join(arguments)
    assert {address.removeprefix("::ffff:") for address in addresses} == {"127.0.0.1"}
    (dashboard,) = (one for one in family if any("streamlit" in part for part in one.cmdline()))
    dashboard.kill()
    wait_until(lambda: "Dashboard was killed by SIGKILL" in output.read_text(), step=0.3)
    wait_until(lambda: dashboard_answers(printed), step=0.3)
    family = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signal.SIGHUP)  # as when its terminal is closed
    assert running.wait(LONGEST) == 0
    _, alive = psutil.wait_procs(family, timeout=LONGEST)
    assert alive == []


def test_a_port_in_use_is_one_sentence(connected):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        finished = aha("up", "--ui-port", str(taken.getsockname()[1]))
    assert finished.returncode == 1
    assert re.fullmatch(r"aha: Port \d+ is in use.*--ui-port\.\n", finished.stderr)


def test_a_dashboard_for_others_without_a_login_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AHA_DASHBOARD_ADDRESS", "0.0.0.0")  # noqa: S104
    finished = aha("up", *free_ports())
    assert finished.returncode == 1
    assert re.fullmatch(r"aha: The dashboard has no login.*0\.0\.0\.0.*\n", finished.stderr)
    assert not (tmp_path / "home").exists()
