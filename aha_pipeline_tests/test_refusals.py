"""What the system really refuses becomes one sentence, and nothing else does."""

import os
import resource
import subprocess
import sys
import tempfile

import psycopg2
import pytest
import requests

from aha_pipeline import cli, refusals

FULL = "/dev/full"
NOBODY = 65534
OPEN_ALL = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
from aha_pipeline import refusals
try:
    files = [open("/dev/null") for _ in range(20)]
except OSError as error:
    print(refusals.sentence(error))
"""


def said_by(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(not os.path.exists(FULL), reason="Linux has a disk that is always full")
def test_a_full_disk_is_told_also_where_dagster_keeps_no_more_than_the_words():
    with pytest.raises(OSError, match="No space") as caught, open(FULL, "wb", 0) as file:
        file.write(b"x")
    said = refusals.sentence(caught.value)
    assert said is not None
    assert said.startswith("There is no room left on the disk: free some")
    assert refusals.sentence_of("OSError", f"OSError: {caught.value}\n") == said
    named = refusals.sentence(OSError(28, "No space left on device", "/var/lib/aha"))
    assert "on the disk of /var/lib/aha: free" in named


def test_a_limit_on_open_files_is_told():
    assert said_by(OPEN_ALL) == f"{refusals.TOO_MANY_FILES}\n"
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 16


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_file_of_another_user_is_named(tmp_path):
    private = tmp_path / "private"
    private.touch(mode=0o600)
    os.seteuid(NOBODY)
    try:
        with pytest.raises(PermissionError) as caught:
            private.open()
    finally:
        os.seteuid(0)
    said = refusals.sentence(caught.value)
    assert said is not None
    assert said.startswith(f"This user may not use {private}: ")


def test_no_folder_for_temporary_files_is_told(monkeypatch):
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/no such folder"])
    monkeypatch.setattr(tempfile, "tempdir", None)
    with pytest.raises(FileNotFoundError) as caught:
        tempfile.gettempdir()
    assert refusals.sentence(caught.value) == refusals.SCRATCH


def test_a_database_that_ended_by_its_full_disk_is_told_as_that(monkeypatch, tmp_path, capsys):
    """Its server says no more than that it has ended."""
    (tmp_path / "postgres").mkdir()
    monkeypatch.setenv("AHA_HOME", str(tmp_path))

    def lose(*_: object, **__: object) -> None:
        raise psycopg2.OperationalError("server closed the connection unexpectedly")

    def said() -> str:
        with pytest.raises(SystemExit):
            cli.main()
        return capsys.readouterr().err

    monkeypatch.setattr(cli.cli, "main", lose)
    assert "connection to the database was lost" in said()
    monkeypatch.setattr(refusals, "LEAST_BYTES", 2**60)
    assert f"There is no room left on the disk of {tmp_path}/postgres: free some" in said()
    (tmp_path / "postgres").rmdir()  # of a database elsewhere our disk says nothing
    assert "connection to the database was lost" in said()


@pytest.mark.parametrize(
    "other",
    [
        FileNotFoundError(2, "No such file or directory", "/x"),
        requests.ConnectionError("[Errno 13] Permission denied"),
        psycopg2.OperationalError("could not connect: Permission denied"),
        ValueError("[Errno 28] No space left on device"),
    ],
)
def test_no_other_error_is_taken_for_one(other):
    assert refusals.sentence(other) is None


def test_the_command_tells_it_in_one_sentence(monkeypatch, capsys):
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("wrapped") from PermissionError(13, "Permission denied", "/srv/aha/logs")

    monkeypatch.setattr(cli.cli, "main", refuse)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("aha: This user may not use /srv/aha/logs: give it the right")
