"""Situations around a sync, each on a company of its own, and what a person is told in them.

Each function brings a situation about by whole commands as a person gives them. What follows is the
same for all: one calm sync has to succeed, a full comparison to find every module equal, and no
message to be there twice.

The company is a few hundred records, served by a process of their own, where neither reading nor
the passing of time is the point.
"""

import asyncio
import gzip
import json
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from queue import Queue
from secrets import token_hex
from threading import Thread
from urllib.parse import urlsplit

import psutil
import psycopg2
from faults import (
    MODULES,
    SECONDS,
    Fault,
    await_,
    check,
    database,
    is_well,
    launch,
    small,
    start,
)

from aha_pipeline.supervisor.health import SILENT_SECONDS
from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect
from aha_pipeline_tests.kit.ports import free_port
from benchmarks.soak.clock import FOLLOWED_SECONDS, SharedClock, read, write
from benchmarks.soak.faults import READING
from benchmarks.soak.place import without_settings
from benchmarks.soak.postgres import Postgres
from zoho_sandbox.company import simulation
from zoho_sandbox.zoho.store import Store

MEMORY = 512 * 2**20
FIRST_WORK_SECONDS = 0.3  # by then the interpreter has begun what it is told to
# What PostgreSQL waits before each flush, in microseconds, with however few sessions.
SLOW_DISK = (
    "alter system set commit_delay = 100000",
    "alter system set commit_siblings = 0",
    "select pg_reload_conf()",
)
ADDRESSES = ("ZOHO_API_URL", "ZOHO_ACCOUNTS_URL", "TWILIO_API_URL", "DATABASE_URL")
FEW = 150  # records of a module, where it is not the reading that matters
LATEST = timedelta(days=4)  # before now: no situation begins earlier with few records
SLOWLY = ("latency=1",)  # seconds a call, so that there is time to strike while records are read
MOST_AT_ONCE = 3  # on two cores: each waits for a third of its time
SUSPENDED_SECONDS = 60
FIRST_SYNC_SECONDS = 15  # of work, without what it asks of the database


class Company:
    """An AHA_HOME on the stand-in, and what its commands have said."""

    def __init__(self, folder: Path, records: Path | None = None) -> None:
        """Prepare one; `records` are those of `few_records`."""
        self.folder, self.home, self.said = folder, folder / "home", ""
        self.records, self.cwd = records, folder
        self.at_end: list[Callable[[], None]] = []
        self.environment = {
            **without_settings(),
            **small(datetime.now(UTC)),
            "AHA_HOME": str(self.home),
        }

    def begin(
        self, *arguments: str, limits: Callable[[], None] | None = None, **more: str
    ) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "aha_pipeline", *arguments],
            cwd=self.cwd,
            env={**self.environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=limits,
        )

    def end(self, started: subprocess.Popen[str]) -> int:
        """Wait for a command, keep its words, and return its exit status."""
        try:
            words, _ = started.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            words, _ = started.communicate()
            words += f"(still at it after {SECONDS} s, and killed)\n"
        self.said += f"$ aha {' '.join(started.args[3:])}  -> {started.returncode}\n{words}"
        return started.returncode

    def aha(self, *arguments: str, **more: str) -> int:
        """Run a command to its end; return its exit status."""
        return self.end(self.begin(*arguments, **more))


Situation = Callable[[Company], None]


def clock_forward_and_back(company: Company) -> None:
    """The clock jumps forward three days, and back two hours; that of the database does not."""
    clock = Clock(company, datetime.now(UTC))
    database_apart(company, SharedClock(company.folder / "true", datetime.now(UTC)))
    serve_few(company)
    company.aha("sync")
    for jump in (timedelta(days=3), timedelta(hours=-2)):
        clock.move(jump)
        check(company.aha("sync") == 1, "a sync begins by a clock that is wrong")
        check(company.said.count("nothing is read or sent") > 0, "it is not said why")
        clock.move(-jump)


def summer_time_begins(company: Company) -> None:
    """The night that has no hour from two to three."""
    _night(company, datetime(2026, 3, 29, 0, 30, tzinfo=UTC))


def summer_time_ends(company: Company) -> None:
    """The night that has the hour from two to three twice."""
    _night(company, datetime(2026, 10, 25, 0, 30, tzinfo=UTC))


