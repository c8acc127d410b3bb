"""What the operating system refused, for a person: one sentence each, with what to do."""

import errno
import re
import shutil
from pathlib import Path

NO_ROOM = (
    "There is no room left on the disk{of}: free some, then give the command again; nothing is "
    "half done."
)
NO_RIGHT = (
    "This user may not use {file}: give it the right, or name a folder of its own (AHA_HOME for "
    "what is kept, TMPDIR for what is not)."
)
TOO_MANY_FILES = (
    "More files are open than the limit allows (`ulimit -n`, in systemd LimitNOFILE): raise it to "
    "1024, then give the command again."
)
SENTENCES = {
    errno.ENOSPC: NO_ROOM,
    errno.EDQUOT: NO_ROOM,
    errno.EACCES: NO_RIGHT,
    errno.EPERM: NO_RIGHT,
    errno.EROFS: "{file} lies where nothing can be written: name a folder that can be written to "
    "(AHA_HOME for what is kept, TMPDIR for what is not).",
    errno.EMFILE: TOO_MANY_FILES,
    errno.ENFILE: TOO_MANY_FILES,
    errno.EIO: "The disk{of} fails: look at the machine's log before anything else.",
}
LEAST_BYTES = 20 * 2**20  # PostgreSQL's log grows by 16 MB at a time
# Not those of connections, whose names libraries use for errors of their own.
KINDS = (OSError.__name__, PermissionError.__name__, FileNotFoundError.__name__)
NO_SCRATCH = "No usable temporary directory"  # the words of Python's tempfile
SCRATCH = "No folder for temporary files can be written to: name one by TMPDIR."
# As Python writes an error of the system, with the file that it is about where there is one.
WRITTEN = re.compile(r"\[Errno (\d+)\] [^:\n]*(?:: '([^'\n]*)')?")


def sentence(error: BaseException) -> str | None:
    """Return what a refusal of the system means and what to do; None for any other error."""
    return sentence_of(type(error).__name__, str(error))


def sentence_of(name: str, message: str) -> str | None:
    """Return the sentence for the name of an error's class and its message, all Dagster keeps."""
    if name not in KINDS:
        return None
    if NO_SCRATCH in message:
        return SCRATCH
    found = WRITTEN.search(message)
    text = SENTENCES.get(int(found[1])) if found else None
    if found is None or text is None:
        return None
    return text.format(file=found[2] or "a file", of=f" of {found[2]}" if found[2] else "")


def of_full_disk(folder: Path) -> str | None:
    """Return the sentence of a disk without room where that of a folder is full.

    For what ends by itself when its disk is full, and does not say why.
    """
    try:
        is_full = shutil.disk_usage(folder).free < LEAST_BYTES
    except OSError:
        return None
    return NO_ROOM.format(of=f" of {folder}") if is_full else None
