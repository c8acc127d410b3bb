"""All that a day of the soak is lived in: the clock, the processes, and what the database says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from aha_pipeline.warehouse.connection import connect
from benchmarks.soak.clock import SharedClock
from benchmarks.soak.postgres import Postgres
from benchmarks.soak.services import Services
from benchmarks.soak.waiting import T, wait_until

ZONE = ZoneInfo("Asia/Kolkata")
DAILY, MORNING = time(7, 59, 56), time(4, 59, 56)  # a moment before the schedules
STEP_SECONDS = 20.0  # by which idle time is shortened at a look
PATIENCE_SECONDS = 420.0


@dataclass
class World:
    """`idle` are the processes of the code server when no run is under way, by their ids."""

    clock: SharedClock
    postgres: Postgres
    services: Services
    idle: set[int] = field(default_factory=set)

    def rows(self, query: str, *values: object) -> list[tuple]:
        """Return what the database answers."""
        with connect(self.postgres.url) as connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def one(self, query: str, *values: object) -> object:
        """Return the one value that the database answers."""
        ((value,),) = self.rows(query, *values)
        return value

    def at(self, day: date, hour: time) -> None:
        """Let it be that hour of a day."""
        self.clock.jump_to(datetime.combine(day, hour, ZONE))

    def expect(self, condition: Callable[[], T], what: str) -> T:
        """Wait for something to happen; while nothing is under way, time passes quickly."""
        return wait_until(condition, PATIENCE_SECONDS, what, between=self._shorten)

    def newest_run(self, job: str) -> int:
        """Return the number of the job's newest run, 0 before the first."""
        return self.one(
            "select coalesce(max(id), 0) from dagster.runs where pipeline_name = %s", job
        )

    def is_settled(self) -> bool:
        """Return whether no run is under way, and none is still to be tried again."""
        return not self.one(
            """
            select count(*) from dagster.runs r
            where status not in ('SUCCESS', 'FAILURE', 'CANCELED') or status = 'FAILURE'
                and exists (
                    select from dagster.run_tags t
                    where t.run_id = r.run_id and t.key = 'dagster/will_retry' and t.value = 'true')
                and not exists (
                    select from dagster.run_tags t
                    where t.key = 'dagster/parent_run_id' and t.value = r.run_id)
            """
        )

    def _shorten(self) -> None:
        """Put the clock forward unless a run is at work: its limits are of real work."""
        at_work = "select count(*) from dagster.runs where status in ('STARTING', 'STARTED')"
        if not self.one(at_work):
            self.clock.forward(STEP_SECONDS)
