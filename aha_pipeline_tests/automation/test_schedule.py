"""The daily schedule: one run that reads every unread day, today included."""

from datetime import date, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from aha_pipeline import services
from aha_pipeline.assets.partitions import RANGE_END, RANGE_START
from aha_pipeline.automation.schedules import daily_schedule
from aha_pipeline.definitions import defs
from aha_pipeline.settings import load
from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.kit.days import IST, today
from aha_pipeline_tests.kit.environment import have_own_time

START = today() - timedelta(days=9)


@pytest.fixture
def tick(connected, instance, monkeypatch):
    """Evaluate the schedule as its daemon would at eight this morning; return the one request."""

    monkeypatch.setenv("AHA_START_DATE", START.isoformat())

    def evaluate() -> dg.RunRequest:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=datetime.combine(today(), datetime.min.time(), IST),
            repository_def=defs().get_repository_def(),
            resources={"services": services.current()},
        )
        (request,) = daily_schedule(load()).evaluate_tick(context).run_requests
        return request

    return evaluate


def days(request: dg.RunRequest) -> tuple[date, date]:
    return (
        date.fromisoformat(request.tags[RANGE_START]),
        date.fromisoformat(request.tags[RANGE_END]),
    )


def test_the_first_tick_reads_from_the_start_to_today(tick):
    assert days(tick()) == (START, today())


def test_a_later_tick_reads_from_the_day_of_the_last_read_to_today(
    tick, run_days, connected, monkeypatch
):
    have_own_time(monkeypatch)  # Zoho's is set back, ours is not
    three_days_ago = datetime.now(IST) - timedelta(days=3)
    connected.store.now.moment = three_days_ago
    assert run_days(START.isoformat(), today().isoformat()).success
    connected.store.now.moment = datetime.now(IST)
    assert days(tick()) == (three_days_ago.date(), today())


def test_the_run_of_a_tick_reads_every_module(tick, instance, database_url):
    """The scheduler's daemon names no steps in the run that it creates: all are meant."""
    job = defs().resolve_job_def("daily_sync")
    run = instance.create_run_for_job(job, tags=tick().tags)._replace(step_keys_to_execute=None)
    result = execute_run(InMemoryJob(job), run, instance)
    assert result.success
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("select distinct module from crm.sync_logs where status = 'success'")
        assert {row[0] for row in cursor} == set(load().zoho_modules)


def test_a_tick_that_a_crash_repeats_has_the_same_run_key(tick):
    assert tick().run_key == tick().run_key
