"""One process of a deployment that runs its services apart: its Dagster home, then the program."""

import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from aha_pipeline import local, services
from aha_pipeline import settings as configuration
from aha_pipeline.instance import home
from aha_pipeline.settings import SettingsError
from aha_pipeline.warehouse.migrate import migrate


def execute(arguments: Sequence[str]) -> None:
    """Bring the database up to date and become the program of `arguments`; does not return.

    Dagster's daemon gets a parent that lets only one daemon serve the database.
    Raises SettingsError if processes that run apart would each start a stand-in of their own, or if
    there is no such program; DatabaseUnreachable.
    """
    settings = configuration.load()
    loads_graph = _loads_graph(arguments)
    if settings.database_url is None or (loads_graph and settings.zoho is None):
        raise SettingsError(
            "DATABASE_URL and the ZOHO_ settings must be set where services run apart: each would "
            "start a database and a sandbox of its own. For one machine there is `aha up`."
        )
    local.with_database(settings)
    migrate(settings.session_url)
    if loads_graph:
        services.configured_modules()
    home.prepare(settings)
    home.make_tables(settings.session_url)
    if Path(arguments[0]).name == "dagster-daemon" and "run" in arguments[1:2]:
        arguments = [sys.executable, "-m", "aha_pipeline.supervisor.daemon", *arguments[1:]]
    try:
        os.execvp(arguments[0], list(arguments))  # noqa: S606
    except OSError as error:
        raise SettingsError(f"{arguments[0]} cannot be run ({error.strerror}).") from None


def _loads_graph(arguments: Sequence[str]) -> bool:
    """Return whether a program loads the graph, which needs Zoho, and leaves it to no server."""
    pairs = pairwise(arguments)
    files = [Path(value) for option, value in pairs if option in ("-w", "--workspace")]
    texts = [path.read_text(encoding="utf-8") for path in files if path.is_file()]
    return not texts or any("grpc_server:" not in text or "python_" in text for text in texts)
