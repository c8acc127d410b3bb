"""`aha up`: what a single machine needs, started in order, kept up and stopped together."""

import json
import logging
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

import psycopg2
import requests
from fasteners import InterProcessLock
from rich.console import Console

from aha_pipeline import local, services
from aha_pipeline import settings as configuration
from aha_pipeline.assets.unread_days import first_unread_day
from aha_pipeline.calendar import today
from aha_pipeline.clocks import ClocksApart
from aha_pipeline.crm import client
from aha_pipeline.crm.errors import ZohoUnavailable
from aha_pipeline.instance import home
from aha_pipeline.settings import Settings, SettingsError
from aha_pipeline.supervisor import health
from aha_pipeline.supervisor.alarm import Alarm
from aha_pipeline.supervisor.children import Children, Service, Tell, end_orphans
from aha_pipeline.supervisor.database import EmbeddedDatabase
from aha_pipeline.warehouse import embedded, errors, free_connections
from aha_pipeline.warehouse.connection import DatabaseUnreachable
from aha_pipeline.warehouse.connection_limits import UI_OVERFLOW
from aha_pipeline.warehouse.state import has_synced

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  (what it means, not where we listen)
LOCATION = "aha_pipeline"
LONGEST_SOCKET = 107
START_SECONDS = 180
POLL_SECONDS = 0.2
AGAIN_SECONDS = 5
LOADED = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"

T = TypeVar("T")


def run(console: Console, ui_port: int, dashboard_port: int, health_port: int) -> int:
    """Sync if something is unread, then serve and keep up what serves, until a signal.

    Returns the exit status. A database or a CRM that is away is waited for; what needs neither is
    served meanwhile. Raises SettingsError when a port is taken, and the rooms' errors that no
    waiting mends.
    """
    settings = configuration.load()
    _check_login(settings)
    local.make_home(settings)
    ports = {
        "--ui-port": ui_port,
        "--dashboard-port": dashboard_port,
        "--health-port": health_port,
    }

    def tell(sentence: str) -> None:
        console.print(sentence, style="yellow", soft_wrap=True, markup=False)

    with _claimed(settings.home), ExitStack() as stack:
        if left := end_orphans(settings.home):
            tell(f"Ended what an earlier `aha up` had left: {', '.join(left)}.")
        _check_ports(ports)
        is_embedded = settings.database_url is None
        if is_embedded:
            stack.callback(embedded.stop, settings.home)
        settings = local.with_database(settings)
        children = Children(settings.home, tell)
        stack.callback(children.stop)
        start = _Start(console, children, settings, tell, ports)
        _watch(stack, start, health_port)
        kept: list[Children | EmbeddedDatabase] = [children]
        if is_embedded:
            kept.insert(0, EmbeddedDatabase(settings.home, tell))
        start.start()
        try:
            while start.error is None:
                for one in kept:
                    one.tend()
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            console.print("Stopping.", style="dim")
            return 0
        raise start.error


def _watch(stack: ExitStack, start: "_Start", port: int) -> None:
    """Answer `/healthz`, send the heartbeat and report incidents, from threads of this process."""
    settings, over = start.settings, Event()
    alarm = Alarm(settings.home, start.settings_now)
    health.serve(start.health, port, settings.aha_ui_hosts)
    arguments = (start.health, settings, alarm.look, over)
    Thread(target=health.watch, args=arguments, daemon=True).start()
    stack.callback(over.set)


