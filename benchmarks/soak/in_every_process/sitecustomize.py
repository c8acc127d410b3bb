"""Python runs this as it starts: a process of the soak follows the soak's clock from then on."""

import os

if clock := os.environ.get("AHA_SOAK_CLOCK"):
    from pathlib import Path

    from benchmarks.soak.clock import follow

    follow(Path(clock))
