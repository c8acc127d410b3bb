"""What each reader has lost after two syncs of one CRM, case by case.

Every reader meets the same CRM over HTTP: the same leads, the same random numbers. It syncs once
while the case is under way, and once more when the CRM has come to rest. Then what it holds is
compared with what the CRM holds.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

import msgspec
import psycopg2
from psycopg2.extras import RealDictCursor

from aha_pipeline.warehouse.connection import connect
from benchmarks import product
from benchmarks.databases import database, postgres
from benchmarks.leads import leads, times
from benchmarks.peers import AIRBYTE, DLT, PeerMissing
from benchmarks.served import start_empty
from zoho_sandbox.clock import instant_of
from zoho_sandbox.faults.switches import Churn
from zoho_sandbox.server import Sandbox
from zoho_sandbox.zoho.records import Record

RECORDS = 5_000
IMPORTED = 1_000
CONVERTED = 0.3
SEED = 7
Stored = dict[str, dict]
HEAD = f"""\
{"":48}{"missing":>9}{"of them":>10}{"":7}{"wrongly":>9}{"missing, untouched,":>21}
{"case":<31}{"reader":<8}{"finished":>9}{"":9}{"converted":>10}{"stale":>7}{"alive":>9}\
{"after the first sync":>21}"""


@dataclass(frozen=True)
class Case:
    """What happens to the CRM while it is read.

    `converted` is a share of the leads. `imported`: a thousand of them have one second. `late` of
    such a thousand come after the first sync; `strict`, and the filter by time excludes the very
    second it names. `churn` follows every list call of the first sync.
    """

    name: str
    converted: float = 0.0
    imported: bool = False
    late: int = 0
    strict: bool = False
    churn: bool = False
    token_life_calls: int | None = None
    times_as_many: int = 1

    def switches(self) -> dict[str, object]:
        """Return the switches of the sandbox, new for each reader."""
        return {
            # Zoho says neither how it orders one second, nor whether its filter includes it.
            "strict_since": self.strict,
            "tie_order": "random" if self.imported else "id",
            "churn": Churn(edits=6, deletes=4) if self.churn else None,
            "token_life_calls": self.token_life_calls,
        }


CASES = (
    Case("quiet"),
    Case("30 % converted", converted=CONVERTED),
    Case("an import's second", imported=True),
    Case("an import half done", late=IMPORTED // 2),
    Case("an import half done, strict", late=IMPORTED // 2, strict=True),
    Case("6 edits, 4 deletes a call", churn=True),
    Case("a token dies every 50 calls", token_life_calls=50, times_as_many=4),
    Case("converted, imported, changing", CONVERTED, imported=True, churn=True),
)


@dataclass(frozen=True)
class Loss:
    """How a copy differs from the CRM, in records; `converted` of the missing ones are converted.

    `missed_at_rest` were missing after the first sync although nothing had touched them.
    """

    finished: bool
    missing: int
    converted: int
    stale: int
    wrongly_alive: int
    missed_at_rest: int


@dataclass(frozen=True)
class Place:
    """Where a reader works: the CRM, a folder for its state, a database of its own."""

    url: str
    folder: Path
    database_url: str


class Product:
    """`aha sync`, whole: Dagster, landing, marts."""

    name = "aha sync"

    def sync(self, place: Place) -> bool:
        """Read what is new; return whether it said that it succeeded."""
        return product.sync(place.url, place.folder, place.database_url)

    def stored(self, place: Place) -> Stored:
        """Return the live records by id."""
        rows = _rows(place, "select id, raw_data from crm.leads_raw where deleted_at is null")
        return {row["id"]: row["raw_data"] for row in rows}


class Airbyte:
    """Airbyte's source, its records kept by id as its destinations' deduplication keeps them."""

    name = "Airbyte"

    def __init__(self) -> None:
        self._kept: Stored = {}

    def sync(self, place: Place) -> bool:
        """Read what is new, with the state that the sync before left."""
        command = AIRBYTE.command(place.url, str(place.folder))
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        for message in map(json.loads, done.stdout.splitlines()):
            if message["type"] == "RECORD":
                self._keep(message["record"]["data"])
            elif message["type"] == "STATE":
                (place.folder / "state.json").write_text(json.dumps([message["state"]]))
        return done.returncode == 0

    def _keep(self, record: dict) -> None:
        kept = self._kept.get(record["id"])
        if kept is None or _modified(record) >= _modified(kept):
            self._kept[record["id"]] = record

    def stored(self, place: Place) -> Stored:
        """Return the records by id; the connector never reads what was deleted."""
        return self._kept


class Dlt:
    """dlt's REST source, merged by id into PostgreSQL."""

    name = "dlt"

    def sync(self, place: Place) -> bool:
        """Load what is new."""
        command = DLT.command(place.url, str(place.folder), place.database_url)
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0

    def stored(self, place: Place) -> Stored:
        """Return the records by id; nothing where no load has come to its end."""
        try:
            rows = _rows(place, "select * from zoho.leads")
        except psycopg2.errors.UndefinedTable:
            return {}
        return {row["id"]: row for row in rows}