def off_at_eight(company: Company) -> None:
    """The machine is off for two mornings."""
    start = datetime.now(UTC).replace(hour=1, minute=0) - timedelta(days=3)
    clock = Clock(company, start)
    database_apart(company, clock.shared)
    stand_in(company)  # the records of those mornings
    company.aha("sync")
    clock.move(timedelta(days=2, hours=8))
    company.aha("sync")


def daily_and_weekly_overlap(company: Company) -> None:
    """The weekly comparison and the daily sync at the same time."""
    serve_few(company, SLOWLY)
    company.aha("sync")
    both = [company.begin("reconcile"), company.begin("sync")]
    for one in both:
        check(company.end(one) == 0, "one of two at the same time failed")


def two_syncs_at_once(company: Company) -> None:
    """Two machines begin the daily sync at once; one sends its message, and both say so."""
    serve_few(company, SLOWLY)
    ended = [company.end(one) for one in [company.begin("sync"), company.begin("sync")]]
    check(ended == [0, 0], "one of two at the same time failed")
    check(company.said.count("was handed to") == 1, "not one of the two says that it has sent")
    check(company.said.count("it goes out once") == 1, "not one says that the other has sent")


def killed_syncs(company: Company) -> None:
    """The first sync of the whole demo company killed -9 four times, at random moments."""
    chance = random.Random(2026)  # noqa: S311
    for _ in range(4):
        started = company.begin("sync")
        _await_work(started, chance.uniform(1, FIRST_SYNC_SECONDS))
        started.send_signal(signal.SIGKILL)
        company.end(started)


def temporary_folder_full(company: Company) -> None:
    """No room in the temporary folder."""
    full = company.folder / "tmp"
    full.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "none", full], check=False, capture_output=True
    )
    if mounted.returncode:
        company.said += "(not tried: only root can mount a small folder)\n"
        return
    serve_few(company)
    try:
        (full / "filler").write_bytes(b"0" * 12_000)
        company.aha("sync", TMPDIR=str(full))
    finally:
        subprocess.run(["umount", "-l", full], check=True)


def little_memory(company: Company) -> None:
    """512 MB of memory for each process of a whole company's sync and of its database."""
    stand_in(company)  # Zoho has its own memory
    limit = (MEMORY, MEMORY)
    started = company.begin("sync", limits=lambda: resource.setrlimit(resource.RLIMIT_DATA, limit))
    company.end(started)


def terminal_closed(company: Company) -> None:
    """The terminal is closed while the sync reads."""
    serve_few(company, SLOWLY)
    started = company.begin("sync")
    _await_reading(company, started)
    started.send_signal(signal.SIGHUP)
    company.end(started)


def database_restarted(company: Company) -> None:
    """The server of the database ends at random moments of four syncs."""
    chance = random.Random(7)  # noqa: S311
    serve_few(company, SLOWLY)
    for _ in range(4):
        started = company.begin("sync")
        _await_reading(company, started)
        time.sleep(chance.uniform(0, 12))
        for one in _servers(company.home):
            one.send_signal(signal.SIGQUIT)
        company.end(started)


def database_suspended(company: Company) -> None:
    """All processes of the database stand still for a minute while the sync reads."""
    serve_few(company, SLOWLY)
    started = company.begin("sync")
    _await_reading(company, started)
    [server] = _servers(company.home)
    stopped = [server, *server.children()]
    for one in stopped:
        one.suspend()
    time.sleep(SUSPENDED_SECONDS)
    for one in stopped:
        one.resume()
    check(company.end(started) == 0, "a sync does not outlast a database that stands still")
    check("The database has not answered" in company.said, "it waits without a word")


def machine_suspended(company: Company) -> None:
    """One of two machines is suspended in the middle of its read, and wakes up later."""
    serve_few(company, SLOWLY)
    company.aha("sync", "--modules", "Contacts")
    asleep = company.begin("sync")
    _await_reading(company, asleep)
    asleep.send_signal(signal.SIGSTOP)
    check(company.aha("sync") == 0, "the other machine does not get on")
    asleep.send_signal(signal.SIGCONT)
    company.end(asleep)


def read_only_folder(company: Company) -> None:
    """The project's folder cannot be written to."""
    folder = company.folder / "project"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", folder], check=False).returncode:
        company.said += "(not tried: only root can mount a folder)\n"
        return
    company.at_end.append(lambda: subprocess.run(["umount", "-l", folder], check=True))
    company.cwd = folder
    serve_few(company)
    check(company.aha("sync") == 0, "a sync writes to the folder it is started in")


