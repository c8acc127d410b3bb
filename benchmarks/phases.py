"""One sync, with the seconds of each of its phases printed; run in a process of its own."""

import time

from rich.console import Console

began = time.monotonic()


def phase(name: str) -> None:
    """Print the seconds since the last phase ended."""
    global began
    now = time.monotonic()
    print(f"phase {name}: {now - began:.2f}")
    began = now


from aha_pipeline import services  # noqa: E402
from aha_pipeline.instance import home  # noqa: E402

phase("importing our own modules")
opened = services.current()
opened.zoho()
home.prepare(opened.settings)
phase("database, CRM, schema")
from aha_pipeline.definitions import defs  # noqa: E402

phase("importing Dagster")
defs().resolve_job_def("daily_sync")
phase("loading the definitions")

with home.open_instance():
    phase("opening the instance")
from aha_pipeline.commands.sync import sync  # noqa: E402

sync(Console(quiet=True))
phase("the run, its events and figures")