READERS: tuple[Callable[[], Product | Airbyte | Dlt], ...] = (Product, Airbyte, Dlt)


def main(records: int = RECORDS) -> None:
    """Print a row for each case and reader."""
    print(HEAD)
    with postgres() as server:
        for case in CASES:
            for reader in READERS:
                try:
                    loss = measure(case, reader(), server, records)
                except PeerMissing as error:
                    print(f"{case.name:<31}{reader.name:<8} not installed: {error}")
                    continue
                print(_row(case, reader.name, loss), flush=True)


def measure(case: Case, reader: Product | Airbyte | Dlt, server: str, records: int) -> Loss:
    """Return what a reader has lost in a case."""
    found = _leads(case, records)
    with (
        start_empty(seed=SEED, **case.switches()) as crm,
        database(server, "losses") as database_url,
        tempfile.TemporaryDirectory(prefix="aha-bench-") as folder,
    ):
        crm.store.load("Leads", found[: len(found) - case.late])
        place = Place(crm.url, Path(folder), database_url)
        before = _texts(crm)
        finished = reader.sync(place)
        at_rest = {id_ for id_, text in _texts(crm).items() if before.get(id_) == text}
        missed = len(at_rest - reader.stored(place).keys())
        crm.switches.churn = None
        for record in found[len(found) - case.late :]:
            crm.store.create("Leads", record.data)
        finished = reader.sync(place) and finished
        return _compare(crm, reader.stored(place), finished, missed)


def _leads(case: Case, records: int) -> list[Record]:
    """Return the leads of a case, the same for every reader."""
    moments = times(records * case.times_as_many, Random(SEED))
    imported = min(IMPORTED, len(moments) // 2)
    if case.late:  # the newest of all: the import is under way
        moments[-imported:] = [time.time()] * imported
    elif case.imported:
        middle = len(moments) // 2
        moments[middle - imported : middle] = [moments[middle]] * imported
    return list(leads(moments, converted=case.converted))


def _texts(crm: Sandbox) -> dict[str, bytes]:
    with crm.store.lock:
        return {id_: record.text for id_, record in crm.store.tables["Leads"].records.items()}


def _compare(crm: Sandbox, stored: Stored, finished: bool, missed_at_rest: int) -> Loss:
    alive = {id_: msgspec.json.decode(text) for id_, text in _texts(crm).items()}
    missing = alive.keys() - stored.keys()
    return Loss(
        finished=finished,
        missing=len(missing),
        converted=sum(alive[id_]["$converted"] for id_ in missing),
        stale=sum(not _same(alive[id_], stored[id_]) for id_ in alive.keys() & stored.keys()),
        wrongly_alive=len(stored.keys() - alive.keys()),
        missed_at_rest=missed_at_rest,
    )


def _same(record: dict, stored: dict) -> bool:
    """Whether a copy says what the record says, as far as every reader keeps it: times and texts.

    dlt writes the names of columns in lower case and times as timestamps.
    """
    copy = {name.lower(): value for name, value in stored.items()}
    texts = {
        name.lower(): value
        for name, value in record.items()
        if isinstance(value, str) and name[0] != "$" and not name.endswith("_Time")
    }
    return _modified(record) == _modified(copy) and all(
        copy.get(name) == value for name, value in texts.items()
    )


def _modified(record: dict) -> float:
    moment = record.get("Modified_Time") or record["modified_time"]
    return moment.timestamp() if isinstance(moment, datetime) else instant_of(moment)


def _rows(place: Place, query: str) -> list[dict]:
    with (
        connect(place.database_url) as connection,
        connection.cursor(cursor_factory=RealDictCursor) as cursor,
    ):
        cursor.execute(query)
        return cursor.fetchall()


def _row(case: Case, reader: str, loss: Loss) -> str:
    return (
        f"{case.name:<31}{reader:<8}{'yes' if loss.finished else 'no':>9}{loss.missing:>9}"
        f"{loss.converted:>10}{loss.stale:>7}{loss.wrongly_alive:>9}{loss.missed_at_rest:>21}"
    )
