"""A real browser, for the picture."""

from aha_pipeline_tests.dashboard.conftest import chromium

__all__ = ["chromium"]
