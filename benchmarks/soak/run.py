"""The part `soak`: live days, prove that nothing was lost, sent twice or let out, and report it."""

import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as hour
from pathlib import Path

import psutil

from aha_pipeline_tests.kit.browser import launched
from aha_pipeline_tests.kit.identity_provider import running
from aha_pipeline_tests.kit.ports import free_port
from benchmarks.soak import pages, scan, verdict
from benchmarks.soak.clock import SharedClock
from benchmarks.soak.commands import Commands
from benchmarks.soak.days import live
from benchmarks.soak.faults import ALWAYS, of_day
from benchmarks.soak.place import Place
from benchmarks.soak.postgres import Postgres
from benchmarks.soak.services import VIEWER, Services
from benchmarks.soak.world import ZONE, World

MB = 1_000_000
REPORT_EVERY = 5
LARGEST = 8


@dataclass
class Diary:
    """What each day showed: memory and database in MB, and syncs that failed."""

    memory: dict[int, dict[str, float]] = field(default_factory=dict)
    database: dict[int, float] = field(default_factory=dict)
    tables: dict[int, dict[str, float]] = field(default_factory=dict)
    failed: int = 0


def soak(days: int = 30) -> None:
    """Live so many days, the last of them yesterday. Raises RuntimeError where one is not right."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it stops its processes
    began = time.monotonic()
    last = datetime.now(ZONE).date() - timedelta(days=1)
    lived = [last - timedelta(days=days - number) for number in range(1, days + 1)]
    password, diary = secrets.token_hex(24), Diary()
    with _folder() as folder, _world(folder, lived[0], password) as (world, commands):
        for number, day in enumerate(lived, 1):
            _live(world, diary, number, day)
        checks = verdict.check(world, lived)
        _report(world, diary, checks)
        hidden = scan.of(world, password)
        found = scan.Scan(hidden)
        scan.everything(found, world, commands)
        blind = scan.blind_spots(world, commands)
        _report_scan(len(hidden), found, blind)
        print(f"\ntook {(time.monotonic() - began) / 60:.0f} min")
        wrong = [check.name for check in checks if not check.holds]
        wrong += [f"{name} in {where}" for name, where in sorted(found.found)]
        wrong += [f"the scan is blind for {kind}" for kind in blind]
        if wrong:
            raise RuntimeError(f"The soak is not clean: {'; '.join(wrong)}")


def _live(world: World, diary: Diary, number: int, day: date) -> None:
    began, fault = time.monotonic(), of_day(number)
    print(f"day {number:>2}  {day:%a %d %b}  {fault.name:<46}", end="", flush=True)
    diary.failed += live(world, day, fault)
    if number % REPORT_EVERY == 0:  # somebody looks at the dashboard
        with launched() as opened:
            for _ in pages.dashboard(opened, world.services):
                pass
    diary.memory[number] = world.services.memory()
    diary.database[number] = world.one("select pg_database_size(current_database())") / MB
    diary.tables[number] = _sizes(world)
    memory = "  ".join(f"{name} {mb:.0f}" for name, mb in diary.memory[number].items())
    took = time.monotonic() - began
    print(f"{took:5.0f} s  database {diary.database[number]:.0f} MB  {memory}", flush=True)


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a folder, which is kept where the soak does not come to its end."""
    folder = Path(tempfile.mkdtemp(prefix="aha-soak-"))
    try:
        yield folder
    except BaseException:
        print(f"\nThe logs are kept in {folder}", flush=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _world(folder: Path, first: date, password: str) -> Iterator[tuple[World, Commands]]:
    """Yield everything running, early on the first day."""
    place, provider_port = Place(folder), free_port()
    with ExitStack() as stack:
        clock = SharedClock(
            folder / "clock", datetime.combine(first, hour(4, 30), ZONE).astimezone(UTC)
        )
        stack.callback(clock.stop)
        provider = stack.enter_context(running(provider_port))
        provider.claims = {"email": VIEWER, "email_verified": True}
        postgres = Postgres(place.postgres, place.logs / "postgres.log", clock, password)
        stack.callback(postgres.stop)
        # Each day tells of the day before, so the first partition is one day earlier.
        start = first - timedelta(days=1)
        services = Services(place, clock, postgres.url, start, provider.url)
        stack.callback(services.stop)
        commands = Commands([psutil.Process()])
        stack.callback(commands.stop)
        services.zoho.throw(**ALWAYS)
        services.start()
        yield World(clock, postgres, services), commands


def _sizes(world: World) -> dict[str, float]:
    return {
        name: size / MB
        for name, size in world.rows(
            "select schemaname || '.' || relname, pg_total_relation_size(relid) "
            "from pg_stat_user_tables"
        )
    }


def _report(world: World, diary: Diary, checks: list[verdict.Check]) -> None:
    last = max(diary.memory)
    shown = [n for n in diary.memory if n % REPORT_EVERY == 0 or n in (1, last)]
    print("\nresident memory, MB, and the database, by day")
    print(f"  {'day':<16}" + "".join(f"{number:>8}" for number in shown))
    for name in diary.memory[last]:
        print(f"  {name:<16}" + "".join(f"{diary.memory[n][name]:8.0f}" for n in shown))
    print(f"  {'database':<16}" + "".join(f"{diary.database[n]:8.1f}" for n in shown))
    _growth(diary, min(REPORT_EVERY, last), last)
    print("\nruns")
    runs = "select pipeline_name, status, count(*) from dagster.runs group by 1, 2 order by 1, 2"
    for job, status, count in world.rows(runs):
        print(f"  {job:<16}{status:<12}{count:>6}")
    print(f"  {'failed syncs':<28}{diary.failed:>6}")
    for kind, count in verdict.incidents(world).items():
        print(f"  incidents, {kind:<17}{count:>6}")
    for day, module, reason in verdict.refusals(world):
        print(f"  {day} {module} not certified: {reason}")
    print("\nwhat must hold")
    for one in checks:
        print(f"  {'yes' if one.holds else 'NO':<5}{one.name:<42}{one.found}")


def _report_scan(secrets_: int, found: scan.Scan, blind: list[str]) -> None:
    print(f"\n{secrets_} secrets looked for in")
    for kind, (texts, characters) in found.looked.items():
        print(f"  {kind:<28}{texts:>9,} texts {characters / MB:10.1f} MB")
    print(f"  {'found':<28}{len(found.found):>9}")
    for name, where in sorted(found.found):
        print(f"    {name}: {where}")
    print(f"  {'planted and not found':<28}{len(blind):>9}")
    for kind in blind:
        print(f"    {kind}")


def _growth(diary: Diary, since: int, last: int) -> None:
    if last == since:
        return
    print(f"\ngrowth a day, MB, days {since} to {last}")
    sizes = {
        name: (size - diary.tables[since].get(name, 0)) / (last - since)
        for name, size in diary.tables[last].items()
    }
    whole = (diary.database[last] - diary.database[since]) / (last - since)
    for name, grown in sorted(sizes.items(), key=lambda item: -item[1])[:LARGEST]:
        print(f"  {name:<40}{grown:8.2f}")
    print(f"  {'whole database':<40}{whole:8.2f}")
