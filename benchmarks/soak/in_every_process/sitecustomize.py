"""Python runs this as it starts: a process of the soak follows the soak's clock from then on."""

import os
import sys

if clock := os.environ.get("AHA_SOAK_CLOCK"):
    from pathlib import Path

    from benchmarks.soak.clock import follow

    follow(Path(clock))
    if "aha_pipeline.warehouse.embedded.keeper" in sys.orig_argv:
        from benchmarks.soak.postgres import preloaded

        os.environ |= preloaded(Path(clock))  # for the server that it starts
