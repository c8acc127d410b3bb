"""The services of a deployment, each a process with the same settings, as in `deploy/`."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import psutil
import requests

from aha_pipeline.settings import Settings
from aha_pipeline_tests.dashboard.identity_provider import CLIENT
from aha_pipeline_tests.dashboard.identity_provider import SECRET as CLIENT_SECRET
from aha_pipeline_tests.ports import free_port
from benchmarks.soak.clock import ROOT, SharedClock
from benchmarks.soak.waiting import wait_until

VIEWER = "head@example.com"
LOOK_SECONDS = 0.5
START_SECONDS = 180
STOP_SECONDS = 40
MB = 1_000_000
LOADED = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
LOGIN = """[auth]
redirect_uri = "{dashboard}/oauth2callback"
cookie_secret = "{cookie_secret}"
client_id = "{client}"
client_secret = "{client_secret}"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""


class Place:
    """The folder of a soak: what services write, and `private`, which is not searched."""

    def __init__(self, folder: Path) -> None:
        self.private, self.postgres = folder / "private", folder / "postgres"
        self.work, self.home, self.logs = folder / "work", folder / "home", folder / "logs"
        for one in (self.private, self.postgres, self.work, self.home, self.logs):
            one.mkdir()
        folder.chmod(0o755)
        self.postgres.chmod(0o755)

    def written(self) -> list[Path]:
        """Return every file that the services have written."""
        outbox = [self.private / "outbox.jsonl"]
        return outbox + [
            path for one in (self.home, self.logs) for path in one.rglob("*") if path.is_file()
        ]


