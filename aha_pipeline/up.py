"""`aha up`: what a single machine needs, started in order and stopped together."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import requests
from rich.console import Console

from aha_pipeline import instance, services
from aha_pipeline.automation.days import first_unread_day, today
from aha_pipeline.settings import SettingsError

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
LOCATION = "aha_pipeline"
START_SECONDS = 180
STOP_SECONDS = 15
POLL_SECONDS = 0.2
LOADED = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"


@dataclass(frozen=True)
class Service:
    """A child process: what it is called, how it starts, and where a person finds it."""

    name: str
    arguments: list[str]
    address: str | None = None
    is_ready: Callable[[str], bool] | None = None


def run(console: Console, ui_port: int, dashboard_port: int) -> int:
    """Sync if something is unread, then serve until Ctrl-C, SIGTERM or the end of a child.

    Returns the exit status. Raises SettingsError when a port is taken, and the rooms' errors.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    _check_free(ui_port, "--ui-port")
    _check_free(dashboard_port, "--dashboard-port")
    opened = services.current()
    opened.zoho()
    home = instance.prepare(opened.settings)
    _first_sync(console, opened)
    logs = opened.settings.home / "logs"
    with ExitStack() as children:
        started = [
            (service, children.enter_context(_running(service, logs)))
            for service in _services(home, ui_port, dashboard_port)
        ]
        _announce(console, started)
        return _wait(console, started, logs)


def _services(home: Path, ui_port: int, dashboard_port: int) -> list[Service]:
    code_port = _free_port()
    workspace = home / "workspace.yaml"
    server = {"host": HOST, "port": code_port, "location_name": LOCATION}
    workspace.write_text(json.dumps({"load_from": [{"grpc_server": server}]}))
    code = ["code-server", "start", "-m", "aha_pipeline.definitions", "-h", HOST]
    ui = ["-w", str(workspace), "-h", HOST, "-p", str(ui_port)]
    dashboard = ["-m", "streamlit", "run", str(ROOT / "dashboard" / "app.py")]
    address = ["--server.address", HOST, "--server.port", str(dashboard_port)]
    return [
        Service("code", [*_tool("dagster"), *code, "-p", str(code_port)]),
        Service(
            "Dashboard",
            [sys.executable, *dashboard, *address],
            f"http://{HOST}:{dashboard_port}",
            _dashboard_is_ready,
        ),
        Service(
            "Dagster UI",
            [*_tool("dagster-webserver"), *ui],
            f"http://{HOST}:{ui_port}",
            _graph_is_loaded,
        ),
        Service("daemon", [*_tool("dagster-daemon"), "run", "-w", str(workspace)]),
    ]


def _tool(name: str) -> list[str]:
    return [str(Path(sys.executable).with_name(name))]


def _first_sync(console: Console, opened: services.Services) -> None:
    """Sync in a process of its own, whose memory goes with it, unless yesterday is complete."""
    with opened.connect() as warehouse:
        unread_since = first_unread_day(warehouse, opened.settings)
    if unread_since >= today(opened.settings) and _has_synced(opened):
        return
    finished = subprocess.run([sys.executable, "-m", "aha_pipeline", "sync"], cwd=Path.cwd())
    if finished.returncode:
        console.print("The sync did not succeed; the Dagster UI shows the run.", style="yellow")


def _has_synced(opened: services.Services) -> bool:
    with opened.connect() as warehouse, warehouse.cursor() as cursor:
        cursor.execute("select exists (select from crm.sync_logs where status = 'success')")
        return cursor.fetchone()[0]


@contextmanager
def _running(service: Service, logs: Path) -> Iterator[subprocess.Popen]:
    """Run a child in a session of its own, so that Ctrl-C reaches it through us, in order."""
    logs.mkdir(parents=True, exist_ok=True)
    with _log_file(logs, service).open("ab") as output:
        child = subprocess.Popen(
            service.arguments,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        _stop(child)


def _log_file(logs: Path, service: Service) -> Path:
    return logs / f"{service.name.lower().replace(' ', '-')}.log"


def _stop(child: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _announce(console: Console, started: list[tuple[Service, subprocess.Popen]]) -> None:
    """Print each address once it answers."""
    waiting = [service for service, _ in started if service.is_ready]
    deadline = time.monotonic() + START_SECONDS
    with console.status("Starting the dashboard and the Dagster UI"):
        while waiting and time.monotonic() < deadline and not _ended(started):
            for service in list(waiting):
                if service.is_ready(service.address):
                    console.print(f"{service.name:<11} {service.address}", style="bold green")
                    waiting.remove(service)
            time.sleep(POLL_SECONDS)


def _wait(console: Console, started: list[tuple[Service, subprocess.Popen]], logs: Path) -> int:
    console.print("Ctrl-C stops everything.", style="dim")
    try:
        while not (ended := _ended(started)):
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        console.print("Stopping.", style="dim")
        return 0
    console.print(f"{ended.name} ended by itself; {_log_file(logs, ended)} says why.", style="red")
    return 1


def _ended(started: list[tuple[Service, subprocess.Popen]]) -> Service | None:
    return next((service for service, child in started if child.poll() is not None), None)


def _dashboard_is_ready(address: str) -> bool:
    try:
        return requests.get(f"{address}/_stcore/health", timeout=2).ok
    except requests.RequestException:
        return False


def _graph_is_loaded(address: str) -> bool:
    """Return whether the UI has the code location: it answers some seconds before that."""
    try:
        answer = requests.post(f"{address}/graphql", json={"query": LOADED}, timeout=5).json()
        return bool(answer["data"]["repositoriesOrError"]["nodes"])
    except (requests.RequestException, KeyError, TypeError):
        return False


def _check_free(port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise SettingsError(
                f"Port {port} is in use, perhaps by another `aha up`: stop that, or choose "
                f"another port with {option}."
            ) from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
