"""The schema of Dagster's tables, named on each of its connections.

dagster-postgres knows no schema. The start-up parameter `options` could name one, but poolers
refuse it; so SQLAlchemy loads this plugin, which pyproject.toml registers as `aha_schema`, where an
address says `plugin=aha_schema`.
"""

from typing import Any

import psycopg2
from sqlalchemy import URL, Engine, event
from sqlalchemy.engine import CreateEnginePlugin, ExceptionContext
from sqlalchemy.exc import StatementError

from aha_pipeline.instance.home import SCHEMA
from aha_pipeline.warehouse import errors
from aha_pipeline.warehouse.connection import APPLICATION


class OwnSchema(CreateEnginePlugin):
    """Sets the search path of every connection of an engine, and whose it is."""

    def update_url(self, url: URL) -> URL:
        """Leave the address as it is."""
        return url

    def engine_created(self, engine: Engine) -> None:
        """Set it before SQLAlchemy asks which schema it is in."""
        event.listen(engine, "connect", _set_schema, insert=True)
        event.listen(engine, "handle_error", _shorten)


def _set_schema(connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"set search_path to {SCHEMA}")
        cursor.execute("select set_config('application_name', %s, false)", (APPLICATION,))
    connection.commit()


def _shorten(context: ExceptionContext) -> None:
    """Let an error say what it means: Dagster prints its text, statement and values, at a terminal.

    What asks after its class or its code finds them in `orig`.
    """
    error = context.sqlalchemy_exception
    if isinstance(error, StatementError) and isinstance(error.orig, psycopg2.Error):
        error.args = (errors.sentence(error.orig),)
        error.statement = error.params = error.code = None
