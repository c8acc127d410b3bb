"""Exactly one daemon for a database, whoever starts how many."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dagster._core.instance.config import dagster_instance_config

from aha_pipeline.commands.up import START_SECONDS
from aha_pipeline.instance.home import CONFIGURATION
from aha_pipeline_tests.kit.mart_contents import rows
from aha_pipeline_tests.kit.waiting import LONGEST, wait_until

GUARD = """
import sys
from aha_pipeline.supervisor import daemon
daemon.LOOK_SECONDS = 0.3
daemon.run(sys.argv[1], sys.argv[2:])
"""
BEATS = "import sys, time\nwhile True: open(sys.argv[1], 'a').write('.'); time.sleep(0.05)"
HELD = "select count(*) from pg_locks where locktype = 'advisory' and classid = 6016"
CUT = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"


@pytest.fixture
def start(database_url, tmp_path):
    """Start a guard whose daemon writes beats into a file; return both and what it says."""
    started = []

    def make(name: str) -> tuple[subprocess.Popen, Path, Path]:
        beats, said = tmp_path / f"{name}.beats", tmp_path / f"{name}.said"
        command = [sys.executable, "-c", GUARD, database_url, sys.executable, "-c", BEATS, beats]
        with said.open("w") as file:
            started.append(subprocess.Popen(command, stderr=file))
        return started[-1], beats, said

    yield make
    for one in started:
        one.kill()
        one.wait()


def grows(file: Path, seconds: float = LONGEST) -> bool:
    size = file.stat().st_size if file.exists() else 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if file.exists() and file.stat().st_size > size:
            return True
        time.sleep(0.05)
    return False


def test_a_second_daemon_waits_in_words_and_takes_over_when_the_first_is_killed(
    start, database_url
):
    first, beats, _ = start("first")
    assert grows(beats)
    _, others, said = start("second")
    wait_until(lambda: "this one waits until it ends" in said.read_text())
    assert said.read_text().count("Another daemon serves this database, on this machine since") == 1
    assert not others.exists()
    first.kill()
    assert grows(others)
    assert not grows(beats, seconds=1)


def test_a_daemon_whose_session_is_cut_stops_and_has_the_lock_again_before_it_goes_on(
    start, database_url
):
    guard, beats, said = start("one")
    assert grows(beats)
    rows(database_url, CUT)
    wait_until(lambda: "was lost" in said.read_text())
    assert grows(beats)
    assert rows(database_url, HELD) == [(1,)]
    guard.send_signal(signal.SIGTERM)
    guard.wait(LONGEST)
    assert not grows(beats, seconds=1)


def test_a_run_that_falls_due_waits_longer_than_a_code_server_takes_to_come_back():
    given, _ = dagster_instance_config(str(CONFIGURATION.parent))
    queue = given["run_queue"]
    waits = queue["max_user_code_failure_retries"] * queue["user_code_failure_retry_delay"]
    assert waits >= START_SECONDS
