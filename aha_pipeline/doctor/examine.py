"""Every dependency in turn, each asked by the room's own client; nothing is changed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aha_pipeline import local, services
from aha_pipeline import settings as configuration
from aha_pipeline.delivery.channel import configured
from aha_pipeline.doctor import clocks, database, history, machine, model, orchestration, zoho
from aha_pipeline.doctor.finding import Finding, ok, problem, warning
from aha_pipeline.settings import Settings, SettingsError
from aha_pipeline.warehouse import connection, credits, errors, state
from aha_pipeline.warehouse.migrate import pending


def examine(*, measure_model: bool = False) -> Iterator[Finding]:
    """Yield the findings of this process's settings, in the order in which to mend them.

    `measure_model` asks the model what it may choose, and keeps the answer; nothing else changes.
    """
    yield from machine.env(Path(".env"))
    try:
        settings = configuration.load()
    except SettingsError as error:
        yield problem("Settings", error)
        return
    yield ok("Settings", "Each is what it should be.")
    yield from machine.home(settings.home)
    is_usable = has_rights = False
    if settings.database_url is None and not (settings.home / "postgres").exists():
        yield ok("Database", "The embedded PostgreSQL, made at the first start.")
    else:
        try:
            settings = local.with_database(settings)
            found = list(_guarded("Database", database.examine(settings)))
        except (SettingsError, connection.DatabaseUnreachable) as error:
            found = [problem("Database", error)]
        yield from found
        problems = {one.what for one in found if one.verdict == "problem"}
        is_usable = found[0].verdict == "ok" and not {"Writes", "Schema"} & problems
        has_rights = is_usable and "Rights" not in problems
    if is_usable:
        yield from _guarded("Clock, the database", _clock_of_database(settings))
    yield from _guarded("Zoho", _zoho(settings, is_usable))
    if is_usable:
        yield from _guarded(history.WHAT, history.examine(settings))
    yield from _guarded("Ollama", _model(settings, has_rights, measure_model))
    yield from _guarded("Messages", _channels(settings))
    if is_usable:
        yield from _guarded("Dagster storage", orchestration.examine(settings))


def _guarded(what: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield findings; an error that no part expects becomes one too, and the rest is examined."""
    try:
        yield from findings
    except Exception as error:
        unknown = f"It could not be examined ({type(error).__name__}): report it."
        yield problem(what, errors.meaning(error) or unknown)


def _clock_of_database(settings: Settings) -> Iterator[Finding]:
    with connection.connect(settings.database_address) as opened:
        yield from clocks.of_database(opened)


def _zoho(settings: Settings, is_usable: bool) -> Iterator[Finding]:
    if settings.zoho is None:
        yield ok("Zoho", "The sandbox company, because ZOHO_ is not set. To set it: aha login")
        return
    held, spent = _known(settings) if is_usable else (None, 0)
    yield from zoho.examine(settings, services.zoho_tokens(settings), held=held, spent=spent)


def _model(settings: Settings, has_rights: bool, measure: bool) -> Iterator[Finding]:
    asked = (settings.ollama_base_url, settings.ollama_model)
    if not has_rights or pending(settings.database_address):
        yield from model.examine(*asked, None)
        return
    with connection.connect(settings.database_address) as opened:
        yield from model.examine(*asked, opened, measure=measure)


def _known(settings: Settings) -> tuple[dict[str, Any] | None, int]:
    """Return the organisation that the database holds, and the credits spent in a day."""
    url = settings.database_address
    if pending(url):
        return None, 0
    with connection.connect(url) as opened:
        return state.read_organisation(opened), credits.spent(opened)


def _channels(settings: Settings) -> Iterator[Finding]:
    """Yield what each channel finds of itself; without any the daily job runs as well."""
    channels = configured(settings)
    for channel in channels:
        for found in channel.examine():
            yield Finding(found.what, found.verdict, found.says, stops_sync=False)
    if not channels and settings.zoho is not None:
        yield warning(
            "Messages", "No channel is set, such as TWILIO_ or SMTP_: no message is sent."
        )
    elif not channels:
        yield ok("Messages", "The sandbox's outbox.")
