"""`aha service`: the unit files are what the managers read, and each failure is one sentence."""

import plistlib
import shlex
import stat
import sys
from pathlib import Path

import pytest

from aha_pipeline.commands import service
from aha_pipeline_tests.kit.command import aha, assert_refused


def manager(folder: Path, name: str, status: int = 0) -> None:
    """Put a program of a manager's name into a folder, which notes how it is called."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "$*" >> {folder}/calls\necho why >&2\nexit {status}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def only(tmp_path, monkeypatch):
    """Make one manager, or none, all that is on the path."""

    def make(name: str | None, status: int = 0) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        if name:
            manager(folder, name, status)
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
        return folder / "calls"

    return make


def test_a_service_of_a_user_is_installed_shown_and_removed(only, tmp_path):
    calls = only("systemctl")
    file = tmp_path / ".config" / "systemd" / "user" / "aha_pipeline.service"
    assert aha("service", "install").returncode == 0
    assert "WantedBy=default.target" in file.read_text()
    assert "\nUser=" not in file.read_text()
    assert aha("service", "status").returncode == 0
    assert aha("service", "uninstall").returncode == 0
    assert not file.exists()
    assert calls.read_text().splitlines() == [
        "--user daemon-reload",
        "--user enable --now aha_pipeline.service",
        "--user status --no-pager aha_pipeline.service",
        "--user disable --now aha_pipeline.service",
    ]
    for action in ("status", "uninstall"):
        assert_refused(aha("service", action), "No service is installed")


def test_a_command_with_blanks_quotes_and_signs_is_read_by_systemd_as_it_is(
    only, tmp_path, monkeypatch
):
    only("systemctl")
    folder = tmp_path / "a folder's 100% $HOME"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "executable", f'{folder}/py"thon')
    lines = dict(
        line.split("=", 1) for line in service.find(is_system=True).text.splitlines() if "=" in line
    )
    read = shlex.split(lines["ExecStart"].replace("%%", "%").replace("$$", "$"))
    assert read == [f'{folder}/py"thon', "-m", "aha_pipeline", "up"]
    assert lines["WorkingDirectory"].replace("%%", "%") == str(folder)
    assert lines["User"]
    assert lines["Restart"] == "always"


def test_launchd_gets_a_property_list(only, tmp_path):
    calls = only("launchctl")
    assert aha("service", "install").returncode == 0
    (file,) = (tmp_path / "Library" / "LaunchAgents").iterdir()
    values = plistlib.loads(file.read_bytes())
    assert values["ProgramArguments"][1:] == ["-m", "aha_pipeline", "up"]
    assert values["KeepAlive"] is True
    assert calls.read_text().startswith("bootstrap gui/")


def test_no_manager_and_a_manager_that_refuses_are_one_sentence(only):
    only(None)
    assert_refused(aha("service", "install"), "neither systemd nor launchd", "aha up")
    only("systemctl", status=1)
    assert_refused(aha("service", "install"), "daemon-reload", "failed: why")
