"""How this process holds its memory, and what it says where there is too little."""

import ctypes
import errno
import gc
import mmap
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

M_MMAP_THRESHOLD = -3  # malloc.h of glibc
LARGE_BUFFER_BYTES = 131_072
TOO_LITTLE = (
    "There is too little memory for it, or a limit on it (ulimit, the container's, systemd's): "
    "free some or raise the limit, 1 GB is enough; nothing is half done, give the command again."
)
# What Python, libpq and the loader of libraries say for the want of it, by the class of the error,
# which does not say it.
WORDS = {
    "RuntimeError": ("can't start new thread",),
    "OperationalError": ("out of memory",),
    "ImportError": ("failed to map segment from shared object", "annot allocate memory"),
}


def is_short(error: BaseException) -> bool:
    """Return whether an error comes of a want of memory."""
    is_refused = isinstance(error, OSError) and error.errno == errno.ENOMEM
    return is_refused or is_shortage(type(error).__name__, str(error))


def is_shortage(name: str, message: str) -> bool:
    """Return whether the error of a class name and a message, all that Dagster keeps, is one."""
    if name == "MemoryError":
        return True
    return any(words in message for words in WORDS.get(name, ()))


def total(root: Path = Path("/")) -> int:
    """Return the bytes that this process may have at most: the machine's, or a limit below that.

    root: where the kernel's files are. A limit is that of `ulimit -v`, or of a control group, the
    container's or systemd's (cgroups(7)); a container sees its own group as the root of all.
    """
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    limits += [] if soft == resource.RLIM_INFINITY else [soft]
    for file in _limit_files(root):
        with suppress(OSError, ValueError):  # "max": none
            limits.append(int(file.read_text(encoding="ascii")))
    return min(limits)


def _limit_files(root: Path) -> Iterator[Path]:
    """Yield where limits of the control groups of this process may be, versions 1 and 2."""
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if "memory" in controllers.split(","):
                top, name = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
            elif not controllers:
                top, name = root / "sys/fs/cgroup", "memory.max"
            else:
                continue
            group = Path(path.lstrip("/"))
            yield from (top / folder / name for folder in (group, *group.parents))


def demand(size: int) -> None:
    """Raise MemoryError where `size` bytes cannot be had.

    For libraries that do not end where they get none.
    """
    try:
        mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except OSError as error:
        raise MemoryError(f"{size} bytes cannot be had") from error


def return_large_buffers() -> None:
    """Have buffers as large as a page given back to the system as soon as they are free.

    By default glibc keeps them, up to 32 MB each, in a heap of every thread, where they leave gaps:
    memory would grow for as long as pages are read (mallopt(3)). Other C libraries do as they do.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BUFFER_BYTES)


@contextmanager
def loading() -> Iterator[None]:
    """Look for no cycles while the block loads what stays, nor among that ever after.

    Python looks through all objects each time that their number has grown by a quarter. Those that
    importing Dagster and defining the graph make stay until the process ends: to look through them
    took a fifth of a sync with nothing changed.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
