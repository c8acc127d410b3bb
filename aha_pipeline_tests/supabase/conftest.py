"""The dashboard's page, over a database behind a pooler."""

from aha_pipeline_tests.dashboard.page import page

__all__ = ["page"]
