"""Every command of the pages is run: here, by the walk, or by a test that is named."""

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import click
import pytest
import requests

from aha_pipeline.cli import cli
from aha_pipeline_tests.kit.command import aha
from aha_pipeline_tests.kit.days import yesterday
from aha_pipeline_tests.kit.mart_contents import rows
from aha_pipeline_tests.kit.pages import ROOT, read_pages
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.waiting import LONGEST, wait_until

BIN = Path(sys.executable).parent
WALK = ".ci/walk.py"
CI = ".ci/run"
# Run where it takes more than a prepared folder: the file there that runs it.
ELSEWHERE = {
    "make run": WALK,
    "make install": WALK,
    "aha up": WALK,
    "aha login": WALK,
    "aha doctor": WALK,
    "aha sync": WALK,
    "aha history": WALK,
    "aha reconcile": WALK,
    "aha sandbox": WALK,
    "make test": CI,
    "make lint": CI,
    "make audit": CI,
}
BY_THE_WALK_FROM_THE_PAGE = ("pg_dump ", "pg_restore ", "psql ")
# What a test cannot do: the walk itself, a year's company in pictures, an hour of measuring, the
# registry, another's commits.
ONLY_LOOKED_AT = ("make walk", "make pictures", "make bench", "make lock", "git pull")
MODULES = ("Leads", "Deals", "Contacts", "Accounts")


@cache
def commands() -> list[str]:
    """Return every command of the blocks in bash, once, without its comment."""
    lines = (
        line.partition("   #")[0].partition(" # ")[0].strip()
        for page in read_pages()
        for block in page.blocks("bash")
        for line in block.text.splitlines()
    )
    return list(dict.fromkeys(line for line in lines if line))


def here() -> list[str]:
    """Return the commands that are run by this file."""
    return [
        command
        for command in commands()
        if command not in ELSEWHERE
        and command not in ONLY_LOOKED_AT
        and not command.startswith(BY_THE_WALK_FROM_THE_PAGE)
    ]


def spans(beginning: str) -> list[str]:
    """Return the pieces of code within lines of text that begin like a command."""
    found = (span for page in read_pages() for span in page.spans())
    return sorted({span for span in found if span.startswith(beginning)})


@pytest.fixture
def prepared(connected, monkeypatch, command) -> None:
    """A connected company, read from the first day that the command names, or from yesterday."""
    named = re.findall(r"20\d\d-\d\d-\d\d", command)
    monkeypatch.setenv("AHA_START_DATE", min(named, default=yesterday().isoformat()))


@pytest.mark.parametrize("command", [one for one in here() if not one.startswith("aha sandbox")])
def test_a_command_of_the_pages_does_its_work(prepared, database_url, command):
    program, *words = shlex.split(command)
    assert program == "aha"
    finished = aha(*words, PATH=f"{BIN}:{os.environ['PATH']}")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    if "sync" in command or "backfill" in command:
        assert rows(database_url, "select count(*) > 0 from crm.crm_deals") == [(True,)]
        asked = re.findall(r"--modules (\w+)", command) or MODULES
        read = rows(database_url, "select distinct module from crm.sync_logs order by 1")
        assert [module for (module,) in read] == sorted(asked)


@pytest.mark.parametrize("command", [one for one in here() if one.startswith("aha sandbox")])
def test_a_sandbox_of_the_pages_is_served(command, tmp_path):
    log = tmp_path / "log"
    words = [*shlex.split(command)[1:], "--port", str(free_port())]  # the walk has the usual one
    with log.open("w") as output:
        served = subprocess.Popen([BIN / "aha", *words], stdout=output)
    try:
        address = wait_until(lambda: re.search(r"http://\S+", log.read_text()))[0]
        assert "sandbox" in requests.get(address, timeout=LONGEST).text.lower()
    finally:
        served.terminate()
        assert served.wait(LONGEST) == 0


def test_what_is_run_elsewhere_is_run_there():
    for command, file in ELSEWHERE.items():
        assert command in (ROOT / file).read_text(), command
    walk = (ROOT / WALK).read_text()
    assert "backup_commands(there)" in walk
    assert set(ELSEWHERE) | set(ONLY_LOOKED_AT) <= set(commands())


@pytest.mark.parametrize("name", ["compose.yaml", "helm-values.yaml"])
def test_the_commands_of_a_deployment_can_be_read_and_name_files_that_exist(name):
    """Docker, Kubernetes and Helm are not here to run them."""
    text = re.sub(r"\\\n#\s*", "", (ROOT / "deploy" / name).read_text())
    given = re.findall(r"^#   ((?:docker|kubectl|helm) .*?)(?: {4,}.*)?$", text, re.MULTILINE)
    assert given
    for command in given:
        for word in shlex.split(command):
            if word.startswith("deploy/"):
                assert (ROOT / word).exists(), command


def test_no_command_is_left_out():
    assert any(command.startswith(BY_THE_WALK_FROM_THE_PAGE) for command in commands())
    assert any(command.startswith("aha backfill") for command in here())


def test_a_command_in_the_text_has_the_name_and_options_that_exist():
    assert [usage for usage in spans("aha ") if not is_understood(usage)] == []


def is_understood(usage: str) -> bool:
    name, *words = re.sub(r"[\[\]|…]", " ", usage).split()[1:]
    command = cli.commands.get(name)
    if command is None or name == "exec":
        return command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    named = {word.partition("=")[0] for word in words if word.startswith("-")}
    takes_words = any(isinstance(one, click.Argument) for one in command.params)
    return named <= options | {"--help"} and bool(named or not words or takes_words)


def test_what_make_is_asked_for_it_can_make():
    usages = [*spans("make "), *(one for one in commands() if one.startswith("make "))]
    asked = {target for usage in usages for target in usage.split()[1:]}
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert asked - known == set()
