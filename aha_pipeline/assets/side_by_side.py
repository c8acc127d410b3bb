"""The modules of one run, read side by side.

Dagster runs the steps of a process one after the other, because a process a step costs more than
most steps. Reading is waiting, though: so the first module's step begins the reads of all the
run's modules, and each step takes its own when its turn comes. Whether a read succeeds, is tried
again or fails is still the business of its step.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from threading import BoundedSemaphore, Event, Lock, Thread

from aha_pipeline.assets.land import Read, land
from aha_pipeline.services import Services
from aha_pipeline.warehouse.landing import Window

MODULES_AT_A_TIME = 4  # each holds two connections to the database
STOP_SECONDS = 5


class _Run:
    """The reads of one run."""

    def __init__(self, services: Services, windows: Mapping[str, Window]) -> None:
        services.zoho()
        self._services = services
        self._places = BoundedSemaphore(MODULES_AT_A_TIME)
        self._cancelled = Event()
        self.reads = {module: self.begin(window) for module, window in windows.items()}

    def begin(self, window: Window) -> Future[Read]:
        """Read a window in a thread of its own."""
        future: Future[Read] = Future()
        Thread(target=self._read, args=(window, future), daemon=True).start()
        return future

    def cancel(self) -> None:
        """End all reads, and give them a moment to say so in the log."""
        self._cancelled.set()
        for future in self.reads.values():
            try:
                future.exception(timeout=STOP_SECONDS)
            except TimeoutError:
                return

    def _read(self, window: Window, future: Future[Read]) -> None:
        with self._places:
            try:
                future.set_result(land(self._services, window, self._cancelled))
            except BaseException as error:
                future.set_exception(error)


_lock = Lock()
_runs: dict[str, _Run] = {}


def read(services: Services, windows: Mapping[str, Window], module: str) -> Read:
    """Return what the read of `module` did; `windows` are those of all the run's modules.

    A second call for the same module reads it again. Raises what the reading raised. An interrupt
    ends the reads of all.
    """
    window = windows[module]
    with _lock:
        run = _runs.get(window.run_id)
        if run is None:
            _runs.clear()  # a process runs one run at a time
            run = _runs[window.run_id] = _Run(services, windows)
        future = run.reads.pop(module, None) or run.begin(window)
    try:
        return future.result()
    except Exception:
        raise
    except BaseException:
        run.cancel()
        raise