class _Start(Thread):
    """The start, step by step, while the main thread keeps running what is started already."""

    def __init__(
        self,
        console: Console,
        children: Children,
        settings: Settings,
        tell: Tell,
        ports: dict[str, int],
    ) -> None:
        super().__init__(daemon=True)
        self.settings = settings
        self.error: Exception | None = None
        self.health = health.Health(children, lambda: settings.session_url)
        self._opened: services.Services | None = None
        self._console, self._children, self._tell, self._ports = console, children, tell, ports

    def run(self) -> None:
        """Start everything; the main thread raises `error`."""
        try:
            self._start()
        except Exception as error:
            self.error = error

    def settings_now(self) -> Settings:
        """Return the settings, including stand-ins that have been started."""
        return self._opened.settings if self._opened else self.settings

    def _start(self) -> None:
        children, settings = self._children, self.settings
        dashboard = _dashboard(settings.aha_dashboard_address, self._ports["--dashboard-port"])
        found = self._patiently(lambda: free_connections.check(settings.session_url))
        if found.scarce:
            self._tell(found.scarce)
        is_read = self._patiently(lambda: _is_read(settings), dashboard)
        dagster_home = home.prepare(settings)
        home.make_tables(settings.session_url)
        code, ui, daemon = _dagster(dagster_home, self._ports["--ui-port"])
        if is_read:
            children.want(dashboard, ui, code)  # they need no CRM, and their imports take longest
        self._opened = self._patiently(_opened, dashboard, ui, code)
        if not is_read:
            children.want(dashboard)  # it says how far the sync is, and shows each figure once made
            self._console.print(
                f"The dashboard shows what is there while the sync runs: {dashboard.address}",
                style="dim",
            )
            self._sync()
            children.want(ui, code)
        self._announce([dashboard, ui])
        children.want(daemon)
        self.health.is_starting = False
        self._console.print("Ctrl-C stops everything.", style="dim")

    def _patiently(self, action: Callable[[], T], *served: Service) -> T:
        """Return what an action returns; while database or CRM are away, say so and try again.

        `served` are the services that make sense without it, started at the first failure.
        """
        told = ""
        attempts = logging.getLogger(client.__name__)
        while True:
            try:
                found = action()
                attempts.setLevel(logging.NOTSET)
                return found
            except (ClocksApart, DatabaseUnreachable, ZohoUnavailable) as error:
                sentence = str(error)
            except psycopg2.OperationalError as error:
                sentence = errors.sentence(error)
            attempts.setLevel(logging.ERROR)  # each would be a line every few seconds, for hours
            if sentence != told:
                told = sentence
                self._children.want(*served)
                self._tell(
                    f"{sentence} It is tried again until it answers; what is there is served."
                )
            time.sleep(AGAIN_SECONDS)

    def _sync(self) -> None:
        """Sync in a process of its own, whose memory goes with it."""
        self._children.want(
            Service("sync", [sys.executable, "-m", "aha_pipeline", "sync"], kept=False)
        )
        while (status := self._children["sync"].exit_status) is None:
            time.sleep(POLL_SECONDS)
        if status:
            self._tell("The sync did not succeed; the Dagster UI shows the run.")

    def _announce(self, waiting: list[Service]) -> None:
        """Print each address once it answers."""
        deadline = time.monotonic() + START_SECONDS
        with self._console.status("Starting the dashboard and the Dagster UI"):
            while waiting and time.monotonic() < deadline:
                for service in list(waiting):
                    if service.address and service.is_ready and service.is_ready(service.address):
                        self._console.print(
                            f"{service.name:<11} {service.address}", style="bold green"
                        )
                        waiting.remove(service)
                time.sleep(POLL_SECONDS)


def _opened() -> services.Services:
    """Return the services, Zoho's answer included."""
    services.configured_modules()
    opened = services.current()
    opened.zoho()
    return opened


def _dashboard(address: str, port: int) -> Service:
    arguments = ["-m", "streamlit", "run", str(ROOT / "dashboard" / "server.py")]
    arguments += ["--server.address", address, "--server.port", str(port)]
    url = f"http://{_reached(address)}:{port}"
    return Service("Dashboard", [sys.executable, *arguments], url, _dashboard_is_ready)


def _dagster(dagster_home: Path, ui_port: int) -> tuple[Service, Service, Service]:
    """Return Dagster's code server, UI and daemon."""
    code_socket = _code_socket(dagster_home)
    workspace = dagster_home / "workspace.yaml"
    server = {"socket": str(code_socket), "location_name": LOCATION}
    workspace.write_text(json.dumps({"load_from": [{"grpc_server": server}]}))
    code = ["api", "grpc", "-m", "aha_pipeline.definitions", "--socket", str(code_socket)]
    ui = ["-m", "aha_pipeline.web_server", "-w", str(workspace), "-h", HOST, "-p", str(ui_port)]
    ui += ["--db-pool-max-overflow", str(UI_OVERFLOW)]
    daemon = ["-m", "aha_pipeline.supervisor.daemon", "run", "-w", str(workspace)]
    return (
        Service("code", [str(Path(sys.executable).with_name("dagster")), *code]),
        Service("Dagster UI", [sys.executable, *ui], f"http://{HOST}:{ui_port}", _graph_is_loaded),
        Service("daemon", [sys.executable, *daemon]),
    )


def _reached(address: str) -> str:
    """Return the host, as an address names it, by which this machine reaches what listens there."""
    if address in EVERYWHERE:
        return HOST
    return f"[{address}]" if ":" in address else address


def _is_read(settings: Settings) -> bool:
    """Return whether every day before today is read to its end, and today begun."""
    with services.opened(settings).connect() as warehouse:
        return has_synced(warehouse) and (first_unread_day(warehouse, settings) >= today(settings))


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


def _check_ports(ports: dict[str, int]) -> None:
    if len(set(ports.values())) < len(ports):
        raise SettingsError(f"{', '.join(ports)} must be different ports.")
    for option, port in ports.items():
        _check_free(port, option)


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

    A socket's address is 107 bytes at most (unix(7)); if the home is longer, it is in a
    temporary folder that only our user may enter.
    """
    socket_file = dagster_home / "code.sock"
    if len(os.fsencode(socket_file)) > LONGEST_SOCKET:
        socket_file = Path(tempfile.mkdtemp(prefix="aha-")) / "code.sock"
    socket_file.unlink(missing_ok=True)
    return socket_file
