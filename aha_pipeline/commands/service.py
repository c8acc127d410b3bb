"""`aha service`: hand `aha up` to the machine's own service manager, systemd or launchd.

It starts it with the machine (a user's own service: with their login), and again when it ends.
Sources: systemd.service(5), systemd.syntax(7); launchd.plist(5).
"""

import os
import plistlib
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from aha_pipeline.settings import SettingsError

NAME = "aha_pipeline"
LABEL = "aha.pipeline"
UNIT = """\
[Unit]
Description=Zoho CRM to PostgreSQL to a briefing on a phone (aha up)
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
WorkingDirectory={folder}
ExecStart={command}
Restart=always
RestartSec=10
KillMode=mixed
TimeoutStopSec=60
UMask=0077
NoNewPrivileges=true
{user}
[Install]
WantedBy={target}
"""


@dataclass(frozen=True)
class Manager:
    """A service manager: the path and content of its file, and its commands."""

    program: str
    file: Path
    text: str
    install: list[list[str]]
    status: list[str]
    uninstall: list[list[str]]


def install(console: Console, *, is_system: bool) -> None:
    """Write the service's file and start it. Raises SettingsError if that is not possible."""
    manager = find(is_system=is_system)
    try:
        manager.file.parent.mkdir(parents=True, exist_ok=True)
        manager.file.write_text(manager.text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"{manager.file} cannot be written ({error.strerror}): "
            "with --system run this as root, else look at the rights of the folder."
        ) from None
    for command in manager.install:
        _run(command)
    console.print(f"`aha up` is kept up by {manager.program}: {manager.file}", soft_wrap=True)
    if manager.program == "systemctl" and not is_system:
        console.print("To have it run without your login too: loginctl enable-linger")


def status(*, is_system: bool) -> int:
    """Print what the manager says of the service; return its exit status, 0 while it runs.

    Raises SettingsError where none is installed.
    """
    return subprocess.run(_installed(is_system=is_system).status).returncode


def uninstall(console: Console, *, is_system: bool) -> None:
    """Stop the service and remove its file; data, settings and logs stay."""
    manager = _installed(is_system=is_system)
    for command in manager.uninstall:
        _run(command)
    manager.file.unlink()
    console.print("The service is stopped and removed; AHA_HOME stays as it is.")


def _installed(*, is_system: bool) -> Manager:
    manager = find(is_system=is_system)
    if not manager.file.exists():
        raise SettingsError(f"No service is installed: {manager.file} does not exist.")
    return manager


def find(*, is_system: bool) -> Manager:
    """Return the manager of this machine. Raises SettingsError where there is none."""
    if shutil.which("systemctl"):
        return _systemd(is_system=is_system)
    if shutil.which("launchctl"):
        return _launchd(is_system=is_system)
    raise SettingsError(
        "There is neither systemd nor launchd here: let your own service manager run `aha up` in "
        f"{Path.cwd()}, and start it again when it ends."
    )


def _systemd(*, is_system: bool) -> Manager:
    folder = Path("/etc/systemd/system") if is_system else _config() / "systemd" / "user"
    control = ["systemctl"] if is_system else ["systemctl", "--user"]
    unit = f"{NAME}.service"
    text = UNIT.format(
        folder=str(Path.cwd()).replace("%", "%%"),
        command=" ".join(map(_quoted, _command())),
        user=f"User={os.environ.get('SUDO_USER') or _user()}\n" if is_system else "",
        target="multi-user.target" if is_system else "default.target",
    )
    return Manager(
        program="systemctl",
        file=folder / unit,
        text=text,
        install=[[*control, "daemon-reload"], [*control, "enable", "--now", unit]],
        status=[*control, "status", "--no-pager", unit],
        uninstall=[[*control, "disable", "--now", unit]],
    )


def _launchd(*, is_system: bool) -> Manager:
    folder = Path("/Library/LaunchDaemons" if is_system else "~/Library/LaunchAgents").expanduser()
    domain = "system" if is_system else f"gui/{os.geteuid()}"
    file = folder / f"{LABEL}.plist"
    values = {
        "Label": LABEL,
        "ProgramArguments": _command(),
        "WorkingDirectory": str(Path.cwd()),
        "RunAtLoad": True,
        "KeepAlive": True,
        "ThrottleInterval": 10,
        "ExitTimeOut": 60,
        "Umask": 0o077,
    }
    return Manager(
        program="launchctl",
        file=file,
        text=plistlib.dumps(values).decode(),
        install=[["launchctl", "bootstrap", domain, str(file)]],
        status=["launchctl", "print", f"{domain}/{LABEL}"],
        uninstall=[["launchctl", "bootout", f"{domain}/{LABEL}"]],
    )


def _command() -> list[str]:
    return [sys.executable, "-m", "aha_pipeline", "up"]


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()


def _user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _quoted(word: str) -> str:
    """Return a word of a command as systemd reads it: no variable, no specifier, no escape."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _run(command: list[str]) -> None:
    finished = subprocess.run(command, capture_output=True, text=True)
    if finished.returncode:
        said = " ".join((finished.stderr or finished.stdout).split())
        raise SettingsError(f"The command {' '.join(command)} failed: {said or 'no reason'}.")
