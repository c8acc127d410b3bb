"""What befalls the pipeline on a day, besides the twentieth of all calls that fails every day."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.soak.waiting import wait_until
from benchmarks.soak.world import World
from zoho_sandbox.faults.kinds import FAULTS

ALWAYS = {"fault_rate": 0.05, "faults": FAULTS}
AWAY = {"fault_rate": 1.0, "faults": ("503", "502_html", "timeout_reset")}
SLOW_SECONDS = 0.5  # a call, so that there is time to strike while records are read
STRIKE_SECONDS = 180
READING = "select count(*) from crm.sync_logs where status = 'running'"


def _nothing(_: World) -> None:
    """Nothing befalls it."""


@dataclass(frozen=True)
class Fault:
    """`before` the schedule, `during` its run, and `after` the run has ended."""

    name: str
    before: Callable[[World], None] = _nothing
    during: Callable[[World], None] = _nothing
    after: Callable[[World], None] = _nothing


def _throw(**switches: object) -> Callable[[World], None]:
    return lambda world: world.services.zoho.throw(**switches)


def _restart(*names: str) -> Callable[[World], None]:
    def restart(world: World) -> None:
        for name in names:
            world.services.restart(name)

    return restart


def _restart_sandbox(world: World) -> None:
    world.services.zoho.stop()
    world.services.zoho.start()


def _restart_database(world: World) -> None:
    world.postgres.stop()
    world.postgres.start()


def _revoke(world: World) -> None:
    world.services.zoho.ask("revoke")
    world.services.zoho.throw(token_life_calls=10)


def _await_reading(world: World) -> None:
    wait_until(lambda: world.one(READING), STRIKE_SECONDS, "a run reads records")


def _kill_worker(world: World) -> None:
    _await_reading(world)
    for process in world.services.workers():
        if process.pid not in world.idle:
            process.kill()
    world.services.zoho.throw(latency=0.0)


def _cut_connections(world: World) -> None:
    _await_reading(world)
    world.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where backend_type = 'client backend' and pid <> pg_backend_pid()"
    )
    world.services.zoho.throw(latency=0.0)


QUIET = Fault("nothing more")
KILLED = Fault(
    "the worker is killed while it reads", _throw(latency=SLOW_SECONDS), during=_kill_worker
)
ZOHO_AWAY = Fault("Zoho is away all morning", _throw(**AWAY), after=_throw(**ALWAYS))
TOKEN_DIES = Fault("tokens die after 10 calls", _revoke, after=_throw(token_life_calls=None))
CUT = Fault(
    "all database connections are cut", _throw(latency=SLOW_SECONDS), during=_cut_connections
)
CODE = Fault("the code server restarts", _restart("code"))
DAEMON = Fault("the daemon restarts", _restart("daemon"))
PAGES = Fault("Dagster UI and dashboard restart", _restart("webserver", "dashboard"))
SANDBOX = Fault("Zoho and Twilio restart", _restart_sandbox)
TWILIO = Fault("Twilio takes the message, the answer is lost", _throw(twilio_faults=["taken_lost"]))
DATABASE = Fault("PostgreSQL restarts", _restart_database)

# Our own services restart in the first ten days only, so that their memory shows what they keep.
FIRST = (QUIET, KILLED, ZOHO_AWAY, TOKEN_DIES, CUT, CODE, DAEMON, PAGES, SANDBOX, TWILIO)
THEN = (DATABASE, KILLED, TOKEN_DIES, CUT, TWILIO, ZOHO_AWAY, SANDBOX, QUIET, KILLED, CUT)


def of_day(number: int) -> Fault:
    """Return what befalls the pipeline on a day of the soak, counted from 1."""
    if number <= len(FIRST):
        return FIRST[number - 1]
    return THEN[(number - len(FIRST) - 1) % len(THEN)]
