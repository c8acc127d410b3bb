"""Want of memory, brought about by the real thing, becomes one sentence."""

import errno
import gc
import resource
import subprocess
import sys
from weakref import ref

import psutil
import psycopg2
import pytest

from aha_pipeline import memory

ROOM = 150 * 2**20
PROGRAMS = {
    "a thread": "threading.Thread(target=print).start()",
    "a large text": "print(len('x' * 2**28))",
    "a mapping": "mmap.mmap(-1, 2**28)",
    "a library": "resource.setrlimit(resource.RLIMIT_AS, (2**20, ROOM)); import psycopg2._psycopg",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_each_way_in_which_python_runs_out_of_it_is_known(program):
    """In a process of its own, whose stack of a thread is larger than what it may have."""
    finished = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import mmap, resource, threading\nROOM = {ROOM}\nfrom aha_pipeline import memory\n"
            "threading.stack_size(2**28)\n"
            f"try:\n    {program}\nexcept BaseException as error:\n"
            "    print(type(error).__name__, memory.is_short(error))",
        ],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.split()[1:] == ["True"], finished.stdout + finished.stderr


# The kernel's files: what a process may have by its control groups, of both versions (cgroups(7)).
GROUPS = {
    "a container of version 2": {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "{}"},
    "a service in a slice with a limit": {
        "proc/self/cgroup": "0::/aha.slice/aha.service\n",
        "sys/fs/cgroup/aha.slice/memory.max": "{}",
        "sys/fs/cgroup/aha.slice/aha.service/memory.max": "max\n",
    },
    "version 1": {
        "proc/self/cgroup": "9:name=systemd:/docker/1f\n4:hugetlb,memory:/docker/1f\n0::/\n",
        "sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes": "{}",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
    },
    "version 1, seen from within": {
        "proc/self/cgroup": "4:memory:/docker/1f\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "{}",
    },
}


@pytest.mark.parametrize("files", GROUPS.values(), ids=GROUPS)
def test_a_limit_of_a_control_group_is_what_there_is(tmp_path, files):
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(ROOM))
    assert memory.total(tmp_path) == ROOM


def test_without_a_limit_it_is_the_memory_of_the_machine(tmp_path):
    assert memory.total(tmp_path) == psutil.virtual_memory().total


@pytest.mark.parametrize("megabytes", [90, 120, 150])
def test_a_library_that_finds_no_memory_ends_instead_of_asking_for_ever(megabytes):
    """What it ends with is its own affair; with a thread for each processor it did not end."""
    least = (megabytes * 2**20, megabytes * 2**20)
    subprocess.run(
        [sys.executable, "-c", "import aha_pipeline, scipy.special"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, least),
        capture_output=True,
        check=False,
        timeout=60,
    )


LEARNING = r"""
import re, resource
from pathlib import Path

import sklearn.linear_model
from aha_pipeline.forecast.hazard import learn
from aha_pipeline.forecast.histories import known_at, of_frame
from aha_pipeline_tests.kit.selling_companies import selling_company

company = selling_company("steady", days=200)
known = known_at(of_frame(company), company["said_day"].max())
held = int(re.search(r"VmData:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, 2 * (held + {megabytes} * 2**20,))
try:
    print(type(learn(known)).__name__)
except MemoryError:
    print("MemoryError")
"""


@pytest.mark.parametrize(
    ("megabytes", "ends"),
    [(5, "MemoryError"), (40, "MemoryError"), (70, "MemoryError"), (400, "HazardModel")],
)
def test_a_forecast_that_finds_no_memory_ends(megabytes, ends):
    """The buffers of OpenBLAS are asked for at its first product, and for ever where there is no
    room: once in a sync of 512 MB that nothing but kill -9 ended.
    """
    code = LEARNING.replace("{megabytes}", str(megabytes))
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.stdout.strip() == ends, ended.stderr


@pytest.mark.parametrize(
    "other",
    [
        RuntimeError("can't open file"),
        OSError(errno.ENOSPC, "No space left on device"),
        psycopg2.OperationalError("server closed the connection unexpectedly"),
        ValueError("out of memory"),
        ImportError("cannot import name 'nothing' from 'scipy'"),
    ],
)
def test_no_other_error_is_taken_for_it(other):
    assert not memory.is_short(other)


def test_the_command_tells_it_in_one_sentence(monkeypatch, capsys):
    from aha_pipeline import cli

    def short(*_: object, **__: object) -> None:
        raise RuntimeError("wrapped by somebody") from MemoryError()

    monkeypatch.setattr(cli.cli, "main", short)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"aha: {memory.TOO_LITTLE}\n"


def test_what_is_loaded_stays_and_what_comes_after_is_collected():
    before = gc.get_freeze_count()
    with memory.loading():
        assert not gc.isenabled()
        loaded = [[] for _ in range(1_000)]
    try:
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(loaded)
        assert not any(one is loaded for one in gc.get_objects())
        circle: list[object] = [Forgotten()]
        circle.append(circle)
        gone = ref(circle[0])
        del circle
        gc.collect()
        assert gone() is None
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("was_enabled", [True, False])
def test_an_error_while_loading_leaves_collection_as_it_was(was_enabled):
    if not was_enabled:
        gc.disable()
    try:
        with pytest.raises(ImportError), memory.loading():
            raise ImportError("on purpose")
        assert gc.isenabled() is was_enabled
    finally:
        gc.unfreeze()
        gc.enable()


class Forgotten:
    """Something to be collected."""
