"""Ctrl-C, SIGTERM and a closed terminal: each stops a command once, and none is lost."""

import signal
import sys

AGAIN_SECONDS = 0.1


def listen() -> None:
    """Let SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt in the main thread.

    While a run lasts, Dagster answers the first two in its own way.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:  # see __main__.py
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    sys.unraisablehook = _send_again


def _send_again(dropped: "sys.UnraisableHookArgs") -> None:
    """Send an interrupt anew that was raised where Python drops what is raised.

    A finalizer and the callback of a weak reference can raise nothing: Python prints a traceback
    and goes on. https://docs.python.org/3/library/sys.html#sys.unraisablehook
    """
    # KeyboardInterrupt, and what Dagster raises in its place, are no Exception.
    if isinstance(dropped.exc_value, Exception | GeneratorExit | SystemExit):
        sys.__unraisablehook__(dropped)
        return
    # Later: sent from here it would be raised, and dropped, in here.
    signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
