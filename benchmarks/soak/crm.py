"""The CRM and Twilio of a soak: the process of `zoho.py`, asked by its input and output."""

import json
import subprocess
import sys
from contextlib import suppress

from aha_pipeline_tests.kit.ports import free_port
from benchmarks.soak.clock import ROOT
from benchmarks.soak.place import Place


class Zoho:
    """The sandbox, which the driver may stop, start and trouble."""

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
