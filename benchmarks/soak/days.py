"""A day of the soak: what the schedules start, what befalls it, and what people do."""

from datetime import date, time, timedelta

from benchmarks.soak.faults import Fault
from benchmarks.soak.world import DAILY, MORNING, World

ONE_DAY = timedelta(days=1)
WEEKLY = {5: "housekeeping", 6: "reconcile"}  # Saturday and Sunday, as Python counts them
WORK = {
    time(11, 0): {"creates": 3, "edits": 20, "deletes": 2, "restores": 0},
    time(15, 30): {"creates": 2, "edits": 15, "deletes": 1, "restores": 1},
    time(20, 0): {"creates": 1, "edits": 5, "deletes": 1, "restores": 0},
}


class NotAsExpected(RuntimeError):
    """A day went otherwise than it must; the text says how."""


def live(world: World, day: date, fault: Fault) -> int:
    """Live a day, from before its schedules to the evening; return the syncs that failed.

    Raises NotAsExpected or TooLate.
    """
    _weekly(world, day)
    world.idle = {process.pid for process in world.services.workers()}
    fault.before(world)
    failed = _sync(world, day, fault)
    _message(world, day)
    for hour, changes in WORK.items():
        world.at(day, hour)
        world.services.zoho.ask("work", **changes)
    return failed


def _weekly(world: World, day: date) -> None:
    if job := WEEKLY.get(day.weekday()):
        before = world.newest_run(job)
        world.at(day, MORNING)
        world.expect(lambda: world.newest_run(job) > before, f"{job} starts on {day}")
        world.expect(world.is_settled, f"{job} ends on {day}")
        if _last_status(world, job) != "SUCCESS" and world.services.aha(job):
            raise NotAsExpected(f"{job} failed on {day}, and again when it was tried by hand")


def _sync(world: World, day: date, fault: Fault) -> int:
    """Let the schedule run; where the sync fails, wait until that is told and sync by hand."""
    before = world.newest_run("daily_sync")
    world.at(day, DAILY)
    world.expect(lambda: world.newest_run("daily_sync") > before, f"the sync starts on {day}")
    fault.during(world)
    world.expect(world.is_settled, f"the sync ends on {day}")
    fault.after(world)
    failed = world.one(
        "select count(*) from dagster.runs "
        "where pipeline_name = 'daily_sync' and id > %s and status = 'FAILURE'",
        before,
    )
    told = "select count(*) from analytics.incidents i join analytics.whatsapp_deliveries w "
    told += "on w.incident_id = i.id where i.day = %s and w.status in ('delivered', 'read')"
    # Dagster marks a run as failed first, and a moment later as one that it will try again.
    world.expect(
        lambda: _is_briefed(world, day) or world.one(told, day),
        f"the briefing of {day} is written, or its failure told",
    )
    if not _is_briefed(world, day) and (status := world.services.aha("sync")):
        raise NotAsExpected(f"aha sync ended with {status} on {day}")
    return failed


def _message(world: World, day: date) -> None:
    sent = "select count(*) from analytics.whatsapp_deliveries "
    sent += "where subject = %s and status in ('delivered', 'read')"
    subject = f"briefing {day - ONE_DAY}"
    world.expect(lambda: world.one(sent, subject), f"the message of {day} is delivered")
    closed = "select count(*) = 0 from analytics.incidents where closed_at is null"
    world.expect(lambda: world.one(closed), f"the incident of {day} ends")
    world.expect(world.is_settled, f"all runs of {day} end")


def _is_briefed(world: World, day: date) -> bool:
    """Return whether the briefing of a day is written: it is about the day before."""
    query = "select count(*) from analytics.ai_briefings_log where day = %s"
    return world.one(query, day - ONE_DAY) > 0


def _last_status(world: World, job: str) -> str:
    query = "select status from dagster.runs where pipeline_name = %s order by id desc limit 1"
    return world.one(query, job)
