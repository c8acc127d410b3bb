"""Where the embedded server keeps its files and its socket, for its owner's eyes only.

PostgreSQL refuses to run as root. Where root starts it, it runs as a user of its own, and an entry
for that one user in the access list of each folder above lets it pass through: nobody else gains
anything. Source: Linux, acl(5) and the layout of `system.posix_acl_access`.
"""

import hashlib
import os
import pwd
import shutil
import stat
import struct
import subprocess
import tempfile
from pathlib import Path

from aha_pipeline.warehouse.connection import DatabaseUnreachable

SERVER_USER = "pgserver"
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET = 100  # Linux takes 107 bytes, macOS 103
LONGEST_PATH = 900  # PostgreSQL takes 1,023 bytes, names of its own files included
ACCESS_LIST = "system.posix_acl_access"
ENTRY = struct.Struct("<HHI")
OWNER, USER, GROUP, MASK, OTHERS, NOBODY = 1, 2, 4, 0x10, 0x20, 0xFFFFFFFF
PASS = 1


def owner() -> pwd.struct_passwd:
    """Return the user that the server runs as. Raises DatabaseUnreachable if there is none."""
    try:
        if os.geteuid():
            return pwd.getpwuid(os.geteuid())
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        pass
    if os.geteuid():
        raise DatabaseUnreachable(
            f"The user {os.geteuid()} has no name on this machine, and the embedded PostgreSQL "
            "needs one: give it one, or set DATABASE_URL."
        )
    try:
        command = ["useradd", "--system", "--no-create-home", SERVER_USER]
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        raise DatabaseUnreachable(
            "PostgreSQL does not run as root, and no user could be made for it: run this as "
            "another user, or set DATABASE_URL."
        ) from None
    return pwd.getpwnam(SERVER_USER)


def check_length(home: Path) -> None:
    """Raise DatabaseUnreachable where the path is longer than PostgreSQL takes."""
    if len(os.fsencode(home)) > LONGEST_PATH:
        raise DatabaseUnreachable(
            f"AHA_HOME is {len(os.fsencode(home))} bytes long, and PostgreSQL takes "
            f"{LONGEST_PATH}: name a shorter folder, or set DATABASE_URL."
        )


def make_private(folder: Path) -> None:
    """Make a folder that the server's user alone can enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), owner().pw_uid):
        raise DatabaseUnreachable(
            f"{folder} belongs to another user: remove it, or set TMPDIR to a folder of yours."
        )
    _own(folder)
    folder.chmod(0o700)


def write(path: Path, text: str) -> None:
    """Write a file that the server's user alone can read."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    _own(path)


def socket_folder(data: Path) -> Path:
    """Return the folder of the socket: that of the data, or one of our own.

    Every process finds the same one: it depends on the path alone. A path may be too long for a
    socket, and libpq takes a comma for the end of a host's name.
    """
    if len(os.fsencode(data / SOCKET)) <= LONGEST_SOCKET and "," not in str(data):
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"aha-{os.geteuid()}-{name}"


def let_pass(path: Path) -> None:
    """Let the server's user through to a path, where root starts it and another user runs it."""
    if os.geteuid():
        return
    user = owner().pw_uid
    for folder in reversed((path, *path.parents)):
        if not folder.stat().st_mode & stat.S_IXOTH and folder.stat().st_uid != user:
            _grant(folder, user)


def _own(path: Path) -> None:
    if not os.geteuid():
        shutil.chown(path, owner().pw_uid, owner().pw_gid)


def _grant(folder: Path, user: int) -> None:
    """Add to the access list of a folder that a user may pass through it."""
    mode = folder.stat().st_mode
    entries = {
        (OWNER, NOBODY): mode >> 6 & 7,
        (GROUP, NOBODY): mode >> 3 & 7,
        (OTHERS, NOBODY): mode & 7,
    }
    try:
        held = os.getxattr(folder, ACCESS_LIST)
        entries |= {(tag, who): rights for tag, rights, who in ENTRY.iter_unpack(held[4:])}
    except OSError:
        pass  # no list yet: the mode says it all
    entries[USER, user] = entries.get((USER, user), 0) | PASS
    entries[MASK, NOBODY] = entries.get((MASK, NOBODY), entries[GROUP, NOBODY]) | PASS
    packed = b"".join(ENTRY.pack(tag, entries[tag, who], who) for tag, who in sorted(entries))
    try:
        os.setxattr(folder, ACCESS_LIST, struct.pack("<I", 2) + packed)
    except OSError:
        raise DatabaseUnreachable(
            f"PostgreSQL does not run as root, and its user {SERVER_USER} may not pass through "
            f"{folder}: run this as another user, or set DATABASE_URL."
        ) from None
