"""A machine that reads modules as a run's worker does: `python -m ...machine Leads Contacts`."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

from aha_pipeline import services
from aha_pipeline.assets.extract_load import sync_window
from aha_pipeline.crm.errors import CreditsSpent
from aha_pipeline.warehouse.landing import Window

START, NEVER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)


def read(module: str) -> str:
    window = Window(uuid4().hex, module, START, NEVER, from_the_beginning=True, is_open=True)
    try:
        landed = sync_window(services.current(), window).load
    except CreditsSpent as spent:
        return f"{module}: {spent}"
    return f"{module}: {landed.records_read} {landed.stop_reason or 'to the end'}"


if __name__ == "__main__":
    with ThreadPoolExecutor(4) as pool:
        print("\n".join(pool.map(read, sys.argv[1:])))