def restarts(company: Company) -> None:
    """Ten starts, each interrupted at another moment, as by an impatient person."""
    serve_few(company)
    for number in range(10):
        started = company.begin("sync")
        _await_work(started, FIRST_WORK_SECONDS + number * FIRST_SYNC_SECONDS / 10)
        started.send_signal(signal.SIGINT)
        company.end(started)


def two_folders(company: Company) -> None:
    """Two `aha up` in two folders on one database; the first is killed."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    database_apart(company, Clock(company, yesterday).shared)
    serve_few(company)
    both = []
    for name in ("one", "two"):
        folder = company.folder / name
        folder.mkdir()
        both.append(start(folder, company.environment))
        company.at_end += [both[-1][0].wait, both[-1][0].kill]  # from the last to the first
    (first, _), (second, health) = both
    log = company.folder / "two" / "home" / "logs" / "daemon.log"
    await_(
        lambda: "Another daemon serves this database" in log.read_text(),
        SECONDS,
        "the second does not wait in words",
    )
    first.kill()
    time.sleep(SILENT_SECONDS)
    await_(lambda: is_well(health), SECONDS, "the second does not take over")
    second.send_signal(signal.SIGINT)
    await_(lambda: second.poll() is not None, SECONDS, "Ctrl-C does not stop the second")
    company.said += log.read_text().partition("\n")[0] + "\n"  # the rest is Dagster's own
    company.said += "".join(
        (company.folder / name / "output").read_text() for name in ("one", "two")
    )


def away_at_start(company: Company) -> None:
    """Neither the database nor Zoho is there when `aha up` starts; one comes, then the other."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    server = database_apart(company, Clock(company, yesterday).shared)
    server.stop()
    zoho, output = free_port(), company.folder / "output"
    _point_to(company, zoho)
    up, health = launch(company.folder, company.environment)
    company.at_end += [up.wait, up.kill]

    def await_words(words: str) -> None:
        await_(lambda: words in output.read_text() or up.poll() is not None, SECONDS, f"no {words}")
        check(up.poll() is None, f"it ends instead of waiting:\n{output.read_text()}")

    await_words("The database does not accept a connection")
    server.start()
    await_words("Zoho's accounts server does not answer")
    stand_in(company, company.records, port=zoho)
    await_(lambda: is_well(health), SECONDS, f"it does not get on:\n{output.read_text()}")
    check("is started again" not in output.read_text(), f"a child ended:\n{output.read_text()}")
    up.send_signal(signal.SIGINT)
    await_(lambda: up.poll() is not None, SECONDS, "Ctrl-C does not stop it")
    company.said += output.read_text()


def slow_disk(company: Company) -> None:
    """Each flush to the disk of the database takes a tenth of a second."""
    serve_few(company, SLOWLY)
    started = company.begin("sync")
    _await_reading(company, started)
    with connect(_address(company), autocommit=True) as connection, connection.cursor() as cursor:
        for statement in SLOW_DISK:
            cursor.execute(statement)
    check(company.end(started) == 0, "a sync does not get to its end on a slow disk")


