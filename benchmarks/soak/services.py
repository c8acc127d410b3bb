"""The services of a deployment, each a process with the same settings, as in `deploy/`."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from datetime import date
from pathlib import Path

import psutil
import requests

from aha_pipeline_tests.kit.identity_provider import CLIENT
from aha_pipeline_tests.kit.identity_provider import SECRET as CLIENT_SECRET
from aha_pipeline_tests.kit.ports import free_port
from benchmarks.soak.clock import ROOT, SharedClock
from benchmarks.soak.crm import Zoho
from benchmarks.soak.place import Place, without_settings
from benchmarks.soak.waiting import wait_until

VIEWER = "head@example.com"
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


class Services:
    """Code server, webserver, daemon and dashboard, and the sandbox that they read."""

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
        self.zoho = Zoho(place, without_settings() | clock.environment())
        self.environment = self._settings(database_url, first_day)
        self._code_port = code
        self._write_workspace(code)
        self._write_login(provider)
        workspace = ["-w", "workspace.yaml"]
        page = ["run", str(ROOT / "dashboard" / "server.py"), "--server.port", str(dashboard)]
        definitions = ["-m", "aha_pipeline.definitions", "-p", str(code)]
        self._programs = {
            "code": ["dagster", "api", "grpc", *definitions],
            "webserver": ["python", "-m", "aha_pipeline.web_server", *workspace, "-p", str(ui)],
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
            without_settings()
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


def _secrets() -> dict[str, str]:
    names = ("ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN", "TWILIO_AUTH_TOKEN", "cookie_secret")
    return {name: secrets.token_hex(24) for name in names}
