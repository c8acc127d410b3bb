"""The clock of the soak: processes share it, it jumps for all of them, and waits stay waits."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.soak.clock import SharedClock

START = datetime(2026, 3, 14, 8, 0, tzinfo=UTC)
OTHER = """
import os, sys, threading, time
from datetime import datetime, UTC
def tell():
    print(datetime.now(UTC).isoformat(), time.time(), flush=True)
def tell_from_a_fork():
    if os.fork() == 0:
        time.sleep(0.3)
        tell()
        os._exit(0)
    os.wait()
for line in sys.stdin:
    if line.strip() == "sleep a minute":
        woken = threading.Event()
        threading.Timer(0, tell).start()
        started = time.monotonic()
        woken.wait(60)
        print(time.monotonic() - started, flush=True)
    elif line.strip() == "fork":
        tell_from_a_fork()
    else:
        tell()
"""


@pytest.fixture
def clock(tmp_path):
    shared = SharedClock(tmp_path / "clock", START)
    yield shared
    shared.stop()


@pytest.fixture
def other(clock, monkeypatch):
    """Return a function that has another process do something and returns its line."""
    for name, value in clock.environment().items():
        monkeypatch.setenv(name, value)
    with subprocess.Popen(
        [sys.executable, "-c", OTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:

        def ask(what: str) -> str:
            child.stdin.write(f"{what}\n")
            child.stdin.flush()
            return child.stdout.readline()

        ask.next_line = child.stdout.readline
        yield ask
        child.stdin.close()


def shown(line: str) -> datetime:
    moment, seconds = line.split()
    found = datetime.fromisoformat(moment)
    assert abs(found.timestamp() - float(seconds)) < 0.1
    return found


def near(moment: datetime, wanted: datetime) -> bool:
    return abs((moment - wanted).total_seconds()) < 5


def test_it_jumps_for_every_process_and_flows_on_in_between(clock, other):
    assert near(shown(other("what time is it")), START)
    clock.jump_to(START + timedelta(days=1))
    assert near(clock.now(), START + timedelta(days=1))
    assert near(shown(other("what time is it")), START + timedelta(days=1))
    first = shown(other("what time is it"))
    time.sleep(0.2)
    assert 0.15 < (shown(other("what time is it")) - first).total_seconds() < 2


def test_a_forked_process_jumps_too(clock, other):
    clock.forward(3600)
    assert near(shown(other("fork")), START + timedelta(hours=1))


def test_it_does_not_run_backwards(clock):
    clock.jump_to(START - timedelta(days=1))
    assert near(clock.now(), START)


def test_a_sleeper_wakes_when_its_time_comes_by_a_jump_and_not_before(clock, other):
    other("sleep a minute")
    clock.forward(30)
    clock.forward(40)
    slept = float(other.next_line())
    assert 1.4 < slept < 10  # the second jump comes a second and a half after the first


def test_the_time_of_this_process_is_its_machine_s_again_afterwards(tmp_path):
    before = time.time()
    shared = SharedClock(tmp_path / "clock", START)
    shared.stop()
    assert before <= time.time() < before + 5