def only_ipv6(company: Company) -> None:
    """Zoho, Twilio and the database are reached by IPv6 alone."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    database_apart(company, Clock(company, yesterday).shared)
    serve_few(company)
    for name, text in company.environment.items():
        address = urlsplit(text) if name in ADDRESSES else None
        if address and address.port:
            port = relay_from_ipv6(address.port)
            company.environment[name] = text.replace(f"127.0.0.1:{address.port}", f"[::1]:{port}")
    check(company.aha("sync") == 0, "a sync needs IPv4")


def longer_than_a_day(company: Company) -> None:
    """A sync that takes 26 hours, over midnight and the hour at which the next one is due."""
    clock = Clock(company, datetime.now(UTC) - timedelta(days=3))
    database_apart(company, clock.shared)
    serve_few(company, ("latency=3",))
    started = company.begin("sync")
    _await_reading(company, started)
    for _ in range(13):
        check(started.poll() is None, "the sync had ended before the day was over")
        clock.move(timedelta(hours=2))
    check(company.end(started) == 0, "a sync longer than a day does not get to its end")


# What takes longest comes first: at the end it would leave a core idle.
SITUATIONS: tuple[Situation, ...] = (
    two_folders,
    away_at_start,
    restarts,
    killed_syncs,
    database_restarted,
    little_memory,
    machine_suspended,
    database_suspended,
    summer_time_begins,
    summer_time_ends,
    off_at_eight,
    longer_than_a_day,
    daily_and_weekly_overlap,
    two_syncs_at_once,
    clock_forward_and_back,
    slow_disk,
    only_ipv6,
    terminal_closed,
    temporary_folder_full,
    read_only_folder,
)


def live_through(situation: Situation, folder: Path, records: Path) -> str:
    """Bring a situation about, and return what was said. Raises Fault where something is lost."""
    folder.mkdir()
    company = Company(folder, records)
    try:
        situation(company)
        check(company.aha("sync") == 0, "the calm sync afterwards fails")
        check(company.aha("reconcile") == 0, "the comparison afterwards fails")
    except Fault as fault:
        raise Fault(f"{fault}\n{company.said}") from None
    finally:
        for action in reversed(company.at_end):
            action()
    words = company.said.rpartition("$ aha reconcile")[2]
    check(" healed" not in words and " equal" in words, f"something was lost:\n{company.said}")
    check("Traceback" not in company.said, f"a traceback:\n{company.said}")
    outbox = company.home / "outbox.jsonl"
    texts = outbox.read_text().splitlines() if outbox.exists() else []
    twice = [t for t, n in Counter(json.loads(line)["body"] for line in texts).items() if n > 1]
    check(not twice, f"a message went out twice:\n{company.said}")
    return f"{company.said}{len(texts)} messages, none twice.\n"


class Clock:
    """The time in which a company's commands live from now on, the stand-in for Zoho among them.

    It stays theirs: a stand-in that went back to the true time would no longer have the records of
    the days between, and a comparison would rightly find them missing.
    """

    def __init__(self, company: Company, moment: datetime) -> None:
        self.shared = SharedClock(company.folder / "clock", moment)
        self.shared.stop()  # this process lives on in its own time
        company.environment |= self.shared.environment()
        self.file = self.shared.file

    def now(self) -> datetime:
        """Return the time it shows."""
        return datetime.now(UTC) + timedelta(seconds=read(self.file))

    def move(self, by: timedelta) -> None:
        """Move it, backwards too; returns when every process sees the new time."""
        write(self.file, read(self.file) + by.total_seconds())
        time.sleep(FOLLOWED_SECONDS)


def database_apart(company: Company, clock: SharedClock) -> Postgres:
    """Give a company a database that is a server of its own and lives in the time of a clock."""
    folder = company.folder / "postgres"
    folder.mkdir()
    for one in (company.folder.parent, company.folder, folder):
        one.chmod(0o755)  # its server runs as another user
    database = Postgres(folder, company.folder / "postgres.log", clock, token_hex(16))
    company.at_end.append(database.stop)
    company.environment["DATABASE_URL"] = database.url
    return database


def relay_from_ipv6(port: int) -> int:
    """Hand on what comes to a port of ::1 to one of 127.0.0.1, for good; return the former."""
    found: Queue[int] = Queue()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while some := await reader.read(2**16):
                writer.write(some)
                await writer.drain()
        writer.close()

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    async def serve() -> None:
        server = await asyncio.start_server(hand_on, "::1", 0)
        found.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    Thread(target=asyncio.run, args=(serve(),), daemon=True).start()
    return found.get()


def few_records(folder: Path, moment: datetime) -> Path:
    """Write the latest records of the invented company as of a moment; return where."""
    store = Store(lambda: moment)
    simulation.build(store)
    folder.mkdir()
    for module in MODULES.split(","):
        records = [record.data for record in store.tables[module].records.values()]
        records.sort(key=lambda data: data["Modified_Time"])
        with gzip.open(folder / f"{module}.jsonl.gz", "wb") as file:
            file.writelines(json.dumps(data).encode() + b"\n" for data in records[-FEW:])
    return folder


def serve_few(company: Company, faults: Sequence[str] = ()) -> None:
    """Serve the few records that all situations share."""
    stand_in(company, company.records, faults)


def stand_in(
    company: Company, data: Path | None = None, faults: Sequence[str] = (), port: int | None = None
) -> None:
    """Serve Zoho and Twilio from a process of their own; data and faults as of `aha sandbox`."""
    port = port or free_port()
    served = ["--data", str(data)] if data else []
    served += [word for fault in faults for word in ("--fault", fault)]
    started = company.begin("sandbox", "--port", str(port), *served)
    company.at_end.append(lambda: _end(started))
    await_(lambda: not _is_free(port), SECONDS, "the stand-in does not start")
    _point_to(company, port)


def _point_to(company: Company, port: int) -> None:
    """Let a company's Zoho and Twilio be what listens on a port."""
    url = f"http://127.0.0.1:{port}"
    company.environment |= {
        "ZOHO_API_URL": url,
        "ZOHO_ACCOUNTS_URL": url,
        "ZOHO_CLIENT_ID": "sandbox",
        "ZOHO_CLIENT_SECRET": "sandbox",
        "ZOHO_REFRESH_TOKEN": "sandbox",
        "TWILIO_API_URL": url,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "sandbox",
        "TWILIO_WHATSAPP_NUMBER": "+14155238886",
        "TARGET_WHATSAPP_NUMBER": "+919800000000",
    }


