"""Read all modules of a run at the same time, each for its own step.

Dagster runs the steps of a process one after the other, because a process per step costs more than
most of our steps. Reading is mostly waiting, though. So the first module's step starts the reads of
every module in the run, core modules first, and each later step collects the result of its own.
The first load of an optional module even waits for them, because all figures do. Success, failure
and retry stay the business of that step.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import Future, wait
from threading import BoundedSemaphore, Event, Lock, Thread

from aha_pipeline.assets.extract_load import WindowResult, sync_window
from aha_pipeline.services import Services
from aha_pipeline.warehouse import free_connections
from aha_pipeline.warehouse.connection_limits import MOST_MODULES
from aha_pipeline.warehouse.landing import Window
from aha_pipeline.warehouse.mart_files import OPTIONAL_MODULES, core_modules

log = logging.getLogger(__name__)

STOP_SECONDS = 5


class _RunReads:
    """The reads of one run, by module."""

    def __init__(self, services: Services, windows: Mapping[str, Window]) -> None:
        services.zoho()  # before the threads: a refused token fails once, not once per module
        self._services = services
        found = free_connections.check(services.settings.session_url)
        if found.modules < min(len(windows), MOST_MODULES):
            log.warning("%s", found.scarce)
        self._semaphore = BoundedSemaphore(found.modules)
        self._cancelled = Event()
        core = core_modules(tuple(windows))
        self.futures = {module: self.start(windows[module]) for module in core}
        self._core = tuple(self.futures.values())
        others = [module for module in windows if module not in core]
        self.futures |= {module: self.start(windows[module]) for module in others}

    def start(self, window: Window) -> Future[WindowResult]:
        """Start reading a window in a thread of its own."""
        future: Future[WindowResult] = Future()
        # Not a ThreadPoolExecutor: at exit the interpreter would wait for its threads to finish.
        Thread(target=self._sync, args=(window, future), daemon=True).start()
        return future

    def cancel(self) -> None:
        """Stop all reads, and give them a moment to write that into the log."""
        self._cancelled.set()
        for future in self.futures.values():
            try:
                future.exception(timeout=STOP_SECONDS)
            except TimeoutError:
                return

    def _sync(self, window: Window, future: Future[WindowResult]) -> None:
        if window.from_the_beginning and window.module in OPTIONAL_MODULES:
            wait(self._core)
        with self._semaphore:
            try:
                future.set_result(sync_window(self._services, window, self._cancelled))
            except BaseException as error:
                future.set_exception(error)


_lock = Lock()
_runs: dict[str, _RunReads] = {}


def read_module(services: Services, windows: Mapping[str, Window], module: str) -> WindowResult:
    """Return the outcome of the read of `module`; `windows` are those of every module in the run.

    A second call for the same module reads it again. Raises what the read raised. An interrupt
    stops the reads of all modules.
    """
    window = windows[module]
    with _lock:
        run = _runs.get(window.run_id)
        if run is None:
            _runs.clear()  # a process executes one run at a time
            run = _runs[window.run_id] = _RunReads(services, windows)
        future = run.futures.pop(module, None) or run.start(window)
    try:
        return future.result()
    except Exception:
        raise
    except BaseException:
        run.cancel()
        raise
