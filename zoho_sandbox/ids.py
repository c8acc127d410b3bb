"""Ids of what an organisation is made of; those of records are in the store."""

from __future__ import annotations

from zlib import crc32


def metadata_id(name: str) -> str:
    """Return a lasting id for a named thing of the organisation."""
    return f"5249870{crc32(name.encode()):012d}"
