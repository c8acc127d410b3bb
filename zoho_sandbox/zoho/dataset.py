"""Serves records that were given: one file a module, gzipped, one JSON object a line.

Lines are served byte for byte. Modules, fields, picklists and users are read off the records.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zlib import error as ZlibError

from zoho_sandbox.errors import SandboxError
from zoho_sandbox.zoho.modules import Field, Module, standard_modules
from zoho_sandbox.zoho.organisation import Organisation, user_metadata
from zoho_sandbox.zoho.records import Record, parse
from zoho_sandbox.zoho.store import Store

SUFFIX = ".jsonl.gz"


class Survey:
    """What the records of one module say about its fields, and about the users."""

    def __init__(self, module: str, users: dict[str, dict]) -> None:
        self._name = module
        self._standard = standard_modules().get(module)
        self._known = {f.name: f for f in self._standard.fields} if self._standard else {}
        self._types: dict[str, str] = {}
        self._settled: set[str] = set()
        self._found: dict[str, dict[str, None]] = {
            f.name: {} for f in self._known.values() if f.values
        }
        self._users = users

    def look(self, data: dict) -> None:
        """Take note of one record; cheap once every field has shown a value."""
        if not data.keys() <= self._types.keys():
            self._types = dict.fromkeys([*self._types, *data], "") | self._types
        for name in data.keys() - self._settled:
            self._types[name] = self._type(name, data[name])
            if self._types[name]:
                self._settled.add(name)
        for name, found in self._found.items():
            value = data.get(name)
            for item in value if isinstance(value, list) else (value,):
                if isinstance(item, str):
                    found[item] = None
        owner = data.get("Owner")
        if isinstance(owner, dict) and owner.get("id") and owner.get("name"):
            self._users[owner["id"]] = owner

    def module(self) -> Module:
        """Return the module as its records show it; a known one without records as it is known."""
        if self._standard and not self._types:
            return self._standard
        fields = (
            self._field(name) for name in self._types if name != "id" and not name.startswith("$")
        )
        return Module(self._name, tuple(fields), custom=self._standard is None)

    def _type(self, name: str, value: object) -> str:
        return self._known[name].type if name in self._known else _type(value)

    def _field(self, name: str) -> Field:
        """Return a field; of a picklist the values that occur, the well-known ones first."""
        known = self._known.get(name, Field(name, custom=True))
        found = self._found.get(name, {})
        values = [*(v for v in known.values if v in found), *found]
        kind = self._types[name] or "text"
        return replace(known, type=kind, values=tuple(dict.fromkeys(values)))


def load(directory: Path, store: Store) -> Organisation:
    """Return the organisation of a folder, named after it; its records go to `store`.

    Raises SandboxError for a missing or empty folder, and for a line that is no record.
    """
    files = sorted(directory.glob(f"*{SUFFIX}")) if directory.is_dir() else []
    if not files:
        raise SandboxError(
            f"{directory} is not a folder with files such as Leads{SUFFIX}: "
            "name a folder with one gzipped file of JSON lines for each module"
        )
    modules, users = standard_modules(), {}
    for path in files:
        name = path.name.removesuffix(SUFFIX)
        survey = Survey(name, users)
        store.load(name, list(_records(path, survey)))
        modules[name] = survey.module()
    people = [user_metadata(users[id_], "Sales Executive") for id_ in sorted(users)]
    return Organisation(directory.resolve().name, store, modules, lambda: people)


def _records(path: Path, survey: Survey) -> Iterator[Record]:
    seen: set[str] = set()
    for number, line in _lines(path):
        try:
            data = parse(line)
        except ValueError as error:
            raise SandboxError(f"{path} line {number} is not JSON: {error}") from None
        if not isinstance(data, dict) or not isinstance(data.get("id"), str):
            raise SandboxError(f"{path} line {number} is not a record: it needs an id in quotes")
        if data["id"] in seen:
            raise SandboxError(f"{path} line {number} repeats the id {data['id']}")
        seen.add(data["id"])
        survey.look(data)
        yield Record(data, line)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with gzip.open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.strip()
    except (OSError, EOFError, ZlibError) as error:
        raise SandboxError(f"{path} cannot be read as a gzipped file: {error}") from None


def _type(value: object) -> str:
    """Return the data type that a value looks like; empty if it says nothing."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "double"
        case dict():
            return "lookup"
        case list():
            return "multiselectpicklist"
        case None:
            return ""
    return "text"
