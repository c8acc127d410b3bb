"""A run beats while it is alive, says what it waits for, and frees what dead runs hold.

Any process of any machine can so tell that a run's host is gone, without a daemon: host names and
process ids mean nothing after a container was recreated.
"""

import logging
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Thread, Timer

from psycopg2.extensions import connection as Connection

from aha_pipeline.sql import statement
from aha_pipeline.warehouse import errors
from aha_pipeline.warehouse.connection import APPLICATION

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
BEAT_SECONDS = 15.0
DEAD_SECONDS = 90.0
SILENT_SECONDS = 30.0
SILENT = (
    "The database has not answered for %.0f s: this waits until it does, and Ctrl-C ends the wait."
)

Connect = Callable[[], AbstractContextManager[Connection]]


class Heartbeat:
    """The beat of one run, in a thread of its own from `start` on, until `is_over` says so.

    `end_runs` is given the ids of runs that have ceased to beat, and ends them.
    """

    def __init__(
        self,
        connect: Connect,
        run_id: str,
        *,
        is_over: Callable[[], bool],
        end_runs: Callable[[list[str]], None],
    ) -> None:
        self._connect, self._run_id = connect, run_id
        self._is_over, self._end_runs = is_over, end_runs
        self._told: set[str] = set()
        self._beat_at = 0.0
        self._thread = Thread(target=self._beat_on, daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def _beat_on(self) -> None:
        is_over, silence = False, _tell_of_silence()
        while not is_over:
            try:
                with self._connect() as connection:
                    self._look(connection)
                time.sleep(LOOK_SECONDS)
                is_over = self._is_over()
                if is_over:
                    with self._connect() as connection:
                        _run(connection, "forget", {"run_id": self._run_id})
                silence.cancel()
                silence = _tell_of_silence()
            except Exception as error:
                # The run itself tells what is wrong with a database; a beat is never its end.
                log.debug("The heartbeat missed a beat (%s).", type(error).__name__)
                time.sleep(LOOK_SECONDS)
                is_over = self._is_surely_over()
        silence.cancel()

    def _is_surely_over(self) -> bool:
        """Return whether the run is known to be over; one that cannot be asked about is not."""
        try:
            return self._is_over()
        except Exception as error:
            return errors.find(error) is None  # the instance is closed

    def _look(self, connection: Connection) -> None:
        now = time.monotonic()
        if now >= self._beat_at:
            self._beat_at = now + BEAT_SECONDS
            told = {"host": os.uname().nodename, "application": APPLICATION}
            _run(connection, "beat", {"run_id": self._run_id, **told})
            connection.commit()
            if found := [run for run in dead(connection) if run != self._run_id]:
                self._end_runs(found)
                end_sessions(connection, found)
                for run_id in found:
                    _run(connection, "forget", {"run_id": run_id})
                connection.commit()
        for who in self._waited_for(connection):
            if who.partition(" and beat")[0] not in self._told:
                self._told.add(who.partition(" and beat")[0])
                log.warning("Waiting for %s.", who)

    def _waited_for(self, connection: Connection) -> list[str]:
        found = _run(connection, "locks_waited_for", {"application": APPLICATION})
        if _run(connection, "has_slots", {}) == [True]:
            found += _run(connection, "slots_waited_for", {"run_id": self._run_id})
        return [str(who) for who in found]


def _tell_of_silence() -> Timer:
    """Return a timer that tells of it unless it is cancelled in time.

    A timer, because a server that stands still in the midst of an answer holds this thread too.
    """
    timer = Timer(SILENT_SECONDS, log.warning, (SILENT, SILENT_SECONDS))
    timer.daemon = True
    timer.start()
    return timer


def dead(connection: Connection) -> list[str]:
    """Return the ids of the runs that have ceased to beat."""
    return [str(run_id) for run_id in _run(connection, "dead", {"seconds": DEAD_SECONDS})]


def never_beat(connection: Connection, run_ids: list[str]) -> list[str]:
    """Return which of these runs have not beaten."""
    return [str(run_id) for run_id in _run(connection, "never_beat", {"runs": run_ids})]


def end_sessions(connection: Connection, run_ids: list[str]) -> None:
    """End the sessions of runs that have ceased to beat: they may hold what others wait for."""
    _run(connection, "end_sessions", {"runs": run_ids, "own": APPLICATION})


def _run(connection: Connection, name: str, values: dict[str, object]) -> list[object]:
    """Return the first column of a statement's rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement("warehouse/heartbeat", name), values)
        return [row[0] for row in cursor] if cursor.description else []
