"""Operation: where files are, how long things are kept, the heartbeat."""

from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, Field

from aha_pipeline.settings.addresses import SecretAddress


class OperationSettings(BaseModel):
    """Settings of files, of what is kept for how long, and of the heartbeat."""

    aha_home: Path = Field(
        Path(".aha"), description="embedded database, Dagster home, logs, sandbox outbox"
    )
    aha_keep_logs_days: int = Field(
        400, ge=35, description="days to keep logs of failed reads, old facts and steps of runs"
    )
    aha_keep_versions_days: int | None = Field(
        None,
        ge=35,
        description="days to keep former contents of records other than leads and deals; "
        "by default they are kept for ever",
    )
    aha_keep_personal_days: int | None = Field(
        None,
        ge=1,
        description="days after which a lost, junk or deleted lead loses its personal fields; by "
        "default it keeps them",
    )
    aha_purge_after_days: int | None = Field(
        None,
        ge=0,
        le=3650,
        description="days from `aha forget` until what it suppressed is deleted for good: your "
        "counsel's choice, 0 for at once; by default it stays sealed until this is set",
    )
    aha_heartbeat_url: SecretAddress | None = Field(
        None,
        description="address that `aha up` gets once a minute while all is well, of a service that "
        "raises the alarm when the beat stops",
    )

    @cached_property
    def home(self) -> Path:
        """`AHA_HOME` as an absolute path."""
        return self.aha_home.expanduser().resolve()
