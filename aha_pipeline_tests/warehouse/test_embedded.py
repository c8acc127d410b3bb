"""The embedded server comes up, is shared and goes down, whatever was left behind before."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from aha_pipeline.warehouse import embedded
from aha_pipeline.warehouse.connection import DatabaseUnreachable
from aha_pipeline.warehouse.embedded import cluster, folders
from aha_pipeline_tests.kit.mart_contents import rows
from aha_pipeline_tests.kit.waiting import LONGEST, wait_until

USE = "import sys; from pathlib import Path; from aha_pipeline.warehouse import embedded; "
USE += "print(embedded.start(Path(sys.argv[1])), flush=True); sys.stdin.read()"
STRANGE = ["a space, 'quotes' \"double\" and $HOME `id`", "घर " * 3, "long/" + "x" * 200 + "/home"]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home whose server was made once; each test leaves it down."""
    folder = Path(tempfile.mkdtemp(prefix="aha-embedded-"))
    url = embedded.start(folder)
    rows(url, "create table kept as select 42 as answer")
    embedded.stop(folder)
    yield folder
    embedded.stop(folder)
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def down(home) -> Iterator[None]:
    yield
    embedded.stop(home)
    wait_until(lambda: not embedded.is_running(home))


def answer(url: str) -> int:
    return rows(url, "select answer from kept")[0][0]


def postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().split()[0]))


def user(home: Path, memory: int = resource.RLIM_INFINITY) -> subprocess.Popen:
    """Return another process that uses the server, and may have so many bytes of memory."""
    started = subprocess.Popen(
        [sys.executable, "-c", USE, home],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)),
    )
    assert started.stdout.readline().startswith("postgresql://")
    return started


@pytest.mark.parametrize("name", STRANGE, ids=["quotes", "blanks", "long"])
def test_a_home_of_any_name_works(name):
    folder = Path(tempfile.mkdtemp(prefix="aha-embedded-"))
    try:
        url = embedded.start(folder / name)
        assert rows(url, "select current_user") == [("postgres",)]
        assert not folders.socket_folder(folder / name / "postgres").stat().st_mode & 0o077
        embedded.stop(folder / name)
        assert not embedded.is_running(folder / name)
    finally:
        shutil.rmtree(folder)


def test_a_home_too_long_for_postgresql_is_one_sentence(tmp_path):
    with pytest.raises(DatabaseUnreachable, match=r"bytes long.*shorter"):
        embedded.start(tmp_path.joinpath(*["y" * 200] * 5))


def test_whatever_file_of_a_process_was_left_it_starts_and_stops(home):
    file = home / "postgres" / "postmaster.pid"
    foreign = f"{os.getpid()}\n{home}/postgres\n1\n5432\n/tmp\n\n1 2\nready\n"
    for left in ("", "12", foreign, "999999999\n", "no number\n\n"):
        file.write_text(left)
        (home / "postgres" / ".handle_pids.json").write_text("[1, 2")
        assert answer(embedded.start(home)) == 42
        embedded.stop(home)
        assert not embedded.is_running(home)
        assert not file.exists()


def test_two_that_use_it_share_it_and_the_last_ends_it_also_by_a_kill(home):
    other = user(home)
    server = postmaster(home)
    assert answer(embedded.start(home)) == 42
    assert postmaster(home) == server
    embedded.stop(home)
    assert embedded.is_running(home)
    other.kill()
    other.wait()
    server.wait(LONGEST)
    wait_until(lambda: not embedded.is_running(home))


@pytest.mark.parametrize(("gigabytes", "buffers"), [(0.75, "128MB"), (2, "256MB"), (3, "384MB")])
def test_its_buffers_are_an_eighth_of_the_memory_that_there_is(home, gigabytes, buffers):
    first = user(home, int(gigabytes * 2**30))
    assert rows(embedded.start(home), "show shared_buffers") == [(buffers,)]
    first.communicate()


def test_a_server_that_was_killed_is_started_again(home):
    embedded.start(home)
    postmaster(home).kill()
    wait_until(lambda: not embedded.is_running(home))
    assert answer(embedded.start(home)) == 42


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends the orphan")
def test_a_keeper_that_was_killed_takes_the_server_with_it(home):
    embedded.start(home)
    server = postmaster(home)
    server.parent().kill()
    server.wait(LONGEST)
    assert answer(embedded.start(home)) == 42


def test_a_server_without_a_keeper_is_ended_and_replaced(home):
    embedded.stop(home)
    cluster.prepare(home / "postgres")
    as_user = None if os.geteuid() else folders.owner().pw_name
    command = [cluster.newest() / "postgres", "-D", home / "postgres", "-c", "listen_addresses="]
    orphan = subprocess.Popen(
        [*command, "-k", home / "postgres"], user=as_user, group=as_user, cwd="/",
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(lambda: "ready" in (_text(home / "postgres" / "postmaster.pid")))
    assert answer(embedded.start(home)) == 42
    assert orphan.wait(LONGEST) == 0


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_comes_near_neither_files_nor_socket(home):
    embedded.start(home)
    for folder in (home, folders.socket_folder(home / "postgres")):
        tried = subprocess.run(
            ["/bin/sh", "-c", 'cd "$1"', "sh", folder],
            user="nobody",
            extra_groups=[],
            capture_output=True,
        )
        assert tried.returncode != 0
    assert not home.stat().st_mode & 0o007
    assert (home / "postgres").stat().st_mode & 0o777 == 0o700


def test_the_server_takes_nobody_at_his_word(home):
    rules = "select distinct auth_method from pg_hba_file_rules"
    assert rows(embedded.start(home), rules) == [("peer",)]


@pytest.mark.skipif(16 not in cluster.programs(), reason="the wheel has one version only")
def test_data_of_an_older_version_are_brought_up(tmp_path_factory):
    home = Path(tempfile.mkdtemp(prefix="aha-embedded-"))
    older = cluster.programs()[16]
    folders.let_pass(home)
    folders.make_private(home / "postgres")
    options = ["--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", home / "postgres"]
    cluster.run("initdb", *options, programs_of=older)
    try:
        version = "select current_setting('server_version_num')::int / 10000"
        assert rows(embedded.start(home), version) == [(max(cluster.programs()),)]
        assert (home / "postgres-16" / "PG_VERSION").read_text().strip() == "16"
    finally:
        embedded.stop(home)
        shutil.rmtree(home)


@pytest.mark.parametrize(("held", "words"), [("9.6", "cannot|holds no data"), ("14", "dump")])
def test_data_that_the_wheel_cannot_read_are_one_sentence(home, held, words):
    file = home / "postgres" / "PG_VERSION"
    whole = file.read_text()
    file.write_text(held)
    try:
        with pytest.raises(DatabaseUnreachable, match=words):
            embedded.start(home)
    finally:
        file.write_text(whole)


def test_the_signals_of_a_terminal_do_not_reach_it(home):
    embedded.start(home)
    keeper = postmaster(home).parent()
    for number in (signal.SIGINT, signal.SIGHUP):
        keeper.send_signal(number)
    assert answer(embedded.start(home)) == 42
