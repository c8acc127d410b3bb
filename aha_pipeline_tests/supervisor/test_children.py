"""Children are started again when they end, told of, and gone with their parent."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from aha_pipeline import processes
from aha_pipeline.supervisor import children as room
from aha_pipeline.supervisor.children import Children, Service, end_orphans
from aha_pipeline_tests.kit.waiting import LONGEST, wait_until

SLEEPER = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; "
SLEEPER += "time.sleep(600)']); print('up', flush=True); time.sleep(600)"
PARENT = """
import sys, time
from pathlib import Path
from aha_pipeline.supervisor.children import Children, Service
children = Children(Path(sys.argv[1]), print)
children.want(Service("sleeper", [sys.executable, "-c", sys.argv[2]]))
children.tend()
time.sleep(600)
"""


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def kept(tmp_path, told):
    """Children of a home, stopped at the end."""
    children = Children(tmp_path, told.append)
    yield children
    children.stop()


def await_(condition: Callable[[], bool], tend: Callable[[], None] = lambda: None) -> None:
    def holds() -> bool:
        tend()
        return condition()

    wait_until(holds)


def marked(home: Path) -> list[psutil.Process]:
    return [one for one in psutil.process_iter() if room._is_marked(one, home)]


def test_a_child_that_is_killed_is_started_again_and_what_it_had_started_is_not_left(
    kept, told, tmp_path
):
    kept.want(Service("sleeper", [sys.executable, "-c", SLEEPER]))
    await_(lambda: len(marked(tmp_path)) == 2, kept.tend)
    first = kept["sleeper"].pid
    os.kill(first, signal.SIGKILL)
    await_(lambda: kept["sleeper"].is_up and kept["sleeper"].pid != first, kept.tend)
    await_(lambda: len(marked(tmp_path)) == 2)
    assert told == [
        "sleeper was killed by SIGKILL and is started again in 1 s; "
        f"{tmp_path}/logs/sleeper.log says why."
    ]
    assert kept["sleeper"].restarts == 1
    kept.stop()
    await_(lambda: marked(tmp_path) == [])  # what is killed ends a moment later


def test_one_that_is_wanted_again_is_the_same(kept, told, tmp_path):
    sleeper = Service("sleeper", [sys.executable, "-c", SLEEPER])
    kept.want(sleeper)
    await_(lambda: len(marked(tmp_path)) == 2, kept.tend)
    first = kept["sleeper"].pid
    kept.want(sleeper, sleeper)
    kept.tend()
    assert kept["sleeper"].pid == first
    kept.stop()
    await_(lambda: marked(tmp_path) == [])  # what is killed ends a moment later
    assert told == []


def test_one_that_ends_again_and_again_is_tried_ever_more_seldom_and_told_of_once_more(
    kept, told, monkeypatch
):
    monkeypatch.setattr(room, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(room, "LONGEST_PAUSE", 0.05)
    broken = "print('the reason'); raise SystemExit(3)"
    kept.want(Service("broken", [sys.executable, "-c", broken]))
    await_(lambda: kept["broken"].restarts > room.MANY + 1, kept.tend)
    assert len(told) == room.MANY
    assert told[0].startswith("broken ended by itself with status 3 and is started again")
    assert told[-1].endswith("ends with: the reason")


def test_one_that_is_not_kept_is_not_started_again(kept, told):
    kept.want(Service("once", [sys.executable, "-c", "raise SystemExit(5)"], kept=False))
    await_(lambda: kept["once"].exit_status is not None, kept.tend)
    kept.tend()
    assert kept["once"].exit_status == 5
    assert (kept["once"].restarts, told) == (0, [])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends them")
def test_children_die_with_a_parent_that_is_killed_and_orphans_of_theirs_are_ended(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, tmp_path, SLEEPER])
    await_(lambda: len(marked(tmp_path)) == 2)
    parent.kill()
    parent.wait()
    # The grandchild knows nothing of us: it is what a later start finds.
    await_(lambda: len(marked(tmp_path)) == 1)
    assert end_orphans(tmp_path / "another home") == []
    assert len(end_orphans(tmp_path)) == 1
    assert marked(tmp_path) == []


def test_a_log_keeps_a_bounded_size_and_its_last_words(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "MEGABYTES", 0.01)
    line = "x" * 200
    talker = f"for n in range(1000): print(n, {line!r})"
    started = subprocess.Popen([sys.executable, "-c", talker], stdout=subprocess.PIPE)
    processes.follow(started.stdout, tmp_path / "log").join(LONGEST)
    files = sorted(tmp_path.iterdir())
    assert len(files) == processes.KEPT + 1
    assert all(file.stat().st_size < 0.011 * 2**20 for file in files)
    assert processes.last_line(tmp_path / "log").startswith("999 x")
    assert processes.last_line(tmp_path / "none") == ""
