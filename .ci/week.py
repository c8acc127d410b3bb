"""A week of `aha up` in which every child is killed again and again: `python .ci/week.py [WAVES]`.

The clock of all processes jumps to what happens next. Each day the daily job falls due; WAVES times
a day, the first of them while the job is under way, kill -9 takes the dashboard, the UI, the code
server, the daemon, the embedded PostgreSQL and its keeper, in a random order and with random
pauses. By the end of each day its job is done and its message at the stand-in's Twilio, once.
"""

import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from datetime import time as hour
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import psycopg2
from fault_situations import Clock, Company, few_records, stand_in
from faults import LOG_BYTES, Fault, await_, check, database, family, is_well, start

from aha_pipeline.warehouse.connection import DatabaseUnreachable, connect
from benchmarks.soak.world import DAILY, ZONE

DAYS, WAVES = 7, 3
ONE_DAY = timedelta(days=1)
PATIENCE_SECONDS = 3600
LONGEST_PAUSE = 12.0
AFTERNOON = hour(15)
MB = 2**20
# Of each child a part of its command, and its name.
CHILDREN = {
    "streamlit": "dashboard",
    "aha_pipeline.web_server": "webserver",
    "aha_pipeline.definitions": "code server",
    "aha_pipeline.supervisor.daemon": "daemon",
    "embedded.keeper": "keeper",
    "bin/postgres": "PostgreSQL",
}
GROWTH = 1.5
SENT = """
    select subject, message_sid from analytics.whatsapp_deliveries
    where status in ('delivered', 'read') and briefing_id is not null
"""
DONE = """
    select start_time from dagster.runs where pipeline_name = 'daily_sync' and status = 'SUCCESS'
"""
# A schedule begins with the first look that the daemon takes at it.
IS_SCHEDULED = """
    select true from dagster.instigators where instigator_body like '%"0 8 * * *"%'
"""
# Who began the daily jobs, and how they ended.
BEGUN = """
    select coalesce(t.value, 'the schedule'), r.status, count(*)
    from dagster.runs r left join dagster.run_tags t
        on t.run_id = r.run_id and t.key = 'dagster/sensor_name'
    where r.pipeline_name = 'daily_sync' group by 1, 2 order by 1, 2
"""
UNDER_WAY = "select run_id from dagster.runs where status in ('STARTING', 'STARTED')"
# The search for deadlocks is late: see benchmarks/soak/postgres.py.
LATE_SEARCH = "alter system set deadlock_timeout = '20s'"


class Week:
    """The processes, the clock that they share, and what has happened to them."""

    def __init__(self, folder: Path, zone: ZoneInfo) -> None:
        self.zone = zone
        self.company = Company(folder)
        last = datetime.now(zone).date() - ONE_DAY  # a soak lives in the past
        self.days = [last - n * ONE_DAY for n in reversed(range(DAYS))]
        before = self.days[0] - ONE_DAY
        self.company.environment |= {
            "AHA_TIMEZONE": zone.key,
            "AHA_START_DATE": before.isoformat(),
        }
        evening = datetime.combine(before, hour(20), zone).astimezone(UTC)
        self.clock = Clock(self.company, evening)
        stand_in(self.company, few_records(folder / "data", evening))
        self.kills: Counter[str] = Counter()
        self.memory: dict[date, dict[str, int]] = {}
        self.up, self.health = start(folder, self.company.environment)
        with connect(database(self.company.home), autocommit=True) as connection:
            connection.cursor().execute(LATE_SEARCH)
            connection.cursor().execute("select pg_reload_conf()")
        await_(lambda: bool(self.rows(IS_SCHEDULED)), PATIENCE_SECONDS, "nothing is scheduled")

    def rows(self, query: str) -> list[tuple]:
        """Return what the database answers, nothing while it is away."""
        try:
            with connect(database(self.company.home)) as opened, opened.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall()
        except (DatabaseUnreachable, psycopg2.Error):
            return []

    def at(self, day: date, time_of_day: hour) -> None:
        """Let it be that hour of a day, unless that is over."""
        ahead = datetime.combine(day, time_of_day, self.zone) - self.clock.now()
        if ahead > timedelta():
            self.clock.move(ahead)

    def expect_well(self, after: str) -> None:
        """Wait until all is well."""
        await_(lambda: is_well(self.health), PATIENCE_SECONDS, f"all is not well after {after}")

    def expect_day(self, day: date) -> None:
        """Wait until the job of a day is done and its message delivered."""
        subject = f"briefing {day - ONE_DAY}"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while day not in self.done() or subject not in dict(self.rows(SENT)):
            check(time.monotonic() < deadline, f"{day} is not done, or its message not delivered")
            time.sleep(1)
            if is_well(self.health) and not self.rows(UNDER_WAY):
                self.clock.move(timedelta(seconds=20))

    def done(self) -> set[date]:
        """Return the days on which a daily job has succeeded."""
        return {datetime.fromtimestamp(at, self.zone).date() for (at,) in self.rows(DONE)}

    def children(self) -> dict[str, psutil.Process]:
        """Return every child that is up, by its name."""
        found = {}
        for one in family(self.company.home):
            with suppress(psutil.Error):
                words = " ".join(one.cmdline())
                name = next((name for part, name in CHILDREN.items() if part in words), "")
                if name == "PostgreSQL" or (name and one.ppid() == self.up.pid):
                    found[name] = one
        return found

    def kill_each(self, chance: random.Random) -> None:
        """Kill every child once, at random moments."""
        for name in chance.sample(sorted(CHILDREN.values()), len(CHILDREN)):
            time.sleep(chance.uniform(0, LONGEST_PAUSE))
            await_(lambda name=name: name in self.children(), PATIENCE_SECONDS, f"{name} is down")
            self.children()[name].kill()
            self.kills[name] += 1

    def live(self, day: date, waves: int, chance: random.Random) -> None:
        """Live a day."""
        began = time.monotonic()
        self.at(day, DAILY)
        for number in range(waves):
            if number:
                self.at(day, AFTERNOON)
            self.kill_each(chance)
            if number == 0:
                self.expect_day(day)
            self.expect_well(f"a wave of kills on {day}")
        processes = {"aha up": psutil.Process(self.up.pid), **self.children()}
        self.memory[day] = {
            name: sum(
                p.memory_info().rss
                for p in (one, *(one.children(recursive=True) if name == "code server" else ()))
            )
            for name, one in processes.items()
        }
        print(
            f"{day:%a %d %b}  {time.monotonic() - began:4.0f} s, {self.kills.total()} kills, "
            f"logs {sum(self.logs()) / MB:.1f} MB, resident MB: "
            + ", ".join(f"{name} {rss / MB:.0f}" for name, rss in self.memory[day].items()),
            flush=True,
        )

    def most(self, days: Sequence[date]) -> Counter[str]:
        """Return the most memory that each process had at the end of one of the days."""
        most: Counter[str] = Counter()
        for day in days:
            most |= Counter(self.memory[day])
        return most

    def logs(self) -> list[int]:
        """Return the size of each log."""
        folders = (self.company.home / "logs", self.company.home / "dagster")
        return [file.stat().st_size for one in folders for file in one.rglob("*") if file.is_file()]


