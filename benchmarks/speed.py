"""How quickly Leads come from HTTP to committed rows: against the clock, a bare COPY and the peers.

The sandbox runs in a process of its own, each reader too. Starting a process and importing are not
counted. Readers take turns, so that a drifting machine slows all; figures are medians.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from math import ceil
from pathlib import Path
from statistics import median

import requests

from aha_pipeline import records as cut
from aha_pipeline.warehouse.connection import connect
from benchmarks import product
from benchmarks.databases import database, postgres
from benchmarks.leads import ENDED
from benchmarks.peers import AIRBYTE, DLT, Peer, PeerMissing
from benchmarks.served import Served, served

PER_PAGE = 200
LATENCY, CALLS = 0.3, 10
CHANGES = 1_000
AIRBYTE_SHARE = 10  # Airbyte's source reads a tenth, or it would take most of the time


def latency(records: int = 200_000, rounds: int = 3) -> None:
    """Read a CRM that takes 300 ms a call, ten calls at a time, against the least time it can take.

    The least is pages x latency / calls at a time.
    """
    least = ceil(records / PER_PAGE) * LATENCY / CALLS
    with postgres() as server, served(records, latency=LATENCY, max_calls=CALLS) as crm:
        taken = [_land_all(server, crm, records, calls=CALLS) for _ in range(rounds)]
    seconds = median(one["seconds"] for one in taken)
    print(f"{records:,} records, {LATENCY * 1000:.0f} ms a call, {CALLS} calls at a time")
    print(f"  pages x latency / calls  {least:8.1f} s")
    print(f"  aha                      {seconds:8.1f} s   {seconds / least:.2f} x", end="")
    print(f"   {median(one['calls'] for one in taken):,.0f} calls")


def throughput(records: int = 100_000, rounds: int = 3) -> None:
    """Read a CRM without latency: ours, bare COPYs of the same, dlt and Airbyte's source."""
    few = max(records // AIRBYTE_SHARE, 1)
    rates: dict[str, list[float]] = {}
    with postgres() as server, served(records) as crm, served(few) as small:
        for _ in range(rounds):
            landed = _land_all(server, crm, records)
            got = {"aha": records / landed["seconds"]}
            got["aha, and its search"] = records / landed["whole_seconds"]
            began = time.perf_counter()
            pages = list(_pages(crm))
            fetching = time.perf_counter() - began
            copying = _copy(server, pages)
            got["COPY, a row a page"] = records / copying
            rows = [row for page in pages for row in cut.split(cut.decode(page))]
            got["COPY, a row a record"] = records / _copy(server, rows)
            got["HTTP, then COPY"] = records / (fetching + copying)
            got["dlt, by CSV"] = _peer(DLT, server, crm, records)
            got["dlt, by default"] = _peer(DLT, server, crm, records, "insert_values")
            got["Airbyte's source"] = _peer(AIRBYTE, server, small, few)
            for name, rate in got.items():
                rates.setdefault(name, []).append(rate)
    print(f"{records:,} records without latency ({few:,} for Airbyte's source, which only reads)")
    for name, measured in rates.items():
        ratio = median(ours / rate for ours, rate in zip(rates["aha"], measured, strict=True))
        print(f"  {name:<20}{median(measured):10,.0f} records/s   aha is {ratio:7.2f} x")


def growth(records: int = 1_000_000, rounds: int = 5) -> None:
    """Land ever larger CRMs, and then a thousand changes into the smallest and the largest."""
    sizes = (records // 100, records // 10, records)
    changes = min(CHANGES, sizes[0] // 10)
    with postgres() as server, ExitStack() as stack:
        places = {size: stack.enter_context(_landed(server, size)) for size in sizes}
        print("peak memory of the process")
        for size, place in places.items():
            print(f"  {size:>9,} records  {place.first['peak_mb']:7.0f} MB", end="")
            print(f"   {place.first['seconds']:8.1f} s")
        few, many = places[sizes[0]], places[sizes[-1]]
        pairs = [(few.land(changes), many.land(changes)) for _ in range(rounds)]
    print(f"{changes:,} changes into")
    for size, seconds in zip((sizes[0], sizes[-1]), zip(*pairs, strict=True), strict=True):
        print(f"  {size:>9,} records  {median(seconds) * 1000:7.0f} ms")
    print(f"  {'ratio':>17}  {median(large / small for small, large in pairs):7.2f}")


class _Place:
    """A CRM, and a database that holds its leads since `first`."""

    def __init__(self, crm: Served, home: Path, database_url: str) -> None:
        self._crm = crm
        self._at = (crm.url, home, database_url)
        self._now = datetime.now().astimezone().replace(microsecond=0) - ENDED
        self.first = product.land(*self._at)
        _settle(database_url)

    def land(self, changes: int) -> float:
        """Edit leads over an hour; return the seconds that reading and landing them takes."""
        self._now += timedelta(hours=2)
        self._crm.edit(changes, self._now)
        landed = product.land(*self._at, "--since", self._now.isoformat())
        if landed["records"] != changes:
            raise RuntimeError(f"{landed['records']} changes were read instead of {changes}")
        return landed["seconds"]


def _settle(database_url: str) -> None:
    """Do what PostgreSQL does by itself long before the next day: vacuum, analyze, write out."""
    with connect(database_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
        cursor.execute("checkpoint")


@contextmanager
def _landed(server: str, records: int) -> Iterator[_Place]:
    with (
        served(records) as crm,
        database(server, f"growth_{records}") as database_url,
        tempfile.TemporaryDirectory(prefix="aha-bench-") as home,
    ):
        yield _Place(crm, Path(home), database_url)


def _land_all(server: str, crm: Served, records: int, **options: int) -> dict:
    """Land everything into a new database; return what it took."""
    with (
        database(server, "speed") as database_url,
        tempfile.TemporaryDirectory(prefix="aha-bench-") as home,
    ):
        landed = product.land(crm.url, Path(home), database_url, **options)
    if landed["records"] != records:
        raise RuntimeError(f"{landed['records']} records were read instead of {records}")
    return landed


def _peer(peer: Peer, server: str, crm: Served, records: int, *options: str) -> float:
    """Return the records a second of a peer's first read; not a number where it is missing."""
    with (
        database(server, "speed") as database_url,
        tempfile.TemporaryDirectory(prefix="aha-bench-") as folder,
    ):
        try:
            command = peer.command(crm.url, folder, database_url, *options)
        except PeerMissing as error:
            print(f"{peer.name} is not installed: {error}")
            return float("nan")
        nowhere = subprocess.DEVNULL
        subprocess.run(command, check=True, stdout=nowhere, stderr=nowhere)
        return records / json.loads((Path(folder) / "result.json").read_text())["seconds"]


def _copy(server: str, texts: Iterable[bytes]) -> float:
    """Return the seconds of a COPY into a table of one column, jsonb, a row for each text."""
    lines = BytesIO(b"".join(text.replace(b"\\", b"\\\\") + b"\n" for text in texts))
    with database(server, "speed") as database_url:
        began = time.perf_counter()
        with connect(database_url) as connection, connection.cursor() as cursor:
            cursor.execute("create table texts (body jsonb)")
            cursor.copy_expert("copy texts from stdin", lines)
        return time.perf_counter() - began


def _pages(crm: Served) -> Iterator[bytes]:
    """Yield the body of each page of Leads, by page number."""
    with requests.Session() as session:
        form = {
            "grant_type": "refresh_token",
            "client_id": "benchmark",
            "client_secret": "benchmark",
            "refresh_token": "copy",
        }
        token = session.post(f"{crm.url}/oauth/v2/token", data=form).json()["access_token"]
        session.headers["Authorization"] = f"Zoho-oauthtoken {token}"
        number, more = 1, True
        while more:
            query = {"page": number, "per_page": PER_PAGE, "sort_order": "asc"}
            body = session.get(f"{crm.url}/crm/v2/Leads", params=query).content
            yield body
            number, more = number + 1, b'"more_records":true' in body[-200:]
