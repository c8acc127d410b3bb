"""What is served of a record: the whole text as it is, or a choice of its members."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from zoho_sandbox.clock import instant_of
from zoho_sandbox.zoho.json_members import members

CONVERTED, CONVERTED_FLAG = b'"$converted"', b'"Converted__s"'


@dataclass(frozen=True)
class Shape:
    """`wanted` names, the id among them, or None for all; `hidden` ones never come.

    Times are written in `zone`, or as they stand. `has_flag`: leads may be asked for
    `Converted__s`. `lookup` names what is left of a lookup, or is None for all of it.
    """

    wanted: tuple[str, ...] | None = None
    hidden: frozenset[str] = frozenset()
    zone: str | None = None
    has_flag: bool = False
    lookup: tuple[str, ...] | None = None
    _names: tuple[bytes, ...] | None = field(init=False)

    def __post_init__(self) -> None:
        names = None
        if self.wanted is not None:
            chosen = dict.fromkeys(("id", *self.wanted))
            names = tuple(_quoted(name) for name in chosen if name not in self.hidden)
        object.__setattr__(self, "_names", names)

    def cut(self, texts: Iterable[bytes]) -> list[bytes]:
        """Return the JSON of the records as they are served."""
        if self.wanted is None and not self.hidden and self.zone is None:
            return list(texts)
        return [_object(self._parts(text)) for text in texts]

    def _parts(self, text: bytes) -> list[bytes]:
        found = members(text)
        if self._names is None:
            hidden = set(map(_quoted, self.hidden))
            chosen = {name: part for name, part in found.items() if name not in hidden}
        else:
            if self.has_flag and CONVERTED in found:
                flag = found[CONVERTED].replace(CONVERTED, CONVERTED_FLAG, 1)
                found = {**found, CONVERTED_FLAG: flag}
            chosen = {name: found[name] for name in self._names if name in found}
        if self.zone is not None:
            chosen |= {
                name: name + b":" + _in_zone(_value(name, part), self.zone)
                for name, part in chosen.items()
                if name.endswith(b'_Time"')
            }
        if self.lookup is not None:
            chosen |= {
                name: name + b":" + _narrowed(_value(name, part), self.lookup)
                for name, part in chosen.items()
            }
        return list(chosen.values())


def _object(parts: list[bytes]) -> bytes:
    return b"{" + b",".join(parts) + b"}"


def _quoted(name: str) -> bytes:
    return msgspec.json.encode(name)


def _value(name: bytes, member: bytes) -> bytes:
    return member[len(name) :].partition(b":")[2].strip()


@lru_cache(maxsize=4096)
def _in_zone(value: bytes, zone: str) -> bytes:
    """Return a time as it is written in a zone, and any other value as it is."""
    instant = instant_of(value.strip(b'"').decode())
    if instant is None:
        return value
    moment = datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(zone))
    return msgspec.json.encode(moment.isoformat())


def _narrowed(value: bytes, keys: tuple[str, ...]) -> bytes:
    if not value.startswith(b"{"):
        return value
    found = members(value)
    return _object([found[name] for name in map(_quoted, keys) if name in found])
