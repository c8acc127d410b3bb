"""The parent of the embedded server: `python -m aha_pipeline.warehouse.embedded.keeper`.

It ends the server when the last process that uses it is gone, and ends when the server does. It
waits in the kernel for a lock that every user shares, so that a killed user counts as gone.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread

from aha_pipeline.processes import dies_with_parent, follow
from aha_pipeline.warehouse.embedded import locks

STOP_SECONDS = 30


def keep(users: Path, log: Path, user: str | None, command: Sequence[str]) -> None:
    """Run the server of `command`, as `user` where one is named, until nobody uses it."""
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        preexec_fn=dies_with_parent(signal.SIGINT),
        cwd="/",
    )
    assert server.stdout is not None
    output = follow(server.stdout, log)
    Thread(target=_end_with, args=(server, output), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: _stop(server))
    locks.alone(users)
    _stop(server)


def _end_with(server: subprocess.Popen[bytes], output: Thread) -> None:
    server.wait()
    output.join(2)
    os._exit(1)


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Stop the server: fast, at once if that takes too long, at last by a kill."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            server.wait(STOP_SECONDS)
            break
    os._exit(0)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    users_file, log_file, name, *server_command = sys.argv[1:]
    keep(Path(users_file), Path(log_file), name or None, server_command)
