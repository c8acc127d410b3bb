"""`aha up`: what a single machine needs, started in order and stopped together."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import requests
from fasteners import InterProcessLock
from rich.console import Console

from aha_pipeline import local, services
from aha_pipeline import settings as configuration
from aha_pipeline.assets.unread_days import first_unread_day
from aha_pipeline.calendar import today
from aha_pipeline.instance import home
from aha_pipeline.settings import Settings, SettingsError
from aha_pipeline.warehouse.state import has_synced

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  (what it means, not where we listen)
LOCATION = "aha_pipeline"
LONGEST_SOCKET = 107
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
    settings = configuration.load()
    _check_login(settings)
    _check_ports(ui_port, dashboard_port)
    settings = local.with_database(settings)
    with _claimed(settings.home), ExitStack() as stack:
        dagster_home = home.prepare(settings)
        code, dashboard, ui, daemon = _services(
            dagster_home, ui_port, settings.aha_dashboard_address, dashboard_port
        )
        children = Children(stack, settings.home / "logs")
        is_read = _is_read(services.opened(settings))
        if is_read:
            children.start(ui, dashboard)  # they need no CRM, and their imports take longest
        services.configured_modules()
        services.current().zoho()
        if not is_read:
            _sync(console)
            children.start(ui, dashboard)
        children.start(code)
        _announce(console, children)
        children.start(daemon)
        return _wait(console, children)


class Children:
    """The child processes, which are stopped with the stack."""

    def __init__(self, stack: ExitStack, logs: Path) -> None:
        stack.callback(self._stop)
        self._logs = logs
        self._processes: list[tuple[Service, subprocess.Popen[bytes]]] = []
        logs.mkdir(parents=True, exist_ok=True)

    @property
    def services(self) -> list[Service]:
        """What has been started."""
        return [service for service, _ in self._processes]

    def log_file(self, service: Service) -> Path:
        """Return where a child's output goes."""
        return self._logs / f"{service.name.lower().replace(' ', '-')}.log"

    def start(self, *services: Service) -> None:
        """Run children in sessions of their own: Ctrl-C reaches them through us."""
        for service in services:
            with self.log_file(service).open("ab") as output:
                child = subprocess.Popen(
                    service.arguments,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            self._processes.append((service, child))

    def ended(self) -> Service | None:
        """Return a child that has ended by itself."""
        return next(
            (service for service, child in self._processes if child.poll() is not None), None
        )

    def _stop(self) -> None:
        """End all at once: one after the other, slow ones would hold Ctrl-C up for a minute."""
        children = [child for _, child in self._processes]
        for child in reversed(children):
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in children:
            try:
                child.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(child, signal.SIGKILL)
                child.wait()


def _services(
    dagster_home: Path, ui_port: int, dashboard_address: str, dashboard_port: int
) -> list[Service]:
    code_socket = _code_socket(dagster_home)
    workspace = dagster_home / "workspace.yaml"
    server = {"socket": str(code_socket), "location_name": LOCATION}
    workspace.write_text(json.dumps({"load_from": [{"grpc_server": server}]}))
    code = ["api", "grpc", "-m", "aha_pipeline.definitions", "--socket", str(code_socket)]
    dashboard = ["-m", "streamlit", "run", str(ROOT / "dashboard" / "server.py")]
    dashboard += ["--server.address", dashboard_address]
    ui = ["-w", str(workspace), "-h", HOST, "-p", str(ui_port)]
    return [
        Service("code", [_tool("dagster"), *code]),
        Service(
            "Dashboard",
            [sys.executable, *dashboard, "--server.port", str(dashboard_port)],
            f"http://{_reached(dashboard_address)}:{dashboard_port}",
            _dashboard_is_ready,
        ),
        Service(
            "Dagster UI",
            [sys.executable, "-m", "aha_pipeline.web_server", *ui],
            f"http://{HOST}:{ui_port}",
            _graph_is_loaded,
        ),
        Service("daemon", [_tool("dagster-daemon"), "run", "-w", str(workspace)]),
    ]


def _reached(address: str) -> str:
    """Return the host, as an address names it, by which this machine reaches what listens there."""
    if address in EVERYWHERE:
        return HOST
    return f"[{address}]" if ":" in address else address


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _is_read(opened: services.Services) -> bool:
    """Return whether every day before today is read to its end, and today begun."""
    with opened.connect() as warehouse:
        return has_synced(warehouse) and (
            first_unread_day(warehouse, opened.settings) >= today(opened.settings)
        )


def _sync(console: Console) -> None:
    """Sync in a process of its own, whose memory goes with it."""
    if subprocess.run([sys.executable, "-m", "aha_pipeline", "sync"]).returncode:
        console.print("The sync did not succeed; the Dagster UI shows the run.", style="yellow")


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a child and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def _announce(console: Console, children: Children) -> None:
    """Print each address once it answers."""
    waiting = [
        (service.name, service.address, service.is_ready)
        for service in children.services
        if service.address and service.is_ready
    ]
    deadline = time.monotonic() + START_SECONDS
    with console.status("Starting the dashboard and the Dagster UI"):
        while waiting and time.monotonic() < deadline and not children.ended():
            for name, address, is_ready in list(waiting):
                if is_ready(address):
                    console.print(f"{name:<11} {address}", style="bold green")
                    waiting.remove((name, address, is_ready))
            time.sleep(POLL_SECONDS)


def _wait(console: Console, children: Children) -> int:
    console.print("Ctrl-C stops everything.", style="dim")
    try:
        while not (ended := children.ended()):
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        console.print("Stopping.", style="dim")
        return 0
    console.print(
        f"{ended.name} ended by itself; {children.log_file(ended)} says why.", style="red"
    )
    return 1


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


@contextmanager
def _claimed(home: Path) -> Iterator[None]:
    """Keep another `aha up` away: two daemons on one storage would both run the schedule."""
    lock = InterProcessLock(home / "up.lock")
    if not lock.acquire(blocking=False):
        raise SettingsError(
            f"`aha up` is already running for AHA_HOME {home}: use that one, or stop it first."
        )
    try:
        yield
    finally:
        lock.release()


def _check_login(settings: Settings) -> None:
    """Raise SettingsError where the dashboard may not be served at its address."""
    # Imported here: half a second that the other commands do not pay.
    from dashboard import login

    login.check(settings, settings.aha_dashboard_address)


def _check_ports(ui_port: int, dashboard_port: int) -> None:
    if ui_port == dashboard_port:
        raise SettingsError("--ui-port and --dashboard-port must be two ports.")
    _check_free(ui_port, "--ui-port")
    _check_free(dashboard_port, "--dashboard-port")


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


def _code_socket(dagster_home: Path) -> Path:
    """Return where the code server listens: who reaches it runs code, so only our user may.

    A socket's address is 107 bytes at most (unix(7)); where the home is longer, it lies in a
    folder for our user alone among the temporary ones.
    """
    socket_file = dagster_home / "code.sock"
    if len(os.fsencode(socket_file)) > LONGEST_SOCKET:
        socket_file = Path(tempfile.mkdtemp(prefix="aha-")) / "code.sock"
    socket_file.unlink(missing_ok=True)
    return socket_file
