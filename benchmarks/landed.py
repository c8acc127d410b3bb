"""Run in a process of its own: read Leads with the product and land them; print what it took.

The settings come from the environment, as the product's do. `--since` reads the changes from a
moment on, otherwise everything is read.
"""

import argparse
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from aha_pipeline import services
from aha_pipeline.assets.extract_load import sync_window
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.landing import Window


def main() -> None:
    """Print seconds, until the rows are committed and until all is done, records and peak memory.

    As one JSON object; the memory in MB. After a first load the index of the search is to be made
    once the rows are committed.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--since", type=datetime.fromisoformat)
    asked = parser.parse_args()
    opened = services.current()
    opened.zoho()
    zone = opened.settings.zone
    now = datetime.now(zone)
    day = datetime(now.year, now.month, now.day, tzinfo=zone)
    window = Window(
        str(uuid4()),
        "Leads",
        asked.since or day,
        day + timedelta(days=1),
        from_the_beginning=asked.since is None,
        is_open=True,
    )
    began = time.perf_counter()
    with ThreadPoolExecutor() as watching:
        committed = watching.submit(_committed_at, opened.database_url, window)
        landed = sync_window(opened, window).load
        ended = time.perf_counter()
    result = {
        "seconds": committed.result() - began,
        "whole_seconds": ended - began,
        "records": landed.records_read,
        "calls": landed.api_calls,
        "peak_mb": _peak_mb(),
    }
    print(json.dumps(result))


def _committed_at(database_url: str, window: Window) -> float:
    """Return when somebody else sees that a window is landed, or has failed."""
    query = "select from crm.sync_logs where run_id = %s and status <> 'running'"
    with connect(database_url, autocommit=True) as connection, connection.cursor() as cursor:
        while True:
            cursor.execute(query, [window.run_id])
            if cursor.rowcount:
                return time.perf_counter()
            time.sleep(0.01)


def _peak_mb() -> float:
    """Return the most memory this process has held. `ru_maxrss` would count its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


if __name__ == "__main__":
    main()
