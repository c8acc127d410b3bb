"""How this process holds its memory."""

import ctypes
from contextlib import suppress

M_MMAP_THRESHOLD = -3  # malloc.h of glibc
LARGE_BUFFER_BYTES = 131_072


def return_large_buffers() -> None:
    """Have buffers as large as a page given back to the system as soon as they are free.

    By default glibc keeps them, up to 32 MB each, in a heap of every thread, where they leave gaps:
    memory would grow for as long as pages are read (mallopt(3)). Other C libraries do as they do.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BUFFER_BYTES)
