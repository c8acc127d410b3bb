"""A daily sync that was lost is started again, and told only where that does not help."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg2
import pytest

from aha_pipeline.automation import again
from aha_pipeline.definitions import defs
from aha_pipeline.warehouse.connection import DatabaseUnreachable

NEXT_LOOK = "at the next look"


@pytest.fixture
def due(connected, monkeypatch):
    """Let the sync have been due a moment ago, and let nothing wait; return when."""
    moment = datetime.now(UTC)
    monkeypatch.setattr(again, "due_before", lambda *_: moment)
    for pause in ("FIRST_PAUSE", "DAGSTERS_PAUSE"):
        monkeypatch.setattr(again, pause, timedelta())
    return moment


@pytest.fixture
def look(looking, due):
    """Let the sensor that starts a sync again look."""
    return looking(again.sync_again)


@pytest.fixture
def kill(instance):
    """Let a sync lose its process, as the daemon sees it."""

    def _kill() -> None:
        run = instance.create_run_for_job(
            defs().resolve_job_def("daily_sync"), status=dg.DagsterRunStatus.STARTED
        )
        instance.report_run_failed(run, "Its process was killed.")
        instance.add_run_tags(run.run_id, {again.WILL_RETRY: "true"})

    return _kill


def test_a_sync_whose_process_was_killed_is_started_again(look, kill, due, sync):
    kill()
    assert look() == f"{due.isoformat()} 1"
    kill()
    assert look() == f"{due.isoformat()} 2"
    sync()
    assert look() == "The sync that was due has succeeded."


@pytest.mark.parametrize(
    "error",
    [
        psycopg2.OperationalError("server closed the connection"),
        psycopg2.errors.AdminShutdown("terminating"),
        DatabaseUnreachable("No database answers."),
    ],
)
def test_a_sync_that_lost_the_database_is_started_again_and_not_told(
    look, sync, notice, due, error
):
    assert notice(sync(error)) == "It was lost and is started again."
    assert look() == f"{due.isoformat()} 1"


def test_a_fault_that_stays_is_told_and_nothing_started(look, sync, notice):
    assert notice(sync(dg.Failure("Zoho refuses the token."))) == "The readers are told."
    assert "does not pass by itself" in look()


def test_what_is_lost_again_and_again_is_told(look, kill, sync, notice):
    for _ in range(again.MOST_RUNS - 1):
        kill()
    assert notice(sync(psycopg2.OperationalError("gone"))) == "The readers are told."
    assert "somebody has to look" in look()


def test_dagster_comes_first_and_each_loss_doubles_the_pause(look, kill, monkeypatch):
    monkeypatch.setattr(again, "DAGSTERS_PAUSE", timedelta(hours=1))
    kill()
    assert "in a moment" in look()
    monkeypatch.setattr(again, "DAGSTERS_PAUSE", timedelta())
    monkeypatch.setattr(again, "FIRST_PAUSE", timedelta(hours=1))
    assert "in a moment" in look()


def test_a_sync_that_is_under_way_is_left_alone(look, instance):
    instance.create_run_for_job(
        defs().resolve_job_def("daily_sync"), status=dg.DagsterRunStatus.STARTED
    )
    assert look() == "One is under way."


def test_a_sync_that_the_schedule_did_not_begin_is_begun(look, sync, due, monkeypatch):
    assert NEXT_LOOK in look()
    assert look() == "No sync has succeeded yet."
    sync()
    later = due + timedelta(hours=1)
    monkeypatch.setattr(again, "due_before", lambda *_: later)
    assert NEXT_LOOK in look()
    assert look() == f"{later.isoformat()} 0"