def _end(started: subprocess.Popen[str]) -> None:
    started.terminate()
    started.communicate()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _await_work(started: subprocess.Popen[str], seconds: float) -> None:
    """Wait until a command has been at work for so long, or has ended."""
    process = psutil.Process(started.pid)

    def has_worked() -> bool:
        if started.poll() is not None:
            return True
        spent = process.cpu_times()
        return spent.user + spent.system >= seconds

    await_(has_worked, SECONDS, "a command does nothing")


def _await_reading(company: Company, started: subprocess.Popen[str]) -> None:
    """Wait until a sync reads records, or has ended."""
    await_(
        lambda: started.poll() is not None or _is_reading(company),
        SECONDS,
        "a sync reads nothing",
    )


def _is_reading(company: Company) -> bool:
    try:
        with connect(_address(company)) as connection, connection.cursor() as cursor:
            cursor.execute(READING)
            return cursor.fetchone() != (0,)
    except (DatabaseUnreachable, psycopg2.Error):
        return False


def _address(company: Company) -> str:
    return company.environment.get("DATABASE_URL") or database(company.home)


def _servers(home: Path) -> list[psutil.Process]:
    """Return the postmaster of a home, if there is one, without its keeper."""
    found = []
    for one in psutil.process_iter(["cmdline"]):
        words = one.info["cmdline"] or [""]
        is_server = Path(words[0]).name == "postgres" and "-D" in words
        if is_server and str(home) in words[words.index("-D") + 1]:
            found.append(one)
    return found


def _night(company: Company, moment: datetime) -> None:
    company.environment |= {**small(moment), "AHA_TIMEZONE": "Europe/Berlin"}
    clock = Clock(company, moment)
    database_apart(company, clock.shared)
    stand_in(company)  # the records of that night
    for _ in range(2):  # the calm sync is the third
        company.aha("sync")
        clock.move(timedelta(hours=1))


def told(situation: Situation, folder: Path, records: Path) -> tuple[bool, str]:
    """Return whether all is well after a situation, and what was said, below a heading."""
    began = time.monotonic()
    try:
        is_held, said = True, live_through(situation, folder / situation.__name__, records)
    except (Fault, subprocess.SubprocessError, OSError) as fault:
        is_held, said = False, f"FAULT: {fault} {getattr(fault, 'stderr', '')}"
    return is_held, f"## {situation.__doc__} ({time.monotonic() - began:.0f} s)\n{said}"


def main(names: Sequence[str]) -> int:
    """Live through the situations named, or all; return the exit status."""
    known = {one.__name__: one for one in SITUATIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"No situation {', '.join(unknown)}; there are {', '.join(known)}.", file=sys.stderr)
        return 2
    wanted = [known[name] for name in names] or SITUATIONS
    folder = Path(tempfile.mkdtemp(prefix="aha-situations-"))
    context = get_context("spawn")
    try:
        records = few_records(folder / "records", datetime.now(UTC) - LATEST)
        # Each in a process of its own: a clock that is moved is moved for a whole process.
        with ProcessPoolExecutor(MOST_AT_ONCE, context, max_tasks_per_child=1) as pool:
            runs = [pool.submit(told, one, folder, records) for one in wanted]
            held = []
            for run in as_completed(runs):
                is_held, words = run.result()
                held.append(is_held)
                print(words, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
