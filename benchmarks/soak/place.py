"""Where a soak lives: what its processes write, and the environment they are given."""

import os
from pathlib import Path

from aha_pipeline.settings import Settings


class Place:
    """The folder of a soak: what services write, and `private`, which is not searched."""

    def __init__(self, folder: Path) -> None:
        self.private, self.postgres = folder / "private", folder / "postgres"
        self.work, self.home, self.logs = folder / "work", folder / "home", folder / "logs"
        for one in (self.private, self.postgres, self.work, self.home, self.logs):
            one.mkdir()
        folder.chmod(0o755)
        self.postgres.chmod(0o755)

    def written(self) -> list[Path]:
        """Return every file that the services have written."""
        outbox = [self.private / "outbox.jsonl"]
        return outbox + [
            path for one in (self.home, self.logs) for path in one.rglob("*") if path.is_file()
        ]


def without_settings() -> dict[str, str]:
    """Return this process's environment without settings of the product."""
    settings = {name.upper() for name in Settings.model_fields} | {"DAGSTER_HOME"}
    return {name: value for name, value in os.environ.items() if name.upper() not in settings}
