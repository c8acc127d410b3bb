"""The `aha` command as a person gives it, in a process of its own.

What it imports takes longer than what most tests ask of it. So one process imports that, and each
command is a fork of it: with its own environment, folder, output and signals, and with nothing of
another command. That `python -m aha_pipeline` itself starts is shown where it is not given here.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from pkgutil import iter_modules
from tempfile import TemporaryDirectory

from aha_pipeline import commands
from aha_pipeline_tests.kit.waiting import LONGEST

# As the fixture `connected` and the tests set them: no output may hold one.
SECRETS = ("secret-of-client", "secret-of-refresh", "secret-of-database")
FORKS = multiprocessing.get_context("forkserver")
COMMANDS = [one.name for one in iter_modules(commands.__path__, f"{commands.__name__}.")]
# What a sync imports once it has begun, too.
LATER = ["aha_pipeline.instance.event_storage", "aha_pipeline.forecast.predict"]
FORKS.set_forkserver_preload(["aha_pipeline.cli", "aha_pipeline.definitions", *COMMANDS, *LATER])


class Command:
    """A command that runs."""

    def __init__(self, arguments: tuple[str, ...], settings: Mapping[str, str], at: Path) -> None:
        self._output, self._error = at / "output", at / "error"
        environment = {**os.environ, **settings}
        given = (arguments, environment, self._output, self._error)
        self._process = FORKS.Process(target=_run, args=given)
        self._process.start()
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit status, that of a signal below zero, or None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.pid and self.returncode is None:
            os.kill(self.pid, number)

    def wait(self, seconds: float = 2 * LONGEST) -> subprocess.CompletedProcess[str]:
        """Return how it ended and what it printed; an error if that takes longer."""
        self._process.join(seconds)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("aha", seconds)
        printed = (file.read_text() for file in (self._output, self._error))
        return subprocess.CompletedProcess("aha", self.returncode, *printed)

    def close(self) -> None:
        """End it, if it runs."""
        self.send_signal(signal.SIGKILL)
        self._process.join()
        self._process.close()


@contextmanager
def running(*arguments: str, **settings: str) -> Iterator[Command]:
    """Yield the command as it runs, and kill it at the end; `settings` are added to ours."""
    with TemporaryDirectory() as folder:
        command = Command(arguments, settings, Path(folder))
        try:
            yield command
        finally:
            command.close()


def aha(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Return how the command ended, and what it printed; `settings` are added to ours."""
    with running(*arguments, **settings) as command:
        return command.wait()


def assert_refused(finished: subprocess.CompletedProcess[str], *words: str) -> None:
    """Assert that a mistake was told in one sentence on standard error, with exit status 1."""
    assert finished.returncode == 1
    lines = finished.stderr.strip().splitlines()
    assert len(lines) == 1, finished.stderr
    assert all(word in lines[0] for word in words), lines[0]
    assert "Traceback" not in finished.stdout + finished.stderr


def _run(
    arguments: tuple[str, ...], environment: Mapping[str, str], output: Path, error: Path
) -> None:
    for number, file in enumerate((output, error), start=1):
        with file.open("wb") as opened:
            os.dup2(opened.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["aha", *arguments]
    from aha_pipeline.cli import main

    main()