def main(arguments: Sequence[str]) -> int:
    """Live the week; return the exit status."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    waves, began = int(arguments[0]) if arguments else WAVES, time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="aha-week-"))
    folder.chmod(0o755)  # the embedded server runs as another user
    week: Week | None = None
    try:
        week = Week(folder, ZONE)
        chance = random.Random(2026)  # noqa: S311
        for day in week.days:
            week.live(day, waves, chance)
        _check(week)
        print(f"Kills: {dict(week.kills)}; {time.monotonic() - began:.0f} s.")
    except Fault as fault:
        print(f"FAULT: {fault}\n{(folder / 'output').read_text()}", file=sys.stderr)
        for log in sorted((folder / "home" / "logs").iterdir()):
            print(f"{log.name} ends with:\n{log.read_text()[-3000:]}\n", file=sys.stderr)
        return 1
    finally:
        for action in week.company.at_end if week else ():
            action()
        for one in family(folder / "home"):
            one.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _check(week: Week) -> None:
    """Raise Fault where a job, a message, a process, memory or a log is not as it has to be."""
    done, sent = week.done(), week.rows(SENT)
    known = dict(week.rows("select message_sid, subject from analytics.whatsapp_deliveries"))
    lines = (week.company.home / "outbox.jsonl").read_text().splitlines()
    out = Counter(known.get(json.loads(line)["sid"], "alarm of aha up") for line in lines)
    print(f"Daily jobs done on {sorted(map(str, done))}; messages: {dict(out)}")
    begun = [f"{number} by {by}, {status}" for by, status, number in week.rows(BEGUN)]
    print(f"Runs of daily_sync: {'; '.join(begun)}")
    check(set(week.days) <= done, "a daily job was not done")
    wanted = [f"briefing {day - ONE_DAY}" for day in week.days]
    check(
        sorted(subject for subject, _ in sent) == wanted, "a briefing is missing, or one too many"
    )
    twice = [s for s, n in out.items() if n > 1 and s.startswith(("briefing", "incident"))]
    check(not twice, f"a message went out twice: {twice}")
    # Of several days: a child that was killed a moment ago has not loaded all it needs yet.
    first, last = week.most(week.days[: DAYS // 2]), week.most(week.days[-(DAYS // 2) :])
    grown = [name for name in first if last[name] > GROWTH * first[name]]
    check(not grown, f"memory grows: {grown}")
    check(max(week.logs()) < LOG_BYTES, "a log grows")
    week.up.send_signal(signal.SIGINT)
    await_(lambda: week.up.poll() is not None, PATIENCE_SECONDS, "Ctrl-C does not stop it")
    for action in week.company.at_end:
        action()
    week.company.at_end.clear()
    left = family(week.company.home)
    check(not left, f"processes are left: {left}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
