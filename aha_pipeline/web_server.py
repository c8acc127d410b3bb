"""Dagster's web server behind our guard: `python -m aha_pipeline.web_server`, options as its own.

By itself it carries out what any page in the browser of its user asks for: its API takes GET and
forms, whatever Host and Origin say (dagster-webserver 1.13).
"""

from typing import Any

from dagster_webserver import cli
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.types import ASGIApp

from aha_pipeline.settings import load
from http_guard import Guard

API = ("/graphql",)


def main() -> None:
    """Serve until a signal. Raises SettingsError where the settings are wrong."""
    hosts = load().aha_ui_hosts

    def guarded(*arguments: Any, **options: Any) -> ASGIApp:
        app = create_app_from_workspace_process_context(*arguments, **options)
        return Guard(app, hosts, api=API, json_only=True)

    # The one place where Dagster lets its application be wrapped and keeps its own command line.
    vars(cli)[create_app_from_workspace_process_context.__name__] = guarded
    cli.cli(auto_envvar_prefix="DAGSTER_WEBSERVER")


if __name__ == "__main__":
    main()
