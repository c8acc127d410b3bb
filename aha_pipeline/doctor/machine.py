"""This machine: the files that hold secrets, and room on the disk."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from aha_pipeline import env_file
from aha_pipeline.doctor.finding import Finding, ok, problem, warning

# All rights of others, and those of the group but to pass through, which an access list may need.
OF_OTHERS = 0o067
FEW_BYTES, LEAST_BYTES = 5 * 2**30, 2**29


def env(path: Path) -> Iterator[Finding]:
    """Yield whether `.env` is for its owner's eyes only."""
    if not path.exists():
        yield ok(".env", "There is none; settings come from the environment.")
    elif env_file.is_private(path):
        yield ok(".env", "Readable by its owner only.")
    else:
        yield warning(".env", "Others on this machine may read the secrets in it: chmod 600 .env")


def home(path: Path) -> Iterator[Finding]:
    """Yield whether AHA_HOME can be written, by its owner only, and whether the disk has room."""
    existing = next(one for one in (path, *path.parents) if one.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        yield problem("AHA_HOME", f"{path} cannot be written: name a folder that you may write to.")
        return
    if path.exists() and path.stat().st_mode & OF_OTHERS:
        yield warning("AHA_HOME", f"Others on this machine may look into it: chmod 700 {path}")
    else:
        yield ok("AHA_HOME", str(path))
    yield disk(shutil.disk_usage(existing).free)


def disk(free: int) -> Finding:
    """Return whether `free` bytes are enough."""
    says = f"{free / 2**30:,.1f} GiB are free"
    if free < LEAST_BYTES:
        return problem("Disk", f"{says}, too few to write to: make room where AHA_HOME is.")
    if free < FEW_BYTES:
        return warning("Disk", f"{says}, which may fill up soon: make room where AHA_HOME is.")
    return ok("Disk", f"{says}.")
