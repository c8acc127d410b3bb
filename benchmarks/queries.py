"""What each query of the dashboard takes over a large company: for all, and for one source and rep.

Asked as the pages ask, but never answered from memory; the time runs until the rows are at hand.
A busy machine makes the clock's time longer; that of processors it changes little.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from statistics import median

from aha_pipeline import sql
from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.heartbeat import DEAD_SECONDS
from benchmarks.company import build, companies
from benchmarks.databases import server_seconds
from dashboard import periods
from dashboard.filters import Filters
from dashboard.login import Viewer
from dashboard.records import LISTED
from dashboard.source import Source, opened
from dashboard.tabs.overview import ENTRIES

AIM_MS = 100
MONTH = timedelta(days=29)  # and today
WRITES = {"ask_erasure", "mark_work", "unmark_work"}
NAMES = sorted({path.stem for path in (sql.ROOT / "dashboard").glob("*.sql")} - WRITES)
LEAD, DEAL, OWNER, SOURCE, SOMEBODY = "654321", "D123456", "97", "Facebook", "rep@example.com"
# What a page gives a query beside the filters and the size of a list.
GIVEN: dict[str, dict[str, object]] = {
    "behind_entered_deals": {"step": "Proposal/Price Quote"},
    "behind_entered_leads": {"step": "qualified"},
    "behind_slipping": {"reason": "Overdue"},
    "briefing_items": {"id": 1},
    "briefing_records": {"id": 1, "position": 1},
    "dictionary": {"text": "win rate"},
    "first_touch": {"dimensions": ["source"]},
    "record_differences": {"id": DEAL, "before": 1, "after": 3},
    "record_related": {"id": DEAL, "module": "Deals"},
    "record_search": {"text": "Company 99", "id_only": False},
    "search": {"text": "asha 6543", "number": None},
    "state": {"dead_seconds": DEAD_SECONDS},
    "work_list": {"viewer": SOMEBODY, "mine": False, "aged": False, "most": 5},
    "work_list_aside": {"viewer": SOMEBODY},
}
# What is behind the entries of the feed is asked by these columns of theirs.
ENTRY = {"kinds": "kind", "days": "day", "figures": "figure", "spans": "days"}


@dataclass(frozen=True)
class Asked:
    """What a query took in ms, by the clock and of processors, server and client together."""

    ms: float
    cpu_ms: float
    rows: int


def queries(records: int = 1_000_000, rounds: int = 5) -> None:
    """Ask every query of the dashboard over a company of so many leads; print the slowest first."""
    with companies(records) as [address]:
        build(address)
        asked = measure(address, rounds)
    show(asked, f"{records:,} leads, medians of {rounds}")


def show(asked: dict[str, tuple[Asked, Asked]], title: str) -> None:
    """Print what each query took for all, and for one source and rep; the dearest first."""
    print(f"{title:<36}   all: ms    cpu   rows   filtered: ms    cpu   rows")
    for name in sorted(asked, key=lambda name: -max(one.cpu_ms for one in asked[name])):
        print(f"  {name:<34}", end="")
        for one in asked[name]:
            print(f"{one.ms:10.0f} {one.cpu_ms:6.0f} {one.rows:6}      ", end="")
        print()
    for kind, took in (("ms by the clock", "ms"), ("ms of processors", "cpu_ms")):
        slow = [pair for pair in asked.values() if max(getattr(o, took) for o in pair) > AIM_MS]
        print(f"  {len(slow)} of {len(asked)} above {AIM_MS} {kind}")


def measure(address: str, rounds: int) -> dict[str, tuple[Asked, Asked]]:
    """Return what every query of `sql/dashboard` takes, over a database of this machine."""
    with _source(address) as source:
        # As much on the first of a month as on its last.
        period = periods.custom(source.today - MONTH, source.today, source.today)
        everything = replace(source, filters=Filters(**vars(period)))
        chosen = Filters(**vars(period), sources=[SOURCE], owners=[OWNER])
        filtered = replace(source, filters=chosen)
        return {
            name: (_median(everything, name, rounds), _median(filtered, name, rounds))
            for name in NAMES
        }


def _median(source: Source, name: str, rounds: int) -> Asked:
    given = _given(source, name)
    of_module = "{table}" in sql.read(f"dashboard/{name}")
    ask = partial(source.of_module, module="Deals") if of_module else source.listed
    pid = source.connection.get_backend_pid()
    taken = []
    for _ in range(rounds + 1):
        began, cpu = time.perf_counter(), server_seconds(pid) + time.thread_time()
        rows = ask(name, **given)
        cpu = server_seconds(pid) + time.thread_time() - cpu
        taken.append((time.perf_counter() - began, cpu))
    clock, processors = (1000 * median(each) for each in zip(*taken[1:], strict=True))
    return Asked(clock, processors, len(rows))  # the first warms up


def _given(source: Source, name: str) -> dict[str, object]:
    """Return what a page gives the query beside its filters."""
    if name == "contact_details":
        deals = source.listed("behind_deals", most=LISTED)
        return {"module": "Deals", "ids": [row["id"] for row in deals]}
    if name == "feed_behind":
        feed = source.listed("feed")[:ENTRIES]
        return {asked: [row[of] for row in feed] for asked, of in ENTRY.items()}
    return {"most": LISTED, "id": DEAL, "day": source.today, **GIVEN.get(name, {})}


@contextmanager
def _source(address: str) -> Iterator[Source]:
    settings = Settings(_env_file=None, database_url=address)
    with opened(settings, Viewer(SOMEBODY, may_see_records=True)) as source:
        with source.connection.cursor() as cursor:  # what helpers compute is not counted
            cursor.execute("set max_parallel_workers_per_gather = 0")
        yield source