class Zoho:
    """The sandbox of `zoho.py`, asked by its input and output."""

    def __init__(self, place: Place, environment: dict[str, str]) -> None:
        self._place, self._environment = place, environment
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._thrown: dict[str, object] = {}
        self.start()

    def start(self) -> None:
        """Start it with the switches that it had; returns when it answers."""
        command = [sys.executable, "-m", "benchmarks.soak.zoho"]
        with (self._place.logs / "zoho.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, str(self._place.private), str(self._port)],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        if not self.process.stdout.readline():
            raise RuntimeError("the sandbox did not start: logs/zoho.log says why")
        self.throw(**self._thrown)

    def stop(self) -> None:
        """Stop it."""
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()

    def throw(self, **switches: object) -> None:
        """Throw switches, which it keeps over a restart."""
        self._thrown |= switches
        self.ask("throw", **switches)

    def ask(self, do: str, **arguments: object) -> object:
        """Have something done, as `zoho.Desk` describes it; return its answer."""
        self.process.stdin.write(json.dumps({"do": do} | arguments) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the sandbox did not {do}: logs/zoho.log says why")
        return json.loads(answer)

    def issued(self) -> list[str]:
        """Return every access token that was ever handed out."""
        return (self._place.private / "issued").read_text().split()


class Services:
    """Code server, webserver, daemon and dashboard; `memory` and `commands` look at them."""

    def __init__(
        self,
        place: Place,
        clock: SharedClock,
        database_url: str,
        first_day: date,
        provider: str,
    ) -> None:
        self.place, self._clock = place, clock
        code, ui, dashboard = free_port(), free_port(), free_port()
        self.ui, self.dashboard = f"http://127.0.0.1:{ui}", f"http://127.0.0.1:{dashboard}"
        self.secrets = _secrets()
        self.zoho = Zoho(place, _without_settings() | clock.environment())
        self.environment = self._settings(database_url, first_day)
        self._code_port = code
        self._write_workspace(code)
        self._write_login(provider)
        workspace = ["-w", "workspace.yaml"]
        page = ["run", str(ROOT / "dashboard" / "app.py"), "--server.port", str(dashboard)]
        definitions = ["-m", "aha_pipeline.definitions", "-p", str(code)]
        self._programs = {
            "code": ["dagster", "api", "grpc", *definitions],
            "webserver": ["dagster-webserver", *workspace, "-p", str(ui)],
            "daemon": ["dagster-daemon", "run", *workspace],
            "dashboard": ["streamlit", *page, "--server.address", "127.0.0.1"],
        }
        self._processes: dict[str, subprocess.Popen] = {}

    def start(self, *names: str) -> None:
        """Start services, by default all; returns when the Dagster UI knows the graph."""
        for name in names or self._programs:
            program, *arguments = self._programs[name]
            self._processes[name] = self._run(
                name, "exec", str(Path(sys.executable).with_name(program)), *arguments
            )
            if name == "code":  # the others depend on it
                wait_until(self._code_listens, START_SECONDS, "the code server starts")
        wait_until(self.is_ready, START_SECONDS, "the services start")

    def restart(self, name: str) -> None:
        """End a service and what it has started, as a machine that restarts does."""
        self._stop(self._processes.pop(name))
        self.start(name)

    def aha(self, *arguments: str) -> int:
        """Run a command of `aha` to its end, as a person does; return its exit status."""
        child = self._run(f"aha-{arguments[0]}", *arguments)
        return child.wait()

    def workers(self) -> list[psutil.Process]:
        """Return the processes that execute runs."""
        return psutil.Process(self._processes["code"].pid).children(recursive=True)

    def memory(self) -> dict[str, float]:
        """Return the resident memory of each long-lived process in MB."""
        known = {name: child.pid for name, child in self._processes.items()}
        known["sandbox"] = self.zoho.process.pid
        return {name: psutil.Process(pid).memory_info().rss / MB for name, pid in known.items()}

    def ask(self, query: str, **variables: object) -> dict:
        """Return what the Dagster UI answers to a query of GraphQL. Raises RuntimeError."""
        body = {"query": query, "variables": variables}
        answer = requests.post(f"{self.ui}/graphql", json=body, timeout=120).json()
        if "data" not in answer or answer.get("errors"):
            raise RuntimeError(f"the Dagster UI does not answer: {answer.get('errors')}")
        return answer["data"]

    def is_ready(self) -> bool:
        """Return whether the UI knows the graph and the dashboard answers."""
        try:
            health = requests.get(f"{self.dashboard}/_stcore/health", timeout=5)
            return health.ok and bool(self.ask(LOADED)["repositoriesOrError"]["nodes"])
        except (requests.RequestException, RuntimeError, KeyError, TypeError):
            return False

    def stop(self) -> None:
        """Stop all, the sandbox last."""
        for child in self._processes.values():
            self._stop(child)
        self._processes.clear()
        self.zoho.stop()

    def _code_listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._code_port)) == 0

    def _run(self, name: str, *arguments: str) -> subprocess.Popen:
        with (self.place.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "aha_pipeline", *arguments],
                cwd=self.place.work,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _stop(self, child: subprocess.Popen) -> None:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def _settings(self, database_url: str, first_day: date) -> dict[str, str]:
        return (
            _without_settings()
            | self._clock.environment()
            | {
                "HOME": str(self.place.work),
                "AHA_HOME": str(self.place.home),
                "AHA_START_DATE": first_day.isoformat(),
                "AHA_DASHBOARD_VIEWERS": VIEWER,
                "AHA_DASHBOARD_RAW_VIEWERS": VIEWER,
                "DATABASE_URL": database_url,
                "ZOHO_API_URL": self.zoho.url,
                "ZOHO_ACCOUNTS_URL": self.zoho.url,
                "ZOHO_CLIENT_ID": "soak",
                "ZOHO_CLIENT_SECRET": self.secrets["ZOHO_CLIENT_SECRET"],
                "ZOHO_REFRESH_TOKEN": self.secrets["ZOHO_REFRESH_TOKEN"],
                "OLLAMA_BASE_URL": "http://127.0.0.1:9",  # nobody is there: the plain briefing
                "TWILIO_API_URL": self.zoho.url,
                "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
                "TWILIO_AUTH_TOKEN": self.secrets["TWILIO_AUTH_TOKEN"],
                "TWILIO_WHATSAPP_NUMBER": "+14155238886",
                "TARGET_WHATSAPP_NUMBER": "+919812345678",
            }
        )

    def _write_workspace(self, port: int) -> None:
        server = {"host": "127.0.0.1", "port": port, "location_name": "aha_pipeline"}
        text = json.dumps({"load_from": [{"grpc_server": server}]})
        (self.place.work / "workspace.yaml").write_text(text)

    def _write_login(self, provider: str) -> None:
        folder = self.place.work / ".streamlit"
        folder.mkdir()
        text = LOGIN.format(
            dashboard=self.dashboard,
            cookie_secret=self.secrets["cookie_secret"],
            client=CLIENT,
            client_secret=CLIENT_SECRET,
            provider=provider,
        )
        (folder / "secrets.toml").write_text(text)


class Commands:
    """The command lines of every process that a soak starts, looked at all the time."""

    def __init__(self, roots: Sequence[psutil.Process]) -> None:
        self.seen: set[str] = set()
        self._roots = roots
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Look once."""
        for root in self._roots:
            for process in root.children(recursive=True):
                with suppress(psutil.Error):
                    self.seen.add(" ".join(process.cmdline()))

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.look()


def _secrets() -> dict[str, str]:
    names = ("ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN", "TWILIO_AUTH_TOKEN", "cookie_secret")
    return {name: secrets.token_hex(24) for name in names}


def _without_settings() -> dict[str, str]:
    settings = {name.upper() for name in Settings.model_fields} | {"DAGSTER_HOME"}
    return {name: value for name, value in os.environ.items() if name.upper() not in settings}
