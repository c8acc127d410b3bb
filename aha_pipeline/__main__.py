"""The `aha` command, also as `python -m aha_pipeline`."""

import signal

# Until it can be answered in words, Ctrl-C ends the command without any: nothing has begun yet.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from aha_pipeline.cli import main

if __name__ == "__main__":
    main()
