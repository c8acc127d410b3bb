"""An environment that holds nothing of the developer's."""

from pathlib import Path

import pytest

from aha_pipeline import clocks
from aha_pipeline.settings import Settings
from aha_pipeline.settings.company import OF_COMPANY


def clean(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let no setting be set but the share of history, and no `.env` be picked up."""
    for name in Settings.model_fields:
        patch.delenv(name.upper(), raising=False)
    patch.delenv(OF_COMPANY, raising=False)
    patch.delenv("DAGSTER_HOME", raising=False)
    # The history of each record is a call: read by the tests that are about it.
    patch.setenv("ZOHO_HISTORY_SHARE", "0")
    patch.setenv("AHA_HOME", str(folder / "home"))
    patch.chdir(folder)


def have_own_time(patch: pytest.MonkeyPatch) -> None:
    """Let the company have a time of its own, which is not held against the clocks of others."""
    patch.setattr(clocks, "check", lambda *_: None)
