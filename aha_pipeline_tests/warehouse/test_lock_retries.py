"""Somebody's open transaction neither hangs a refresh nor freezes the other readers."""

import threading
import time

import pytest

from aha_pipeline.warehouse import lock_retries
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.lock_retries import RelationInUse
from aha_pipeline.warehouse.mart_files import Mart, read_marts
from aha_pipeline.warehouse.marts import refresh
from aha_pipeline_tests.kit.mart_contents import rows
from aha_pipeline_tests.warehouse.marts_company import put_sync


@pytest.fixture
def mart() -> Mart:
    return next(one for one in read_marts() if one.name == "sync_volume")


@pytest.fixture
def idle(database_url, mart):
    """A session that has read a mart of an older release and leaves its transaction open."""
    with connect(database_url) as owner, owner.cursor() as cursor:
        refresh(owner, mart)
        cursor.execute("update analytics.mart_builds set sql_version = 'an older one'")
        put_sync(owner, "Leads", "2025-03-01T08:00:00Z")
    with connect(database_url) as reader, reader.cursor() as cursor:
        cursor.execute(f"set application_name = 'psql'; select count(*) from {mart.relation}")  # noqa: S608
        yield reader


def refreshed(url: str, mart: Mart, errors: list[Exception]) -> None:
    try:
        with connect(url) as connection:
            refresh(connection, mart)
    except Exception as error:
        errors.append(error)


def test_a_refresh_waits_for_an_open_transaction_and_readers_get_through(
    database_url, idle, mart, monkeypatch, caplog
):
    monkeypatch.setattr(lock_retries, "WAIT_MS", 300)
    monkeypatch.setattr(lock_retries, "PAUSE_SECONDS", 0.3)
    errors: list[Exception] = []
    waiting = threading.Thread(target=refreshed, args=(database_url, mart, errors))
    waiting.start()
    while "waits for" not in caplog.text:
        assert waiting.is_alive(), errors
        time.sleep(0.05)
    for _ in range(5):
        began = time.monotonic()
        rows(database_url, f"select count(*) from {mart.relation}")  # noqa: S608
        assert time.monotonic() - began < 10
    assert "(psql)" in caplog.text
    assert waiting.is_alive()
    idle.rollback()
    waiting.join(60)
    assert not waiting.is_alive()
    assert errors == []


def test_one_that_never_ends_is_named_and_the_old_mart_stands(
    database_url, idle, mart, monkeypatch
):
    monkeypatch.setattr(lock_retries, "WAIT_MS", 50)
    monkeypatch.setattr(lock_retries, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(lock_retries, "GIVE_UP_SECONDS", 0.2)
    with connect(database_url) as connection, pytest.raises(RelationInUse) as caught:
        refresh(connection, mart)
    assert "analytics.sync_volume cannot be brought up to date" in str(caught.value)
    assert "(psql)" in str(caught.value)
    assert rows(database_url, f"select count(*) from {mart.relation}") == [(0,)]  # noqa: S608
