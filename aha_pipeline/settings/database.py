"""The warehouse: addresses of one database, for different uses."""

from pydantic import BaseModel, Field

from aha_pipeline.database_address import for_sessions
from aha_pipeline.settings.addresses import DatabaseAddress
from aha_pipeline.settings.errors import SettingsError


class DatabaseSettings(BaseModel):
    """Settings of the warehouse."""

    database_url: DatabaseAddress | None = Field(
        None, description="PostgreSQL 15 or later, postgresql://user:password@host:5432/name"
    )
    database_session_url: DatabaseAddress | None = Field(
        None,
        description="only where DATABASE_URL is a pooler in transaction mode: a direct or session "
        "mode address of the same database, for migrations and for Dagster's own tables",
    )
    aha_dashboard_database_url: DatabaseAddress | None = Field(
        None,
        description="the same database for a login that may only read, with which the dashboard "
        "connects; by default it connects as DATABASE_URL and steps down",
    )

    @property
    def database_address(self) -> str:
        """The database's address, password and all. Raises SettingsError where none is set.

        `local.with_database` sets it: what runs after that need not ask.
        """
        if self.database_url is None:
            raise SettingsError("DATABASE_URL is not set: name the database.")
        return self.database_url.get_secret_value()

    @property
    def dashboard_url(self) -> str:
        """The database's address for the dashboard. Raises as `database_address` does."""
        if self.aha_dashboard_database_url is not None:
            return self.aha_dashboard_database_url.get_secret_value()
        return self.database_address

    @property
    def session_url(self) -> str:
        """The database's address for what needs a session of its own. Raises SettingsError."""
        if self.database_session_url is not None:
            return self.database_session_url.get_secret_value()
        return for_sessions(self.database_address)
