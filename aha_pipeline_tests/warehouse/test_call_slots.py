"""Calls at a time over all processes: never more than the limit, and nobody is left out."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock

import pytest

from aha_pipeline.warehouse.call_slots import LeasedSlots
from aha_pipeline.warehouse.connection import connect

RENEW, LEASE = 0.2, 1.0
UNHURRIED = 60.0  # a lease that a busy machine does not outlast between two renewals


class Counter:
    """How many blocks are under way, and the most there ever were."""

    def __init__(self):
        self._lock, self.now, self.most = Lock(), 0, 0

    def __enter__(self):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_):
        with self._lock:
            self.now -= 1


@pytest.fixture
def process(database_url):
    """Make the places of one more process."""

    def make(limit: int | None, renew=RENEW, lease=LEASE) -> LeasedSlots:
        return LeasedSlots(
            partial(connect, database_url), limit=limit, renew_seconds=renew, lease_seconds=lease
        )

    return make


def call(slots, seen, seconds=0.02):
    with slots.acquire(), seen:
        time.sleep(seconds)


def test_three_processes_together_never_have_more_calls_than_the_limit(process):
    seen, processes = Counter(), [process(4, lease=UNHURRIED) for _ in range(3)]
    with ThreadPoolExecutor(24) as pool:
        done = [pool.submit(call, processes[n % 3], seen) for n in range(240)]
        for one in done:
            one.result(timeout=60)
    assert 1 < seen.most <= 4  # on a busy machine the fourth may never be under way at once


def test_a_process_alone_has_all_of_them_and_asks_seldom(process, database_url):
    slots, seen = process(8, renew=60, lease=90), Counter()
    with ThreadPoolExecutor(8) as pool:
        for one in [pool.submit(call, slots, seen) for _ in range(400)]:
            one.result(timeout=60)
    assert seen.most == 8
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("select slots from crm.call_leases")
        assert cursor.fetchall() == [(8,)]


def test_one_place_is_taken_in_turns(process):
    first, second, seen = (process(1, lease=UNHURRIED), process(1, lease=UNHURRIED), Counter())
    ends: dict[LeasedSlots, float] = {}

    def work(slots):
        for _ in range(20):
            call(slots, seen)
        ends[slots] = time.monotonic()
        slots.release_unused()

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(work, slots) for slots in (first, second)]:
            one.result(timeout=60)
    assert seen.most == 1
    assert abs(ends[first] - ends[second]) < 2


def test_what_a_killed_process_held_comes_free(process):
    killed, other, seen = process(2), process(2), Counter()
    with killed.acquire(), killed.acquire():
        began = time.monotonic()
        call(other, seen)
    assert LEASE * 0.9 < time.monotonic() - began < LEASE + 2


def test_what_is_given_back_is_free_at_once(process):
    first, second, seen = process(1, lease=90), process(1), Counter()
    call(first, seen)
    first.release_unused()
    began = time.monotonic()
    call(second, seen)
    assert time.monotonic() - began < 1


def test_a_process_that_does_not_know_the_limit_keeps_the_one_others_know(process):
    known, new, seen = process(1), process(None), Counter()
    with known.acquire():
        began = time.monotonic()
        call(new, seen)
    assert time.monotonic() - began > LEASE * 0.9
